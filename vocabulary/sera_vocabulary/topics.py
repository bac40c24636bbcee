"""MQTT topics `sera/v1/<community>/<node>/<channel>`: the builder and its parser side by side."""

ROOT = "sera"
VERSION = "v1"

# From the node up.
DATA = "data"
STATUS = "status"
PROBES = "probes"
# From the pages up: what people counted and did, under a counter id. No node may publish on it.
PEOPLE = "people"
# Down to the node.
HAVE = "have"
CONFIG = "config"
UPDATE = "update"
# An order to renew the certificate (retained, without a secret), and its answers (never retained).
CREDENTIALS = "credentials"

UP_CHANNELS = (DATA, STATUS, PROBES)
SUBSCRIBED_CHANNELS = UP_CHANNELS + (PEOPLE,)
DOWN_CHANNELS = (HAVE, CONFIG, UPDATE, CREDENTIALS)
RETAINED_CHANNELS = (STATUS, PROBES, HAVE, CONFIG, UPDATE)

NAME_SHORTEST = 3
NAME_LONGEST = 32
_NAME_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"


def is_name(text: str) -> bool:
    """Return whether a text may be the id of a node, garden or community: `[a-z0-9-]{3,32}`."""
    # What is left after stripping begins with a letter that is not allowed.
    return NAME_SHORTEST <= len(text) <= NAME_LONGEST and not text.strip(_NAME_LETTERS)


def topic(community: str, node: str, channel: str) -> str:
    """Build the topic of one node's channel."""
    return f"{ROOT}/{VERSION}/{community}/{node}/{channel}"


def parse(text: str) -> tuple[str, str, str] | None:
    """Take a topic apart into (community, node, channel), or None where it is no topic of ours."""
    parts = text.split("/")
    if len(parts) != 5 or parts[0] != ROOT or parts[1] != VERSION:
        return None
    community, node, channel = parts[2], parts[3], parts[4]
    if channel not in SUBSCRIBED_CHANNELS and channel not in DOWN_CHANNELS:
        return None
    if not is_name(community) or not is_name(node):
        return None
    return community, node, channel


def subscription(community: str, channel: str) -> str:
    """Build the filter for one channel of all nodes of a community, or of all communities for `+`."""
    return topic(community, "+", channel)

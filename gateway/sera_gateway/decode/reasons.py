"""Why a message or record was refused or ignored: one table of codes, meanings and what to do."""

from __future__ import annotations

from typing import Final, NamedTuple


class Reason(NamedTuple):
    """One reason code with its meaning and the next step for a steward."""

    code: str
    meaning: str
    what_to_do: str


NOT_UTF8: Final = "not_utf8"
NOT_JSON: Final = "not_json"
DUPLICATE_KEY: Final = "duplicate_key"
TOO_DEEP: Final = "too_deep"
WRONG_SHAPE: Final = "wrong_shape"
UNKNOWN_VERSION: Final = "unknown_version"
UNKNOWN_STREAM: Final = "unknown_stream"
UNKNOWN_MEASUREMENT: Final = "unknown_measurement"
NOT_MEASURED: Final = "not_measured"
NOT_DECODED: Final = "not_decoded"
WRONG_STREAM: Final = "wrong_stream"
WRONG_TYPE: Final = "wrong_type"
TIME_OUT_OF_RANGE: Final = "time_out_of_range"
TOO_LARGE: Final = "too_large"
UNKNOWN_NODE: Final = "unknown_node"
WRONG_COMMUNITY: Final = "wrong_community"
OTHER_WAY: Final = "other_way"
CONFLICT: Final = "conflict"
TOPIC_OUTSIDE_SCHEME: Final = "topic_outside_scheme"
NO_MAPPING: Final = "no_mapping"
QUOTA: Final = "quota"
IMPLAUSIBLE: Final = "implausible"
INTERNAL: Final = "internal"

_FIRMWARE: Final = "the node's firmware is at fault: update it, then amend and replay the dead letter"

REASONS: Final[dict[str, Reason]] = {
    reason.code: reason
    for reason in (
        Reason(NOT_UTF8, "the payload is no UTF-8 text", _FIRMWARE),
        Reason(NOT_JSON, "the payload is no JSON", _FIRMWARE),
        Reason(
            DUPLICATE_KEY,
            "a foreign message has a key twice in one object, so that nobody knows which value is meant",
            "update the device; where the true content is known, amend the dead letter",
        ),
        Reason(TOO_DEEP, "the JSON is nested too deeply to be a message", "find out who sends it"),
        Reason(WRONG_SHAPE, "the envelope or a row lacks a key or has the wrong form", _FIRMWARE),
        Reason(
            UNKNOWN_VERSION,
            "the message names another version of the protocol",
            "update the gateway, then replay the dead letter",
        ),
        Reason(
            UNKNOWN_STREAM,
            "the batch names a stream that the vocabulary does not have",
            "update the gateway if the node is newer, then replay the dead letter",
        ),
        Reason(
            UNKNOWN_MEASUREMENT,
            "a column is no measurement of the vocabulary, or nothing of a foreign message is in its mapping",
            "update the gateway if the node is newer, then replay the dead letter; for a foreign device add "
            "a new version of its mapping with `--since`, and its dead letters are tried again",
        ),
        Reason(
            NOT_MEASURED,
            "a foreign message holds nothing but what Sera does not measure, as its mapping says",
            "nothing: it is kept, and is tried again by itself once a version of its mapping reads it; or "
            "leave its topic out of `subscribe`",
        ),
        Reason(
            NOT_DECODED,
            "a network server passed a device's bytes on, and nobody has decoded them",
            "set a payload formatter (The Things Stack) or a codec (ChirpStack) for the device; what came "
            "before waits, and can be amended with its decoded form",
        ),
        Reason(WRONG_STREAM, "a column does not belong to the stream it came in", _FIRMWARE),
        Reason(
            WRONG_TYPE,
            "sequence, uptime, time, uncertainty or flags is not the number it has to be",
            _FIRMWARE,
        ),
        Reason(
            TIME_OUT_OF_RANGE,
            "the time is before 2000 or more than a day after the message arrived",
            "see which clock is wrong: once a gateway's that was behind is put right, its dead letters are "
            "tried again; where it is a node's, amend the dead letter if the true time is known",
        ),
        Reason(
            TOO_LARGE,
            "the message has more rows, columns or bytes than the protocol allows",
            _FIRMWARE,
        ),
        Reason(
            UNKNOWN_NODE,
            "the registry did not know the node at the time of measurement",
            "register it from that time on: `sera node new NODE --garden GARDEN --since TIME`, or `sera node "
            "move NODE --garden GARDEN --since TIME` where it is registered; what waits is then tried again "
            "by itself",
        ),
        Reason(
            WRONG_COMMUNITY,
            "the topic names another community than the one the node belonged to",
            "correct the node's configuration or the registry",
        ),
        Reason(
            OTHER_WAY,
            "a message claims a node whose readings come by another way: certificate, pages, or a mapping",
            "find out who sends it; if it is the node, enter its way: `sera node change NODE --mapping NAME`",
        ),
        Reason(
            CONFLICT,
            "the key is taken by a record with other content, which stays as it is",
            "two nodes may share an id, or a flash copy was restored: give one a new id; in a recorded file "
            "two rows have one time: see which is right",
        ),
        Reason(
            TOPIC_OUTSIDE_SCHEME,
            "the topic begins like one of ours and is not one",
            "correct the community or node id in the sender's configuration",
        ),
        Reason(
            NO_MAPPING,
            "a foreign device's message, and no mapping says how to read it",
            "add one from the arrival on: `sera mapping add TABLE --since TIME`; what waits is then tried "
            "again by itself",
        ),
        Reason(
            QUOTA,
            "the sender is beyond one of its budgets: nothing of the message counts as arrived",
            "a good node sends again by itself; find out what a bad one does, and revoke it",
        ),
        Reason(
            IMPLAUSIBLE,
            "the node claims more records than one can hold or have made: nothing counts as arrived",
            "see whether the node's firmware or its owner is at fault; revoke a bad node",
        ),
        Reason(
            INTERNAL,
            "the ledger failed on this message alone, and went on without it",
            "report the dead letter's detail as a fault of Sera, update, then replay the dead letter",
        ),
    )
}

# Messages that are no readings: kept in the journal, counted, and left at that.
FOREIGN_RETAINED: Final = "foreign_retained"
CLEARED: Final = "cleared"
STATUS_READ: Final = "status_read"
PROBES_READ: Final = "probes_read"
NO_ROWS: Final = "no_rows"
DOWN_CHANNEL: Final = "down_channel"
NO_VALUES: Final = "no_values"
SILENT_TOPIC: Final = "silent_topic"
ANNOUNCEMENT: Final = "announcement"
REDELIVERED: Final = "redelivered"
BEYOND_QUOTA: Final = "beyond_quota"
ERASED: Final = "erased"

IGNORED: Final[dict[str, str]] = {
    FOREIGN_RETAINED: "a foreign message the broker had kept: an old state, no new reading",
    CLEARED: "an empty message that clears what the broker had kept",
    STATUS_READ: "a node's status: online, asleep or lost",
    PROBES_READ: "a node's table of probes",
    DOWN_CHANNEL: "a message to a node, heard because a wide filter is subscribed",
    NO_ROWS: "a batch without rows: it says which records the node holds",
    NO_VALUES: "a foreign message without any value",
    SILENT_TOPIC: "a foreign message on a topic that never brings readings, as its mapping says",
    ANNOUNCEMENT: "what a device says of itself for Home Assistant: `sera mapping try` makes a mapping of it",
    BEYOND_QUOTA: "one more message beyond a budget of which a dead letter of that day tells",
    REDELIVERED: "a foreign message without a time that the broker delivered again",
    ERASED: "a message that was erased; its row says why, and which keys it held",
}

"""Which topics of other makers' devices the broker of `sera up` carries: who reads and who writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_gateway.config import DEVICES
from sera_gateway.security.device_users import NOT_IN_SUBJECTS
from sera_store.registry.entities import CERTIFICATE_WAY
from sera_store.registry.mapping_keys import level_parts
from sera_store.registry.mappings import NODE_LEVEL, NODE_WORD
from sera_vocabulary import topic_filters

if TYPE_CHECKING:
    from sera_store.registry.entities import Node
    from sera_store.registry.mappings import Mapping
    from sera_store.registry.registry import Registry

# NATS makes subjects of topics: a dot, a wildcard of its own or an empty level would make another one.


def subscribed_filters(registry: Registry) -> list[str]:
    """List the filters that the gateway subscribes to at the embedded broker, for all mappings entered.

    Examples
    --------
    >>> is_carried("garden/+/obs"), is_carried("home/Potting Shed/+"), is_carried("a.b/+")
    (True, False, False)
    """
    return sorted({mapping.filter for mapping in registry.mappings() if is_carried(mapping.filter)})


def is_carried(text: str) -> bool:
    """Return whether the broker for nodes carries a filter: as NATS can, and no other broker's."""
    if text.split("/", maxsplit=1)[0] == DEVICES:
        return False
    return not (topic_filters.nats_problem(text) or NOT_IN_SUBJECTS & set(text) or "" in text.split("/"))


def published_filters(registry: Registry, node: Node) -> list[str]:
    """List what a node with a certificate may publish for mappings: topics that hold its id, or its name."""
    if node.way_in == CERTIFICATE_WAY:
        return []
    mappings = [mapping for mapping in registry.mappings() if node.way_in in ("", mapping.id)]
    filters = {
        text for mapping in mappings for name in (node.id, *node.known_as) for text in _of(mapping, name)
    }
    return sorted(text for text in filters if is_carried(text))


def _of(mapping: Mapping, name: str) -> list[str]:
    """Return the filter of a mapping's topics of one device; none where topics do not tell devices apart."""
    if NODE_LEVEL not in mapping.topic or set(name) & set("+#/"):
        return []
    levels = []
    for level in mapping.topic.split("/"):
        before, word, after = level_parts(level)
        levels.append(before + name + after if word == NODE_WORD else "+" if word else level)
    return ["/".join(levels)]

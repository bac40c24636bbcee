"""Whose a message is, by its topic: a node, another maker's device, or one of an unregistered crowd."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_store.database.recent_cache import TOPIC_CACHED_LONGEST, RecentCache
from sera_store.errors import StoreUnusableError
from sera_store.registry.mapping_keys import topic_pattern
from sera_store.registry.mappings import NODE_WORD
from sera_vocabulary import topics

if TYPE_CHECKING:
    import re

    from sera_store.registry.registry import Registry

# Names that anybody could make up share this one budget.
UNREGISTERED: Final = "(unregistered)"
TOPICS_CACHED: Final = 8_192
_PREFIX_LEVELS: Final = 2


class Sender(NamedTuple):
    """Who sent a message, and the crowd whose budget it shares; the crowd is empty for a registered node."""

    name: str
    crowd: str


class Senders:
    """Finds senders by what the registry holds now.

    Parameters
    ----------
    registry
        Which nodes and mappings there are.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._version = -1
        self._nodes: frozenset[str] = frozenset()
        self._by_alias: dict[str, str] = {}
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        self._cache: RecentCache[str, Sender] = RecentCache(TOPICS_CACHED)

    def renew(self) -> None:
        """Read the registry again where it has changed; while it cannot be read everything stays."""
        with suppress(StoreUnusableError):
            version = self._registry.version()
            if version == self._version:
                return
            nodes = self._registry.nodes()
            self._nodes = frozenset(node.id for node in nodes)
            self._by_alias = {name: node.id for node in nodes for name in node.known_as}
            self._patterns = [(topic_pattern(table.topic), table.id) for table in self._registry.mappings()]
            self._version = version
            self._cache.clear()

    def find(self, topic: str) -> Sender:
        """Return the sender of a message with this topic."""
        sender = self._cache.get(topic)
        if sender is None:
            sender = self._find(topic)
            if len(topic) <= TOPIC_CACHED_LONGEST:
                self._cache[topic] = sender
        return sender

    def _find(self, topic: str) -> Sender:
        parsed = topics.parse(topic)
        if parsed is not None:
            return self._of_node(parsed[1])
        for pattern, mapping in self._patterns:
            match = pattern.fullmatch(topic)
            if match is not None:
                node = match.groupdict().get(NODE_WORD)
                if node is None:
                    return Sender(topic[:TOPIC_CACHED_LONGEST], mapping)
                return self._of_node(self._by_alias.get(node, node))
        return Sender(_prefix(topic), UNREGISTERED)

    def _of_node(self, node: str) -> Sender:
        return Sender(node[: topics.NAME_LONGEST], "" if node in self._nodes else UNREGISTERED)


def _prefix(topic: str) -> str:
    return "/".join(topic.split("/", _PREFIX_LEVELS)[:_PREFIX_LEVELS])[:TOPIC_CACHED_LONGEST]

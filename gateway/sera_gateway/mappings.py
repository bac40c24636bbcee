"""Which mapping reads a message: by its topic and by what the registry held when it arrived."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from sera_gateway.errors import MappingUnusableError
from sera_gateway.mapping import CompiledMapping
from sera_store.mappings import NODE_LEVEL

if TYPE_CHECKING:
    from sera_gateway.decoded import IgnoredMessage, Reference, RefusedMessage
    from sera_gateway.journal import Entry
    from sera_gateway.mapping import ForeignMessage
    from sera_store.mappings import Mapping
    from sera_store.registry import Registry

_TOPICS_MOST: Final = 100_000
_NODE: Final = "node"


class _Read(NamedTuple):
    """Who reads a topic, and the node that it names."""

    mapping: CompiledMapping
    node: str | None


class _Table:
    """The mappings in force over one span of time."""

    def __init__(self, compiled: list[CompiledMapping]) -> None:
        self._patterns = [(_pattern(one.table), one) for one in compiled]
        self._kept: dict[str, _Read | None] = {}

    def find(self, topic: str) -> _Read | None:
        if topic not in self._kept:
            if len(self._kept) >= _TOPICS_MOST:
                self._kept.clear()
            self._kept[topic] = self._match(topic)
        return self._kept[topic]

    def _match(self, topic: str) -> _Read | None:
        for pattern, one in self._patterns:
            match = pattern.fullmatch(topic)
            if match:
                return _Read(one, match.groupdict().get(_NODE))
        return None


class Mappings:
    """The mappings of the registry, compiled, kept until it changes.

    Parameters
    ----------
    registry
        Which mappings there are, since when.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._version = -1
        self._moments: list[int] = []
        self._tables: list[_Table] = []
        self._unnamed: frozenset[str] = frozenset()
        self._compiled: dict[Mapping, CompiledMapping] = {}
        self.unusable: dict[str, str] = {}

    def renew(self) -> bool:
        """Compile anew where the registry has changed; a mapping that cannot be used reads nothing.

        Returns
        -------
        bool
            Whether the registry has changed.
        """
        version = self._registry.version()
        if version == self._version:
            return False
        self._version = version
        self.unusable = {}
        self._moments = self._registry.mapping_moments()
        self._tables = [_Table(self._usable(since_s)) for since_s in self._moments]
        self._unnamed = frozenset(
            table.id for table in self._compiled if NODE_LEVEL not in table.topic.split("/")
        )
        return True

    def read(
        self, entry: Entry, reference: Reference
    ) -> ForeignMessage | RefusedMessage | IgnoredMessage | None:
        """Read a message by the mapping that was in force when it arrived; None where there was none."""
        found = self._find(entry.topic, entry.received_ns)
        return found.mapping.read(entry, found.node, reference, self._zone_of) if found else None

    def _zone_of(self, node: str, at_s: int) -> ZoneInfo | None:
        place = self._registry.place_of(node, at_s) or self._registry.place_of(node)
        garden = self._registry.garden(place[1]) if place else None
        return ZoneInfo(garden.timezone) if garden else None

    def sender(self, topic: str, received_ns: int) -> str:
        """Tell with whose messages those of a foreign topic share keys.

        Returns
        -------
        str
            The node that the topic names. The mapping, where one of its versions finds the node only in the
            message, so that any of its messages may be of any node; empty where no mapping reads the topic.
        """
        found = self._find(topic, received_ns)
        if found is None:
            return ""
        return found.node if found.node and found.mapping.id not in self._unnamed else found.mapping.id

    def _find(self, topic: str, received_ns: int) -> _Read | None:
        place = bisect_right(self._moments, received_ns // 1_000_000_000)
        return self._tables[place - 1].find(topic) if place else None

    def _usable(self, at_s: int) -> list[CompiledMapping]:
        found = []
        for table in self._registry.mappings(at_s):
            try:
                if table not in self._compiled:
                    self._compiled[table] = CompiledMapping(table)
                found.append(self._compiled[table])
            except MappingUnusableError as error:
                self.unusable[table.id] = str(error)
        return found


def _pattern(table: Mapping) -> re.Pattern[str]:
    levels = [
        f"(?P<{level[1:-1]}>[^/]+)" if level.startswith(NODE_LEVEL[0]) else re.escape(level)
        for level in table.topic.split("/")
    ]
    return re.compile("/".join(levels))

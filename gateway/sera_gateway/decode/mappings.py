"""Which mapping reads a message: by its topic and by what the registry held when it arrived."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from sera_gateway.decode.mapping import CompiledMapping
from sera_gateway.errors import MappingUnusableError
from sera_store.database.recent_cache import RecentCache
from sera_store.registry.mappings import NODE_LEVEL

if TYPE_CHECKING:
    from sera_gateway.decode.decoded import IgnoredMessage, Reference, RefusedMessage
    from sera_gateway.decode.mapping import ForeignMessage
    from sera_gateway.journal.journal import Entry
    from sera_store.registry.mappings import Mapping
    from sera_store.registry.registry import Registry

_TOPICS_MOST: Final = 20_000
_TOPIC_CACHED_LONGEST: Final = 256
_NODE: Final = "node"


class _Read(NamedTuple):
    """Who reads a topic, and the node that it names."""

    mapping: CompiledMapping
    node: str | None


class _Table:
    """The mappings in force over one span of time."""

    def __init__(self, compiled: list[CompiledMapping]) -> None:
        self._patterns = [(topic_pattern(mapping.table), mapping) for mapping in compiled]
        self._cache: RecentCache[str, _Read] = RecentCache(_TOPICS_MOST)

    def find(self, topic: str) -> _Read | None:
        reading = self._cache.get(topic)
        if reading is None:
            reading = self._match(topic)
            if reading is not None and len(topic) <= _TOPIC_CACHED_LONGEST:
                self._cache[topic] = reading
        return reading

    def _match(self, topic: str) -> _Read | None:
        for pattern, mapping in self._patterns:
            match = pattern.fullmatch(topic)
            if match:
                return _Read(mapping, match.groupdict().get(_NODE))
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
        self._compiled: dict[Mapping, CompiledMapping] = {}
        self.unusable: dict[str, str] = {}

    def renew(self) -> None:
        """Compile anew where the registry has changed; a mapping that cannot be used reads nothing."""
        version = self._registry.version()
        if version == self._version:
            return
        self._version = version
        self.unusable = {}
        self._moments = self._registry.mapping_moments()
        self._tables = [_Table(self._usable(since_s)) for since_s in self._moments]

    def read(
        self, entry: Entry, reference: Reference
    ) -> ForeignMessage | RefusedMessage | IgnoredMessage | None:
        """Read a message by the mapping that was in force when it arrived; None where there was none."""
        reading = self._find(entry.topic, entry.received_ns)
        return reading.mapping.read(entry, reading.node, reference, self._zone_of) if reading else None

    def _zone_of(self, node: str, at_s: int) -> ZoneInfo | None:
        place = self._registry.place_of(node, at_s) or self._registry.place_of(node)
        garden = self._registry.garden(place[1]) if place else None
        return ZoneInfo(garden.timezone) if garden else None

    def _find(self, topic: str, received_ns: int) -> _Read | None:
        place = bisect_right(self._moments, received_ns // 1_000_000_000)
        return self._tables[place - 1].find(topic) if place else None

    def _usable(self, at_s: int) -> list[CompiledMapping]:
        usable = []
        for table in self._registry.mappings(at_s):
            try:
                if table not in self._compiled:
                    self._compiled[table] = CompiledMapping(table)
                usable.append(self._compiled[table])
            except MappingUnusableError as error:
                self.unusable[table.id] = str(error)
        return usable


def topic_pattern(table: Mapping) -> re.Pattern[str]:
    """Return what the topics of a mapping look like, with a group for each of its named levels."""
    levels = [
        f"(?P<{level[1:-1]}>[^/]+)" if level.startswith(NODE_LEVEL[0]) else re.escape(level)
        for level in table.topic.split("/")
    ]
    return re.compile("/".join(levels))

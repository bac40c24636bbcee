"""Which mapping reads a message: by its topic and by what the registry held when it arrived."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_gateway.decode import reasons
from sera_gateway.decode.decoded import IgnoredMessage, RejectedMessage
from sera_gateway.decode.device_names import RegisteredNames
from sera_gateway.decode.mapping import CompiledMapping, TopicParts
from sera_gateway.errors import MappingUnusableError
from sera_store.database.recent_cache import TOPIC_CACHED_LONGEST, RecentCache
from sera_store.registry.mapping_keys import topic_pattern
from sera_store.registry.mappings import KEY_LEVEL, NODE_WORD
from sera_vocabulary.durations import SECOND_NS

if TYPE_CHECKING:
    import re

    from sera_gateway.decode.decoded import Reference
    from sera_gateway.decode.mapping import ForeignMessage, Read
    from sera_gateway.journal.journal import Entry
    from sera_store.registry.mappings import Mapping
    from sera_store.registry.registry import Registry

_TOPICS_MOST: Final = 20_000
_KEY: Final = KEY_LEVEL[1:-1]
# Another mapping of the same topic may read what these say of one.
_EMPTY_REASONS: Final = (reasons.UNKNOWN_MEASUREMENT, reasons.NOT_MEASURED, reasons.NOT_DECODED)


class _Candidate(NamedTuple):
    """A mapping that reads a topic, and what the topic names; no mapping where it never brings a reading."""

    mapping: CompiledMapping | None
    parts: TopicParts


class _Table:
    """The mappings in force over one span of time."""

    def __init__(self, compiled: list[CompiledMapping]) -> None:
        self._patterns: list[tuple[re.Pattern[str], CompiledMapping | None]] = [
            (topic_pattern(mapping.table.topic), mapping) for mapping in compiled
        ]
        self._patterns += [
            (topic_pattern(topic), None) for mapping in compiled for topic in mapping.table.silent
        ]
        self._cache: RecentCache[str, list[_Candidate]] = RecentCache(_TOPICS_MOST)

    def find(self, topic: str) -> list[_Candidate]:
        candidates = self._cache.get(topic)
        if candidates is None:
            candidates = self._match(topic)
            if candidates and len(topic) <= TOPIC_CACHED_LONGEST:
                self._cache[topic] = candidates
        return candidates

    def _match(self, topic: str) -> list[_Candidate]:
        matches = [(pattern.fullmatch(topic), mapping) for pattern, mapping in self._patterns]
        return [_Candidate(mapping, topic_parts(match)) for match, mapping in matches if match]


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
        self._names = RegisteredNames(registry)
        self.unusable: dict[str, str] = {}

    def renew(self) -> None:
        """Compile again where the registry has changed; a mapping that cannot be used reads nothing."""
        version = self._registry.version()
        if version == self._version:
            return
        self._version = version
        self.unusable = {}
        self._names.renew()
        self._moments = self._registry.mapping_moments()
        self._tables = [_Table(self._usable(since_s)) for since_s in self._moments]

    def read(self, entry: Entry, reference: Reference) -> Read | None:
        """Read a message by the mapping that was in force when it arrived; None where there was none.

        Of several that fit its topic the one that its node has as its way in, else the first one that reads
        something.
        """
        candidates = self._find(entry.topic, entry.received_ns)
        if not candidates:
            return None
        mapping, parts = candidates[0]
        if len(candidates) == 1 and mapping is not None:
            return mapping.read(entry, parts, reference, self._names)
        return self._read_by_several(entry, candidates, reference)

    def _read_by_several(self, entry: Entry, candidates: list[_Candidate], reference: Reference) -> Read:
        readers = [(mapping, parts) for mapping, parts in candidates if mapping is not None]
        if not readers:
            return IgnoredMessage(reasons.SILENT_TOPIC)
        own = [(mapping, parts) for mapping, parts in readers if self._is_way_in(mapping, parts, entry)]
        results = [mapping.read(entry, parts, reference, self._names) for mapping, parts in own or readers]
        return next((result for result in results if not _is_empty(result)), results[0])

    def _is_way_in(self, mapping: CompiledMapping, parts: TopicParts, entry: Entry) -> bool:
        if parts.node is None:
            return False
        at_s = entry.received_s
        node = self._names.node_of(parts.node, mapping.id, at_s) or parts.node
        registered = self._registry.node(node, at_s)
        return registered is not None and registered.way_in == mapping.id

    def _find(self, topic: str, received_ns: int) -> list[_Candidate]:
        place = bisect_right(self._moments, received_ns // SECOND_NS)
        return self._tables[place - 1].find(topic) if place else []

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


def _is_empty(result: Read) -> bool:
    return isinstance(result, IgnoredMessage) or (
        isinstance(result, RejectedMessage) and result.rejection.reason in _EMPTY_REASONS
    )


def topic_parts(match: re.Match[str]) -> TopicParts:
    """Return what a topic names that fits a pattern."""
    groups = match.groupdict()
    return TopicParts(groups.get(NODE_WORD), groups.get(_KEY, ""))


def unread_keys(message: ForeignMessage, entry: Entry) -> list[str]:
    """List the first keys of a message that its mapping does not name."""
    match = topic_pattern(message.mapping.table.topic).fullmatch(entry.topic)
    return message.mapping.unread_keys(entry.payload, topic_parts(match).key if match else "")

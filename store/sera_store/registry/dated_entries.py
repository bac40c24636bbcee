"""Entries of the registry by date: one as it was written, and those of one name in the order they hold."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.registry.entities import Entity

EntityT = TypeVar("EntityT", bound="Entity")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the registry's history.

    Parameters
    ----------
    number
        Grows with each entry.
    since_s
        From when on it holds, Unix time [s].
    recorded_s
        When it was written, Unix time [s].
    by
        Who wrote it.
    """

    number: int
    since_s: int
    recorded_s: int
    by: str
    entity: Entity


@dataclass(frozen=True, slots=True)
class DatedEntries(Generic[EntityT]):
    """Entries of one name in order of the dates from which they hold."""

    since_s: list[int]
    entities: list[EntityT]

    def enter(self, since_s: int, entity: EntityT) -> None:
        """Add an entry written now: of two with the same date it is the one that holds."""
        place = bisect_right(self.since_s, since_s)
        self.since_s.insert(place, since_s)
        self.entities.insert(place, entity)


def registered_s(history: Sequence[Entry]) -> int:
    """Return from when on a name is here [s]: whoever enters it for an earlier date has it from today on."""
    return max(min(entry.since_s for entry in history), history[0].recorded_s)


def in_force(dated: DatedEntries[EntityT] | None, at_s: int | None) -> EntityT | None:
    """Return what held at a time [s], or as last entered; None where nothing did."""
    if dated is None:
        return None
    place = len(dated.entities) if at_s is None else bisect_right(dated.since_s, at_s)
    return dated.entities[place - 1] if place else None

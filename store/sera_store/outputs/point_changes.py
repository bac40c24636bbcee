"""What a batch of rows changes among a time series database's points, worked out before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sera_store.outputs.line_protocol import points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sera_store.outputs.line_protocol import Point, PointKey
    from sera_store.records.rows import StoredRecord
    from sera_store.results.results import StoredResult

    Row = StoredRecord | StoredResult
    MayBeDeleted = Callable[["Deletion"], bool]


class Deletion(NamedTuple):
    """A span of points to delete, both ends included; a server also takes what has further tags."""

    measurement: str
    tags: tuple[tuple[str, str], ...]
    first_ns: int
    last_ns: int
    record: int

    def takes(self, key: PointKey) -> bool:
        """Return whether the deletion takes a point with it."""
        return (
            key.measurement == self.measurement
            and self.first_ns <= key.time_ns <= self.last_ns
            and set(self.tags) <= set(key.tags)
        )


@dataclass(slots=True)
class Changes:
    """The points that should be there after a batch, and those that should no longer be where they are.

    Parameters
    ----------
    writes
        Points to write, each with the change number of its row.
    stale
        Points to delete after that, each with the change number of the row that says so.
    """

    writes: dict[PointKey, tuple[int, Point]] = field(default_factory=dict)
    stale: dict[PointKey, int] = field(default_factory=dict)

    def deletions(self, may_be_deleted: MayBeDeleted) -> list[Deletion]:
        """Gather stale points into spans where the store holds nothing else, as when a whole garden moved.

        Parameters
        ----------
        may_be_deleted
            Tells whether a span holds nothing that is to stay.
        """
        by_tags: dict[tuple[str, tuple[tuple[str, str], ...]], list[PointKey]] = {}
        for key in self.stale:
            by_tags.setdefault((key.measurement, key.tags), []).append(key)
        deletions: list[Deletion] = []
        for (measurement, tags), keys in by_tags.items():
            times = sorted(key.time_ns for key in keys)
            whole = Deletion(measurement, tags, times[0], times[-1], self.stale[keys[0]])
            if len(keys) > 1 and may_be_deleted(whole):
                deletions.append(whole)
            else:
                deletions += [Deletion(measurement, tags, k.time_ns, k.time_ns, self.stale[k]) for k in keys]
        return deletions

    def rewrites(self, deletions: Iterable[Deletion]) -> list[tuple[int, Point]]:
        """Return the points among the writes that the deletions have taken too."""
        deletion_list = list(deletions)
        return [
            write
            for key, write in self.writes.items()
            if any(deletion.takes(key) for deletion in deletion_list)
        ]


def changes_of(rows: Iterable[tuple[Row, Row | None]]) -> Changes:
    """Work out what rows change, each given with the row it supersedes, in the order of their numbers.

    Notes
    -----
    A row may revise another of the same batch, and bring a point back to where it once was. Whatever is
    stale is therefore deleted after all writes, and what is to stay there is written again after that.
    A field that goes cannot be deleted alone: its point is stale, and written again.
    """
    changes = Changes()
    for row, old in rows:
        new = {point.key: point for point in points(row)}
        for before in points(old) if old is not None else []:
            after = new.get(before.key)
            if after is None or before.fields.keys() - after.fields.keys():
                changes.stale[before.key] = row.id
                changes.writes.pop(before.key, None)
        changes.writes.update({key: (row.id, point) for key, point in new.items()})
    return changes

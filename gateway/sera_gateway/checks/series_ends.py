"""Where each series ends: what the rows that come next are compared with, in memory.

All of it can be read again from the table of records, and is where it is not known (`known_at`): nothing of
it is stored, so that flags follow from what the table holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

# 10,000 nodes of four series are 40,000 origins, and 15 MB.
_ORIGINS_MOST: Final = 100_000
_FIRST_ROOM: Final = 64
# Before all times and counts, so that nothing is a neighbour of what is not there.
_NEVER: Final = -(2**40)
# One origin: whether its end is known, the time of its last record [Unix time, s], how many records were
# counted.
_ORIGIN: Final = np.array((False, _NEVER, 0), [("is_known", "?"), ("last_s", "<i8"), ("count", "<i8")])
# One column of an origin: its last two measures, their times [Unix time, s] and counts, and since when the
# last one has stood still [Unix time, s]. Of two that are no neighbours only the last one is there.
_COLUMN: Final = np.array(
    ((np.nan, np.nan), (_NEVER, _NEVER), (_NEVER, _NEVER), _NEVER),
    [("values", "<f8", (2,)), ("times_s", "<i8", (2,)), ("counts", "<i8", (2,)), ("began_s", "<i8")],
)


class OriginTable:
    """One row of numbers for each origin that has come.

    Attributes
    ----------
    rows
        The numbers; `places` says where an origin's are.
    empty_row
        What stands for an origin of which nothing is known.
    """

    def __init__(self, empty: NDArray[Any]) -> None:
        self.empty_row = empty
        self._places: dict[int, int] = {}
        self.rows = np.full(_FIRST_ROOM, empty)

    def __len__(self) -> int:
        return len(self._places)

    def places(self, origins: Iterable[int]) -> NDArray[np.intp]:
        """Return the place of each origin; new ones get one."""
        places = [self._places.setdefault(origin, len(self._places)) for origin in origins]
        if len(self._places) > len(self.rows):
            more = np.full(2 * len(self._places) - len(self.rows), self.empty_row)
            self.rows = np.concatenate((self.rows, more))
        return np.array(places, np.intp)

    def empty(self, origins: Iterable[int]) -> None:
        """Forget what is known of some origins."""
        places = [self._places[origin] for origin in origins if origin in self._places]
        self.rows[places] = self.empty_row


class SeriesEnds:
    """The ends of all series, as of one change number of the table of records.

    Attributes
    ----------
    origins
        `is_known`, `last_s`, `count` of each origin.
    own_changes
        Change numbers of the revisions that gave a record other flags, and that change nothing for others.
    """

    def __init__(self) -> None:
        self._position: int | None = None
        self._columns: dict[str, OriginTable] = {}
        self.origins = OriginTable(_ORIGIN)
        self.own_changes: set[int] = set()

    def begin(self, position: int) -> bool:
        """Forget everything, unless it is as of this change number; return whether it is.

        It is not where another process has checked rows, or a transaction was rolled back.
        """
        is_known = self._position == position and len(self.origins) <= _ORIGINS_MOST
        if not is_known:
            self._columns.clear()
            self.origins = OriginTable(_ORIGIN)
            self.own_changes.clear()
        self._position = None
        return is_known

    def finish(self, position: int) -> None:
        """Note that everything is as of this change number."""
        self._position = position
        self.own_changes = {number for number in self.own_changes if number > position}

    def column(self, key: str) -> OriginTable:
        """Return the ends of one wire key: `values`, `times_s`, `counts` of two measures, `began_s`."""
        if key not in self._columns:
            self._columns[key] = OriginTable(_COLUMN)
        return self._columns[key]

    def forget(self, origins: Iterable[int]) -> None:
        """Forget the ends of some origins."""
        dropped = list(origins)
        for table in (self.origins, *self._columns.values()) if dropped else ():
            table.empty(dropped)

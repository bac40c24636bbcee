"""What each garden measured in its last hours, in memory: which new values may flag others of it.

Of each half hour of a garden only the lowest and the highest value of a measurement are known, and whether a
probe may have risen. A value that differs from all of its garden by less than a limit differs from none by
more: then nothing is read, and nothing changes. What may differ is looked at with all that is beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sera_quality.limits import LIMITS, PAIR_S, REACH_S, WATER_S
from sera_vocabulary.measurements import AIR_TEMPERATURE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# A value and those that it is compared with lie in bins beside one another; the bins that these are compared
# with are one farther.
BIN_S: Final = PAIR_S
_BINS_BESIDE: Final = 2
# A record that comes late may make the next one a rise, which is at most so much later.
_BINS_TO_NEXT: Final = REACH_S // BIN_S
_BINS_OF_WATER: Final = WATER_S // BIN_S
# Of each garden so many bins with values are known, half a day where all of them have some.
BINS_MOST: Final = 24
# Where more is stored than is checked yet, so much of it is read ahead, and so much at most at once.
_BINS_READ_AHEAD: Final = 4
_BINS_READ_MOST: Final = 1_440
# 10,000 gardens take some 25 MB.
_GARDENS_MOST: Final = 10_000
_FIRST_ROOM: Final = 16
_NEVER: Final = -(2**30)
_UNKNOWN: Final = 2**30
# A bin of a garden is one number: its garden, and its half hour among as many as there can be.
_SHIFT: Final = 32
_BIN_MASK: Final = 2**_SHIFT - 1

# The measurements that are compared with those of others of the garden.
COMPARED: Final = tuple(
    sorted(
        {
            name
            for name, limit in LIMITS.items()
            if limit.suspect_apart is not None or limit.suspect_air is not None
        }
        | {AIR_TEMPERATURE}
    )
)
_AIR: Final = COMPARED.index(AIR_TEMPERATURE)


class Values(NamedTuple):
    """Values of rows, or of bins: one element, or one line, for each.

    Parameters
    ----------
    keys
        Garden and half hour.
    low, high : array, shape (n, len(COMPARED))
        Lowest and highest measure; inf and -inf where there is none.
    rises
        Whether a probe may have risen by more than its limit.
    """

    keys: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    rises: NDArray[np.bool_]

    def map_cells(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Values:
        """Change each of the arrays."""
        return Values(change(self.keys), change(self.low), change(self.high), change(self.rises))


def empty_values(keys: NDArray[np.int64], *, rises: bool = False) -> Values:
    """Return bins in which nothing was measured."""
    shape = len(keys), len(COMPARED)
    return Values(keys, np.full(shape, np.inf), np.full(shape, -np.inf), np.full(len(keys), rises))


def any_values(keys: NDArray[np.int64]) -> Values:
    """Return bins in which anything may have been measured."""
    empty = empty_values(keys)
    return empty._replace(low=empty.high, high=empty.low)


def with_next_rises(values: Values) -> Values:
    """Return bins in which, and soon after which, a probe may have risen."""
    after = np.add.outer(values.keys, np.arange(1, _BINS_TO_NEXT + 1)).ravel()
    return joined(values._replace(rises=np.ones(len(values.keys), bool)), empty_values(after, rises=True))


def differ_alone(values: Values) -> NDArray[np.bool_]:
    """Return which values of one measurement and element differ by more than a limit."""
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (values.high - values.low > _limits("suspect_apart", "fail_apart")).any(axis=1), bool
        )


def joined(*parts: Values) -> Values:
    """Put values behind one another."""
    return Values(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


class GardenRanges:
    """The ranges of all gardens, as of one change number of the table of records.

    Attributes
    ----------
    number_of
        By origin the number of its garden, as who uses it knows it.
    """

    def __init__(self) -> None:
        self.number_of: dict[int, int] = {}
        self._gardens: dict[tuple[str, str], int] = {}
        self._names: list[tuple[str, str]] = []
        # Between which bins all is known of a garden; each new value will be, too.
        self._since = np.full(_FIRST_ROOM, _UNKNOWN, np.int64)
        self._until = np.full(_FIRST_ROOM, _NEVER, np.int64)
        self._bins = _unused(_FIRST_ROOM)

    def are_many(self) -> bool:
        """Return whether there are more gardens than are to be remembered."""
        return len(self._gardens) > _GARDENS_MOST

    def number(self, community: str, garden: str) -> int:
        """Return the number of a garden; a new one gets one."""
        number = self._gardens.setdefault((community, garden), len(self._gardens))
        if number == len(self._names):
            self._names.append((community, garden))
        if number >= len(self._since):
            self._since = np.concatenate((self._since, np.full_like(self._since, _UNKNOWN)))
            self._until = np.concatenate((self._until, np.full_like(self._until, _NEVER)))
            self._bins = joined(self._bins, _unused(len(self._bins.keys)))
        return number

    def garden(self, number: int) -> tuple[str, str]:
        """Return community and name of a garden."""
        return self._names[number]

    def is_known(self, number: int) -> bool:
        """Return whether anything is known of a garden."""
        return bool(self._since[number] != _UNKNOWN)

    def missing(self, number: int, first: int, last: int) -> tuple[int, int] | None:
        """Return the first and last half hour that are not known yet, for values between two half hours."""
        until = int(self._until[number])
        end = last + _BINS_OF_WATER
        if end <= until:
            return None
        begin = until + 1 if self.is_known(number) else max(first - _BINS_BESIDE, last - _BINS_READ_MOST)
        return begin, end + _BINS_READ_AHEAD

    def note_known(self, number: int, begin: int, end: int | None) -> None:
        """Note that what lies between two half hours of a garden will be known, without an end all."""
        self._since[number] = min(self._since[number], begin)
        self._until[number] = _UNKNOWN if end is None else end

    def find_apart(self, rows: Values, waters: NDArray[np.bool_], further: Values) -> NDArray[np.bool_]:
        """Remember new values; return which rows may be flagged by others, or flag them.

        Parameters
        ----------
        rows
            Each new row.
        waters
            Whether it brings rain, or says what was done in the garden.
        further
            What else is new, or has been read.
        """
        is_apart = rows.rises | ((rows.keys & _BIN_MASK) - _BINS_BESIDE < self._since[rows.keys >> _SHIFT])
        bins = self._remember(joined(rows, further))
        places = np.searchsorted(bins.keys, rows.keys)
        is_apart |= _beside(bins.keys, _differ(bins))[places]
        rises = bins.keys[bins.rises]
        first = np.searchsorted(rises, rows.keys - 1)
        is_apart |= waters & (first < np.searchsorted(rises, rows.keys + _BINS_OF_WATER, "right"))
        return np.asarray(is_apart, bool)

    def _remember(self, new: Values) -> Values:
        """Return all that is known of the gardens of new values, by bin; the last bins of each stay known."""
        if not len(new.keys):
            return new
        numbers = np.unique(new.keys >> _SHIFT)
        stored = self._bins.map_cells(lambda cells: cells[numbers].reshape(-1, *cells.shape[2:]))
        is_used = stored.keys != _NEVER
        bins = _grouped(joined(new, stored.map_cells(lambda cells: cells[is_used])))
        of = bins.keys >> _SHIFT
        ends = np.flatnonzero(np.diff(of, append=-1))
        from_end = np.repeat(ends, np.diff(ends, prepend=-1)) - np.arange(len(of))
        is_kept = from_end < BINS_MOST
        self._bins.keys[numbers] = _NEVER
        for cells, values in zip(self._bins, bins, strict=True):
            cells[of[is_kept], from_end[is_kept]] = values[is_kept]
        are_left_out = np.isin(of, of[from_end == BINS_MOST])
        oldest = np.flatnonzero(are_left_out & (from_end == BINS_MOST - 1))
        self._since[of[oldest]] = np.maximum(self._since[of[oldest]], bins.keys[oldest] & _BIN_MASK)
        return bins


def bin_keys(numbers: NDArray[np.int64], times_s: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return garden and half hour of rows as one number each."""
    return (numbers << _SHIFT) + times_s // BIN_S


def _unused(size: int) -> Values:
    empty = empty_values(np.full(size * BINS_MOST, _NEVER))
    return empty.map_cells(lambda cells: cells.reshape(size, BINS_MOST, *cells.shape[1:]))


def _grouped(values: Values) -> Values:
    """Put the values of each bin together."""
    order = np.argsort(values.keys, kind="stable")
    keys = values.keys[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    return Values(
        keys[starts],
        np.minimum.reduceat(values.low[order], starts),
        np.maximum.reduceat(values.high[order], starts),
        np.logical_or.reduceat(values.rises[order], starts),
    )


def _differ(bins: Values) -> NDArray[np.bool_]:
    """Return in which bins values differ, with those of the bins beside them, by more than a limit."""
    low, high = bins.low.copy(), bins.high.copy()
    follows = np.diff(bins.keys) == 1
    for ends, starts in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
        low[ends][follows] = np.minimum(low[ends][follows], bins.low[starts][follows])
        high[ends][follows] = np.maximum(high[ends][follows], bins.high[starts][follows])
    apart, air = _limits("suspect_apart", "fail_apart"), _limits("suspect_air", "fail_air")
    with np.errstate(invalid="ignore"):
        differ = (high - low > apart).any(axis=1)
        differ |= (high - low[:, [_AIR]] > air).any(axis=1)
        differ |= (high[:, [_AIR]] - low > air).any(axis=1)
    return np.asarray(differ, bool)


def _limits(*fields: str) -> NDArray[np.float64]:
    """Return the smallest of some limits, by measurement; inf for no comparison."""
    steps = [[getattr(LIMITS[name], field) for field in fields] for name in COMPARED]
    return np.array(
        [min((step for step in of_name if step is not None), default=np.inf) for of_name in steps]
    )


def _beside(keys: NDArray[np.int64], marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which bins are marked, or have a marked one beside them."""
    follows = np.diff(keys) == 1
    result = marks.copy()
    result[1:] |= marks[:-1] & follows
    result[:-1] |= marks[1:] & follows
    return result

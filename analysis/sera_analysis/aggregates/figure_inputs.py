"""What went into figures and what was left out for which reason: record by record, and by local day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sera_analysis.aggregates.days import one_day
from sera_store.calendar import intervals_of
from sera_vocabulary.durations import HOUR_S
from sera_vocabulary.figure_codes import LEFT_OUT
from sera_words.keys import Input
from sera_words.statements import Note, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from sera_analysis.diversity.samples import FloatArray, IntArray

RECORDS: Final = Input.of("records").key
FIRST_CHANGE, LAST_CHANGE = Input.of("first_change").key, Input.of("last_change").key
HOURS_CUT: Final = Input.of("hours_cut").key
_DECIMALS: Final = 3


@dataclass(frozen=True, eq=False)
class InputRecords:
    """Records that were looked at, a row each, used or left out for a reason.

    Parameters
    ----------
    time_s : array of int, shape (n,)
        Times of all records that were looked at [s].
    id : array of int, shape (n,)
        Their change numbers.
    good : array, shape (n,)
        Share of each record's values that passed all checks.
    reason : array of str, shape (n,)
        Why a record was left out, of `sera_vocabulary.figure_codes.LEFT_OUT`; empty where it was used.
    cut_s : array, shape (n,)
        Seconds of watching that it claimed beyond what time allows [s].
    """

    time_s: IntArray
    id: IntArray
    good: FloatArray
    reason: NDArray[np.str_]
    cut_s: FloatArray


@dataclass(frozen=True, eq=False)
class DailyInputs:
    """Records by local day: looked at, used, first and last change number, and left out by reason.

    Parameters
    ----------
    looked, used, first_change, last_change : array of int, shape (days,)
        Numbers of records, and change numbers of those used; 0 where none was.
    good : array, shape (days,)
        Sum over the records looked at of the share of their values that passed all checks.
    cut_h : array, shape (days,)
        Hours of watching that records claimed beyond what time allows [h].
    left_out : dict of array of int, shape (days,)
        Numbers of records by the reason for which they were left out.
    """

    looked: IntArray
    used: IntArray
    first_change: IntArray
    last_change: IntArray
    good: FloatArray
    cut_h: FloatArray
    left_out: dict[str, IntArray]

    def inputs(self, days: slice) -> dict[str, int | float | str]:
        """Count the records of some days: used, left out by reason, first and last change number."""
        if (day := one_day(days)) is not None:
            return self._inputs_of_days[day]
        used = self.used[days]
        counts: dict[str, int | float | str] = {RECORDS: int(used.sum())}
        if counts[RECORDS]:
            counts[FIRST_CHANGE] = int(self.first_change[days][used > 0].min())
            counts[LAST_CHANGE] = int(self.last_change[days].max())
        counts |= self.cut_inputs(days)
        for reason in sorted(self.left_out):
            if number := int(self.left_out[reason][days].sum()):
                counts[left_out_key(reason)] = number
        return counts

    def cut_inputs(self, days: slice) -> dict[str, int | float | str]:
        """Return the hours that records of some days claimed beyond what time allows; empty for none."""
        cut_h = float(self.cut_h[days].sum()) if self.has_cut else 0.0
        return {HOURS_CUT: round(cut_h, _DECIMALS)} if cut_h > 0 else {}

    @cached_property
    def has_cut(self) -> bool:
        """Whether any day has hours claimed beyond what time allows."""
        return bool(self.cut_h.any())

    def good_share(self, days: slice) -> float | None:
        """Share of values that passed all checks, of all records of some days."""
        if (day := one_day(days)) is not None:
            return self._good_shares[day]
        looked = int(self.looked[days].sum())
        return float(self.good[days].sum()) / looked if looked else None

    @cached_property
    def _inputs_of_days(self) -> list[dict[str, int | float | str]]:
        """Count the records of each day; plain numbers, since arrays of one day cost more than they hold."""
        changes = zip(self.used.tolist(), self.first_change.tolist(), self.last_change.tolist(), strict=True)
        daily: list[dict[str, int | float | str]] = [
            {RECORDS: used, FIRST_CHANGE: first, LAST_CHANGE: last} if used else {RECORDS: 0}
            for used, first, last in changes
        ]
        for day in np.flatnonzero(self.cut_h).tolist():
            daily[day][HOURS_CUT] = round(float(self.cut_h[day]), _DECIMALS)
        for reason in sorted(self.left_out):
            key = left_out_key(reason)
            for day in np.flatnonzero(self.left_out[reason]).tolist():
                daily[day][key] = int(self.left_out[reason][day])
        return daily

    @cached_property
    def _good_shares(self) -> list[float | None]:
        counts = zip(self.good.tolist(), self.looked.tolist(), strict=True)
        return [good / looked if looked else None for good, looked in counts]

    @classmethod
    def joined(
        cls, parts: Sequence[DailyInputs], day_slices: Sequence[tuple[slice, slice]], days: int
    ) -> DailyInputs:
        """Join inputs of different days, as `NodeDays.joined` does."""

        def laid(tables: Sequence[NDArray[Any] | None]) -> NDArray[Any]:
            tables_present = [table for table in tables if table is not None]
            whole = np.zeros(days, tables_present[0].dtype)
            for table, (source_days, target_days) in zip(tables, day_slices, strict=True):
                if table is not None:
                    whole[target_days] = table[source_days]
            return whole

        names = ("looked", "used", "first_change", "last_change", "good", "cut_h")
        reasons = sorted({reason for part in parts for reason in part.left_out})
        return cls(
            **{name: laid([getattr(part, name) for part in parts]) for name in names},
            left_out={reason: laid([part.left_out.get(reason) for part in parts]) for reason in reasons},
        )


@cache
def left_out_key(cause: str) -> str:
    """Return the key of the number of records that were left out for a cause."""
    return Input.of("left_out", cause=cause).key


_LEFT_OUT_KEYS: Final = frozenset(map(left_out_key, LEFT_OUT))


def left_out_reason(inputs: Iterable[Mapping[str, int | float | str]]) -> Reason | None:
    """Return how many records are stored of which none was used, and their commonest cause, or None.

    Parameters
    ----------
    inputs
        Inputs of the units of one figure, as `DailyInputs.inputs` counts them.

    Examples
    --------
    >>> str(left_out_reason([{"records": 0, "left_out:value_failed": 3}]))
    '3 records are stored and none was used: a value failed or is missing'
    """
    of_units = list(inputs)
    records, cause = _left_out(of_units)
    if not records or any(counts.get(RECORDS) for counts in of_units):
        return None
    return Reason.of("records_left_out", records=records, cause=cause)


def left_out_notes(inputs: Iterable[Mapping[str, int | float | str]]) -> tuple[Note, ...]:
    """Return a note on how many counts of people are stored and were not used, or none; see above.

    Each count is an hour of somebody's: what is left out of it is said beside the figures of the others too.

    Examples
    --------
    >>> [str(note) for note in left_out_notes([{"records": 9, "left_out:value_failed": 1}])]
    ['1 count that people made is stored and in no figure: a value failed or is missing.']
    """
    records, cause = _left_out(inputs)
    return (Note.of("counts_left_out", records=records, cause=cause),) if records else ()


def _left_out(inputs: Iterable[Mapping[str, int | float | str]]) -> tuple[int, str]:
    """Count the records that were left out, and find the commonest cause."""
    numbers = dict.fromkeys(_LEFT_OUT_KEYS, 0)
    for counts in inputs:
        # Hardly ever is any left out, and each figure asks.
        if not _LEFT_OUT_KEYS.isdisjoint(counts):
            for key in _LEFT_OUT_KEYS & counts.keys():
                numbers[key] += int(counts[key])
    records = sum(numbers.values())
    return records, max(LEFT_OUT, key=lambda cause: numbers[left_out_key(cause)]) if records else ""


def by_day(records: InputRecords, midnights: IntArray, *, amounts: bool) -> DailyInputs:
    """Sum records up by local day.

    Parameters
    ----------
    records
        Records, also outside the days.
    midnights : array of int, shape (days + 1,)
        Unix times at which the local days begin [s].
    amounts
        Whether its records are amounts, which belong to the day that they end, rather than states.
    """
    days = midnights.size - 1
    day = intervals_of(midnights, records.time_s, amounts=amounts)
    inside = (day >= 0) & (day < days)
    day, number, good = day[inside], records.id[inside], records.good[inside]
    reason = records.reason[inside]
    is_used = reason == ""
    first, last = np.full(days, np.iinfo(np.int64).max), np.zeros(days, dtype=np.int64)
    np.minimum.at(first, day[is_used], number[is_used])
    np.maximum.at(last, day[is_used], number[is_used])
    return DailyInputs(
        np.bincount(day, minlength=days),
        np.bincount(day[is_used], minlength=days),
        np.where(last > 0, first, 0),
        last,
        np.bincount(day, weights=good, minlength=days).astype(np.float64),
        np.bincount(day, weights=records.cut_s[inside] / HOUR_S, minlength=days).astype(np.float64),
        {
            str(cause): np.bincount(day[reason == cause], minlength=days)
            for cause in sorted(set(reason.tolist()) - {""})
        },
    )

"""What went into figures and what was left out for which reason: record by record, and by local day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sera_analysis.aggregates.days import one_day
from sera_store.calendar import intervals_of
from sera_words.keys import Input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sera_analysis.diversity.samples import FloatArray, IntArray

RECORDS: Final = Input.of("records").key
FIRST_CHANGE, LAST_CHANGE = Input.of("first_change").key, Input.of("last_change").key
HOURS_CUT: Final = Input.of("hours_cut").key
_HOUR_S: Final = 3_600.0
_DECIMALS: Final = 3


@dataclass(frozen=True, eq=False)
class Account:
    """Records that were looked at, a row each, kept or left out for a reason.

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
class DayAccount:
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
        found: dict[str, int | float | str] = {RECORDS: int(used.sum())}
        if found[RECORDS]:
            found[FIRST_CHANGE] = int(self.first_change[days][used > 0].min())
            found[LAST_CHANGE] = int(self.last_change[days].max())
        found |= self.cut_inputs(days)
        for reason in sorted(self.left_out):
            if number := int(self.left_out[reason][days].sum()):
                found[left_out_key(reason)] = number
        return found

    def cut_inputs(self, days: slice) -> dict[str, int | float | str]:
        """State the hours that records of some days claimed beyond what time allows; nothing for none."""
        cut_h = float(self.cut_h[days].sum()) if self._has_cut else 0.0
        return {HOURS_CUT: round(cut_h, _DECIMALS)} if cut_h > 0 else {}

    @cached_property
    def _has_cut(self) -> bool:
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
        each: list[dict[str, int | float | str]] = [
            {RECORDS: used, FIRST_CHANGE: first, LAST_CHANGE: last} if used else {RECORDS: 0}
            for used, first, last in changes
        ]
        for day in np.flatnonzero(self.cut_h).tolist():
            each[day][HOURS_CUT] = round(float(self.cut_h[day]), _DECIMALS)
        for reason in sorted(self.left_out):
            key = left_out_key(reason)
            for day in np.flatnonzero(self.left_out[reason]).tolist():
                each[day][key] = int(self.left_out[reason][day])
        return each

    @cached_property
    def _good_shares(self) -> list[float | None]:
        counts = zip(self.good.tolist(), self.looked.tolist(), strict=True)
        return [good / looked if looked else None for good, looked in counts]

    @classmethod
    def joined(
        cls, parts: Sequence[DayAccount], places: Sequence[tuple[slice, slice]], days: int
    ) -> DayAccount:
        """Lay accounts of different days beside one another, as `NodeDays.joined` does."""

        def laid(tables: Sequence[NDArray[Any] | None]) -> NDArray[Any]:
            known = [table for table in tables if table is not None]
            whole = np.zeros(days, known[0].dtype)
            for table, (taken, at) in zip(tables, places, strict=True):
                if table is not None:
                    whole[at] = table[taken]
            return whole

        names = ("looked", "used", "first_change", "last_change", "good", "cut_h")
        reasons = sorted({reason for part in parts for reason in part.left_out})
        return cls(
            **{name: laid([getattr(part, name) for part in parts]) for name in names},
            left_out={reason: laid([part.left_out.get(reason) for part in parts]) for reason in reasons},
        )


def left_out_key(cause: str) -> str:
    """Return the key of the number of records that were left out for a cause."""
    return Input.of("left_out", cause=cause).key


def by_day(account: Account, midnights: IntArray, *, amounts: bool) -> DayAccount:
    """Add an account up by local day.

    Parameters
    ----------
    account
        Records, also outside the days.
    midnights : array of int, shape (days + 1,)
        Unix times at which the local days begin [s].
    amounts
        Whether its records are amounts, which belong to the day that they end, rather than states.
    """
    days = midnights.size - 1
    day = intervals_of(midnights, account.time_s, amounts=amounts)
    inside = (day >= 0) & (day < days)
    day, number, good = day[inside], account.id[inside], account.good[inside]
    reason = account.reason[inside]
    kept = reason == ""
    first, last = np.full(days, np.iinfo(np.int64).max), np.zeros(days, dtype=np.int64)
    np.minimum.at(first, day[kept], number[kept])
    np.maximum.at(last, day[kept], number[kept])
    return DayAccount(
        np.bincount(day, minlength=days),
        np.bincount(day[kept], minlength=days),
        np.where(last > 0, first, 0),
        last,
        np.bincount(day, weights=good, minlength=days).astype(np.float64),
        np.bincount(day, weights=account.cut_s[inside] / _HOUR_S, minlength=days).astype(np.float64),
        {
            str(each): np.bincount(day[reason == each], minlength=days)
            for each in sorted(set(reason.tolist()) - {""})
        },
    )

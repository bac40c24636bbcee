"""From numbers to result records: one module fills in unit, method, interval, or the reason for none."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
from msgspec.structs import replace

from sera_analysis.aggregates.figure_inputs import left_out_reason
from sera_analysis.methods import VERSION
from sera_analysis.statistics.intervals import REPLICATES
from sera_store.results.results import Result
from sera_vocabulary.indices import INDICES_BY_NAME
from sera_words.statements import Note

if TYPE_CHECKING:
    from sera_analysis.statistics.intervals import Interval
    from sera_analysis.windows import Window
    from sera_words.statements import Reason

_WHOLE_MOST = 1e12
# Interval methods that draw random numbers.
_DRAWN = frozenset({"bca_bootstrap", "moving_blocks", "label_bootstrap"})
# Reasons that say that too little is there.
ABSENCES = frozenset(
    {
        *("no_survey", "no_camera", "no_beam", "no_hours", "no_node_with_rate", "no_flowers_counted"),
        *("hours_too_few", "flight_hours_too_few", "units_too_few", "units_without_rate", "weeks_too_few"),
        *("pairs_too_few", "no_soil_day", "no_insect_on_watched_days"),
    }
)


class Frame(NamedTuple):
    """What all figures of one place and window share."""

    scope: str
    scope_id: str
    window: Window
    start_s: int
    end_s: int
    target: str
    seed: int
    replicates: int = REPLICATES


class Support(msgspec.Struct, frozen=True):
    """What a figure rests on: effort, units, coverage, share of good data, notes, parts and inputs.

    `coverage` is a share of the window's days that the readings reach over; the record turns it into a share
    of all days between the window's dates, so that ten days of an October are a third of it.
    """

    effort_h: float | None = None
    n: int = 0
    n_of: str = ""
    coverage: float | None = None
    good_share: float | None = None
    notes: tuple[Note, ...] = ()
    parts: dict[str, float | None] | None = None
    inputs: dict[str, int | float | str] | None = None

    def replace(self, **changes: Any) -> Support:
        """Copy with some fields changed."""
        return replace(self, **changes)


def figure(
    frame: Frame,
    index: str,
    value: float,
    interval: Interval,
    support: Support,
    *,
    group: str = "",
    drawn: bool = False,
) -> Result:
    """Build the record of a figure with a value; `drawn` where random numbers went into its parts."""
    drawn = drawn or (interval.method is not None and interval.method.code in _DRAWN)
    if interval.note:
        support = support.replace(notes=(*support.notes, interval.note))
    return _record(
        frame,
        index,
        support,
        group,
        interval_method=interval.method,
        value=_rounded(value),
        low=_rounded(interval.low),
        high=_rounded(interval.high),
        interval_reason=interval.reason,
        seed=frame.seed if drawn else None,
    )


def missing_figure(frame: Frame, index: str, reason: Reason, support: Support, *, group: str = "") -> Result:
    """Build the record of a figure without a value, with the reason why there is none.

    Where the reason is that nothing is there, but records are stored and all of them were left out, the
    reason says so: nobody should read that nobody has counted who has.
    """
    if reason.code in ABSENCES:
        reason = left_out_reason([support.inputs or {}]) or reason
    return _record(frame, index, support, group, reason=reason)


def _record(frame: Frame, index: str, support: Support, group: str, **outcome: Any) -> Result:
    """Make a record of what a figure has with a value and without, and of its outcome."""
    window, row = frame.window, INDICES_BY_NAME[index]
    days, calendar_days = window.length, window.calendar_days
    notes, coverage, parts = support.notes, support.coverage, support.parts
    if days < calendar_days:
        # Readings do not reach over all of its days: ten days are no October.
        notes = (*notes, _days_note(days, calendar_days))
        coverage = None if coverage is None else coverage * days / calendar_days
    return Result(
        scope=frame.scope,
        scope_id=frame.scope_id,
        index=index,
        period=window.period,
        start_s=frame.start_s,
        end_s=frame.end_s,
        unit=row.unit,
        method=row.method,
        version=VERSION,
        group=group,
        target=frame.target,
        effort_h=_rounded(support.effort_h),
        n=support.n,
        n_of=support.n_of,
        coverage=_rounded(coverage),
        good_share=_rounded(support.good_share),
        notes=notes,
        parts={name: _rounded(part) for name, part in parts.items()} if parts else {},
        inputs=support.inputs or {},
        **outcome,
    )


@lru_cache(maxsize=1_024)
def _days_note(days: int, of: int) -> Note:
    return Note.of("days_of_window", days=days, of=of)


def _rounded(value: float | None) -> float | None:
    """Round a number to twelve digits, so that the last bit of a sum does not make a new figure."""
    if value is None:
        return None
    # Most are counts, which need no text to be rounded by.
    number = float(value)
    if number.is_integer() and -_WHOLE_MOST < number < _WHOLE_MOST:
        return number
    return float("%.12g" % number)  # noqa: UP031 - a third faster than a format string


def or_none(value: float) -> float | None:
    """Turn not-a-number into None."""
    return None if np.isnan(value) else float(value)

"""Writing what a task made, and withdrawing figures whose window or kind is no longer there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sera_analysis.figures.garden_figures import SOIL_INDICES
from sera_store.results.result_rows import key, rows
from sera_words.statements import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_analysis.runs.planning import FigureJob
    from sera_analysis.runs.tasks import Figures
    from sera_analysis.windows import Window
    from sera_store.results.result_rows import HeadKey
    from sera_store.results.results import Result, ResultKey
    from sera_store.store import Store

WITHDRAWN: Final = Reason.of("withdrawn")


def write(store: Store, job: FigureJob, figures: Iterable[Figures]) -> int:
    """Write the figures of a job that differ, withdraw those that are no longer made, and count them.

    Parameters
    ----------
    store
        Where they go.
    job
        Which windows were made again.
    figures
        What its task made.
    """
    written = 0
    for scope_key, fresh in figures:
        heads = store.results.heads(*scope_key)
        vanished = _vanished(heads, {key(row) for row in fresh}, job)
        stale = [old for name in vanished if (old := _withdrawn(store, heads[name])) is not None]
        written += store.results.put_rows(*scope_key, fresh, rows(stale))
    return written


def _vanished(heads: Iterable[ResultKey], fresh: set[HeadKey], job: FigureJob) -> list[ResultKey]:
    """Find the current figures that the job would have made again if they still were."""
    whole, soil = _starts(job.stale.whole, job.timezone), _starts(job.stale.soil, job.timezone)
    all_starts = _starts(job.windows, job.timezone)
    vanished = []
    for name in heads:
        _, _, index, period, group, target, start_s = name
        window = (period, start_s)
        if (index, period, start_s, group, target) in fresh or period not in job.options.periods:
            continue
        if window in whole or window not in all_starts or (window in soil and index in SOIL_INDICES):
            vanished.append(name)
    return vanished


def _starts(windows: Iterable[Window], timezone: str) -> set[tuple[str, int]]:
    return {(window.period, window.bounds_s(timezone)[0]) for window in windows}


def _withdrawn(store: Store, number: int) -> Result | None:
    """Return the withdrawal of a figure, None where it is withdrawn already."""
    old = store.results.read(number)
    if old.reason == WITHDRAWN:
        return None
    return msgspec.structs.replace(
        old,
        value=None,
        low=None,
        high=None,
        interval_reason=None,
        interval_method=None,
        reason=WITHDRAWN,
        end_s=old.start_s,
        effort_h=None,
        parts={},
    )

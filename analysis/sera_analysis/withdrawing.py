"""Writing what a task made, and withdrawing figures whose window or kind is no longer there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sera_analysis.places import SOIL_INDICES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_analysis.planning import Job
    from sera_analysis.tasks import Bodies
    from sera_analysis.windows import Window
    from sera_store.results import ResultKey
    from sera_store.store import Store

WITHDRAWN: Final = "withdrawn: late or revised readings have moved this window"


def write(store: Store, job: Job, made: Iterable[Bodies]) -> int:
    """Write the figures of a job that differ, withdraw those that are no longer made, and count them.

    Parameters
    ----------
    store
        Where they go.
    job
        Which windows were made again.
    made
        What its task made.
    """
    written = 0
    for place, bodies in made:
        heads = store.results.heads(*place)
        gone = _gone(heads, {key for key, _ in bodies}, job)
        stale = [(key, body) for key in gone if (body := _withdrawn(store, heads[key])) is not None]
        written += store.results.put_bodies(*place, [*bodies, *stale])
    return written


def _gone(heads: Iterable[ResultKey], fresh: set[ResultKey], job: Job) -> list[ResultKey]:
    """Find the current figures that the job would have made again if they still were."""
    whole, soil = _starts(job.touched.whole, job.timezone), _starts(job.touched.soil, job.timezone)
    all_starts = _starts(job.common.windows, job.timezone)
    found = []
    for key in heads:
        window = (key[3], key[6])
        if key in fresh or key[3] not in job.asked.periods:
            continue
        if window in whole or window not in all_starts or (window in soil and key[2] in SOIL_INDICES):
            found.append(key)
    return found


def _starts(windows: Iterable[Window], timezone: str) -> set[tuple[str, int]]:
    return {(window.period, window.bounds_s(timezone)[0]) for window in windows}


def _withdrawn(store: Store, number: int) -> bytes | None:
    """Take a figure back, None where it is withdrawn already."""
    old = store.results.read(number)
    if old.reason == WITHDRAWN:
        return None
    return msgspec.structs.replace(
        old,
        value=None,
        low=None,
        high=None,
        interval_reason=None,
        reason=WITHDRAWN,
        end_s=old.start_s,
        effort_h=None,
        parts={},
    ).to_json()

"""The jobs: figures of all gardens, districts and communities, made again where readings have changed."""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_analysis.aggregates.aggregate_cache import catch_up
from sera_analysis.errors import UnknownGardenError
from sera_analysis.figures.garden_figures import Draws
from sera_analysis.runs.engine import LocalEngine
from sera_analysis.runs.planning import FigureJob, RunOptions, plan
from sera_analysis.runs.withdrawing import WITHDRAWN, write
from sera_analysis.statistics.intervals import REPLICATES
from sera_analysis.windows import CUSTOM, DAY, MONTH, SEASON, SPAN, WEEK
from sera_store.release.places import released_gardens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sera_analysis.aggregates.aggregate_cache import CachedGarden
    from sera_analysis.runs.engine import Engine
    from sera_analysis.runs.tasks import Task
    from sera_analysis.windows import Dates
    from sera_store.store import Store

__all__ = ["PERIODS", "WITHDRAWN", "Summary", "analyse"]

PERIODS: Final = (DAY, WEEK, MONTH, SEASON, SPAN, CUSTOM)
_DISTRIBUTION: Final = "sera-gardens"


class Summary(NamedTuple):
    """What one run did.

    Parameters
    ----------
    months
        Months of gardens that were added up, because they are new or their readings have changed.
    windows
        Windows of places whose figures were made again.
    computed, written
        Figures made, and figures written because they differ.
    tally_s, seconds
        Seconds for adding up, and in all.
    """

    months: int
    windows: int
    computed: int
    written: int
    tally_s: float
    seconds: float


def analyse(
    store: Store,
    *,
    gardens: Sequence[str] | None = None,
    seed: int = 0,
    replicates: int = REPLICATES,
    periods: tuple[str, ...] = PERIODS,
    again: bool = False,
    dates: Dates | None = None,
    engine: Engine | None = None,
    progress: Callable[[str, str, int, int], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Summary:
    """Compute the figures that late, revised or re-flagged readings touch, and write those that differ.

    Parameters
    ----------
    store
        Where the readings are, and where the results go.
    gardens
        Only these gardens, and no community; None for all gardens, districts and communities.
    seed, replicates
        Seed and number of draws of every bootstrap: the same readings and seed give the same bytes.
    periods
        Which windows: day, week, month, season, span, custom.
    again
        True to add everything up and make all windows again, whatever was made before.
    dates
        Local dates of one more window, of kind custom; None for none. It stays one of the windows that later
        runs look after, until another one begins on its first day.
    engine
        Who does the tasks; this process by default.
    progress
        Called with the stage (`adding up`, `making`), a name, how many are done, and how many there are.
    clock
        Gives seconds, for the summary.

    Returns
    -------
    Summary
        Running it again on the same records makes and writes nothing.

    Raises
    ------
    UnknownGardenError
        Where a garden is not in the registry.
    """
    began = clock()
    report = progress or _ignore_progress
    registered = released_gardens(store.registry)
    names = [garden.id for garden in registered]
    for name in gardens or ():
        if name not in names:
            raise UnknownGardenError(name, tuple(names))
    entries, months = catch_up(
        store,
        registered,
        version=version(_DISTRIBUTION),
        again=again,
        progress=lambda *step: report("adding up", *step),
    )
    tallied = clock()
    options = RunOptions(
        None if gardens is None else frozenset(gardens), Draws(seed, replicates), periods, again, dates
    )
    jobs = [job for members in _communities(entries) for job in plan(store, members, options)]
    counts = list(_run_jobs(store, jobs, engine or LocalEngine(), report))
    store.tallies.seal()
    windows = sum([len(job.stale.whole) + len(job.stale.soil) for job in jobs])
    computed, written = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
    return Summary(months, windows, computed, written, tallied - began, clock() - began)


def _run_jobs(
    store: Store, jobs: list[FigureJob], engine: Engine, report: Callable[[str, str, int, int], None]
) -> Iterator[tuple[int, int]]:
    """Run the jobs' tasks, write their figures, and yield how many were computed and written."""

    def tasks() -> Iterator[Task]:
        for job in jobs:
            yield job.task(store)

    for number, (job, figures) in enumerate(zip(jobs, engine.run(tasks()), strict=True)):
        report("making", job.scope_key.scope_id, number, len(jobs))
        written = write(store, job, figures)
        store.tallies.put_fingerprint(*job.scope_key, job.fingerprint_json)
        yield sum([len(place_figures.rows) for place_figures in figures]), written


def _communities(entries: list[CachedGarden]) -> Iterator[list[CachedGarden]]:
    """Group gardens by community, in order of its name."""
    for community in sorted({entry.garden.community for entry in entries}):
        yield [entry for entry in entries if entry.garden.community == community]


def _ignore_progress(*_: object) -> None:
    """Ignore the progress."""

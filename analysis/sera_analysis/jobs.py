"""The jobs: all figures of all gardens and communities, from the records of a store back into it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from sera_analysis.errors import UnknownGardenError
from sera_analysis.gardens import Days, GardenDays, largest_class, roll_up
from sera_analysis.places import Classes, community_figures, garden_figures
from sera_analysis.sun import local_date
from sera_analysis.windows import DAY, MONTH, SEASON, SPAN, WEEK, windows
from sera_vocabulary.series import AIR, COUNTS, SOIL, VISITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sera_store.entities import Garden
    from sera_store.results import Result
    from sera_store.store import Store

PERIODS: Final = (DAY, WEEK, MONTH, SEASON, SPAN)
WITHDRAWN: Final = "withdrawn: late or revised readings have moved this window"

_READ: Final = (SOIL, AIR, VISITS, COUNTS)


class Summary(NamedTuple):
    """What one run did: results computed, results written because they differ, and seconds."""

    computed: int
    written: int
    seconds: float


def analyse(
    store: Store,
    *,
    gardens: Sequence[str] | None = None,
    seed: int = 0,
    periods: tuple[str, ...] = PERIODS,
    progress: Callable[[str, int, int], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Summary:
    """Compute the figures of gardens and their communities, and put those that differ into the store.

    Parameters
    ----------
    store
        Where the readings are, and where the results go.
    gardens
        Only these gardens, and no community; None for all gardens and communities.
    seed
        Seed of every bootstrap: the same readings and seed give the same bytes.
    periods
        Which windows: day, week, month, season, span.
    progress
        Called with a garden's name, how many are done, and how many there are.
    clock
        Gives seconds, for the summary.

    Returns
    -------
    Summary
        Running it again on the same records writes nothing.

    Raises
    ------
    UnknownGardenError
        Where a garden is not in the registry.
    """
    began = clock()
    known = {garden.id: garden for garden in store.registry.gardens()}
    for name in gardens or ():
        if name not in known:
            raise UnknownGardenError(name, tuple(known))
    wanted = set(known if gardens is None else gardens)
    computed = written = done = 0
    for community in sorted({known[name].community for name in wanted}):
        members = [garden for garden in known.values() if garden.community == community]
        days = _days(store, community, members)
        rolled = []
        # The class that figures are made from is chosen over the whole community, so all gardens are read.
        for garden in members:
            if progress is not None:
                progress(garden.id, done, len(known))
            rolled.append(roll_up(store, garden, days))
            done += 1
        results = _community_results(community, rolled, wanted, days, periods, seed, whole=gardens is None)
        stale = _stale(store, results, periods)
        computed += len(results)
        written += store.results.put([*results, *stale])
    return Summary(computed, written, clock() - began)


def _community_results(
    community: str,
    rolled: list[GardenDays],
    wanted: set[str],
    days: Days,
    periods: tuple[str, ...],
    seed: int,
    *,
    whole: bool,
) -> list[Result]:
    """Make the figures of a community's gardens, and its own where all gardens are asked for."""
    classes = Classes(
        largest_class([each.cameras for each in rolled]), largest_class([each.beams for each in rolled])
    )
    results: list[Result] = []
    for window in windows(days.first, days.number, periods):
        for each in rolled:
            if each.garden.id in wanted:
                results += garden_figures(each, window, _own_classes(each, classes), seed)
        if whole:
            results += community_figures(community, rolled, window, classes, seed)
    return results


def _own_classes(garden: GardenDays, common: Classes) -> Classes:
    """Take the community's class where the garden has it, else the garden's own largest."""
    has_camera = common.camera in garden.cameras.comparability.values()
    has_beam = common.beam in garden.beams.comparability.values()
    return Classes(
        common.camera if has_camera else largest_class([garden.cameras]),
        common.beam if has_beam else largest_class([garden.beams]),
    )


def _days(store: Store, community: str, gardens: list[Garden]) -> Days:
    """Find the local dates on which any garden of a community has records."""
    spans = [store.records.span_s(series, community=community) for series in _READ]
    known = [span for span in spans if span is not None]
    zones = {garden.timezone for garden in gardens}
    if not known:
        # Without a record anywhere the span is the first day of Unix time, so that it stays one and the same.
        return Days(local_date(43_200, "UTC"), 1)
    first = min(local_date(min(span[0] for span in known), zone) for zone in zones)
    # A watch that ends at midnight belongs to the day before.
    last = max(local_date(max(span[1] for span in known) - 1, zone) for zone in zones)
    last = max(first, last)
    return Days(first, (last - first + timedelta(days=1)).days)


def _stale(store: Store, results: Iterable[Result], periods: tuple[str, ...]) -> list[Result]:
    """Withdraw the results of the same places whose window or kind is no longer there."""
    fresh = {result.key for result in results}
    places = {(result.scope, result.scope_id) for result in results}
    return [
        msgspec.structs.replace(
            old,
            value=None,
            low=None,
            high=None,
            interval_reason=None,
            reason=WITHDRAWN,
            end_s=old.start_s,
            effort_h=None,
            parts={},
        )
        for scope, scope_id in sorted(places)
        for old in store.results.current(scope=scope, scope_id=scope_id)
        if old.key not in fresh and old.period in periods and old.reason != WITHDRAWN
    ]

"""Planning a run: which gardens and communities have stale windows, and the task that computes them."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np

from sera_analysis.aggregates.days import Days
from sera_analysis.aggregates.gardens import largest_class
from sera_analysis.figures.community_figures import COMMUNITY, ScopeKey
from sera_analysis.figures.garden_figures import GARDEN, Classes
from sera_analysis.methods import VERSION
from sera_analysis.runs.invalidation import (
    Fingerprint,
    StaleWindows,
    compute_fingerprint,
    custom_dates,
    digest,
    find_stale_windows,
    merge_fingerprints,
)
from sera_analysis.runs.tasks import CommunityTask, GardenTask, PackedGarden
from sera_analysis.windows import CUSTOM, Window, custom_window, windows
from sera_store.registry.comparability import comparability
from sera_store.results.result import SIMULATED
from sera_vocabulary.indices import INDICES
from sera_words.statements import Note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_analysis.aggregates.aggregate_cache import CachedGarden
    from sera_analysis.figures.garden_figures import Draws
    from sera_analysis.runs.tasks import Task
    from sera_analysis.windows import Dates
    from sera_store.registry.entities import District
    from sera_store.store import Store

# Without a record anywhere nothing is made. Sums then go over one day, always the same, that has nothing.
_NO_DAY: Final = Days(date(1970, 1, 1), 1)


class RunOptions(NamedTuple):
    """What a run is asked for: gardens or None for all, draws, kinds of window, whether all again, dates."""

    gardens: frozenset[str] | None
    draws: Draws
    periods: tuple[str, ...]
    again: bool
    dates: Dates | None = None


class CommunityContext(NamedTuple):
    """What all figures of one community share: its gardens, days, windows and comparability classes.

    `left_out` is the number of simulated gardens that enter none of its figures.
    """

    members: list[CachedGarden]
    districts: list[District]
    span: Days
    windows: list[Window]
    classes: Classes
    left_out: int = 0


class FigureJob:
    """One garden or community whose windows are computed again: its fingerprint and its task."""

    def __init__(
        self, context: CommunityContext, options: RunOptions, members: list[CachedGarden], scope_key: ScopeKey
    ) -> None:
        self.context = context
        self.options = options
        self.members = members
        self.scope_key = scope_key
        self.notes = simulation_notes(members, context.left_out if scope_key.scope == COMMUNITY else 0)
        self.classes = _classes_of(members, context.classes)
        # Of a place that has never read anything there is nothing to say, not even what is missing there.
        self.windows = context.windows if any(member.summary.first for member in members) else []
        self._fingerprint = self._new_fingerprint()
        self.stale = StaleWindows([], [], has_vanished=False)

    def _new_fingerprint(self) -> Fingerprint:
        """Digest all that enters the figures."""
        day_digests = np.stack([member.day_digests(self.context.span) for member in self.members])
        shared = digest(
            VERSION,
            INDICES,
            self.options.draws,
            [_shared_state(member) for member in self.members],
            [] if self.scope_key.scope == GARDEN else self.context.districts,
            self.classes,
            self.notes,
        )
        soil = digest([member.summary.soil for member in self.members])
        return compute_fingerprint(self.windows, day_digests, shared=shared, soil=soil)

    def compare(self, old: Fingerprint | None) -> None:
        """Find the windows that are stale beside an older fingerprint."""
        before = None if self.options.again else old
        self.stale = find_stale_windows(before, self._fingerprint, self.windows, self.options.periods)
        self._fingerprint = merge_fingerprints(before, self._fingerprint, self.options.periods)

    @cached_property
    def timezone(self) -> str:
        """Time zone of the place's windows: the garden's, or that of a community's first garden."""
        return self.members[0].garden.timezone

    @property
    def fingerprint_json(self) -> bytes:
        """The fingerprint as it is stored."""
        return msgspec.json.encode(self._fingerprint)

    def task(self, store: Store) -> Task:
        """Return the task, with all that it needs."""
        gardens = [
            PackedGarden(
                member.garden, member.nodes, tuple(store.tallies.months(member.garden.id)), member.stated
            )
            for member in self.members
        ]
        span, whole, soil = self.context.span, self.stale.whole, self.stale.soil
        if self.scope_key.scope == GARDEN:
            return GardenTask(gardens[0], span, whole, soil, self.classes, self.options.draws, self.notes)
        return CommunityTask(
            self.scope_key.scope_id,
            self.context.districts,
            gardens,
            span,
            whole,
            soil,
            self.classes,
            self.options.draws,
            self.notes,
        )


def plan(store: Store, members: list[CachedGarden], options: RunOptions) -> list[FigureJob]:
    """Find the gardens of one community, and itself, whose figures are stale, gardens first.

    Parameters
    ----------
    store
        Where it stands from what the figures were made before.
    members
        All gardens of the community, also those that are not asked for: the class that figures are made from
        is chosen over all of them.
    options
        What the run is asked for.
    """
    fingerprints = _stored_fingerprints(store, members)
    simulated = [member for member in members if member.garden.is_simulated]
    real = [member for member in members if not member.garden.is_simulated]
    jobs: list[FigureJob] = []
    # Nothing of a simulated garden enters a figure of real ones: neither its readings nor its days.
    if not any(member.nodes for member in real):
        jobs += _jobs(_context(store, members, fingerprints, options), options, is_whole=True)
    else:
        jobs += _jobs(_context(store, real, fingerprints, options, len(simulated)), options, is_whole=True)
        if simulated:
            jobs += _jobs(_context(store, simulated, fingerprints, options), options, is_whole=False)
    for job in jobs:
        job.compare(fingerprints.get(job.scope_key))
    return [job for job in jobs if not job.stale.is_empty]


def _context(
    store: Store,
    members: list[CachedGarden],
    fingerprints: dict[ScopeKey, Fingerprint],
    options: RunOptions,
    left_out: int = 0,
) -> CommunityContext:
    """Find what the figures of some gardens of one community share."""
    span = _span(members)
    return CommunityContext(
        members,
        store.registry.districts(members[0].garden.community),
        span,
        [
            *windows(span.first, span.number, options.periods),
            *_custom_windows(fingerprints.values(), span, options),
        ],
        Classes(
            largest_class([dict(member.summary.camera_hours) for member in members]),
            largest_class([dict(member.summary.beam_hours) for member in members]),
        ),
        left_out,
    )


def _jobs(context: CommunityContext, options: RunOptions, *, is_whole: bool) -> list[FigureJob]:
    """Plan the gardens of a context, and the community where it is made from them."""
    jobs = [
        FigureJob(context, options, [member], ScopeKey(GARDEN, member.garden.id))
        for member in context.members
        if options.gardens is None or member.garden.id in options.gardens
    ]
    if is_whole and options.gardens is None:
        community = context.members[0].garden.community
        jobs.append(FigureJob(context, options, context.members, ScopeKey(COMMUNITY, community)))
    return jobs


def simulation_notes(members: list[CachedGarden], gardens_left_out: int) -> tuple[Note, ...]:
    """Return what figures of some gardens say of simulated nodes: that they are made from them, or not."""
    notes: list[Note] = []
    if any(member.garden.is_simulated for member in members):
        notes.append(Note.of(SIMULATED))
    if number := sum([len(member.garden.left_out) for member in members]):
        notes.append(Note.of("simulated_nodes_left_out", nodes=number))
    if gardens_left_out:
        notes.append(Note.of("simulated_gardens_left_out", gardens=gardens_left_out))
    return tuple(notes)


def _stored_fingerprints(store: Store, members: list[CachedGarden]) -> dict[ScopeKey, Fingerprint]:
    """Load the fingerprints of a community and its gardens."""
    scope_keys = [ScopeKey(GARDEN, member.garden.id) for member in members]
    scope_keys.append(ScopeKey(COMMUNITY, members[0].garden.community))
    bodies = {scope_key: store.tallies.fingerprint(*scope_key) for scope_key in scope_keys}
    return {
        scope_key: msgspec.json.decode(body, type=Fingerprint)
        for scope_key, body in bodies.items()
        if body is not None
    }


def _custom_windows(fingerprints: Iterable[Fingerprint], span: Days, options: RunOptions) -> list[Window]:
    """Return the window of the dates asked for, and those of any dates that were asked for before.

    A figure is named by the beginning of its window: of two windows from one day on, the later wish holds.
    """
    if CUSTOM not in options.periods:
        return []
    by_first = {
        dates.first: dates for fingerprint in fingerprints for dates in sorted(custom_dates(fingerprint))
    }
    if options.dates is not None:
        by_first[options.dates.first] = options.dates
    custom = [custom_window(by_first[first], span.first, span.number) for first in sorted(by_first)]
    return [window for window in custom if window is not None]


def _span(members: list[CachedGarden]) -> Days:
    """Find the local dates on which any garden of a community has records."""
    summaries = [member.summary for member in members if member.summary.first]
    if not summaries:
        return _NO_DAY
    first = min([summary.first for summary in summaries])
    after = max([summary.after for summary in summaries])
    return Days(date.fromordinal(first), after - first)


def _shared_state(member: CachedGarden) -> tuple[object, ...]:
    """Return what of a garden enters all its windows."""
    classes = [comparability(node) for node in member.nodes.values()]
    return (member.garden, sorted(member.nodes), classes, member.summary.beginnings, member.stated)


def _classes_of(members: list[CachedGarden], common: Classes) -> Classes:
    """Return the community's classes; a garden that has no node of one takes its own largest."""
    if len(members) > 1:
        return common
    (member,) = members
    cameras, beams = dict(member.summary.camera_hours), dict(member.summary.beam_hours)
    return Classes(
        common.camera if common.camera in cameras else largest_class([cameras]),
        common.beam if common.beam in beams else largest_class([beams]),
    )

"""Planning a run: which places have windows to be made again, and the task that makes each place's."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np

from sera_analysis.aggregates.days import Days
from sera_analysis.aggregates.gardens import comparability, largest_class
from sera_analysis.figures.community_figures import COMMUNITY, JointPlace
from sera_analysis.figures.garden_figures import GARDEN, Classes
from sera_analysis.methods import VERSION
from sera_analysis.runs.invalidation import (
    Made,
    Touched,
    custom_dates,
    digest,
    kept_beside,
    made_from,
    touched,
)
from sera_analysis.runs.tasks import Carried, CommunityTask, GardenTask
from sera_analysis.windows import CUSTOM, Window, custom_window, windows
from sera_vocabulary.indices import INDICES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_analysis.aggregates.aggregate_cache import Entry
    from sera_analysis.figures.garden_figures import Draws
    from sera_analysis.runs.tasks import Task
    from sera_analysis.windows import Dates
    from sera_store.registry.entities import District
    from sera_store.store import Store

# Without a record anywhere the span is the first day of Unix time, so that it stays one and the same.
_NO_DAY: Final = Days(date(1970, 1, 1), 1)


class Asked(NamedTuple):
    """What a run is asked for: gardens or None for all, draws, kinds of window, whether all anew, dates."""

    gardens: frozenset[str] | None
    draws: Draws
    periods: tuple[str, ...]
    again: bool
    dates: Dates | None = None


class Common(NamedTuple):
    """What all places of one community share: its gardens, days, windows and comparability classes."""

    members: list[Entry]
    districts: list[District]
    span: Days
    windows: list[Window]
    classes: Classes


class Job:
    """One place whose windows are made again: from what they are made, and the task that makes them."""

    def __init__(self, common: Common, asked: Asked, members: list[Entry], place: JointPlace) -> None:
        self.common = common
        self.asked = asked
        self.members = members
        self.place = place
        self.classes = _classes_of(members, common.classes)
        self._made = self._made_from()
        self.touched = Touched([], [], gone=False)

    def _made_from(self) -> Made:
        """Digest all that enters the figures of the place."""
        marks = np.stack([member.marks(self.common.span) for member in self.members])
        standing = digest(
            VERSION,
            INDICES,
            self.asked.draws,
            [_standing(member) for member in self.members],
            [] if self.place.scope == GARDEN else self.common.districts,
            self.classes,
        )
        soil = digest([member.standing.soil for member in self.members])
        return made_from(self.common.windows, marks, standing=standing, soil=soil)

    def compare(self, old: Made | None) -> None:
        """Find the windows that differ from what they were made from."""
        before = None if self.asked.again else old
        self.touched = touched(before, self._made, self.common.windows, self.asked.periods)
        self._made = kept_beside(before, self._made, self.asked.periods)

    @cached_property
    def timezone(self) -> str:
        """Time zone of the place's windows: the garden's, or that of a community's first garden."""
        return self.members[0].garden.timezone

    @property
    def made_json(self) -> bytes:
        """From what the figures are made, as it is kept."""
        return msgspec.json.encode(self._made)

    def task(self, store: Store) -> Task:
        """Make the task, with all that it needs."""
        carried = [
            Carried(member.garden, member.nodes, tuple(store.tallies.months(member.garden.id)), member.stated)
            for member in self.members
        ]
        span, whole, soil = self.common.span, self.touched.whole, self.touched.soil
        if self.place.scope == GARDEN:
            return GardenTask(carried[0], span, whole, soil, self.classes, self.asked.draws)
        return CommunityTask(
            self.place.scope_id,
            self.common.districts,
            carried,
            span,
            whole,
            soil,
            self.classes,
            self.asked.draws,
        )


def plan(store: Store, members: list[Entry], asked: Asked) -> list[Job]:
    """Find the places of one community whose figures are to be made again, gardens first.

    Parameters
    ----------
    store
        Where it stands from what the figures were made before.
    members
        All gardens of the community, also those that are not asked for: the class that figures are made from
        is chosen over all of them.
    asked
        What the run is asked for.
    """
    span = _span(members)
    community = members[0].garden.community
    made = _made(store, members)
    common = Common(
        members,
        store.registry.districts(community),
        span,
        [*windows(span.first, span.number, asked.periods), *_custom_windows(made.values(), span, asked)],
        Classes(
            largest_class([dict(each.standing.camera_hours) for each in members]),
            largest_class([dict(each.standing.beam_hours) for each in members]),
        ),
    )
    jobs = [
        Job(common, asked, [member], JointPlace(GARDEN, member.garden.id))
        for member in members
        if asked.gardens is None or member.garden.id in asked.gardens
    ]
    if asked.gardens is None:
        jobs.append(Job(common, asked, members, JointPlace(COMMUNITY, community)))
    for job in jobs:
        job.compare(made.get(job.place))
    return [job for job in jobs if not job.touched.nothing]


def _made(store: Store, members: list[Entry]) -> dict[JointPlace, Made]:
    """Read from what the figures of a community and its gardens were made."""
    places = [JointPlace(GARDEN, member.garden.id) for member in members]
    places.append(JointPlace(COMMUNITY, members[0].garden.community))
    stored = {place: store.tallies.made(*place) for place in places}
    return {place: msgspec.json.decode(made, type=Made) for place, made in stored.items() if made is not None}


def _custom_windows(made: Iterable[Made], span: Days, asked: Asked) -> list[Window]:
    """Return the window of the dates asked for, and those of any dates that were asked for before.

    A figure is named by the beginning of its window: of two windows from one day on, the later wish holds.
    """
    if CUSTOM not in asked.periods:
        return []
    by_first = {dates.first: dates for place in made for dates in sorted(custom_dates(place))}
    if asked.dates is not None:
        by_first[asked.dates.first] = asked.dates
    found = [custom_window(by_first[first], span.first, span.number) for first in sorted(by_first)]
    return [window for window in found if window is not None]


def _span(members: list[Entry]) -> Days:
    """Find the local dates on which any garden of a community has records."""
    known = [member.standing for member in members if member.standing.first]
    if not known:
        return _NO_DAY
    first = min([standing.first for standing in known])
    after = max([standing.after for standing in known])
    return Days(date.fromordinal(first), after - first)


def _standing(member: Entry) -> tuple[object, ...]:
    """Say what of a garden enters all its windows."""
    classes = [comparability(node) for node in member.nodes.values()]
    return (member.garden, sorted(member.nodes), classes, member.standing.beginnings, member.stated)


def _classes_of(members: list[Entry], common: Classes) -> Classes:
    """Take the community's classes; a garden that has no node of one takes its own largest."""
    if len(members) > 1:
        return common
    (member,) = members
    cameras, beams = dict(member.standing.camera_hours), dict(member.standing.beam_hours)
    return Classes(
        common.camera if common.camera in cameras else largest_class([cameras]),
        common.beam if common.beam in beams else largest_class([beams]),
    )

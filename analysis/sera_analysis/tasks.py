"""The pieces that a run is cut into: pure functions of what they carry, so that any engine may do them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sera_analysis.communities import COMMUNITY, JointPlace, joint_figures, joint_frame, joint_soils
from sera_analysis.gardens import garden_days
from sera_analysis.places import GARDEN, garden_figures, garden_frame, garden_soils, told_of
from sera_analysis.tally_book import whole_tally

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from sera_analysis.days import Days
    from sera_analysis.gardens import GardenDays, Statements
    from sera_analysis.places import Classes, Draws
    from sera_analysis.windows import Window
    from sera_store.entities import District, Garden, Node
    from sera_store.results import Result, ResultKey

# What one window of one garden costs, beside a day's: such weights make tasks of like length.
_COST = {"day": 1.0}
_COST_OF_LONGER = 8.0


class Bodies(NamedTuple):
    """Figures that a task made for one place, as key and JSON."""

    place: JointPlace
    bodies: list[tuple[ResultKey, bytes]]


@dataclass(frozen=True)
class Carried:
    """One garden as a task carries it: who it is, its months as they are kept, what people state."""

    garden: Garden
    nodes: dict[str, Node]
    months: tuple[bytes, ...]
    stated: Statements

    def over(self, span: Days) -> GardenDays:
        """Unpack the garden over a span of days."""
        return garden_days(self.garden, self.nodes, whole_tally(self.months, span), self.stated)


@dataclass(frozen=True)
class GardenTask:
    """Figures of one garden over some windows, and its soil figures alone over others."""

    carried: Carried
    span: Days
    windows: Sequence[Window]
    soil_windows: Sequence[Window]
    classes: Classes
    draws: Draws

    @property
    def cost(self) -> float:
        """About how long it takes, in windows of a day."""
        return _cost(self.windows) + _cost(self.soil_windows)

    def make(self) -> list[Bodies]:
        """Make the figures."""
        garden = self.carried.over(self.span)
        results: list[Result] = []
        for window in self.windows:
            results += garden_figures(garden, window, self.classes, self.draws)
        for window in self.soil_windows:
            if told_of([garden], window).soil:
                results += garden_soils(garden_frame(garden, window, self.draws), garden)
        return [Bodies(JointPlace(GARDEN, garden.garden.id), _bodies(results))]


@dataclass(frozen=True)
class CommunityTask:
    """Figures of one community and its districts over some windows, from all its gardens."""

    community: str
    districts: Sequence[District]
    carried: Sequence[Carried]
    span: Days
    windows: Sequence[Window]
    soil_windows: Sequence[Window]
    classes: Classes
    draws: Draws

    @property
    def cost(self) -> float:
        """About how long it takes, in windows of a day."""
        return len(self.carried) * (_cost(self.windows) + _cost(self.soil_windows))

    def make(self) -> list[Bodies]:
        """Make the figures."""
        gardens = [each.over(self.span) for each in self.carried]
        place = JointPlace(COMMUNITY, self.community)
        results: list[Result] = []
        for window in self.windows:
            frame = joint_frame(place, gardens, window, self.draws)
            results += joint_figures(frame, gardens, self.classes)
        for window in self.soil_windows:
            if told_of(gardens, window).soil:
                results += joint_soils(joint_frame(place, gardens, window, self.draws), gardens)
        return [Bodies(place, _bodies(results))]


Task: TypeAlias = "GardenTask | CommunityTask"


def _cost(windows: Sequence[Window]) -> float:
    return sum([_COST.get(window.period, _COST_OF_LONGER) for window in windows])


def _bodies(results: list[Result]) -> list[tuple[ResultKey, bytes]]:
    return [(result.key, result.to_json()) for result in results]


def make_batch(tasks: Sequence[Task]) -> list[list[Bodies]]:
    """Make the figures of several tasks, in their order."""
    return [task.make() for task in tasks]

"""The pieces that a run is cut into: pure functions of what they carry, so that any engine may do them."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from sera_analysis.aggregates.aggregate_cache import whole_tally
from sera_analysis.aggregates.garden_set import GardenSet
from sera_analysis.aggregates.gardens import garden_days
from sera_analysis.figures.community_figures import (
    COMMUNITY,
    DISTRICT,
    ScopeKey,
    joint_figures,
    joint_frame,
    joint_soils,
)
from sera_analysis.figures.districts import by_district, count_figures, district_figures, district_sums
from sera_analysis.figures.equity_figures import equity_figures
from sera_analysis.figures.garden_figures import (
    GARDEN,
    figure_kinds,
    garden_figures,
    garden_frame,
    garden_soils,
)
from sera_analysis.windows import CUSTOM, DAY, LONG, MONTH, SEASON, SPAN, WEEK
from sera_store.results.result_rows import rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    from sera_analysis.aggregates.days import Days
    from sera_analysis.aggregates.gardens import GardenDays, Statements
    from sera_analysis.figures.districts import DistrictSums
    from sera_analysis.figures.figures import Frame
    from sera_analysis.figures.garden_figures import Classes, Draws
    from sera_analysis.windows import Window
    from sera_store.registry.entities import District, Node
    from sera_store.release.places import ReleasedGarden
    from sera_store.results.result_rows import Row
    from sera_store.results.results import Result
    from sera_words.statements import Note

# What a window of a garden costs beside a day's, about 0.1 ms, and what unpacking the garden does: measured,
# since such weights make tasks of like length. Of a community's windows each garden costs a quarter.
_COST: Final = {DAY: 1.0, WEEK: 8.0, MONTH: 18.0, SEASON: 30.0, SPAN: 70.0, CUSTOM: 70.0}
_COST_OF_UNPACKING: Final = 50.0
_SHARE_OF_GARDEN: Final = 0.25
# How evenly something is shared out is no matter of single days and weeks.
_SHARED = LONG


class Figures(NamedTuple):
    """Figures of one scope that a task computed, as rows of the table of results."""

    scope_key: ScopeKey
    rows: list[Row]


@dataclass(frozen=True)
class PackedGarden:
    """One garden as a task carries it: its nodes, its months as they are stored, what people state."""

    garden: ReleasedGarden
    nodes: dict[str, Node]
    months: tuple[bytes, ...]
    stated: Statements

    def over(self, span: Days) -> GardenDays:
        """Unpack the garden over a span of days."""
        return garden_days(self.garden, self.nodes, whole_tally(self.months, span), self.stated)


@dataclass(frozen=True)
class GardenTask:
    """Figures of one garden over some windows, and its soil figures alone over others."""

    packed: PackedGarden
    span: Days
    windows: Sequence[Window]
    soil_windows: Sequence[Window]
    classes: Classes
    draws: Draws
    notes: tuple[Note, ...] = ()

    @property
    def cost(self) -> float:
        """About how long it takes, in windows of a day."""
        return _COST_OF_UNPACKING + _cost(self.windows) + _cost(self.soil_windows)

    def make(self) -> list[Figures]:
        """Compute the figures."""
        garden = self.packed.over(self.span)
        results: list[Result] = []
        for window in self.windows:
            results += garden_figures(garden, window, self.classes, self.draws)
        for window in self.soil_windows:
            if figure_kinds(garden.as_set, window).soil:
                results += garden_soils(garden_frame(garden, window, self.draws), garden)
        return [Figures(ScopeKey(GARDEN, garden.garden.id), rows(_noted(results, self.notes)))]


@dataclass(frozen=True)
class CommunityTask:
    """Figures of one community and its districts over some windows, from all its gardens."""

    community: str
    districts: Sequence[District]
    packed: Sequence[PackedGarden]
    span: Days
    windows: Sequence[Window]
    soil_windows: Sequence[Window]
    classes: Classes
    draws: Draws
    notes: tuple[Note, ...] = ()

    @property
    def cost(self) -> float:
        """About how long it takes, in windows of a day."""
        windows = _SHARE_OF_GARDEN * (_cost(self.windows) + _cost(self.soil_windows))
        return len(self.packed) * (_COST_OF_UNPACKING + windows)

    def make(self) -> list[Figures]:
        """Compute the figures."""
        gardens = GardenSet([garden.over(self.span) for garden in self.packed])
        members = by_district(self.districts, gardens)
        figures_by_place = _ByScope(
            [(COMMUNITY, self.community), *[(DISTRICT, garden.id) for garden in self.districts]]
        )
        choices = [(window, True) for window in self.windows]
        choices += [(window, False) for window in self.soil_windows]
        for window, whole in choices:
            sums = district_sums(self.districts, members, window.days)
            frame = joint_frame(ScopeKey(COMMUNITY, self.community), gardens, window, self.draws)
            figures_by_place.add(self._whole(frame, sums, gardens) if whole else _soils(frame, gardens))
            figures = partial(self._of_district, sums) if whole else _soils
            figures_by_place.add(district_figures(sums, members, window, self.draws, figures))
        return figures_by_place.figures(self.notes)

    def _whole(self, frame: Frame, sums: DistrictSums, gardens: GardenSet) -> list[Result]:
        """Compute the figures of the community itself."""
        results = joint_figures(frame, gardens, self.classes)
        if frame.window.period in _SHARED:
            results += equity_figures(frame, sums, gardens)
        return results

    def _of_district(self, sums: DistrictSums, frame: Frame, gardens: Sequence[GardenDays]) -> list[Result]:
        """Compute the figures of a district: nodes, hours and residents first."""
        number = [district.id for district in self.districts].index(frame.scope_id)
        return [*count_figures(frame, sums, number), *joint_figures(frame, gardens, self.classes)]


def _soils(frame: Frame, gardens: Sequence[GardenDays]) -> list[Result]:
    """Compute soil figures alone, where a window has any."""
    return joint_soils(frame, gardens) if figure_kinds(gardens, frame.window).soil else []


def _noted(results: list[Result], notes: tuple[Note, ...]) -> list[Result]:
    """Add to figures what is to be said of all of them."""
    if not notes:
        return results
    return [msgspec.structs.replace(result, notes=(*notes, *result.notes)) for result in results]


class _ByScope:
    """Figures by scope, also of scopes without any."""

    def __init__(self, scope_keys: Sequence[tuple[str, str]]) -> None:
        self._by_scope: dict[tuple[str, str], list[Result]] = {scope_key: [] for scope_key in scope_keys}

    def add(self, results: Sequence[Result]) -> None:
        for result in results:
            self._by_scope[result.scope, result.scope_id].append(result)

    def figures(self, notes: tuple[Note, ...]) -> list[Figures]:
        return [
            Figures(ScopeKey(*scope_key), rows(_noted(own, notes)))
            for scope_key, own in self._by_scope.items()
        ]


Task: TypeAlias = "GardenTask | CommunityTask"


def _cost(windows: Sequence[Window]) -> float:
    return sum([_COST[window.period] for window in windows])


def make_batch(tasks: Sequence[Task]) -> list[list[Figures]]:
    """Compute the figures of several tasks, in their order."""
    with _no_collection():
        return [task.make() for task in tasks]


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the collector of cycles: figures have none, and it would walk over all of them many times."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

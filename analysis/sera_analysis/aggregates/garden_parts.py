"""What one garden consists of by local day, and what several add up to: the parts of a set of gardens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.aggregates.days import one_day
from sera_analysis.aggregates.weather import LIGHT_NOT_MEASURED, RAIN_NOT_MEASURED
from sera_analysis.diversity.samples import divided

if TYPE_CHECKING:
    from sera_analysis.aggregates.effort import DayTally
    from sera_analysis.aggregates.figure_inputs import DailyInputs
    from sera_analysis.diversity.samples import BoolArray, FloatArray, IntArray
    from sera_analysis.soil.soil import Anchors
    from sera_store.records.garden_actions import Action
    from sera_store.registry.comparability import Comparability
    from sera_store.registry.garden_metadata import GardenSoil, Verification
    from sera_words.statements import Note


class Watchers(NamedTuple):
    """Nodes of one detector: what they counted by day, each node's class, what went in, unknown weather."""

    tally: DayTally
    comparability: dict[str, Comparability]
    inputs: DailyInputs
    no_rain: BoolArray
    no_light: BoolArray

    def notes(self, days: slice) -> tuple[Note, ...]:
        """Return notes on what of the weather was not measured on some days."""
        gaps = ((self.no_rain, RAIN_NOT_MEASURED), (self.no_light, LIGHT_NOT_MEASURED))
        return tuple([note for lacking, note in gaps if lacking[days].any()])


class ProbeDays(NamedTuple):
    """One probe by day: relative wetness, moisture and temperature, and how its wetness was found.

    `is_scaled` says that two samples of the soil gave its scale; `failed` and `missing` by field how many
    values of each day no figure uses, since they failed a check or were not given.
    """

    node: str
    wetness: FloatArray
    moisture: FloatArray
    temperature: FloatArray
    observed_days: int
    direction: int
    calibrated: bool
    is_scaled: bool
    first_day: int
    anchors: Anchors | None
    lowest: FloatArray
    highest: FloatArray
    failed: dict[str, IntArray]
    missing: dict[str, IntArray]


class Statements(NamedTuple):
    """What people state about a garden: its soil, what was done in it, what labels said about its cameras."""

    soil: GardenSoil | None = None
    actions: tuple[Action, ...] = ()
    verifications: tuple[Verification, ...] = ()


@dataclass(frozen=True, eq=False)
class CountedVisits:
    """Visits by group and hours watched by day; how many gardens count."""

    visits: FloatArray
    hours: FloatArray
    gardens: int

    def counted(self, days: slice) -> tuple[list[float], float]:
        """Visits of some days by group, and hours watched."""
        if (day := one_day(days)) is not None:
            visits, hours = self._of_days
            return visits[day], hours[day]
        return self.visits[days].sum(axis=0).tolist(), float(self.hours[days].sum())

    @cached_property
    def _of_days(self) -> tuple[list[list[float]], list[float]]:
        return self.visits.tolist(), self.hours.tolist()


class Effort(NamedTuple):
    """Effort of some days: hours by kind, watchers, people's counts and hours, share of days."""

    hours: dict[str, float]
    watchers: int
    surveyed: bool
    inferred: bool
    coverage: float


@dataclass(frozen=True, eq=False)
class SoilTable:
    """One soil quantity of all probes by day: values, 0 where unknown, and whether known; (probes, days)."""

    values: FloatArray
    measured: BoolArray

    @cached_property
    def any_measured(self) -> BoolArray:
        """Days with a value of any probe."""
        return np.asarray(self.measured.any(axis=0))

    def coverage(self, days: slice) -> float:
        """Share of some days with a value of any probe."""
        is_measured = self.any_measured[days]
        if one_day(days) is not None:
            return float(is_measured[0])
        return int(np.count_nonzero(is_measured)) / is_measured.size if is_measured.size else 0.0

    def probe_means(self, days: slice) -> FloatArray:
        """Mean of each probe over some days; not a number without any; shape (probes,)."""
        number = self.measured[:, days].sum(axis=1)
        return divided(self.values[:, days].sum(axis=1), number.astype(np.float64))

    @cached_property
    def of_days(self) -> list[list[float]]:
        """Value of each probe by day, not a number where unknown."""
        rows: list[list[float]] = np.where(self.measured, self.values, np.nan).T.tolist()
        return rows

"""Gardens laid side by side, by day: what windows add up over several gardens, or over one, added once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, overload

import numpy as np

from sera_analysis.aggregates.days import one_day
from sera_analysis.aggregates.garden_parts import CountedVisits, Effort, SoilTable
from sera_analysis.aggregates.readings import BEAM, CAMERA, PERSON
from sera_analysis.diversity.samples import divided
from sera_analysis.soil.probe_means import FIELDS, means_by_node, probe_mean
from sera_words.keys import Part

if TYPE_CHECKING:
    from sera_analysis.aggregates.days import Days
    from sera_analysis.aggregates.figure_inputs import DailyInputs
    from sera_analysis.aggregates.garden_parts import ProbeDays, Statements, Watchers
    from sera_analysis.aggregates.ground_hours import AirHours
    from sera_analysis.aggregates.paired_hours import Pairs
    from sera_analysis.aggregates.tallies import Counters
    from sera_analysis.diversity.samples import BoolArray, FloatArray, IntArray
    from sera_store.release.places import ReleasedGarden


# Keys of the hours that each kind of watcher watched.
WATCHER_HOURS: Final = tuple([Part.of(f"{kind}_hours").key for kind in (CAMERA, BEAM, PERSON)])
CAMERA_HOURS, BEAM_HOURS, PERSON_HOURS = WATCHER_HOURS
DAYLIGHT_HOURS: Final = Part.of("daylight_hours").key
FLIGHT_WEATHER_HOURS: Final = Part.of("flight_weather_hours").key


@dataclass(frozen=True, eq=False)
class GardenDays:
    """Everything of one garden that the indices are made from, by local day."""

    garden: ReleasedGarden
    days: Days
    cameras: Watchers
    beams: Watchers
    people: Counters
    people_inputs: DailyInputs
    probes: list[ProbeDays]
    soil: DailyInputs
    air: AirHours
    pairs: Pairs
    stated: Statements

    @cached_property
    def as_set(self) -> GardenSet:
        """The garden as a set of one, with its sums by day."""
        return GardenSet([self])


class GardenSet(Sequence["GardenDays"]):
    """Some gardens over the same days, with their sums by day.

    `cache` holds what several figures of the same window share, by whatever names it.
    """

    def __init__(self, gardens: Sequence[GardenDays]) -> None:
        self._gardens = list(gardens)
        self._soil: dict[str, SoilTable] = {}
        self._left_out: dict[tuple[str, str], list[int]] = {}
        self.cache: dict[tuple[object, ...], Any] = {}

    @classmethod
    def of(cls, gardens: Sequence[GardenDays]) -> GardenSet:
        """Return gardens as a set, or as they are where they are one."""
        return gardens if isinstance(gardens, GardenSet) else cls(gardens)

    def __len__(self) -> int:
        return len(self._gardens)

    @overload
    def __getitem__(self, index: int) -> GardenDays: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[GardenDays]: ...
    def __getitem__(self, index: int | slice) -> GardenDays | Sequence[GardenDays]:
        return self._gardens[index]

    @property
    def number(self) -> int:
        """Number of days."""
        return self._gardens[0].days.number

    @cached_property
    def hours(self) -> dict[str, FloatArray]:
        """Hours watched by kind of watcher, by daylight and in flight weather [h]; each of shape (days,)."""
        cameras, beams = ([getattr(garden, kind).tally for garden in self] for kind in ("cameras", "beams"))
        both = [*cameras, *beams]
        return {
            CAMERA_HOURS: self._sum([tally.effort_h for tally in cameras]),
            BEAM_HOURS: self._sum([tally.effort_h for tally in beams]),
            PERSON_HOURS: self._sum([garden.people.hours for garden in self]),
            DAYLIGHT_HOURS: self._sum([tally.daylight_h for tally in both]),
            FLIGHT_WEATHER_HOURS: self._sum([tally.flight_h.sum(axis=2) for tally in both]),
        }

    def _sum(self, tables: Sequence[FloatArray]) -> FloatArray:
        """Add tables of nodes and days up by day."""
        total = np.zeros(self.number)
        for table in tables:
            total += table.sum(axis=0)
        return total

    @cached_property
    def node_hours(self) -> FloatArray:
        """Hours of each watcher, gardens one after the other [h]; shape (watchers, days)."""
        tables = [
            table
            for garden in self
            for table in (garden.cameras.tally.effort_h, garden.beams.tally.effort_h, garden.people.hours)
        ]
        return np.concatenate([np.zeros((0, self.number)), *tables])

    @cached_property
    def garden_of(self) -> IntArray:
        """Garden of each row of `node_hours`."""
        watchers = [
            len(garden.cameras.tally.nodes) + len(garden.beams.tally.nodes) + len(garden.people.nodes)
            for garden in self
        ]
        return np.repeat(np.arange(len(self)), watchers)

    @cached_property
    def active(self) -> BoolArray:
        """Whether each watcher watched, shape (watchers, days)."""
        return self.node_hours > 0

    @cached_property
    def has_effort(self) -> BoolArray:
        """Days on which anything watched."""
        return np.asarray(self.active.any(axis=0))

    @cached_property
    def has_readings(self) -> BoolArray:
        """Whether each node had any reading, of whatever kind; shape (nodes, days)."""
        rows: dict[str, BoolArray] = {}
        for garden in self:
            tallies = (garden.cameras.tally, garden.beams.tally)
            tables = [(tally.nodes, tally.effort_h > 0) for tally in tallies]
            tables.append((garden.people.nodes, garden.people.surveys > 0))
            for probe in garden.probes:
                read = ~(np.isnan(probe.temperature) & np.isnan(probe.moisture) & np.isnan(probe.wetness))
                tables.append(((probe.node,), read[np.newaxis]))
            for nodes, table in tables:
                for node, row in zip(nodes, table, strict=True):
                    rows[node] = rows[node] | row if node in rows else row
        return np.stack(list(rows.values())) if rows else np.zeros((0, self.number), dtype=bool)

    @cached_property
    def inferred(self) -> BoolArray:
        """Days on which people's hours are inferred."""
        return self._sum([garden.people.inferred for garden in self]) > 0

    @cached_property
    def surveyed(self) -> BoolArray:
        """Days on which people counted."""
        return self._sum([garden.people.surveys for garden in self]) > 0

    def effort(self, days: slice) -> Effort:
        """Sum the effort of some days up."""
        if (day := one_day(days)) is not None:
            return self._effort_of_days[day]
        key = ("effort", days.start, days.stop)
        if key not in self.cache:
            self.cache[key] = self._effort(days)
        effort: Effort = self.cache[key]
        return effort

    def _effort(self, days: slice) -> Effort:
        has_effort = self.has_effort[days]
        return Effort(
            {name: float(hours[days].sum()) for name, hours in self.hours.items()},
            int(np.count_nonzero(self.active[:, days].any(axis=1))),
            bool(self.surveyed[days].any()),
            bool(self.inferred[days].any()),
            int(np.count_nonzero(has_effort)) / has_effort.size if has_effort.size else 0.0,
        )

    @cached_property
    def _effort_of_days(self) -> list[Effort]:
        """Effort of each day; plain numbers, since arrays of one day cost more than they hold."""
        by_kind = zip(*[table.tolist() for table in self.hours.values()], strict=True)
        columns = (
            np.count_nonzero(self.active, axis=0).tolist(),
            self.surveyed.tolist(),
            self.inferred.tolist(),
            self.has_effort.astype(np.float64).tolist(),
        )
        return [
            Effort(dict(zip(self.hours, hours, strict=True)), *rest)
            for hours, *rest in zip(by_kind, *columns, strict=True)
        ]

    @cached_property
    def beginnings(self) -> tuple[int, int, int]:
        """First day on which cameras, beams and probes read; the number of days for never."""
        first = [self._first(self.hours[CAMERA_HOURS] > 0), self._first(self.hours[BEAM_HOURS] > 0)]
        probes = min([probe.first_day for probe in self.probes], default=self.number)
        return first[0], first[1], probes

    def _first(self, days: BoolArray) -> int:
        return int(np.argmax(days)) if days.any() else self.number

    @cached_property
    def counted_visits(self) -> CountedVisits:
        """What cameras counted, or people where no camera watches."""
        by_camera = [garden.cameras.tally for garden in self if garden.cameras.tally.nodes]
        if by_camera:
            visits = sum([tally.visits.sum(axis=0) for tally in by_camera])
            return CountedVisits(np.asarray(visits), self.hours[CAMERA_HOURS], len(by_camera))
        by_people = [garden.people for garden in self if garden.people.nodes]
        zeros = np.zeros((self.number, self[0].cameras.tally.visits.shape[2]))
        visits = sum([counters.visits.sum(axis=0) for counters in by_people], start=zeros)
        return CountedVisits(np.asarray(visits), self.hours[PERSON_HOURS], len(by_people))

    @cached_property
    def probes(self) -> list[ProbeDays]:
        """All probes, gardens one after the other."""
        return [probe for garden in self for probe in garden.probes]

    @cached_property
    def _probe_places(self) -> tuple[IntArray, IntArray]:
        """Node of each probe, and garden of each node, as numbers."""
        nodes: dict[tuple[int, str], int] = {}
        node_of = [
            nodes.setdefault((number, probe.node), len(nodes))
            for number, garden_days in enumerate(self)
            for probe in garden_days.probes
        ]
        return np.array(node_of, dtype=np.int64), np.array([garden for garden, _ in nodes], dtype=np.int64)

    def soil(self, field: str) -> SoilTable:
        """Return one quantity of all probes by day: `wetness`, `moisture` or `temperature`."""
        if field not in self._soil:
            rows = [getattr(probe, field) for probe in self.probes]
            table = np.stack(rows) if rows else np.zeros((0, self.number))
            is_measured = ~np.isnan(table)
            self._soil[field] = SoilTable(np.where(is_measured, table, 0.0), is_measured)
        return self._soil[field]

    def soil_values_left_out(self, field: str, why: Literal["failed", "missing"], days: slice) -> int:
        """Count the soil values of some days that no figure uses: they failed a check, or were not given."""
        if (field, why) not in self._left_out:
            rows = [getattr(probe, why)[field] for probe in self.probes]
            by_day = np.sum(rows, axis=0, dtype=np.int64) if rows else np.zeros(self.number, np.int64)
            self._left_out[field, why] = np.concatenate(([0], np.cumsum(by_day))).tolist()
        sums = self._left_out[field, why]
        start, stop, _ = days.indices(self.number)
        return int(sums[max(start, stop)] - sums[start])

    def node_means(self, index: str, days: slice) -> dict[str, float]:
        """Mean of each node of a single garden over its probes and some days; nodes without are left out."""
        if (day := one_day(days)) is not None:
            means = self.soil(FIELDS[index]).of_days[day]
        else:
            means = [probe_mean(getattr(probe, FIELDS[index]), days) for probe in self.probes]
        return means_by_node(self._nodes_of_probes, means)

    @cached_property
    def _nodes_of_probes(self) -> list[str]:
        return [probe.node for probe in self.probes]

    def soil_means(self, field: str, days: slice) -> dict[str, float]:
        """Mean of each garden over its nodes, their probes and days; gardens without any are left out."""
        names = [garden.garden.id for garden in self]
        if (day := one_day(days)) is not None:
            means = self._soil_means_of_days(field)[day]
        else:
            means = self._garden_means(self.soil(field).probe_means(days)).tolist()
        return {name: mean for name, mean in zip(names, means, strict=True) if mean == mean}

    def _soil_means_of_days(self, field: str) -> list[list[float]]:
        key = ("soil means of days", field)
        if key not in self.cache:
            self.cache[key] = self._garden_means(np.array(self.soil(field).of_days).T).T.tolist()
        means: list[list[float]] = self.cache[key]
        return means

    def _garden_means(self, of_probes: FloatArray) -> FloatArray:
        """Mean of each garden over its nodes, and of each node over its probes; the first axis changes."""
        node_of, garden_of = self._probe_places
        return _means(_means(of_probes, node_of, len(garden_of)), garden_of, len(self))


def _means(values: FloatArray, group: IntArray, groups: int) -> FloatArray:
    """Mean of the known values of each group of rows; not a number without any; shape (groups, ...)."""
    is_measured = ~np.isnan(values)
    total, number = np.zeros((2, groups, *values.shape[1:]))
    np.add.at(total, group, np.where(is_measured, values, 0.0))
    np.add.at(number, group, is_measured)
    return divided(total, number)

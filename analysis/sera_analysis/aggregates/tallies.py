"""One garden's readings added up by node and local day: all that figures are made from, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from sera_analysis.aggregates.days import Days
from sera_analysis.aggregates.effort import DayTally, day_tally
from sera_analysis.aggregates.figure_inputs import DailyInputs, by_day
from sera_analysis.aggregates.ground_hours import AirHours, ProbeHours, air_hours, probe_hours
from sera_analysis.aggregates.node_days import NodeDays
from sera_analysis.aggregates.paired_hours import Pairs, pairs
from sera_analysis.aggregates.readings import (
    BEAM,
    CAMERA,
    PERSON,
    GardenSpan,
    People,
    read_air,
    read_beams,
    read_cameras,
    read_people,
    read_soil,
)
from sera_analysis.aggregates.sun import sun_times
from sera_analysis.aggregates.weather import garden_weather
from sera_analysis.thresholds import PARTS_OF_DAY
from sera_store.calendar import intervals_of
from sera_vocabulary.measurements import GROUP_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sera_analysis.diversity.samples import BoolArray, FloatArray, IntArray
    from sera_store.release.places import ReleasedGarden
    from sera_store.store import Store

SOIL: Final = "soil"
# Grows with the form of what is kept, so that older sums are made again.
FORM: Final = 6
DIGEST_BYTES: Final = 8
# A bout lasts a day at most, and weather comes from within two hours: records so far away still matter.
_MARGIN_S: Final = 86_400 + 7_200


@dataclass(frozen=True, eq=False)
class Counters(NodeDays):
    """People by place of counting and day: ten-minute counts, hours, visits by group, hours inferred.

    Parameters
    ----------
    surveys, hours, inferred : array, shape (places, days)
        Ten-minute counts, hours [h], and how many records' hours are inferred from their counts.
    visits : array, shape (places, days, groups)
        Visits by insect group.
    flower_h, flower_visits : array, shape (places, days)
        Flower units times hours [h], and all visits, of counts that say how many flowers were watched.
    """

    surveys: FloatArray
    hours: FloatArray
    visits: FloatArray
    inferred: FloatArray
    flower_h: FloatArray
    flower_visits: FloatArray


@dataclass(frozen=True, eq=False)
class GardenTally:
    """Everything of one garden over a run of local days.

    Parameters
    ----------
    days
        The local dates.
    cameras, beams, people, probes, air, pairs
        By node and day.
    inputs
        By detector, and `soil`: what went in and what was left out.
    present : array of bool, shape (days,)
        Days with any record, rain alone at the end of a day left aside.
    no_rain, no_light : array of bool, shape (days,)
        Days on which rain or light was not measured all along.
    """

    days: Days
    cameras: DayTally
    beams: DayTally
    people: Counters
    probes: ProbeHours
    air: AirHours
    pairs: Pairs
    inputs: dict[str, DailyInputs]
    present: BoolArray
    no_rain: BoolArray
    no_light: BoolArray

    def to_bytes(self) -> bytes:
        """Encode the tally."""
        return msgspec.msgpack.encode(
            {
                "days": (self.days.first.isoformat(), self.days.number),
                **{name: _plain(getattr(self, name)) for name in _TABLES},
                "accounts": {name: _plain(daily) for name, daily in self.inputs.items()},
                **{name: _packed(getattr(self, name)) for name in _ROWS},
            }
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> GardenTally:
        """Read a tally that `to_bytes` wrote."""
        plain = msgspec.msgpack.decode(body)
        first, number = plain["days"]
        tables: dict[str, Any] = {name: kind(**_unpacked(plain[name])) for name, kind in _TABLES.items()}
        rows: dict[str, Any] = {name: _array(plain[name]) for name in _ROWS}
        return cls(
            days=Days(date.fromisoformat(first), number),
            inputs={name: DailyInputs(**_unpacked(daily)) for name, daily in plain["accounts"].items()},
            **tables,
            **rows,
        )

    def day_digests(self) -> bytes:
        """Digest each day to 8 bytes, so that equal days have equal ones; days without anything have zeros.

        Which nodes there are enters the digests of all days.
        """
        tables = [table for part in self._node_days() for _, table in part.arrays()]
        flat = [np.ascontiguousarray(np.moveaxis(table, 1, 0)) for table in tables]
        flat += [np.ascontiguousarray(row) for row in self._day_rows()]
        names = repr([part.nodes for part in self._node_days()]).encode()
        # A record at midnight has rain of the day before, on which there may be no record.
        non_empty_tables = self.present.copy()
        for part in self._node_days():
            non_empty_tables |= part.days_with_any(self.days.number)
        digests = bytearray(DIGEST_BYTES * self.days.number)
        for day in np.flatnonzero(non_empty_tables).tolist():
            digest = blake2b(names, digest_size=DIGEST_BYTES)
            for table in flat:
                digest.update(table[day])
            digests[day * DIGEST_BYTES : (day + 1) * DIGEST_BYTES] = digest.digest()
        return bytes(digests)

    def _node_days(self) -> tuple[NodeDays, ...]:
        return (self.cameras, self.beams, self.people, self.probes, self.air, self.pairs)

    def _day_rows(self) -> list[NDArray[Any]]:
        rows: list[NDArray[Any]] = [self.no_rain, self.no_light]
        for name in sorted(self.inputs):
            daily = self.inputs[name]
            rows += [getattr(daily, field.name) for field in fields(daily) if field.name != "left_out"]
            rows += [daily.left_out[reason] for reason in sorted(daily.left_out)]
        return rows


def tally(store: Store, garden: ReleasedGarden, detectors: dict[str, str], days: Days) -> GardenTally:
    """Read one garden and add its readings up by node and local day.

    Parameters
    ----------
    store
        Where the records are.
    garden
        Which garden.
    detectors
        Detector by node, of the nodes that may have made records here.
    days
        Its local dates; a long bout over midnight is shared out between both days.
    """
    midnights = days.starts_s(garden.timezone)
    span = GardenSpan(
        garden.id, int(midnights[0]) - _MARGIN_S, int(midnights[-1]) + _MARGIN_S, garden.left_out
    )
    sun = sun_times(days.first, days.number, *garden.sun_place, garden.timezone)
    air = read_air(store, span)
    weather = garden_weather(air, *garden.sun_place)
    cameras, camera_records = read_cameras(store, span, _of(detectors, CAMERA))
    beams, beam_records = read_beams(store, span, _of(detectors, BEAM))
    people, people_records = read_people(store, span, _of(detectors, PERSON))
    inputs = {
        CAMERA: by_day(camera_records, midnights, amounts=True),
        BEAM: by_day(beam_records, midnights, amounts=True),
        PERSON: by_day(people_records, midnights, amounts=True),
        SOIL: by_day(read_soil(store, span), midnights, amounts=False),
    }
    tables: dict[str, NodeDays] = {
        "cameras": day_tally(cameras, midnights, sun, weather),
        "beams": day_tally(beams, midnights, sun, weather),
        "people": _counters(people, midnights),
        "probes": probe_hours(store, garden, days),
        "air": air_hours(store, garden, days),
        "pairs": pairs(people, cameras, midnights),
    }
    non_empty: dict[str, Any] = {name: table.non_empty() for name, table in tables.items()}
    present = np.asarray(sum([daily.looked for daily in inputs.values()]) > 0)
    air_day = intervals_of(midnights, air.time_s)
    present[air_day[(air_day >= 0) & (air_day < days.number)]] = True
    no_rain, no_light = weather.unmeasured(midnights)
    return GardenTally(days, inputs=inputs, present=present, no_rain=no_rain, no_light=no_light, **non_empty)


def joined(parts: Sequence[GardenTally], days: Days) -> GardenTally:
    """Join tallies of one garden over a run of days; days that none has are empty.

    Parameters
    ----------
    parts
        Tallies of days that do not overlap; without any, nothing is there on all days.
    days
        The days wanted.
    """
    inside = [part for part in parts if _day_slices(part.days, days) is not None] or [_empty_tally(days)]
    day_slices = [_day_slices(part.days, days) or (slice(0, 0), slice(0, 0)) for part in inside]

    def joined_table(name: str) -> Any:
        tables = [getattr(part, name) for part in inside]
        return type(tables[0]).joined(tables, day_slices, days.number)

    def row(name: str) -> BoolArray:
        whole = np.zeros(days.number, dtype=bool)
        for part, (source_days, target_days) in zip(inside, day_slices, strict=True):
            whole[target_days] = getattr(part, name)[source_days]
        return whole

    return GardenTally(
        days,
        joined_table("cameras"),
        joined_table("beams"),
        joined_table("people"),
        joined_table("probes"),
        joined_table("air"),
        joined_table("pairs"),
        {
            name: DailyInputs.joined([part.inputs[name] for part in inside], day_slices, days.number)
            for name in inside[0].inputs
        },
        row("present"),
        row("no_rain"),
        row("no_light"),
    )


def _empty_tally(days: Days) -> GardenTally:
    """Return the tally of a garden without any record."""
    day = np.zeros(days.number, dtype=np.int64)
    row = np.zeros(days.number, dtype=bool)
    table = np.zeros((0, days.number))
    parts = np.zeros((0, days.number, PARTS_OF_DAY))
    groups, passages = np.zeros((0, days.number, len(GROUP_NAMES))), np.zeros((0, days.number, 1))
    return GardenTally(
        days,
        DayTally((), table, table, table, parts, parts, groups, groups),
        DayTally((), table, table, table, parts, parts, passages, passages),
        Counters((), table, table, groups, table, table, table),
        ProbeHours.empty((), days.number),
        AirHours.empty((), days.number),
        Pairs((), table, table, table, table),
        {
            name: DailyInputs(day, day, day, day, day.astype(np.float64), day.astype(np.float64), {})
            for name in (CAMERA, BEAM, PERSON, SOIL)
        },
        row,
        row,
        row,
    )


def _day_slices(have: Days, want: Days) -> tuple[slice, slice] | None:
    """Return which days of a table lie in a run of days, and where there; None where none does."""
    shift = (have.first - want.first).days
    start, stop = max(shift, 0), min(shift + have.number, want.number)
    return (slice(start - shift, stop - shift), slice(start, stop)) if start < stop else None


def _of(detectors: dict[str, str], detector: str) -> tuple[str, ...]:
    return tuple(sorted(name for name, kind in detectors.items() if kind == detector))


def _counters(people: People, midnights: IntArray) -> Counters:
    day = intervals_of(midnights, people.time_s, amounts=True)
    inside = (day >= 0) & (day < midnights.size - 1)
    where = (people.node[inside], day[inside])
    shape = (len(people.nodes), midnights.size - 1)

    def added(values: FloatArray) -> FloatArray:
        table = np.zeros((*shape, *values.shape[1:]))
        np.add.at(table, where, values[inside])
        return table

    flowers = people.flower_units > 0
    flower_h = np.where(flowers, people.flower_units * people.hours, 0.0)
    return Counters(
        people.nodes,
        added(people.surveys),
        added(people.hours),
        added(people.visits),
        added(people.inferred),
        added(flower_h),
        added(people.visits.sum(axis=1) * flowers),
    )


_TABLES: Final[dict[str, type[NodeDays]]] = {
    "cameras": DayTally,
    "beams": DayTally,
    "people": Counters,
    "probes": ProbeHours,
    "air": AirHours,
    "pairs": Pairs,
}
_ROWS: Final = ("present", "no_rain", "no_light")


def _plain(table: NodeDays | DailyInputs) -> dict[str, Any]:
    """Turn a table's fields into what MessagePack holds."""
    values = {field.name: getattr(table, field.name) for field in fields(table)}
    return {name: _packed(value) for name, value in values.items()}


def _packed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes())
    if isinstance(value, dict):
        return {name: _packed(member) for name, member in value.items()}
    return value


def _unpacked(plain: dict[str, Any]) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for name, value in plain.items():
        if isinstance(value, dict):
            arrays[name] = {key: _array(packed) for key, packed in value.items()}
        else:
            arrays[name] = tuple(value) if name == "nodes" else _array(value)
    return arrays


def _array(value: Any) -> NDArray[Any]:
    kind, shape, content = value
    return np.frombuffer(content, kind).reshape(shape)

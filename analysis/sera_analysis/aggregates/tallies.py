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
from sera_analysis.aggregates.figure_inputs import DayAccount, by_day
from sera_analysis.aggregates.ground_hours import AirHours, ProbeHours, air_hours, probe_hours
from sera_analysis.aggregates.node_days import NodeDays
from sera_analysis.aggregates.paired_hours import Pairs, pairs
from sera_analysis.aggregates.readings import (
    BEAM,
    CAMERA,
    GROUPS,
    PERSON,
    People,
    Span,
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sera_analysis.diversity.samples import BoolArray, FloatArray, IntArray
    from sera_store.release.places import ReleasedGarden
    from sera_store.store import Store

SOIL: Final = "soil"
# Grows with the form of what is kept, so that older sums are made anew.
FORM: Final = 5
MARK_BYTES: Final = 8
# A watch lasts a day at most, and weather comes from within two hours: records so far away still matter.
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
    accounts
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
    accounts: dict[str, DayAccount]
    present: BoolArray
    no_rain: BoolArray
    no_light: BoolArray

    def to_bytes(self) -> bytes:
        """Write the tally down."""
        return msgspec.msgpack.encode(
            {
                "days": (self.days.first.isoformat(), self.days.number),
                **{name: _plain(getattr(self, name)) for name in _TABLES},
                "accounts": {name: _plain(account) for name, account in self.accounts.items()},
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
            accounts={name: DayAccount(**_unpacked(account)) for name, account in plain["accounts"].items()},
            **tables,
            **rows,
        )

    def marks(self) -> bytes:
        """Digest each day to 8 bytes, so that equal days have equal marks; days without anything have zeros.

        Which nodes there are enters the marks of all days.
        """
        tables = [table for part in self._node_days() for _, table in part.arrays()]
        flat = [np.ascontiguousarray(np.moveaxis(table, 1, 0)) for table in tables]
        flat += [np.ascontiguousarray(row) for row in self._day_rows()]
        names = repr([part.nodes for part in self._node_days()]).encode()
        # A record at midnight has rain of the day before, on which there may be no record.
        heard = self.present.copy()
        for part in self._node_days():
            heard |= part.days_with_any(self.days.number)
        marks = bytearray(MARK_BYTES * self.days.number)
        for day in np.flatnonzero(heard).tolist():
            digest = blake2b(names, digest_size=MARK_BYTES)
            for table in flat:
                digest.update(table[day])
            marks[day * MARK_BYTES : (day + 1) * MARK_BYTES] = digest.digest()
        return bytes(marks)

    def _node_days(self) -> tuple[NodeDays, ...]:
        return (self.cameras, self.beams, self.people, self.probes, self.air, self.pairs)

    def _day_rows(self) -> list[NDArray[Any]]:
        rows: list[NDArray[Any]] = [self.no_rain, self.no_light]
        for name in sorted(self.accounts):
            account = self.accounts[name]
            rows += [getattr(account, each.name) for each in fields(account) if each.name != "left_out"]
            rows += [account.left_out[reason] for reason in sorted(account.left_out)]
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
        Its local dates; a long watch over midnight is shared out between both days.
    """
    midnights = days.starts_s(garden.timezone)
    span = Span(garden.id, int(midnights[0]) - _MARGIN_S, int(midnights[-1]) + _MARGIN_S)
    sun = sun_times(days.first, days.number, *garden.sun_place, garden.timezone)
    air = read_air(store, span)
    weather = garden_weather(air, *garden.sun_place)
    cameras, camera_account = read_cameras(store, span, _of(detectors, CAMERA))
    beams, beam_account = read_beams(store, span, _of(detectors, BEAM))
    people, people_account = read_people(store, span, _of(detectors, PERSON))
    accounts = {
        CAMERA: by_day(camera_account, midnights, amounts=True),
        BEAM: by_day(beam_account, midnights, amounts=True),
        PERSON: by_day(people_account, midnights, amounts=True),
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
    heard: dict[str, Any] = {name: table.that_spoke() for name, table in tables.items()}
    present = np.asarray(sum([account.looked for account in accounts.values()]) > 0)
    air_day = intervals_of(midnights, air.time_s)
    present[air_day[(air_day >= 0) & (air_day < days.number)]] = True
    no_rain, no_light = weather.unmeasured(midnights)
    return GardenTally(days, accounts=accounts, present=present, no_rain=no_rain, no_light=no_light, **heard)


def joined(parts: Sequence[GardenTally], days: Days) -> GardenTally:
    """Lay tallies of one garden beside one another over a run of days; days that none has are empty.

    Parameters
    ----------
    parts
        Tallies of days that do not overlap; without any, nothing is there on all days.
    days
        The days wanted.
    """
    inside = [part for part in parts if _places(part.days, days) is not None] or [_nothing(days)]
    places = [_places(part.days, days) or (slice(0, 0), slice(0, 0)) for part in inside]

    def together(name: str) -> Any:
        tables = [getattr(part, name) for part in inside]
        return type(tables[0]).joined(tables, places, days.number)

    def row(name: str) -> BoolArray:
        whole = np.zeros(days.number, dtype=bool)
        for part, (taken, at) in zip(inside, places, strict=True):
            whole[at] = getattr(part, name)[taken]
        return whole

    return GardenTally(
        days,
        together("cameras"),
        together("beams"),
        together("people"),
        together("probes"),
        together("air"),
        together("pairs"),
        {
            name: DayAccount.joined([part.accounts[name] for part in inside], places, days.number)
            for name in inside[0].accounts
        },
        row("present"),
        row("no_rain"),
        row("no_light"),
    )


def _nothing(days: Days) -> GardenTally:
    """Make the tally of a garden that never said anything."""
    day = np.zeros(days.number, dtype=np.int64)
    row = np.zeros(days.number, dtype=bool)
    table = np.zeros((0, days.number))
    parts = np.zeros((0, days.number, PARTS_OF_DAY))
    groups, passages = np.zeros((0, days.number, len(GROUPS))), np.zeros((0, days.number, 1))
    return GardenTally(
        days,
        DayTally((), table, table, table, parts, parts, groups, groups),
        DayTally((), table, table, table, parts, parts, passages, passages),
        Counters((), table, table, groups, table, table, table),
        ProbeHours.empty((), days.number),
        AirHours.empty((), days.number),
        Pairs((), table, table, table, table),
        {
            name: DayAccount(day, day, day, day, day.astype(np.float64), day.astype(np.float64), {})
            for name in (CAMERA, BEAM, PERSON, SOIL)
        },
        row,
        row,
        row,
    )


def _places(have: Days, want: Days) -> tuple[slice, slice] | None:
    """Tell which days of a table are wanted, and where they belong; None where none is."""
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


def _plain(table: NodeDays | DayAccount) -> dict[str, Any]:
    """Turn a table's fields into what MessagePack holds."""
    values = {each.name: getattr(table, each.name) for each in fields(table)}
    return {name: _packed(value) for name, value in values.items()}


def _packed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes())
    if isinstance(value, dict):
        return {name: _packed(each) for name, each in value.items()}
    return value


def _unpacked(plain: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in plain.items():
        if isinstance(value, dict):
            found[name] = {key: _array(each) for key, each in value.items()}
        else:
            found[name] = tuple(value) if name == "nodes" else _array(value)
    return found


def _array(value: Any) -> NDArray[Any]:
    kind, shape, content = value
    return np.frombuffer(content, kind).reshape(shape)

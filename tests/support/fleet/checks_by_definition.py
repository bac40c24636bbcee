"""What the checks of series say of each record, by their definition: one record at a time."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING

from sera_quality.limits import LIMITS
from sera_store.registry.check_limits import CheckLimit
from sera_store.registry.entities import Community, Garden
from sera_vocabulary import quality
from store_parts import AIR

if TYPE_CHECKING:
    from sera_quality.limits import Limit
    from sera_store.records.rows import Record
    from sera_store.registry.registry import Registry

NOTES = {quality.GOOD: "", quality.SUSPECT: " of a suspect value"}
RECORDS_AWAY, REACH_S = 8, 7200
PAIR_S, WATER_S = 1800, 10_800
PLACES = 120
START_S = 1_780_000_000
NODES = ("elm-1", "elm-2", "elm-3")
COMMUNITY = AIR.community
# What a garden has of its own: from when on, and until when, as the limit it makes and where it is entered.
OWN_S, OWN_END_S = START_S + 20_000, START_S + 90_000
OWN = (
    (OWN_S, CheckLimit("calm", "oak-yard", "air_temperature", "rate", suspect=5.0, fail=9.0)),
    (OWN_S, CheckLimit("still", "oak-yard", "air_humidity", "flat_line", suspect=900.0, fail=4000.0)),
    (OWN_S, CheckLimit("warm", "elm-yard", "soil_temperature", "range", lowest=10.5, highest=60.0)),
    (
        OWN_S,
        CheckLimit("may", "elm-yard", "air_temperature", "climate", lowest=0, highest=30, first=11, last=6),
    ),
    (
        OWN_END_S,
        CheckLimit("warm", "elm-yard", "soil_temperature", "range", lowest=5, highest=9, withdrawn=True),
    ),
)


def measured(column: str) -> str:
    """The measurement of a column."""
    return column.partition("@")[0]


def flagged(series: list[Record], place: int, neighbours: list[Record]) -> Record:
    """Flag one record of a series, by the definition."""
    record = series[place]
    result: dict[str, list[tuple[int, str]]] = {}
    for column in record.columns:
        if measured(column) in LIMITS and cell(record, column):
            still = (still_flag(series, place, column), "flat line")
            result.setdefault(column, []).extend(
                [
                    (spike_flag(series, place, column), "spike"),
                    (rate_flag(series, place, column), "rate of change"),
                    still,
                    *of_garden(series, place, column, neighbours),
                    *own_span_flags(record, column),
                ]
            )
            if measured(column) == "soil_moisture_raw":
                result.setdefault(column.replace("_raw", ""), []).append(still)
    flags, notes = list(record.quality), {}
    for at, column in enumerate(record.columns):
        flag, reason = max(result.get(column, [(quality.GOOD, "")]))
        own = record.quality[at]
        is_usual = (flag, reason, own) == (quality.GOOD, "usual in this garden", quality.SUSPECT)
        is_sure = "dated_by" not in (record.detail or {})
        if own in NOTES and (flag > own or (is_usual and is_sure)):
            flags[at], notes[f"check:{column}"] = flag, reason + NOTES[own]
    return replace(record, quality=tuple(flags), detail={**(record.detail or {}), **notes} or None)


def limit_at(record: Record, column: str) -> Limit:
    """The limits that hold for a record of a garden, as OWN enters them."""
    limit = LIMITS[measured(column)]
    time_s = record.time_s or 0
    if time_s < OWN_S:
        return limit
    if (record.garden, column) == ("oak-yard", "air_temperature"):
        return limit._replace(suspect_rate=5.0, fail_rate=9.0)
    if (record.garden, column) == ("oak-yard", "air_humidity"):
        return limit._replace(still_s=(900, 4000))
    if (record.garden, measured(column)) == ("elm-yard", "soil_temperature") and time_s < OWN_END_S:
        return limit._replace(usual=(10.5, 60.0))
    return limit


def own_span_flags(record: Record, column: str) -> list[tuple[int, str]]:
    """Flag a value by what its garden calls usual."""
    value, time_s = value_at(record, column), record.time_s or 0
    if value is None or time_s < OWN_S or record.garden != "elm-yard":
        return []
    result = []
    # May and June, which are in November to June.
    if column == "air_temperature" and not 0 <= value <= 30:
        result.append((quality.SUSPECT, "climate"))
    if measured(column) == "soil_temperature" and time_s < OWN_END_S:
        if not 10.5 <= value <= 60:
            result.append((quality.SUSPECT, "usual in this garden"))
        elif not -15 <= value <= 45:
            result.append((quality.GOOD, "usual in this garden"))
    return result


def rate_flag(series: list[Record], place: int, column: str) -> int:
    """Flag a value by what it changed since the one before, where that is no spike."""
    before, limit = neighbour(series, place, column, -1), limit_at(series[place], column)
    if before is None or limit.suspect_rate is None:
        return quality.GOOD
    value, last = value_at(series[place], column), value_at(before, column)
    is_spike = spike_flag(series, series.index(before), column) > quality.GOOD
    if value is None or last is None or is_spike or (limit.rises_at_will and value > last):
        return quality.GOOD
    rate = abs(value - last) / max(1.0, ((series[place].time_s or 0) - (before.time_s or 0)) / 3600)
    if limit.fail_rate is not None and rate > limit.fail_rate:
        return quality.FAIL
    return quality.SUSPECT if rate > limit.suspect_rate else quality.GOOD


def of_garden(
    series: list[Record], place: int, column: str, neighbours: list[Record]
) -> list[tuple[int, str]]:
    """Flag a value by what the garden's other nodes, and this record's other positions, say."""
    record, value = series[place], value_at(series[place], column)
    if value is None or record.series not in ("soil", "air"):
        return []
    limit, name, result = limit_at(record, column), measured(column), []
    same = [
        value_at(record, key)
        for key in record.columns
        if measured(key) == name and key != column and cell(record, key)
    ]
    beside = nearest(
        record,
        [other for other in neighbours if other.series == record.series or other.series == "air"],
        name,
    )
    values = [value for value in (*same, *beside) if value is not None]
    if (
        limit.suspect_apart is not None
        and len(values) >= 2
        and abs(value - median(values)) > limit.suspect_apart
    ):
        result.append((quality.SUSPECT, "other probes"))
    air = nearest(record, [other for other in neighbours if other.series == "air"], "air_temperature")
    if limit.suspect_air is not None and air and abs(value - median(air)) > limit.suspect_air:
        result.append((quality.SUSPECT, "air beside"))
    before = neighbour(series, place, column, -1)
    last = value_at(before, column) if before else None
    is_rise = limit.suspect_rise is not None and last is not None and value - last > limit.suspect_rise
    if is_rise and is_dry(record, neighbours):
        result.append((quality.SUSPECT, "rise without water"))
    return result


def nearest(record: Record, neighbours: list[Record], name: str) -> list[float]:
    """The value of each other sensor nearest to a record's time, the earlier of two."""
    by_sensor: dict[tuple[str, str, str], list[tuple[int, bool, int, float]]] = {}
    for other in neighbours:
        for key in other.columns:
            value = value_at(other, key) if measured(key) == name and cell(other, key) else None
            away_s = (other.time_s or 0) - (record.time_s or 0)
            if value is not None and abs(away_s) <= PAIR_S:
                # Of several in one second: before it the last one counts, from it on the first one.
                order = -other.seq if away_s < 0 else other.seq
                by_sensor.setdefault((other.node, other.series, key), []).append(
                    (abs(away_s), away_s > 0, order, value)
                )
    return [min(result)[-1] for result in by_sensor.values()]


def is_dry(record: Record, neighbours: list[Record]) -> bool:
    """Whether rain is measured, none fell, and nobody watered."""
    time_s = record.time_s or 0
    first_s, last_s = time_s - WATER_S, time_s + PAIR_S
    waterings_s = [
        other.time_s or 0
        for other in neighbours
        if cell(other, "garden_action") and value_at(other, "garden_action") == 1
    ]
    if any(first_s <= watering_s <= last_s for watering_s in waterings_s):
        return False
    fallen = [
        value_at(other, "rainfall") or 0
        for other in neighbours
        if cell(other, "rainfall") and first_s <= (other.time_s or 0) <= last_s
    ]
    return not any(fallen) and bool(nearest(record, neighbours, "rainfall"))


def spike_flag(series: list[Record], place: int, column: str) -> int:
    """Flag a value among the one before and the one after it."""
    before, after = (neighbour(series, place, column, way) for way in (-1, 1))
    if not before or not after or LIMITS[measured(column)].suspect_spike is None:
        return quality.GOOD
    value = series[place].values[series[place].columns.index(column)]
    return by_difference(value, value_at(before, column), value_at(after, column), LIMITS[measured(column)])


def still_flag(series: list[Record], place: int, column: str) -> int:
    """Flag a value by how long it stands still, walking from neighbour to neighbour both ways."""
    still_s, ends = limit_at(series[place], column).still_s, []
    if still_s is None:
        return quality.GOOD
    for way in (-1, 1):
        at = series[place]
        while (other := neighbour(series, series.index(at), column, way)) and (
            value_at(other, column) == value_at(at, column) is not None
        ):
            at = other
        ends.append(at.time_s or 0)
    length_s = ends[1] - ends[0]
    return (
        quality.FAIL
        if length_s >= still_s[1]
        else quality.SUSPECT
        if length_s >= still_s[0]
        else quality.GOOD
    )


def value_at(record: Record, column: str) -> float | None:
    """The value of a column."""
    return record.values[record.columns.index(column)]


def cell(record: Record, column: str) -> tuple[float | None, int] | None:
    """Value and flag of a column that is a measure for others."""
    if column not in record.columns:
        return None
    at = record.columns.index(column)
    is_measure = record.quality[at] in (quality.GOOD, quality.SUSPECT)
    return (record.values[at], record.quality[at]) if is_measure else None


def neighbour(series: list[Record], place: int, column: str, way: int) -> Record | None:
    """The record with the nearest measure on one side, where it is near enough."""
    for away in range(1, RECORDS_AWAY + 1):
        if 0 <= place + way * away < len(series):
            other = series[place + way * away]
            if cell(other, column):
                return other if abs((other.time_s or 0) - (series[place].time_s or 0)) <= REACH_S else None
    return None


def by_difference(value: float | None, before: float | None, after: float | None, limit: Limit) -> int:
    """Flag a value that differs from both in one direction."""
    if value is None or before is None or after is None or (value - before) * (value - after) <= 0:
        return quality.GOOD
    least = min(abs(value - before), abs(value - after))
    assert limit.fail_spike is not None
    assert limit.suspect_spike is not None
    return (
        quality.FAIL
        if least > limit.fail_spike
        else quality.SUSPECT
        if least > limit.suspect_spike
        else quality.GOOD
    )


def by_definition(records: dict[int, Record]) -> dict[int, Record]:
    """Flag all records, one at a time."""

    def origin(record: Record) -> tuple[str, str, str]:
        return record.garden, record.node, record.series

    result = {seq: record for seq, record in records.items() if record.time_s is None}
    dated = [record for record in records.values() if record.time_s is not None]
    for key, members in groupby(sorted(dated, key=origin), origin):
        series = sorted(members, key=lambda record: (record.time_s or 0, record.seq))
        neighbours = [record for record in dated if record.garden == key[0] and origin(record) != key]
        result |= {record.seq: flagged(series, index, neighbours) for index, record in enumerate(series)}
    return result


def enter(registry: Registry) -> None:
    """Enter two gardens, and what they have of their own."""
    registry.put(Community(COMMUNITY), since_s=0, by="a test")
    for name in ("elm-yard", "oak-yard"):
        place = Garden(name, COMMUNITY, None, name, 51.4, -2.6, "Europe/London")
        registry.put(place, since_s=0, by="a test")
    for since_s, limit in OWN:
        registry.put(limit, since_s=since_s, by="a test")

"""One question has one answer: roll-ups, figures, files, dashboards and `explain` on the same records."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from analysis_world import World
from influx.queries import query
from sera_analysis.aggregates.days import Days
from sera_analysis.aggregates.gardens import GardenDays, roll_up
from sera_analysis.runs.jobs import analyse
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_dashboards.queries import figures as figure_queries
from sera_dashboards.queries import influxql, readings
from sera_store.exports.export import released_values
from sera_store.exports.local_readings import local_readings
from sera_store.licence import Licence
from sera_store.outputs.influxdb import InfluxFollower, InfluxTarget
from sera_store.release.persons import Pseudonyms
from sera_store.release.places import released_gardens
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from real_parts import Bucket

GARDEN = "elm-yard"
STEP_S = 900
# Two days before the clocks change, the day of it, and the day after.
SPRING = ("Europe/London", date(2026, 3, 28))
AUTUMN = ("Europe/London", date(2026, 10, 24))
# Here the clocks change at midnight itself, and the day has no hour 0.
AT_MIDNIGHT = ("America/Havana", date(2026, 3, 7))
DAYS = 3


class Kind(NamedTuple):
    """A column, its series and node, and whether it is an amount."""

    node: str
    series: str
    column: str
    amount: bool


TEMPERATURE = Kind("probe-1", "soil", "soil_temperature@1", amount=False)
MOISTURE = Kind("probe-1", "soil", "soil_moisture@1", amount=False)
AIR = Kind("probe-1", "air", "air_temperature", amount=False)
RAIN = Kind("probe-1", "air", "rainfall", amount=True)
PASSAGES = Kind("beam-1", "visits", "passages", amount=True)
AWAKE = Kind("beam-1", "visits", "awake_s", amount=True)
BEES = Kind("camera-1", "counts", "bumblebees", amount=True)
CAMERA_AWAKE = Kind("camera-1", "counts", "awake_s", amount=True)
KINDS = (TEMPERATURE, MOISTURE, AIR, RAIN, PASSAGES, AWAKE, BEES, CAMERA_AWAKE)


def value_of(kind: Kind, number: int) -> float:
    """Give the value of a reading: sixteenths, so that sums are the same in any order; moisture is not."""
    if kind in (AWAKE, CAMERA_AWAKE):
        return float(STEP_S)
    if kind is MOISTURE:
        return round(0.2 + 0.1 * ((number * 7919) % 997) / 997, 4)
    return (number * 31) % 113 / 16 if kind.column != "bumblebees" else float((number * 31) % 11)


def claim_of(kind: Kind, number: int) -> float:
    """Return what a node says: of the seconds of watching twice as many as there were."""
    return value_of(kind, number) * (2 if kind in (AWAKE, CAMERA_AWAKE) else 1)


class Year(NamedTuple):
    """A store with readings at every quarter of an hour, full hours and midnights among them."""

    store: Store
    timezone: str
    first: date
    times: range

    def dates(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(DAYS)]

    def expected(self, kind: Kind, *, hours: bool = False) -> dict[Any, list[float]]:
        """Sort a column's values by date, or by hour, as slowly and plainly as possible."""
        zone, result = ZoneInfo(self.timezone), defaultdict(list)
        for number, time_s in enumerate(self.times):
            # What has ended by an instant was there a second before.
            local = datetime.fromtimestamp(time_s - kind.amount, UTC).astimezone(zone)
            if local.date() in self.dates():
                key = (local.date(), local.hour, local.utcoffset()) if hours else local.date()
                result[key].append(value_of(kind, number))
        return dict(result)


@pytest.fixture(params=[SPRING, AUTUMN, AT_MIDNIGHT], ids=["spring", "autumn", "at midnight"])
def year(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Year]:
    """Three days about a change of clocks, with a quarter of an hour more on both sides."""
    timezone, first = request.param
    zone = ZoneInfo(timezone)
    begin, end = (
        int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
        for day in (first, first + timedelta(days=DAYS))
    )
    times = range(begin - STEP_S, end + STEP_S + 1, STEP_S)
    with Store.open(tmp_path / "store") as store:
        world = World(store)
        world.garden(GARDEN, timezone=timezone)
        for node, detector in (("camera-1", "camera"), ("beam-1", "beam"), ("probe-1", "none")):
            world.node(GARDEN, node, detector)
        columns: dict[tuple[str, str], list[Kind]] = defaultdict(list)
        for kind in KINDS:
            columns[kind.node, kind.series].append(kind)
        for (node, series), kinds in columns.items():
            world.write(
                [
                    world.record(
                        GARDEN, node, series, time_s, {kind.column: claim_of(kind, number) for kind in kinds}
                    )
                    for number, time_s in enumerate(times)
                ]
            )
        store.rollups.catch_up()
        yield Year(store, timezone, first, times)


def rolled(year: Year, kind: Kind, width: Any = "day") -> dict[Any, Any]:
    table = year.store.rollups.read(
        kind.series,
        [kind.column],
        width=width,
        first=year.first,
        last=year.dates()[-1],
        garden=GARDEN,
        node=kind.node,
    )
    result = {}
    for row, cell in enumerate(table.cells[kind.column]):
        local = datetime.fromtimestamp(int(table.start_s[row]), ZoneInfo(year.timezone))
        key = local.date() if width == "day" else (local.date(), local.hour, local.utcoffset())
        if cell["records"]:
            result[key] = cell
    return result


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.series}-{kind.column}")
def test_a_state_is_of_the_hour_that_it_begins_and_an_amount_of_the_one_that_it_ends(
    year: Year, kind: Kind
) -> None:
    for hours, width in ((False, "day"), (True, "hour")):
        expected, result = year.expected(kind, hours=hours), rolled(year, kind, width)
        assert result.keys() == expected.keys()
        for key, values in expected.items():
            assert result[key]["count"] == len(values)
            assert result[key]["sum"] == pytest.approx(sum(values), rel=1e-12)
    assert sum([len(values) for values in year.expected(kind).values()]) == len(year.times) - 3


def garden_days(year: Year) -> GardenDays:
    [placed] = released_gardens(year.store.registry)
    return roll_up(year.store, placed, Days(year.first, DAYS))


def rounded(value: float) -> float:
    """Round as results are kept, to twelve digits."""
    return float(f"{value:.12g}")


def figures(year: Year, index: str) -> dict[date, float | None]:
    analyse(year.store, periods=("day",), replicates=20)
    zone = ZoneInfo(year.timezone)
    return {
        datetime.fromtimestamp(result.start_s, zone).date(): result.value
        for result in year.store.results.current(scope_id=GARDEN, index=index, period="day")
    }


def test_figures_say_what_roll_ups_say_to_the_last_digit(year: Year) -> None:
    for kind, index in ((TEMPERATURE, "soil_temperature_mean"), (MOISTURE, "soil_moisture_mean")):
        result = figures(year, index)
        for day, cell in rolled(year, kind).items():
            assert result[day] == rounded(cell["sum"] / cell["count"])
    bees, effort = figures(year, "total_activity"), figures(year, "effort")
    for day, cell in rolled(year, BEES).items():
        bounded_effort_s = rolled(year, CAMERA_AWAKE)[day]["sum"] + rolled(year, AWAKE)[day]["sum"]
        assert (bees[day], effort[day]) == (rounded(cell["sum"]), rounded(bounded_effort_s / 3600))


def test_the_rain_that_wets_a_day_is_that_of_its_roll_up(year: Year) -> None:
    air = garden_days(year).air
    cells = rolled(year, RAIN)
    assert air.rain[0].tolist() == [cells[day]["sum"] for day in year.dates()]
    assert air.rain_readings[0].tolist() == [cells[day]["count"] for day in year.dates()]
    hours = rolled(year, AIR, "hour")
    for number, day in enumerate(year.dates()):
        own = [cell["sum"] for (when, *_), cell in hours.items() if when == day]
        assert air.total[0, number][air.readings[0, number] > 0].tolist() == own


@pytest.mark.parametrize("kind", [TEMPERATURE, RAIN, PASSAGES], ids=lambda kind: kind.column)
def test_files_and_readings_put_each_value_into_the_same_day(year: Year, kind: Kind) -> None:
    released: dict[str, list[float]] = defaultdict(list)
    for value in released_values(year.store, Pseudonyms(), Licence.CC_BY, node=kind.node):
        if value.name == kind.column:
            released[value.time[:10]].append(value.value or 0.0)
    for day, cell in rolled(year, kind).items():
        [own] = local_readings(year.store, kind.column, first=day, last=day, garden=GARDEN)
        assert sum(own.table.values[kind.column]) == cell["sum"]
        assert (sum(released[str(day)]), len(released[str(day)])) == (cell["sum"], cell["count"])


def test_the_command_says_of_a_day_what_explain_says(
    year: Year, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    figures(year, "soil_temperature_mean")
    data = ["--data", str(tmp_path), "--json"]
    for day in map(str, year.dates()):
        capsys.readouterr()
        dates = ["--by", "day", "--from", day, "--to", day]
        assert main(["readings", "soil_temperature", *dates, *data]) == ExitCode.DONE
        mean = json.loads(capsys.readouterr().out)["mean"]
        assert main(["explain", f"{GARDEN}/soil_temperature_mean/day/{day}", *data]) == ExitCode.DONE
        explained = json.loads(capsys.readouterr().out)
        assert explained["result"]["value"] == rounded(mean)
        assert explained["agrees"] is True


def by_day(year: Year, bucket: Bucket, text: str) -> dict[date, float]:
    """Ask as Grafana does, over the three days and a day more on both sides."""
    begin_s, end_s = year.times[0] - 86_400, year.times[-1] + 86_400
    values = {
        "$timeFilter": f"time >= {begin_s * 1000}ms AND time <= {end_s * 1000}ms",
        "${community}": "avonbrook",
        "${garden}": GARDEN,
        "${zone}": year.timezone,
    }
    for variable, value in values.items():
        text = text.replace(variable, value)
    zone = ZoneInfo(year.timezone)
    result = {}
    for row in query(bucket, text):
        time_ns = row.pop("time")
        [value] = row.values()
        result[datetime.fromtimestamp(time_ns / 1e9, zone).date()] = value
    return {day: value for day, value in result.items() if day in year.dates()}


@pytest.mark.parametrize("year", [SPRING, AUTUMN], ids=["spring", "autumn"], indirect=True)
def test_dashboards_add_up_what_roll_ups_add_up(year: Year, influx_bucket: Bucket) -> None:
    b = influx_bucket
    hours = {day: value for day, value in figures(year, "effort").items() if day in year.dates()}
    follower = InfluxFollower(year.store, InfluxTarget(b.url, b.organisation, b.name, b.token))
    while follower.step():
        pass

    def sums(kind: Kind) -> dict[date, float]:
        return {day: float(cell["sum"]) for day, cell in rolled(year, kind).items()}

    assert by_day(year, b, readings.passages_by_day()) == sums(PASSAGES)
    assert by_day(year, b, readings.visits_by_day()) == sums(BEES)
    effort_h = by_day(year, b, figure_queries.hours_watched(figure_queries.scope("garden", "${garden}")))
    beam_s, camera_s = sums(AWAKE), sums(CAMERA_AWAKE)
    assert effort_h == hours == {day: rounded((beam_s[day] + camera_s[day]) / 3600) for day in beam_s}
    where = ["\"community\" = '${community}'", "\"garden\" = '${garden}'"]
    zone = "${zone}"
    states = influxql.select(['mean("soil_temperature")'], "soil", where, every=influxql.DAY, zone=zone)
    cells = rolled(year, TEMPERATURE)
    assert by_day(year, b, states) == {day: cell["sum"] / cell["count"] for day, cell in cells.items()}
    rain = influxql.select(['sum("rainfall")'], "air", where, every=influxql.AMOUNTS_DAY, zone=zone)
    assert by_day(year, b, rain) == sums(RAIN)

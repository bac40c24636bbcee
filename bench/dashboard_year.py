"""A year of many nodes in InfluxDB, as the followers write it; made once, and kept in the user's cache.

How things stand is made by the followers' own functions from one made-up day, figures by the follower's own
encoder; both are then written for each day of the year. A dashboard reads readings of one garden, which stand
there hour by hour; those of all others stand there every six hours, so that each shard has their series.
Health is left out, since no dashboard asks for it.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from real_parts import Bucket, InfluxDB, wait_until
from sera_command.installation import parts
from sera_gateway.status import fleet_points as fleet_module
from sera_gateway.status.fleet_points import fleet_points
from sera_gateway.status.place_points import class_points, place_points
from sera_gateway.status.spread_points import spread_points
from sera_gateway.status.status_points import status_point
from sera_store.fleet.node_facts import NodeState
from sera_store.outputs.line_protocol import Point, encode, points
from sera_store.registry.entities import Community, District, Garden, Node
from sera_store.registry.garden_metadata import GardenSoil
from sera_store.results.results import Result, StoredResult
from sera_store.store import Store
from sera_vocabulary import indices, series
from sera_vocabulary import status_series as s
from sera_vocabulary.measurements import GROUP_NAMES
from sera_words.keys import Part
from sera_words.statements import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


END_S: Final = 1_780_272_000
DAY_S, HOUR_S, MINUTE_S = 86_400, 3600, 60
NODES_A_GARDEN, GARDENS_A_DISTRICT = 5, 20
COMMUNITY, ZONE = "oak", "UTC"
# Nodes of the garden that is asked about; readings of others stand there once in so many hours.
READ_NODES, SPARSE_HOURS = slice(NODES_A_GARDEN, 2 * NODES_A_GARDEN), 6
# One in so many nodes has been silent for days, and findings of it stand in all hours of the year.
SILENT_EVERY = 50
# For so long the follower writes findings that are well.
ZEROS_DAYS = 4
_DETECTORS: Final = ("camera", "beam", "none", "beam", "none")
_PERIODS: Final = {"day": 1, "week": 7, "month": 30, "season": 91}
_SOURCES: Final = Path(__file__).read_bytes() + Path(fleet_module.__file__).read_bytes()
# In place of a time in a template.
_TIME: Final = "@"
_BYTES_A_WRITE: Final = 4_000_000
_COMPACTION_S: Final = 600.0
WRITE_TIMEOUT_S: Final = 600.0


class Year(NamedTuple):
    """What is made: how many nodes, how many days, and days of a shard (InfluxDB's own choice is 7)."""

    nodes: int
    days: int
    shard_days: int

    @property
    def gardens(self) -> list[str]:
        """Names of the gardens."""
        return [garden_name(number) for number in range(0, self.nodes, NODES_A_GARDEN)]

    @property
    def folder(self) -> Path:
        """Where it is kept: another one as soon as what makes it changes."""
        digest = hashlib.sha256(repr(self).encode() + _SOURCES).hexdigest()[:12]
        return parts.cache_folder() / f"bench-dashboards-{digest}"


def node_name(number: int) -> str:
    """Name a node by its number."""
    return f"n{number:04}"


def garden_name(node: int) -> str:
    """Name the garden of a node by its number."""
    return f"g{node // NODES_A_GARDEN:03}"


def district_name(node: int) -> str:
    """Name the district of a node by its number."""
    return f"d{node // (NODES_A_GARDEN * GARDENS_A_DISTRICT):02}"


class Server(InfluxDB):
    """A real InfluxDB on a folder of the cache; while it loads, it makes shards compact as old ones are."""

    def __init__(self, program: Path, folder: Path, *, loads: bool) -> None:
        super().__init__(program, folder)
        if loads:
            self.command += [
                "--storage-cache-snapshot-write-cold-duration=2s",
                "--storage-compact-full-write-cold-duration=2s",
                "--storage-compact-throughput-burst=500000000",
                "--storage-write-timeout=10m",
            ]


def opened(program: Path, year: Year) -> tuple[Server, Bucket]:
    """Start a server that has a year, which is made where it is not there yet."""
    if not (year.folder / "finished").is_file():
        begun = time.perf_counter()
        count = _make(program, year)
        took_s = time.perf_counter() - begun
        print(f"{count:,} points made in {took_s:.0f} s, {count / took_s:,.0f}/s")
        (year.folder / "finished").write_text(f"{count}\n", encoding="utf-8")
    else:
        print(f"{int((year.folder / 'finished').read_text()):,} points are in {year.folder}")
    server = Server(program, year.folder, loads=False).start()
    return server, Bucket(server.url, server.token, server.organisation, "bench")


def _make(program: Path, year: Year) -> int:
    shutil.rmtree(year.folder, ignore_errors=True)
    year.folder.mkdir(parents=True)
    server = Server(program, year.folder, loads=True).start()
    try:
        server.set_up()
        bucket = server.make_bucket("bench")
        if year.shard_days != 7:
            server.keep_for("bench", 0, year.shard_days * DAY_S)
        count = _write_all(bucket, _texts(year))
        wait_until(lambda: _is_compacted(year.folder), _COMPACTION_S, "the compaction of all shards")
    finally:
        server.stop()
    return count


def _write_all(bucket: Bucket, texts: Iterable[str]) -> int:
    """Write while more is made, two at once, and return the number of points."""
    count, writing = 0, deque()
    with ThreadPoolExecutor(2) as pool:
        for text in texts:
            writing.append(pool.submit(_write, bucket, text))
            if len(writing) > 2:
                count += writing.popleft().result()
        return count + sum(future.result() for future in writing)


def _is_compacted(folder: Path) -> bool:
    """Return whether each shard has one generation of files and nothing waits in a log."""
    shards = [path for path in (folder / "engine" / "data").glob("*/autogen/*") if path.is_dir()]
    generations = [{file.name.partition("-")[0] for file in shard.glob("*.tsm")} for shard in shards]
    time.sleep(1.0)
    return bool(shards) and all(len(own) <= 1 for own in generations)


def _write(bucket: Bucket, text: str) -> int:
    request = urllib.request.Request(
        f"{bucket.url}/api/v2/write?org={bucket.organisation}&bucket={bucket.name}&precision=s",
        data=text.encode(),
        headers={"Authorization": f"Token {bucket.token}"},
    )
    try:
        urllib.request.urlopen(request, timeout=WRITE_TIMEOUT_S).close()
    except urllib.error.HTTPError as error:
        sys.exit(f"InfluxDB refuses to write: {error} {error.read(2000)!r}")
    return text.count("\n") + 1


def _texts(year: Year) -> Iterator[str]:
    """Iterate over lines of the whole year in the order of time, many at once."""
    waiting, size = [], 0
    for text in _days(year):
        waiting.append(text)
        size += len(text)
        if size > _BYTES_A_WRITE:
            yield "\n".join(waiting)
            waiting, size = [], 0
    yield "\n".join(waiting)


def _days(year: Year) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "store") as store:
        _register(store, year)
        hours = [_status(store, year, hour) for hour in range(24)]
    readings = [[_readings(node, hour) for hour in range(24)] for node in range(year.nodes)]
    figures = {period: _template(_figures(year, period)) for period in _PERIODS}
    span = _template(_figures(year, "span"))
    begin_s = END_S - year.days * DAY_S
    yield _at(span, begin_s)
    for day in range(year.days):
        at_s = begin_s + day * DAY_S
        zeros = day >= year.days - ZEROS_DAYS
        for hour in range(24):
            yield _at(hours[hour].always, at_s + hour * HOUR_S)
            if zeros:
                yield _at(hours[hour].well, at_s + hour * HOUR_S)
            rows = readings if hour % SPARSE_HOURS == 0 else readings[READ_NODES]
            yield _at("\n".join([own[hour] for own in rows]), at_s + hour * HOUR_S)
        yield "\n".join([_at(_gateway(minute), at_s + minute * MINUTE_S) for minute in range(0, 1440, 5)])
        for period, width in _PERIODS.items():
            if day % width == 0:
                yield _at(figures[period], at_s)


def _at(template: str, at_s: int) -> str:
    return template.replace(_TIME, str(at_s))


def _template(written: Iterable[Point]) -> str:
    """Write points with a place for their time."""
    return "\n".join([encode(point).rpartition(" ")[0] + " " + _TIME for point in written])


class _Hour(NamedTuple):
    """What the follower writes in an hour: always, and of what is well for some days alone."""

    always: str
    well: str


def _register(store: Store, year: Year) -> None:
    put: Callable[..., object] = store.registry.put
    put(Community(COMMUNITY), since_s=0, by="bench")
    for node in range(0, year.nodes, NODES_A_GARDEN):
        if node % (NODES_A_GARDEN * GARDENS_A_DISTRICT) == 0:
            put(
                District(district_name(node), COMMUNITY, "", 3000 + node, 0.3, "made up"),
                since_s=0,
                by="bench",
            )
        garden = garden_name(node)
        where = district_name(node), garden, 51.4, -2.5, ZONE
        put(Garden(garden, COMMUNITY, *where), since_s=0, by="bench")
        put(GardenSoil(garden, 0.4, 0.2), since_s=0, by="bench")
    for node in range(year.nodes):
        detector = _DETECTORS[node % NODES_A_GARDEN]
        entry = Node(node_name(node), garden_name(node), detector, {"optics": f"v{node % 2 + 1}"})
        put(entry, since_s=0, by="bench")


def _status(store: Store, year: Year, hour: int) -> _Hour:
    at_s = END_S + hour * HOUR_S
    fleet = [_state(node, at_s) for node in range(year.nodes)]
    nodes = fleet_points(fleet, at_s)
    well = [p for p in nodes if p.key.measurement == s.FINDINGS and not p.fields[s.SEVERITY]]
    current = [p for p in nodes if p.key.measurement != s.FINDINGS or p.fields[s.SEVERITY]]
    problems = [p for p in current if p.key.measurement == s.FINDINGS]
    return _Hour(
        _template(
            [
                *current,
                *[Point(p.key._replace(measurement=s.PROBLEMS), p.fields) for p in problems],
                *spread_points(nodes),
                *place_points(store.registry, fleet, at_s),
                *class_points(store.registry, at_s),
                *_waiting(at_s),
            ]
        ),
        _template(well),
    )


def _state(node: int, at_s: int) -> NodeState:
    """Make up what is known of a node."""
    hour = at_s // HOUR_S
    silent = node % SILENT_EVERY == 0
    return NodeState(
        node_name(node), garden_name(node), "", COMMUNITY, _DETECTORS[node % NODES_A_GARDEN], "sera",
        END_S - DAY_S, heard_s=at_s - (5 * DAY_S if silent else 60 * (hour + node) % HOUR_S), contact_s=900,
        state="online", battery_v=3.6 + (node + 7 * hour) % 50 / 100, queue=(node + hour) % 5,
        queue_age_s=900 * ((node + hour) % 5), missing=node % 40 // 39, lost=node % 7 // 6, undated=0,
        doubtful={"soil_moisture": (node + hour) % 11 / 200},
        clock_error_s=(node + hour) % 4, signal_dbm=-60.0 - (node + 3 * hour) % 25,
    )  # fmt: skip


def _waiting(at_s: int) -> Iterator[Point]:
    for number, reason in enumerate(("unknown_node", "not_decoded", "too_many")):
        yield status_point(s.DEAD_LETTERS, at_s, {s.TAG_REASON: reason}, {s.WAITING: number})
    for name in ("influxdb", "rollups", "json_lines", "home_assistant", "figures"):
        fields = {s.BEHIND: at_s // HOUR_S % 9, s.REJECTED_LINES: 0, s.ALARM: 0.0}
        yield status_point(s.FOLLOWERS, at_s, {s.TAG_FOLLOWER: name}, fields)


def _gateway(minute: int) -> str:
    fields = {
        s.JOURNAL_LAST: 1000 * minute, s.LEDGER_BEHIND: minute % 7, s.LEDGER_JOBS: 0,
        s.DISK_FREE_BYTES: 5e10 - minute, s.DEAD_LETTERS_WAITING: 3,
    }  # fmt: skip
    return _template([status_point(series.GATEWAY, 0, {}, fields)])


def _readings(node: int, hour: int) -> str:
    """Write what a node measures in an hour: soil, air, and what its detector notices."""
    tags = f"community={COMMUNITY},garden={garden_name(node)},node={node_name(node)}"
    share = (node + 5 * hour) % 40 / 100
    soil = {
        "soil_moisture": 0.1 + share, "soil_moisture_flag": 1 + 2 * (hour // 23),
        "soil_moisture_raw": 1000 + 900 * share, "soil_temperature": 10 + 9 * share,
        "soil_temperature_flag": 1,
    }  # fmt: skip
    air = {
        "air_temperature": 12 + 20 * share, "air_temperature_flag": 1, "air_humidity": 50 + 90 * share,
        "air_humidity_flag": 1, "illuminance": 3000 * hour, "illuminance_flag": 1,
    }  # fmt: skip
    lines = [
        f"soil,{tags},probe=p{node},depth=0.1 {_fields(soil)} {_TIME}",
        f"air,{tags} {_fields(air)} {_TIME}",
    ]
    detector = _DETECTORS[node % NODES_A_GARDEN]
    if detector == "beam":
        lines.append(
            f"visits,{tags} passages={(node + hour) % 13}.0,passages_flag=1.0,awake_s=3000.0 {_TIME}"
        )
    if detector == "camera" and 6 <= hour <= 20:
        lines += [
            f"counts,{tags},group={group} count={(node + hour + index) % 4}.0,count_flag=1.0 {_TIME}"
            for index, group in enumerate(GROUP_NAMES)
        ]
    if node % NODES_A_GARDEN == 0 and hour == 18:
        lines.append(
            f"action,{tags} garden_action={node // NODES_A_GARDEN % 7}.0,garden_action_flag=1.0 {_TIME}"
        )
    return "\n".join(lines)


def _fields(values: dict[str, float]) -> str:
    return ",".join([f"{name}={float(value)}" for name, value in values.items()])


def _figures(year: Year, period: str) -> Iterator[Point]:
    """Make figures of each garden, district and community for one window."""
    garden_rows = [row for row in indices.INDICES if row.aspect != indices.SHARING]
    for garden in year.gardens:
        yield from _results("garden", garden, garden_rows, period)
    of_district = (indices.NODES, indices.EFFORT, indices.EFFORT_A_THOUSAND)
    for node in range(0, year.nodes, NODES_A_GARDEN * GARDENS_A_DISTRICT):
        rows = [indices.INDICES_BY_NAME[name] for name in of_district]
        yield from _results("district", district_name(node), rows, period)
    yield from _results("community", COMMUNITY, indices.INDICES, period)
    if period == "season":
        yield from _events(year)
    tags = {series.TAG_COMMUNITY: COMMUNITY, series.TAG_PERIOD: period}
    for index in (indices.EFFORT_GINI, indices.EFFORT_THEIL):
        fields = {s.VALUE: 0.3, s.CHANCE_LOW: 0.1, s.CHANCE_HIGH: 0.4}
        yield status_point(s.SHARING, 0, {**tags, series.TAG_INDEX: index}, fields)
    for step in range(6):
        fields = {s.RESIDENTS_SHARE: step / 5, s.EFFORT_SHARE: step**2 / 25, s.EVEN_SHARE: step / 5}
        yield status_point(s.LORENZ, 0, {**tags, s.TAG_STEP: f"{step:03}"}, fields)


def _events(year: Year) -> Iterator[Point]:
    """Make a new version, and a calibration of each node's probe."""
    tags = {series.TAG_COMMUNITY: COMMUNITY, s.TAG_KIND: s.RELEASE}
    yield status_point(s.EVENTS, 0, tags, {s.TEXT: "Sera 0.1.0"})
    for node in range(year.nodes):
        own = {series.TAG_GARDEN: garden_name(node), series.TAG_PROBE: f"p{node}", s.TAG_KIND: s.CALIBRATION}
        yield status_point(s.EVENTS, 0, {**tags, **own}, {s.TEXT: f"p{node}"})


def _results(scope: str, place: str, rows: Sequence[indices.Index], period: str) -> Iterator[Point]:
    for number, row in enumerate(rows):
        for group in GROUP_NAMES if row.name == indices.GROUP_INCIDENCE else ("",):
            interval = {} if number % 12 == 11 else {"value": 4.5 + number, "low": 3.5, "high": 5.5 + number}
            result = Result(
                scope=scope, scope_id=place, index=row.name, period=period, start_s=0, end_s=DAY_S,
                unit=row.unit, group=group, target=f"this_{scope}", method=row.method, version="5",
                effort_h=20.0 + number, coverage=0.8, n=5, n_of="nodes", confidence=0.95,
                reason=None if interval else Reason.of("all_districts"),
                interval_reason=Reason.of("all_districts"),
                parts={Part.of("watched_hours").key: 20.0}, **interval,
            )  # fmt: skip
            yield from points(StoredResult(1, None, result))


# What somebody has chosen who looks at the second garden.
VARIABLES: Final = {
    "community": COMMUNITY, "garden": garden_name(READ_NODES.start), "zone": ZONE,
    "class": "camera, optics v1",
}  # fmt: skip

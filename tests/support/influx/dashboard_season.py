"""A simulated season with all that dashboards ask for, in store and InfluxDB; asked as Grafana asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sera_analysis.runs.jobs import analyse
from sera_dashboards.catalogue import build
from sera_dashboards.community import PublicCommunity
from sera_dashboards.preview.answers import Source, filled
from sera_gateway.status.status_follower import StatusFollower
from sera_simulator.world.season import season
from sera_store.database.follower_status import FollowerState
from sera_store.outputs.influxdb import InfluxFollower, InfluxTarget
from sera_store.records.dead_letters import DeadLetter
from sera_store.records.records import Record
from sera_store.registry.entities import Calibration, Community, District, Garden, Node, ProbePlace
from sera_store.registry.garden_metadata import GardenSoil
from sera_store.results.results import Result
from sera_vocabulary import indices
from sera_vocabulary import measurements as m
from sera_vocabulary.messages import column
from sera_words.dashboard_words import dashboard_words
from sera_words.keys import Part
from sera_words.statements import Reason
from simulated_store import write_season

if TYPE_CHECKING:
    from pathlib import Path

    from real_parts import Bucket
    from sera_store.store import Store

GARDENS, NODES, DAYS, SEED = 3, 7, 28, 5
HOUR_S: Final = 3600
# Midnight of its first day; the store's clock must not be later, or nothing was entered in time.
SEASON_START_S: Final = 1_748_818_800
# A community beside it of which districts have figures, made up.
SHARING = "millford"
# Entered and never heard; and one that falls silent in the middle.
NEW_NODE = "never-heard-1"
SILENT_DAY = 14
# In a season no node of this garden stands.
EMPTY_GARDEN = "empty-yard"


@dataclass
class DashboardSeason:
    """What a store holds after a season, by name."""

    community: str
    gardens: list[str]
    nodes: list[str]
    silent: str
    silent_s: int
    start_s: int
    end_s: int
    timezone: str
    districts: list[str] = field(default_factory=lambda: ["east-side", "west-side"])


@dataclass(frozen=True)
class LoadedSeason:
    """A store with a season, the bucket that has followed it, and the folder of both."""

    store: Store
    bucket: Bucket
    folder: Path
    written: DashboardSeason

    def dashboards(self) -> dict[str, Any]:
        """Make all dashboards, the public one for the season's community."""
        gardens = {garden.id: garden.name for garden in self.store.registry.gardens()}
        return build(dashboard_words(), [PublicCommunity(self.written.community, "Avonbrook", gardens)])


def write_dashboard_season(store: Store, *, days: int = DAYS, nodes: int = NODES) -> DashboardSeason:
    """Write a season with soil, air, visits, health, actions, a calibration, a dead letter and districts."""
    simulated = season(gardens=GARDENS, nodes=nodes, days=days, seed=SEED)
    silent = simulated.nodes[-1].id
    silent_s = simulated.start_s + SILENT_DAY * 86_400
    assert simulated.start_s == SEASON_START_S

    def is_delivered(node: Any, time_s: Any) -> Any:
        return time_s < silent_s if node.id == silent else np.ones(time_s.size, dtype=bool)

    write_season(store, simulated, is_delivered=is_delivered)
    written = DashboardSeason(
        simulated.community.id,
        [garden.id for garden in simulated.gardens],
        [node.id for node in simulated.nodes],
        silent,
        silent_s,
        simulated.start_s,
        simulated.start_s + days * 86_400,
        simulated.gardens[0].timezone,
    )
    _register(store, simulated, written)
    _write_more(store, simulated, written)
    return written


def _register(store: Store, simulated: Any, written: DashboardSeason) -> None:
    put = store.registry.put
    for number, name in enumerate(written.districts):
        residents, deprivation = 4000 + 3000 * number, 0.2 + 0.5 * number
        district = District(name, written.community, name.title(), residents, deprivation, "made up")
        put(district, since_s=0, by="test")
    for number, place in enumerate(simulated.gardens):
        garden = Garden(
            place.id, written.community, written.districts[number % 2], place.name, place.latitude,
            place.longitude, place.timezone,
        )  # fmt: skip
        put(garden, since_s=0, by="test")
        put(GardenSoil(place.id, 0.4, 0.2), since_s=0, by="test")
    first = simulated.gardens[0]
    where = first.latitude, first.longitude, first.timezone
    put(Garden(EMPTY_GARDEN, written.community, None, "Empty Yard", *where), since_s=0, by="test")
    for node in simulated.nodes:
        classes = {"optics": "v2"} if node.detector in ("camera", "beam") else {}
        put(Node(node.id, node.garden, node.detector, classes), since_s=0, by="test")
    put(Node(NEW_NODE, written.gardens[0], "camera", {"optics": "v1"}), since_s=written.start_s, by="test")
    node = simulated.nodes[0]
    put(ProbePlace("SN-7001", node.id, 1, 0.1), since_s=0, by="test")
    put(
        Calibration("cal-1", "SN-7001", m.SOIL_MOISTURE_RAW, m.SOIL_MOISTURE, (0.7, -0.0002),
                    written.start_s + 7 * 86_400),
        since_s=written.start_s + 7 * 86_400, by="test",
    )  # fmt: skip


def _write_more(store: Store, simulated: Any, written: DashboardSeason) -> None:
    records = []
    for number, node in enumerate(simulated.nodes):
        hours = range(written.start_s, written.end_s, HOUR_S)
        own = [at for at in hours if node.id != written.silent or at < written.silent_s]
        raw = simulated.node_season(node.id).values[
            :, list(node.columns).index(column(m.SOIL_MOISTURE_RAW, 1))
        ]
        for index, at in enumerate(own):
            share = 1 - (float(raw[min(4 * index, len(raw) - 1)]) - 1000) / 2500
            soil = {"soil_moisture@1": round(0.08 + 0.3 * share, 4)}
            health = {
                "battery_voltage": round(4.1 - 0.0006 * index * (number + 1) / 2, 3),
                "signal_strength": -60.0 - 3 * number, "queue_length": float(index % 5),
                "queue_age_s": 900.0 * (index % 5),
            }  # fmt: skip
            flag = 3 if index % 40 == 7 else 1
            detail = {
                column("probe", 1): "SN-7001" if number == 0 else f"p{number}",
                column("depth_m", 1): "0.1",
            }
            records.append(_record(written, node, "soil", 2 * index, at, soil, flag, detail))
            records.append(_record(written, node, "health", 2 * index + 1, at, health))
            humidity = {m.AIR_HUMIDITY: 55.0 + 20.0 * share}
            records.append(_record(written, node, "air", 1_000_000 + index, at, humidity))
    first = simulated.nodes[0]
    for number, action in enumerate(("watering", "mowing"), 1):
        at = written.start_s + (10 + number) * 86_400
        values = {m.GARDEN_ACTION: float(m.GARDEN_ACTIONS.index(action))}
        records.append(_record(written, first, "action", 1_900_000 + number, at, values))
    store.followers.note("influxdb", FollowerState.FOLLOWING, "", written.end_s)
    with store.ledger() as ledger:
        ledger.records.append([(record, repr(record).encode()) for record in records])
        ledger.dead_letters.add(
            [DeadLetter(1, "unknown_node", "no such node", "x", b"{}", received_s=written.end_s - 60)]
        )


def put_sharing(store: Store) -> None:
    """Enter a community of five districts with figures of one week, as the analysis would make them."""
    store.registry.put(Community(SHARING), since_s=0, by="test")
    week = {"period": "week", "start_s": SEASON_START_S, "end_s": SEASON_START_S + 7 * 86_400, "version": "5"}
    none = {"interval_reason": Reason.of("all_districts")}
    results = []
    for number, name in enumerate(("north", "east", "south", "west", "centre")):
        residents, hours = 2000 + 900 * number, 12.0 * (number + 1) ** 2
        store.registry.put(
            District(name, SHARING, name.title(), residents, 0.1, "made up"), since_s=0, by="test"
        )
        parts = {Part.of("district_residents").key: float(residents), Part.of("watched_hours").key: hours}
        own = {"scope": "district", "scope_id": name, **week, **none}
        results += [
            Result(index=indices.NODES, unit="1", method="node_count", value=6.0 + number, **own),
            Result(index=indices.EFFORT_A_THOUSAND, unit="h", method="hours_over_residents",
                   value=1000 * hours / residents, parts=parts, **own),
        ]  # fmt: skip
    chance = {Part.of("chance_low").key: 0.05, Part.of("chance_high").key: 0.31}
    results.append(
        Result(scope="community", scope_id=SHARING, index=indices.EFFORT_GINI, unit="1", method="gini",
               value=0.34, parts=chance, **week, **none)
    )  # fmt: skip
    store.results.put(results)


def _record(
    written: DashboardSeason, node: Any, series: str, seq: int, at: int, values: dict[str, float],
    flag: int = 1, detail: dict[str, str] | None = None,
) -> Record:  # fmt: skip
    return Record(
        node=node.id, epoch="0badcafe", seq=seq + 1, boot=1, series=series, community=written.community,
        garden=node.garden, uptime_s=None, time_s=at, uncertainty_s=2, flags=0, columns=tuple(values),
        values=tuple(values.values()), quality=(flag,) * len(values), probe_table=None, journal=1,
        detail=detail,
    )  # fmt: skip


def target(bucket: Bucket) -> InfluxTarget:
    """Where followers write."""
    return InfluxTarget(bucket.url, bucket.organisation, bucket.name, bucket.token)


def follow(store: Store, bucket: Bucket, folder: Path, written: DashboardSeason, hours: int = 6) -> None:
    """Make figures, bring all of it over, and write how things stand in the last hours of the season."""
    analyse(store, periods=("day", "week", "span"), replicates=50)
    put_sharing(store)
    follower = InfluxFollower(store, target(bucket))
    while follower.step():
        pass
    follower.close()
    status_at(store, bucket, folder, [written.end_s - HOUR_S * number for number in reversed(range(hours))])


def status_at(store: Store, bucket: Bucket, folder: Path, times_s: list[int]) -> None:
    """Write how things stand at some times [s]."""
    clock: list[int] = [0]
    status = StatusFollower(store, folder / "journal", folder, target(bucket), clock=lambda: float(clock[0]))
    for clock[0] in times_s:
        status.step()
    status.close()


class Asker:
    """Asks a bucket as Grafana does: variables and macros filled, times in milliseconds.

    Parameters
    ----------
    bucket
        Which.
    values
        By variable what is chosen; several as a list.
    span_s
        Time range of the dashboard, Unix time [s].
    """

    def __init__(self, bucket: Bucket, values: dict[str, str | list[str]], span_s: tuple[int, int]) -> None:
        self._source = Source(bucket.url, bucket.name, bucket.token)
        self._values = values
        self._span_s = span_s

    def series(self, query: str, span_s: tuple[int, int] | None = None) -> list[dict[str, Any]]:
        """Run a query and give its series."""
        (result,) = self._source.ask(filled(query, self._values, span_s or self._span_s))["results"]
        assert "error" not in result, (result, query)
        return list(result.get("series", []))

    def rows(self, query: str, span_s: tuple[int, int] | None = None) -> list[dict[str, Any]]:
        """Run a query and give its rows with their tags."""
        return [
            {**series.get("tags", {}), **dict(zip(series["columns"], row, strict=True))}
            for series in self.series(query, span_s)
            for row in series["values"]
        ]


def asker(bucket: Bucket, written: DashboardSeason, **values: str | list[str]) -> Asker:
    """Ask about a season, its first garden and weeks by default."""
    variables: dict[str, str | list[str]] = {
        "community": written.community, "garden": written.gardens[0], "zone": written.timezone,
        "period": "week", "gardens": written.gardens, "districts": written.districts,
        "class": "camera, optics v2",
    }  # fmt: skip
    return Asker(bucket, variables | values, (written.start_s, written.end_s))

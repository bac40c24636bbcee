"""How long a year of many gardens at 15 minutes takes: adding up, and making all figures again from the sums.

A few gardens are written as records and added up for real. Their sums then stand for all gardens, under other
names and with other counts, so that the run over all of them starts from sums as they are kept.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.aggregates.aggregate_cache import basis_of
from sera_analysis.aggregates.gardens import load_nodes
from sera_analysis.aggregates.tallies import GardenTally
from sera_analysis.runs.engine import batches, processes
from sera_analysis.runs.jobs import PERIODS, analyse
from sera_analysis.runs.tasks import make_batch
from sera_analysis.windows import DAY
from sera_store.aggregates.tallies import MonthDigests
from sera_store.records.records import Record
from sera_store.registry.entities import Community, District, Garden, Node
from sera_store.release.places import released_gardens
from sera_store.store import Store
from sera_vocabulary.measurements import INSECT_GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sera_analysis.runs.tasks import Figures, Task

GROUPS: Final = tuple(group.name for group in INSECT_GROUPS)
STEP_S: Final = 900
FIRST_S: Final = 1_767_225_600  # 1 January 2026 in London
GARDENS_A_COMMUNITY: Final = 50
DISTRICTS_A_COMMUNITY: Final = 5
NODES_A_GARDEN: Final = 2
BATCHED_GARDENS: Final = 20
LIMIT_S: Final = 60.0


def register(store: Store, number: int) -> Garden:
    """Put a garden and its nodes into the registry."""
    community = f"community-{number // GARDENS_A_COMMUNITY:02d}"
    district = f"{community}-{number % DISTRICTS_A_COMMUNITY}"
    garden = Garden(f"garden-{number:03d}", community, district, "", 51.45, -2.59, "Europe/London")
    entities = [
        Community(community),
        District(district, community, residents=8000 + 100 * (number % 7), deprivation=number % 5 / 4),
        garden,
        *[Node(node, garden.id, "camera", {"optics": "wide"}) for node in nodes_of(garden.id)],
    ]
    for entity in entities:
        store.registry.put(entity, since_s=0, by="bench")
    return garden


def nodes_of(garden: str) -> list[str]:
    """Name the nodes of a garden."""
    return [f"{garden}-n{node}" for node in range(NODES_A_GARDEN)]


def records(garden: Garden, node: str, days: int, rng: np.random.Generator) -> Iterator[Record]:
    """Make one node's year: insects by day and season, air, and soil that is wetted and dries."""
    times = FIRST_S + STEP_S * np.arange(1, days * 96 + 1)
    hour = (times / 3600) % 24
    season = np.clip(np.sin((times - FIRST_S) / (365 * 86_400) * np.pi), 0, 1)
    light = np.clip(np.cos((hour - 12.5) / 8 * np.pi / 2), 0, 1) * (np.abs(hour - 12.5) < 8)
    visits = rng.poisson(np.outer(4 * season * light, rng.dirichlet(np.ones(len(GROUPS)))))
    warmth = 4 + 18 * season + 5 * light
    dry_days = ((times - FIRST_S) / 86_400) % 6
    raw = 2400 - 180 * dry_days + rng.normal(0, 5, times.size)
    seq = iter(range(1, 3 * times.size + 1))
    for row, time_s in enumerate(times.tolist()):
        air = {
            "air_temperature": float(warmth[row]),
            "illuminance": float(80_000 * light[row]),
            "rainfall": float(dry_days[row] < 0.02),
        }
        soil = {"soil_moisture_raw@1": float(raw[row]), "soil_temperature@1": float(warmth[row] - 2)}
        counts = dict(zip(GROUPS, visits[row].astype(float).tolist(), strict=True)) | {"awake_s": 900.0}
        for series, values in (("air", air), ("soil", soil), ("counts", counts)):
            yield Record(
                node=node,
                epoch="9f2c01aa",
                seq=next(seq),
                boot=1,
                series=series,
                community=garden.community,
                garden=garden.id,
                uptime_s=None,
                time_s=time_s,
                uncertainty_s=2,
                flags=0,
                columns=tuple(values),
                values=tuple(values.values()),
                quality=(1,) * len(values),
                probe_table=None,
                journal=1,
            )


def write_records(store: Store, gardens: list[Garden], days: int) -> int:
    """Write the records of some gardens, and count them."""
    rng, written = np.random.default_rng(7), 0
    for garden in gardens:
        for node in nodes_of(garden.id):
            batch = [(record, b"") for record in records(garden, node, days, rng)]
            with store.ledger() as ledger:
                written += len(ledger.records.append(batch))
    return written


def spread(store: Store, templates: list[Garden], gardens: list[Garden]) -> None:
    """Copy the sums of a few gardens to the others, with other names and other numbers of visits."""
    rng = np.random.default_rng(11)
    released = {garden.id: garden for garden in released_gardens(store.registry)}
    months_by_garden = {
        garden.id: list(
            zip(store.tallies.month_digests(garden.id), store.tallies.months(garden.id), strict=True)
        )
        for garden in templates
    }
    for number, garden in enumerate(gardens):
        source = templates[number % len(templates)].id
        basis = basis_of(released[garden.id], load_nodes(store, released[garden.id]), version("sera-gardens"))
        months = []
        for digests, body in months_by_garden[source]:
            sums = _renamed(GardenTally.from_bytes(body), source, garden.id, rng)
            months.append((MonthDigests(digests.month, basis, sums.day_digests()), sums.to_bytes()))
        store.tallies.put_months(garden.id, months)


def _renamed(sums: GardenTally, old: str, new: str, rng: np.random.Generator) -> GardenTally:
    def rename_nodes(table: object) -> object:
        nodes = tuple(name.replace(old, new) for name in table.nodes)  # type: ignore[attr-defined]
        return replace(table, nodes=nodes)  # type: ignore[type-var]

    factor = rng.uniform(0.5, 2, (len(sums.cameras.nodes), sums.days.number, 1))
    cameras = replace(
        sums.cameras,
        flight_visits=sums.cameras.flight_visits * factor,
        visits=np.round(sums.cameras.visits * factor),
    )
    return replace(
        sums,
        cameras=rename_nodes(cameras),
        probes=rename_nodes(sums.probes),
        people=rename_nodes(sums.people),
    )


def main() -> None:
    """Print seconds for adding up and for making figures, cold, and again with nothing new."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gardens", type=int, default=int(os.environ.get("SERA_BENCH_GARDENS", "50")))
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--written", type=int, default=2, help="gardens that are written as records")
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=None)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder, Store.open(Path(folder)) as store:
        measure(store, arguments)


class Timed:
    """Does batches as they are handed over, here, and notes the seconds of processor each takes."""

    def __init__(self) -> None:
        self.durations_s: list[float] = []

    def run(self, tasks: Iterable[Task]) -> Iterator[list[Figures]]:
        """Do the tasks."""
        for batch in batches(tasks):
            began = time.process_time()
            figures = make_batch(batch)
            self.durations_s.append(time.process_time() - began)
            yield from figures


class Watch:
    """Seconds on the wall and of all processors, of this process and those it waited for."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), _processor_s()

    def __str__(self) -> str:
        wall, cpu = time.perf_counter() - self._wall, _processor_s() - self._cpu
        return f"{wall:.1f} s, {cpu:.1f} s of processor"


def _processor_s() -> float:
    now = os.times()
    return now.user + now.system + now.children_user + now.children_system


def measure(store: Store, arguments: argparse.Namespace) -> None:
    """Build the store, run the job, and print what it took."""
    gardens = [register(store, number) for number in range(arguments.gardens)]
    templates = gardens[: arguments.written]
    rows = write_records(store, templates, arguments.days)
    watch = Watch()
    store.rollups.catch_up()
    print(f"roll-ups:  of {rows:,} records, as a gateway makes them all along: {watch}")
    watch = Watch()
    added = analyse(store, gardens=[], replicates=arguments.replicates)
    print(f"adding up: {rows:,} records, {added.months} months of {len(templates)} gardens: {watch}")
    a_garden = added.tally_s / len(templates)
    print(
        f"           {a_garden:.2f} s a garden and year, {a_garden * arguments.gardens:.0f} s for all in one"
    )
    spread(store, templates, gardens[len(templates) :])
    analyse(store, gardens=[], replicates=arguments.replicates)
    watch = Watch()
    with processes(arguments.workers) as engine:
        cold = analyse(store, replicates=arguments.replicates, engine=engine)
    print(f"making:    {cold.windows:,} windows, {cold.computed:,} figures, {cold.written:,} written,")
    print(f"           {arguments.replicates} replicates, {arguments.workers} workers, cold: {watch}")
    size = sum(file.stat().st_size for file in store.folder.iterdir())
    print(f"           {size / 1e6:,.0f} MB on disk; limit for 500 gardens and a year: {LIMIT_S:.0f} s")
    watch = Watch()
    rerun = analyse(store, replicates=arguments.replicates)
    print(f"again:     {rerun.windows} windows: {watch}")
    print_batches(store, gardens, arguments.replicates)
    analyse(store, replicates=arguments.replicates)
    late(store, templates[0])
    watch = Watch()
    after = analyse(store, replicates=arguments.replicates)
    print(
        f"one late record: {after.months} months, {after.windows} windows, {after.written} written: {watch}"
    )


def print_batches(store: Store, gardens: list[Garden], replicates: int) -> None:
    """Print how long batches take: a last one, with what is left over, may be shorter."""
    names = [garden.id for garden in gardens[:BATCHED_GARDENS]]
    for seed, periods in ((1, PERIODS), (2, (DAY,))):
        timed = Timed()
        analyse(store, gardens=names, seed=seed, replicates=replicates, periods=periods, engine=timed)
        times_ms = [1000 * seconds for seconds in timed.durations_s[:-1]]
        text = f"{len(times_ms)} of {min(times_ms):.0f} to {max(times_ms):.0f} ms" if times_ms else "none"
        print(f"batches:   of {'all windows' if len(periods) > 1 else 'days alone'}: {text} of processor")


def late(store: Store, garden: Garden) -> None:
    """Write one late record in the middle of the year."""
    node = nodes_of(garden.id)[0]
    template = next(records(garden, node, 1, np.random.default_rng(1)))
    counts = {"bumblebees": 5.0, "awake_s": 900.0}
    record = replace(
        template,
        series="counts",
        seq=10_000_000,
        time_s=FIRST_S + 170 * 86_400 + 41_000,
        columns=tuple(counts),
        values=tuple(counts.values()),
        quality=(1, 1),
    )
    with store.ledger() as ledger:
        ledger.records.append([(record, b"")])


if __name__ == "__main__":
    main()

"""What the checks of series cost a record: gardens of one node, and of four that are compared.

Rain, air and soil of each node, a record of each every quarter of an hour; the ledger's checks alone are
measured, in processor time, when all is new at once and when it comes an hour at a time.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from gateway_parts import COMMUNITY, EPOCH, SINCE_S
from sera_gateway.checks.limits_in_force import LimitsInForce
from sera_gateway.checks.series_checks import SeriesChecks
from sera_store.records.rows import Record
from sera_store.registry.entities import Community, Garden, Node
from sera_store.store import Store

START_S, STEP_S = 1_780_000_000, 900
COLUMNS = {
    "air": ("air_temperature", "air_humidity", "air_pressure", "rainfall"),
    "soil": ("soil_moisture_raw@1", "soil_moisture@1", "soil_temperature@1"),
}


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=40)
    parser.add_argument("--days", type=int, default=4)
    options = parser.parse_args()
    print("processor time of the checks of series, us a record")
    for nodes_a_garden in (1, 4):
        for hours, label in ((24 * options.days, "all at once"), (1, "an hour at a time")):
            spent = measure(options.nodes, nodes_a_garden, options.days, hours)
            print(f"  {nodes_a_garden} of {options.nodes} nodes a garden, {label:<18}{spent * 1e6:8.1f}")


def measure(nodes: int, nodes_a_garden: int, days: int, hours: int) -> float:
    """Return the processor time [s] of a record; so many hours come in one transaction."""
    names = {f"gdn-{number:03}": f"yard-{number // nodes_a_garden:03}" for number in range(nodes)}
    spent_s, count = 0.0, 0
    with TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        plant(store, names)
        checks = SeriesChecks(LimitsInForce(store.registry))
        for first in range(0, days * 24, hours):
            with store.ledger() as transaction:
                records = [
                    record(node, garden, series, number)
                    for number in range(first * 4, (first + hours) * 4)
                    for node, garden in names.items()
                    for series in COLUMNS
                ]
                transaction.records.append([(each, b"") for each in records])
                count += len(records)
            with store.ledger() as transaction:
                began = time.thread_time()
                while checks.step(transaction):
                    pass
                spent_s += time.thread_time() - began
    return spent_s / count


def plant(store: Store, names: dict[str, str]) -> None:
    """Register the gardens and their nodes."""
    store.registry.put(Community(COMMUNITY), since_s=SINCE_S, by="a bench")
    for garden in sorted(set(names.values())):
        place = Garden(garden, COMMUNITY, None, garden, 51.45, -2.59, "Europe/London")
        store.registry.put(place, since_s=SINCE_S, by="a bench")
    for node, garden in names.items():
        store.registry.put(Node(node, garden), since_s=SINCE_S, by="a bench")


def record(node: str, garden: str, series: str, number: int) -> Record:
    """Make one good record; values move, so that none stands still."""
    moved = (number * 7919 % 13) / 10
    values = (
        (12 + moved, 60 + moved, 1013 + moved, 0.0) if series == "air" else (1500 + moved, 0.2, 14 + moved)
    )
    seq = 2 * number + (1 if series == "air" else 2)
    return Record(
        node, EPOCH, seq, 1, series, COMMUNITY, garden, seq * 60, START_S + number * STEP_S, 2, 0,
        COLUMNS[series], values, (1,) * len(values), None, seq, None,
    )  # fmt: skip


if __name__ == "__main__":
    main()

"""How fast the ledger turns a journal of a foreign family's messages into rows, beside the plainest program.

    PYTHONPATH=tests/support python bench/bench_ledger.py [--messages 100000] [--nodes 500] [--profile]

Both read the same journal and write one SQLite file. The plain program knows no repeats, registry, units,
flags or cursor: `json`, five numbers, a row a value, a commit a thousand messages.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from foreign_parts import GARDEN_OBS, obs_message, obs_topic
from gateway_parts import NOW_S, SINCE_S, plant
from sera_gateway.journal.journal import Journal, JournalReader, Message
from sera_gateway.ledger.ledger import Ledger
from sera_gateway.worker import collect_rarely
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

A_CHUNK = 1000
AGAIN = 100


def messages(count: int, nodes: int, repeat_every: int) -> Iterator[Message]:
    """Make the messages: each node one a minute; each so many'th comes twice."""
    for number in range(count):
        node = f"gdn-{number % nodes:05}"
        created_s = NOW_S - 40_000_000 + number // nodes * 60
        payload = obs_message(node, number // nodes + 1, created_s)
        message = Message((created_s + 1) * 1_000_000_000, obs_topic(node), payload, mid=number % 65_535 + 1)
        yield message
        if repeat_every and number % repeat_every == 0:
            yield message


def fill(folder: Path, count: int, nodes: int, repeat_every: int = 0) -> None:
    """Write a journal and a registry."""
    with Journal(folder / "journal", lambda: NOW_S * 1_000_000_000) as journal:
        batch: list[Message] = []
        for message in messages(count, nodes, repeat_every):
            batch.append(message)
            if len(batch) == A_CHUNK:
                journal.append(batch)
                batch = []
        if batch:
            journal.append(batch)
    with Store.open(folder / "store") as store:
        plant(store, [f"gdn-{number:05}" for number in range(nodes)])
        store.registry.put(GARDEN_OBS, since_s=SINCE_S, by="a bench")


def sera(folder: Path, *, profiled: bool) -> float:
    """Run the ledger over the journal and return messages a second."""
    with JournalReader(folder / "journal") as reader, Store.open(folder / "store") as store:
        ledger = Ledger(store, reader)
        profile = cProfile.Profile() if profiled else None
        began = time.perf_counter()
        if profile:
            profile.enable()
        total = 0
        while step_messages := ledger.step():
            total += step_messages
        spent_s = time.perf_counter() - began
        if profile:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        print_checks(ledger, 4 * total)
        return total / spent_s


def print_checks(ledger: Ledger, records: int) -> None:
    """Run the ledger's checks of records among their neighbours, and print the speed."""
    began, began_cpu = time.perf_counter(), time.thread_time()
    ledger.revise()
    lasted_s, cpu_s = time.perf_counter() - began, time.thread_time() - began_cpu
    print(
        f"checked among neighbours, once nothing waits: {records / lasted_s:,.0f} records a second, "
        f"{cpu_s / records * 1e6:.1f} us of processor time a record"
    )


def plain(folder: Path) -> float:
    """Run the plainest program over the journal and return messages a second."""
    insert = "INSERT INTO reading VALUES (?,?,?,?,?)"
    number = 0
    with (
        JournalReader(folder / "journal") as reader,
        closing(sqlite3.connect(folder / "plain.sqlite")) as target,
    ):
        target.execute("PRAGMA journal_mode=WAL")
        target.execute("PRAGMA synchronous=NORMAL")
        target.execute("CREATE TABLE reading (node TEXT, time REAL, name TEXT, value REAL, unit TEXT)")
        began = time.perf_counter()
        while entries := reader.read(number, A_CHUNK):
            for entry in entries:
                message = json.loads(entry.payload)
                at = datetime.fromisoformat(message["ts"]).timestamp()
                for observation in message["obs"]:
                    target.execute(
                        insert, (message["node"], at, observation["k"], observation["v"], observation["u"])
                    )
                target.execute(insert, (message["node"], at, "bat", message["bat"], "V"))
            target.commit()
            number = entries[-1].number
        return number / (time.perf_counter() - began)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    collect_rarely()
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as repeat_folder:
        folder = Path(name)
        fill(folder, arguments.messages, arguments.nodes)
        ledger_rate = sera(folder, profiled=arguments.profile)
        plain_rate = plain(folder)
        fill(Path(repeat_folder), arguments.messages, arguments.nodes, AGAIN)
        repeating = sera(Path(repeat_folder), profiled=False)
        print(
            f"{arguments.messages:,} messages of {arguments.nodes:,} nodes, five values each, "
            "messages a second"
        )
        print(f"{'ledger':<10}{ledger_rate:>10,.0f}")
        print(f"{'plain':<10}{plain_rate:>10,.0f}")
        print(f"{'ratio':<10}{ledger_rate / plain_rate:>10.2f}")
        print(f"the ledger where each {AGAIN}th message comes twice: {repeating:,.0f}")


if __name__ == "__main__":
    main()

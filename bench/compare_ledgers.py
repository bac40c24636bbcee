"""Processor time of the ledger a message, of this tree beside another one, alternately in one run.

    python bench/compare_ledgers.py OTHER_TREE [foreign|own] [--steps 20] [--messages 2000]

Two processes take the next messages of like journals in turns, so that a machine whose speed changes is as
fast or as slow for both. A foreign message has five values, one of our own eight records of one value.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[1]
KINDS: Final = ("foreign", "own")
NODES: Final = {"foreign": 500, "own": 100}
ROWS: Final = 8
# What is read, compiled and named first is no part of what a message costs.
STEPS_SKIPPED: Final = 2


def main() -> None:
    """Compare, or be one of the two that are compared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("kind", nargs="?", choices=KINDS, default="foreign")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        use_tree(options.tree)
        work(options.kind, options.steps, options.messages)
    else:
        compare(options)


def compare(options: argparse.Namespace) -> None:
    """Print processor time a message of both trees, and the ratio."""
    trees = (options.tree.resolve(), ROOT)
    sizes = ["--steps", str(options.steps), "--messages", str(options.messages), "--worker"]
    workers = [
        subprocess.Popen(
            [sys.executable, __file__, str(tree), options.kind, *sizes],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for tree in trees
    ]
    spent: list[list[float]] = [[], []]
    for worker in workers:
        ask(worker, "")
    for step in range(options.steps):
        for index in (0, 1) if step % 2 else (1, 0):
            spent_s = ask(workers[index], "step")
            if step >= STEPS_SKIPPED:
                spent[index].append(spent_s / options.messages * 1e6)
    for worker in workers:
        worker.communicate()
    for tree, times_us in zip(trees, spent, strict=True):
        print(f"{tree}: {options.kind} message {statistics.mean(times_us):.1f} us, least {min(times_us):.1f}")
    means = [statistics.mean(times_us) for times_us in spent]
    print(f"ratio {means[1] / means[0]:.2f}, of the least {min(spent[1]) / min(spent[0]):.2f}")


def ask(worker: subprocess.Popen[str], line: str) -> float:
    """Run the next step of a worker, and return the processor time that it took [s]."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    if line:
        worker.stdin.write(line + "\n")
        worker.stdin.flush()
    return float(worker.stdout.readline())


def use_tree(tree: Path) -> None:
    """Import the packages of one tree, and what its tests share."""
    rooms = [str(room) for room in tree.iterdir() if (room / f"sera_{room.name}").is_dir()]
    sys.path[:0] = [*rooms, str(tree / "tests"), str(tree / "tests" / "support")]


def payloads(kind: str, count: int) -> Iterator[tuple[str, bytes, int]]:
    """Make topic, payload and Unix time [s] of the messages."""
    from foreign_parts import obs_message, obs_topic  # noqa: PLC0415
    from gateway_parts import NOW_S, batch, data_topic, row  # noqa: PLC0415

    for number in range(count):
        node, turn = f"gdn-{number % NODES[kind]:05}", number // NODES[kind]
        if kind == "foreign":
            at_s = NOW_S - 40_000_000 + turn * 60
            yield obs_topic(node), obs_message(node, turn + 1, at_s), at_s + 1
        else:
            at_s, first = NOW_S - 40_000_000 + turn * ROWS * 60, turn * ROWS + 1
            rows = [row(first + index, 12.0 + index % 7, utc_s=at_s + index * 60) for index in range(ROWS)]
            yield data_topic(node), batch(rows, n=first + ROWS), at_s + 500


def work(kind: str, steps: int, messages: int) -> None:
    """Fill a journal, then take so many messages for each line of stdin."""
    from foreign_parts import GARDEN_OBS  # noqa: PLC0415
    from gateway_parts import NOW_S, SINCE_S, plant  # noqa: PLC0415
    from sera_gateway.journal.journal import Journal, JournalReader, Message  # noqa: PLC0415
    from sera_gateway.ledger.ledger import Ledger  # noqa: PLC0415
    from sera_gateway.worker import collect_rarely  # noqa: PLC0415
    from sera_store.store import Store  # noqa: PLC0415

    collect_rarely()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Journal(folder / "journal", lambda: NOW_S * 1_000_000_000) as journal:
            journal.append(
                [
                    Message(at_s * 1_000_000_000, topic, payload, mid=number % 65_535 + 1)
                    for number, (topic, payload, at_s) in enumerate(payloads(kind, steps * messages))
                ]
            )
        with Store.open(folder / "store") as store, JournalReader(folder / "journal") as reader:
            plant(store, [f"gdn-{number:05}" for number in range(NODES[kind])])
            store.registry.put(GARDEN_OBS, since_s=SINCE_S, by="a bench")
            ledger = Ledger(store, reader)
            print(0.0, flush=True)
            for _ in sys.stdin:
                began_s, count = time.process_time(), 0
                while count < messages:
                    count += ledger.step(messages - count)
                print(time.process_time() - began_s, flush=True)


if __name__ == "__main__":
    main()

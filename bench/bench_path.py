"""Where the processor time of a mapped message goes, from the journal to lines for InfluxDB, part by part.

    PYTHONPATH=tests/support python bench/bench_path.py [--tree OTHER_TREE] [--messages 4000] [--rounds 12]

Each round takes the next messages through all parts; the least of all rounds says what a part costs where
others want the processor too. Receiving packets is measured by `bench_gateway.py`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from compare_ledgers import HERE, NODES, payloads, use_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sera_gateway.journal.journal import Journal, Message
    from sera_gateway.ledger.ledger import Ledger
    from sera_store.outputs.line_templates import LineTemplates
    from sera_store.store import Store

MESSAGES_AN_APPEND: Final = 1_000
# What is read, compiled and named first is no part of what a message costs.
ROUNDS_SKIPPED: Final = 2


class Spent:
    """Processor time by part, of one process."""

    def __init__(self) -> None:
        self.rounds_s: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def on(self, part: str) -> Iterator[None]:
        """Note the time of a part of this round."""
        began_s = time.process_time()
        yield
        self.rounds_s[part].append(time.process_time() - began_s)

    def least_us(self, part: str, messages: int) -> float:
        """Return the least that a part took of a message [us]."""
        return min(self.rounds_s[part][ROUNDS_SKIPPED:]) / messages * 1e6


def measure(messages: int, rounds: int) -> Spent:
    """Take messages from the journal to lines, and note the time of each part."""
    from foreign_parts import GARDEN_OBS  # noqa: PLC0415
    from gateway_parts import NOW_S, SINCE_S, plant  # noqa: PLC0415
    from sera_gateway.decode.decode import decode  # noqa: PLC0415
    from sera_gateway.decode.mappings import Mappings  # noqa: PLC0415
    from sera_gateway.journal.journal import Journal, JournalReader, Message  # noqa: PLC0415
    from sera_gateway.ledger.ledger import Ledger  # noqa: PLC0415
    from sera_gateway.worker import collect_rarely  # noqa: PLC0415
    from sera_store.outputs.line_templates import LineTemplates  # noqa: PLC0415
    from sera_store.store import Store  # noqa: PLC0415

    collect_rarely()
    spent = Spent()
    load = [Message(at_s * 1_000_000_000, *rest) for at_s, *rest in stamped(messages * rounds)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            Journal(folder / "journal", lambda: NOW_S * 1_000_000_000) as journal,
            JournalReader(folder / "journal") as reader,
            Store.open(folder / "store") as store,
        ):
            plant(store, [f"gdn-{number:05}" for number in range(NODES["foreign"])])
            store.registry.put(GARDEN_OBS, since_s=SINCE_S, by="a bench")
            ledger, mappings, templates = (
                Ledger(store, reader),
                Mappings(store.registry),
                LineTemplates(store.names),
            )
            mappings.renew()
            ledger.revise()
            for first in range(0, messages * rounds, messages):
                last = store.records.last_change()
                append(spent, journal, load[first : first + messages])
                with spent.on("read the journal"):
                    entries = reader.read(first, messages)
                with spent.on("decode"):
                    for entry in entries:
                        decode(entry, mappings)
                take(spent, ledger, messages)
                follow(spent, store, templates, last, 5 * messages)
    return spent


def stamped(count: int) -> Iterator[tuple[int, str, bytes]]:
    """Make Unix time of arrival [s], topic and payload of the messages."""
    for topic, payload, at_s in payloads("foreign", count):
        yield at_s, topic, payload


def append(spent: Spent, journal: Journal, load: Sequence[Message]) -> None:
    """Append messages to the journal, some in each transaction."""
    with spent.on("append to the journal"):
        for start in range(0, len(load), MESSAGES_AN_APPEND):
            journal.append(load[start : start + MESSAGES_AN_APPEND])


def follow(spent: Spent, store: Store, templates: LineTemplates, after: int, limit: int) -> None:
    """Read new rows as a follower does, and write their lines."""
    with spent.on("read for the follower"):
        rows = store.records.rows(after, limit)
    with spent.on("write lines"):
        for row in rows:
            templates.lines(row)


def take(spent: Spent, ledger: Ledger, messages: int) -> None:
    """Have the ledger take messages, then check what is new."""
    with spent.on("ledger, with reading and decoding"):
        taken = 0
        while taken < messages:
            taken += ledger.step(messages - taken)
    with spent.on("check among neighbours"):
        ledger.revise()


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tree", type=Path, default=HERE)
    parser.add_argument("--messages", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=12)
    options = parser.parse_args()
    use_tree(options.tree.resolve())
    spent = measure(options.messages, options.rounds)
    print(f"{options.tree}: processor time of a message of four records, least of {options.rounds} rounds")
    for part in spent.rounds_s:
        print(f"  {part:<36}{spent.least_us(part, options.messages):>8.1f} us")


if __name__ == "__main__":
    main()

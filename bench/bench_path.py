"""Where the processor time of a mapped message goes, from the journal to lines for InfluxDB, part by part.

    PYTHONPATH=tests/support python bench/bench_path.py [--tree OTHER_TREE] [--messages 4000] [--rounds 8]

Each round takes the next messages through all parts; the least of all rounds says what a part costs where
others want the processor too. Once with values that change as a garden's do, once with values that stand
still. Receiving packets is measured by `bench_gateway.py`.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from compare_ledgers import NODES, ROOT, payloads, use_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sera_gateway.journal.journal import Journal, Message
    from sera_gateway.ledger.ledger import Ledger
    from sera_store.outputs.line_templates import LineTemplates
    from sera_store.store import Store

MESSAGES_AN_APPEND: Final = 1_000
DAY_S: Final = 86_400
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


def measure(messages: int, rounds: int, *, is_changing: bool) -> Spent:
    """Take messages from the journal to lines, and note the time of each part."""
    from foreign_parts import GARDEN_OBS  # noqa: PLC0415
    from gateway_parts import NOW_S, SINCE_S, plant  # noqa: PLC0415
    from sera_gateway.decode.decode import decode  # noqa: PLC0415
    from sera_gateway.decode.mappings import Mappings  # noqa: PLC0415
    from sera_gateway.journal.journal import Journal, JournalReader  # noqa: PLC0415
    from sera_gateway.ledger.ledger import Ledger  # noqa: PLC0415
    from sera_gateway.worker import collect_rarely  # noqa: PLC0415
    from sera_store.outputs.line_templates import LineTemplates  # noqa: PLC0415
    from sera_store.store import Store  # noqa: PLC0415

    collect_rarely()
    spent = Spent()
    load = list(stamped(messages * rounds, is_changing=is_changing))
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


def stamped(count: int, *, is_changing: bool) -> Iterator[Message]:
    """Make the messages."""
    from foreign_parts import obs_message, observation  # noqa: PLC0415
    from sera_gateway.journal.journal import Message  # noqa: PLC0415

    random = Random(1)
    for number, (topic, payload, at_s) in enumerate(payloads("foreign", count)):
        if not is_changing:
            yield Message(at_s * 1_000_000_000, topic, payload)
            continue
        turn, node = divmod(number, NODES["foreign"])
        hour_of_day = at_s % DAY_S / DAY_S * 2 * math.pi
        warmth_degf = 60 + 12 * math.sin(hour_of_day) + random.gauss(0, 0.3)
        moisture = 0.3 - 0.0002 * turn + random.gauss(0, 0.0005)
        observations = [
            observation("air_temperature", round(warmth_degf, 1), "degF"),
            observation("soil_moisture", round(moisture, 3), "m3/m3"),
            observation("acoustic_level", round(random.gauss(45, 6), 1), "dB"),
            observation("pollinator_count", random.randrange(6), "count"),
        ]
        content = obs_message(f"gdn-{node:05}", turn + 1, at_s - 1, obs=observations, bat=4.2 - turn * 0.001)
        yield Message(at_s * 1_000_000_000, topic, content)


def append(spent: Spent, journal: Journal, load: Sequence[Message]) -> None:
    """Append messages to the journal, some in each transaction."""
    with spent.on("append to the journal"):
        for start in range(0, len(load), MESSAGES_AN_APPEND):
            journal.append(load[start : start + MESSAGES_AN_APPEND])


def follow(spent: Spent, store: Store, templates: LineTemplates, after: int, limit: int) -> None:
    """Read new rows as a follower does, and write their lines."""
    is_older = not hasattr(templates, "pieces")
    with spent.on("read for the follower"):
        rows = (store.records.rows if is_older else store.records.line_rows)(after, limit)
    with spent.on("write lines"):
        if is_older:
            for row in rows:
                templates.lines(row)
        else:
            list(templates.pieces(rows, limit))


def take(spent: Spent, ledger: Ledger, messages: int) -> None:
    """Make the ledger take messages, then check what is new."""
    with spent.on("ledger, with reading and decoding"):
        stepped = 0
        while stepped < messages:
            stepped += ledger.step(messages - stepped)
    with spent.on("check among neighbours"):
        ledger.revise()


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tree", type=Path, default=ROOT)
    parser.add_argument("--messages", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=8)
    options = parser.parse_args()
    use_tree(options.tree.resolve())
    changing, still = (
        measure(options.messages, options.rounds, is_changing=is_changing) for is_changing in (True, False)
    )
    print(f"{options.tree}: processor time of a message of four records, least of {options.rounds} rounds")
    print(f"  {'values that':<36}{'change':>11}{'stand still':>14}")
    for part in still.rounds_s:
        of_part = [spent.least_us(part, options.messages) for spent in (changing, still)]
        print(f"  {part:<36}{of_part[0]:>8.1f} us{of_part[1]:>11.1f} us")


if __name__ == "__main__":
    main()

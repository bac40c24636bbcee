"""How many entries a second a chronicle takes, beside a plain SQLite table that is flushed as often."""

from __future__ import annotations

import secrets
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import Draft, draw_item
from sera_store.chronicle.verification import verify_chain, verify_contents

if TYPE_CHECKING:
    from collections.abc import Callable

ENTRIES: Final = 3000
BATCH: Final = 100
BODY: Final = secrets.token_bytes(1500)


def main() -> None:
    """Time appending one by one and together, then verifying, and print each beside the plain table."""
    with tempfile.TemporaryDirectory() as folder:
        for batch in (1, BATCH):
            plain_s = timed(lambda batch=batch: fill_plain(Path(folder, f"plain-{batch}"), batch))
            chronicle = Chronicle.open(Path(folder, f"chronicle-{batch}"))
            ours_s = timed(lambda chronicle=chronicle, batch=batch: fill(chronicle, batch))
            print(
                f"{ENTRIES} entries, {batch} at a time: {ENTRIES / ours_s:,.0f} a second, "
                f"a plain table {ENTRIES / plain_s:,.0f}; ratio {plain_s / ours_s:.2f}"
            )
        verified_s = timed(lambda: verify(chronicle))
        print(f"verified with contents: {ENTRIES / verified_s:,.0f} entries a second")
        chronicle.close()


def timed(work: Callable[[], None]) -> float:
    """Return how long a piece of work takes [s]."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def fill(chronicle: Chronicle, batch: int) -> None:
    """Append entries, some at a time."""
    for _ in range(0, ENTRIES, batch):
        chronicle.append([Draft("story", draw_item(), 1, "p-1", BODY) for _ in range(batch)])


def fill_plain(path: Path, batch: int) -> None:
    """Insert as many rows into a table without digests or chain, flushed at each commit."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE given (number INTEGER PRIMARY KEY, author TEXT, body BLOB)")
    for _ in range(0, ENTRIES, batch):
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(batch):
            connection.execute("INSERT INTO given (author, body) VALUES ('p-1', ?)", (BODY,))
        connection.execute("COMMIT")
    connection.close()


def verify(chronicle: Chronicle) -> None:
    """Verify chain and contents."""
    assert [*verify_chain(chronicle.lines()), *verify_contents(chronicle)] == []


if __name__ == "__main__":
    main()

"""A store of any earlier schema becomes one of today, killed halfway or not, with all that was in it."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from sera_store.database import database
from sera_store.database.database import Database
from sera_store.database.schema import (
    RECORDS_MARK,
    RECORDS_STEPS,
    REGISTRY_MARK,
    REGISTRY_STEPS,
    ROLLUPS_MARK,
    ROLLUPS_STEPS,
    TALLIES_MARK,
    TALLIES_STEPS,
)
from sera_store.records.rows import pack
from sera_store.store import RECORDS_FILE, Store
from store_parts import AIR

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = {
    "records": (RECORDS_STEPS, RECORDS_MARK),
    "registry": (REGISTRY_STEPS, REGISTRY_MARK),
    "rollups": (ROLLUPS_STEPS, ROLLUPS_MARK),
    "tallies": (TALLIES_STEPS, TALLIES_MARK),
}
# Steps that were released; whoever must change one writes a further step instead.
RELEASED = {
    "records": ["29cc04308b317eca"],
    "registry": ["d87b2bc566bbf19b"],
    "rollups": ["1617bdf0c46b08d5"],
    "tallies": [],
}
# Tables that a later step takes out.
REMOVED = {"taken_ahead", "forms"}


def digest(step: str) -> str:
    return hashlib.sha256(step.encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", FILES)
def test_a_released_step_is_as_it_was_released(name: str) -> None:
    steps, _ = FILES[name]
    assert [digest(step) for step in steps[: len(RELEASED[name])]] == RELEASED[name]


def old_file(path: Path, name: str, version: int) -> None:
    """Make a file of an earlier schema."""
    steps, mark = FILES[name]
    Database(path, steps=steps[:version], mark=mark, synchronous="NORMAL").close()
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (version,)
        if name == "records":
            fill(raw)
        raw.commit()


def fill(raw: sqlite3.Connection) -> None:
    """Write one record as the first release wrote it."""
    raw.execute("INSERT INTO sources VALUES (1, ?, ?)", (AIR.node, AIR.epoch))
    raw.execute("INSERT INTO origins VALUES (1, 1, ?, ?, 'air')", (AIR.community, AIR.garden))
    raw.execute("""INSERT INTO layouts VALUES (1, '["air_temperature","air_humidity"]')""")
    row = (1, None, 1, 1, 1, 1, 60, AIR.time_s, 2, 0, pack(AIR), None, 1, None)
    raw.execute("INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", row)
    raw.execute("INSERT INTO keys (source, seq, hash, damaged, record) VALUES (1, 1, x'00', 0, 1)")
    raw.execute("INSERT INTO timeline VALUES (1, ?, 1)", (AIR.time_s,))
    raw.execute("INSERT INTO cursors VALUES ('ledger', 7)")


def migrate(path: Path, name: str, kill_at: int) -> None:
    """Open a file with today's steps, in a process that dies before one of its statements."""
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    seen = [0]

    def note(_statement: str) -> None:
        seen[0] += 1
        if seen[0] > kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(*words: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(*words, **named)
        connection.set_trace_callback(note)
        return connection

    database.sqlite3.connect = watched  # type: ignore[assignment]
    steps, mark = FILES[name]
    Database(path, steps=steps, mark=mark, synchronous="NORMAL").close()


def contents(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {name: raw.execute(f"SELECT * FROM {name}").fetchall() for name in names}


@pytest.mark.parametrize(
    ("name", "version"),
    # From nothing, from the first release, and from the step before today's; those between differ in nothing.
    [
        (name, at)
        for name, (steps, _) in FILES.items()
        for at in sorted({0, 1, len(steps) - 1})
        if at < len(steps)
    ],
)
def test_a_migration_that_is_killed_at_any_statement_is_whole_or_undone(
    tmp_path: Path, name: str, version: int
) -> None:
    old, path = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    if version:
        old_file(old, name, version)
    before = contents(old)
    steps, mark = FILES[name]
    fork = multiprocessing.get_context("fork")
    versions = []
    for kill_at in range(500):
        for stale in tmp_path.glob("new.sqlite*"):
            stale.unlink()
        shutil.copy(old, path)
        child = fork.Process(target=migrate, args=(path, name, kill_at))
        child.start()
        child.join(30)
        with closing(sqlite3.connect(path)) as raw:
            versions.append(raw.execute("PRAGMA user_version").fetchone()[0])
        Database(path, steps=steps, mark=mark, synchronous="NORMAL").close()
        after = contents(path)
        for table, rows in before.items():
            if table in REMOVED:
                continue
            # A later step may have added columns, at the end.
            assert [new[: len(old)] for new, old in zip(after[table], rows, strict=True)] == rows
        if child.exitcode == 0:
            break

    assert child.exitcode == 0
    assert len(versions) > 10
    # From one statement on the work is done; before that one nothing of it is.
    assert versions == sorted(versions)
    assert set(versions) == {version, len(steps)}


@pytest.mark.parametrize("version", range(1, len(RECORDS_STEPS) + 1))
def test_a_store_of_any_earlier_schema_is_read_and_written_today(tmp_path: Path, version: int) -> None:
    old_file(tmp_path / RECORDS_FILE, "records", version)

    with Store.open(tmp_path) as store:
        assert store.records.row(1).record == AIR
        with store.ledger() as writes:
            assert writes.cursor() == 7
            writes.supersede(1, AIR)
        assert store.completeness()[0].stored == 1
        assert store.rollups.catch_up() == 2

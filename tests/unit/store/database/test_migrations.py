"""A file of any earlier schema becomes one of today, killed halfway or not, with all that was in it."""

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

from sera_pages.accounts.schema import APPLICATION_ID as ACCOUNTS_APPLICATION_ID
from sera_pages.accounts.schema import STEPS as ACCOUNTS_STEPS
from sera_store.database import database
from sera_store.database.database import Database
from sera_store.database.schema import (
    RECORDS_APPLICATION_ID,
    RECORDS_STEPS,
    REGISTRY_APPLICATION_ID,
    REGISTRY_STEPS,
    ROLLUPS_APPLICATION_ID,
    ROLLUPS_STEPS,
    TALLIES_APPLICATION_ID,
    TALLIES_STEPS,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = {
    "records": (RECORDS_STEPS, RECORDS_APPLICATION_ID),
    "registry": (REGISTRY_STEPS, REGISTRY_APPLICATION_ID),
    "rollups": (ROLLUPS_STEPS, ROLLUPS_APPLICATION_ID),
    "tallies": (TALLIES_STEPS, TALLIES_APPLICATION_ID),
    "accounts": (ACCOUNTS_STEPS, ACCOUNTS_APPLICATION_ID),
}
# Whoever must change a step writes a further one instead, and adds its hash here.
DIGESTS = {
    "records": ["2cf78425edcfbf03", "a5ef0bb698ccd7f1", "3bd6a5352ebe3146"],
    "registry": ["a3d9ed30bb01acc4"],
    "rollups": ["62d3d9523aaf74cb", "ced5c1902cf9eb91"],
    "tallies": ["f4a081729955c2dd"],
    "accounts": [
        "f150c8e414666782",
        "04e7e9d6b0cb8ce3",
        "76e13ac01d1a9054",
        "fd7ca26983f571f0",
        "d10d0d38aab9ff6f",
        "71c2773409817f7a",
    ],
}
# All that a migration may do: tables and triggers made, filled, given a column, made again, taken out.
STEPS = (
    """
CREATE TABLE plants (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;;
CREATE TABLE sowings (plant INTEGER NOT NULL REFERENCES plants, day INTEGER NOT NULL) STRICT;;
CREATE TRIGGER plants_never_go BEFORE DELETE ON plants
BEGIN SELECT raise(ABORT, 'no plant is ever deleted'); END;;
INSERT INTO plants VALUES (1, 'sage')
""",
    """
ALTER TABLE plants ADD COLUMN family TEXT NOT NULL DEFAULT '';;
CREATE TABLE weeds (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;;
INSERT INTO weeds SELECT name FROM plants WHERE name LIKE 'dock%'
""",
    """
ALTER TABLE sowings RENAME TO sowings_by_plant;;
CREATE TABLE sowings (
  day INTEGER NOT NULL, plant INTEGER NOT NULL REFERENCES plants, PRIMARY KEY (day, plant)
) STRICT, WITHOUT ROWID;;
INSERT INTO sowings SELECT DISTINCT day, plant FROM sowings_by_plant;;
DROP TABLE sowings_by_plant;;
CREATE INDEX sowings_by_plant ON sowings (plant)
""",
    "DROP TABLE weeds",
)
APPLICATION_ID = 7


def digest(step: str) -> str:
    return hashlib.sha256(step.encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", FILES)
def test_a_step_stays_as_it_was(name: str) -> None:
    steps, _ = FILES[name]
    assert [digest(step) for step in steps] == DIGESTS[name]


def file_of(path: Path, version: int) -> None:
    """Make a file of an earlier schema, with three sowings of two plants."""
    Database(path, steps=STEPS[:version], application_id=APPLICATION_ID, synchronous="NORMAL").close()
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (version,)
        raw.execute("INSERT INTO plants (id, name) VALUES (2, 'docken')")
        columns = "day, plant" if version >= 3 else "plant, day"
        raw.executemany(f"INSERT INTO sowings ({columns}) VALUES (?, ?)", [(1, 1), (2, 2), (1, 2)])
        raw.commit()


def migrate(path: Path, steps: tuple[str, ...], application_id: int, kill_at: int) -> None:
    """Open a file with all steps, in a process that dies before one of its statements."""
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    versions = [0]

    def note(_statement: str) -> None:
        versions[0] += 1
        if versions[0] > kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(*words: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(*words, **named)
        connection.set_trace_callback(note)
        return connection

    database.sqlite3.connect = watched  # type: ignore[assignment]
    Database(path, steps=steps, application_id=application_id, synchronous="NORMAL").close()


def contents(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {name: raw.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def migrate_killed_at_each_statement(path: Path, steps: tuple[str, ...], application_id: int) -> list[int]:
    """Kill the migration of a copy before each of its statements in turn; return the version after each."""
    copy, versions = path.with_name("new.sqlite"), []
    fork = multiprocessing.get_context("fork")
    whole = shutil.copy(path, path.with_name("whole.sqlite"))
    Database(whole, steps=steps, application_id=application_id, synchronous="NORMAL").close()
    for kill_at in range(500):
        for stale in path.parent.glob("new.sqlite*"):
            stale.unlink()
        shutil.copy(path, copy)
        child = fork.Process(target=migrate, args=(copy, steps, application_id, kill_at))
        child.start()
        child.join(120)
        with closing(sqlite3.connect(copy)) as raw:
            versions.append(raw.execute("PRAGMA user_version").fetchone()[0])
        Database(copy, steps=steps, application_id=application_id, synchronous="NORMAL").close()
        assert contents(copy) == contents(whole)
        if child.exitcode == 0:
            return versions
    raise AssertionError("the migration never came to its end")


@pytest.mark.slow
@pytest.mark.parametrize("version", range(1, len(STEPS)))
def test_a_migration_that_is_killed_at_any_statement_is_whole_or_undone(tmp_path: Path, version: int) -> None:
    path = tmp_path / "old.sqlite"
    file_of(path, version)
    versions = migrate_killed_at_each_statement(path, STEPS, APPLICATION_ID)

    # From one statement on the work is done; before that one nothing of it is.
    assert versions == sorted(versions)
    assert set(versions) == {version, len(STEPS)}
    after = contents(tmp_path / "new.sqlite")
    assert sorted(after) == ["plants", "sowings"]
    assert after["plants"] == [(1, "sage", ""), (2, "docken", "")]
    assert sorted(after["sowings"]) == sorted(
        [(1, 1), (2, 2), (1, 2)] if version >= 3 else [(1, 1), (2, 1), (2, 2)]
    )
    with closing(sqlite3.connect(tmp_path / "new.sqlite")) as raw, pytest.raises(sqlite3.IntegrityError):
        raw.execute("DELETE FROM plants")


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_file_whose_making_is_killed_at_any_statement_is_whole_or_empty(tmp_path: Path, name: str) -> None:
    steps, application_id = FILES[name]
    sqlite3.connect(tmp_path / "old.sqlite").close()
    versions = migrate_killed_at_each_statement(tmp_path / "old.sqlite", steps, application_id)

    assert len(versions) > 10
    assert versions == sorted(versions)
    assert set(versions) == {0, len(steps)}

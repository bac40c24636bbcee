"""Votes that are erased are in no file, also where somebody read the database meanwhile or a process died."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from sera_coalition.deciding.ballots import FOLDER, Ballots
from sera_coalition.deciding.steps import Choice

if TYPE_CHECKING:
    from pathlib import Path

DECISION = "a" * 32


def on_disk(data: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((data / FOLDER).iterdir()))


def test_what_a_reader_held_up_goes_at_the_next_look(tmp_path: Path) -> None:
    ballots = Ballots.open(tmp_path, "oak")
    ballots.begin(DECISION, ["person-1"])
    ballots._database.connection.execute("PRAGMA busy_timeout=10")
    with closing(sqlite3.connect(tmp_path / FOLDER / "of-oak.sqlite")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM ballots").fetchall()
        ballots.put(DECISION, "person-1", Choice.ASIDE, 1)
        ballots.forget(DECISION)
        assert b"aside" in on_disk(tmp_path)
        reader.execute("COMMIT")
        ballots.empty_log()
        assert b"aside" not in on_disk(tmp_path)
    ballots.close()


def test_what_a_process_that_died_left_goes_at_the_first_look(tmp_path: Path) -> None:
    first = Ballots.open(tmp_path, "oak")
    first.begin(DECISION, ["person-1"])
    with first._database.transaction():
        first.put(DECISION, "person-1", Choice.ASIDE, 1)
    with first._database.transaction():
        first.forget(DECISION)
    assert b"aside" in on_disk(tmp_path)
    second = Ballots.open(tmp_path, "oak")
    second.empty_log()
    assert b"aside" not in on_disk(tmp_path)
    second.close()
    first.close()

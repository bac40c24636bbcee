"""The tables of people's sessions, invitations and workshops, and of what waits to be sent, step by step."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

from sera_store.database.database import Database
from sera_store.errors import StoreUnusableError
from sera_store.private_files import require_private

if TYPE_CHECKING:
    from pathlib import Path

APPLICATION_ID: Final = 0x53657265
FOLDER: Final = "people"
FILE: Final = "sessions.sqlite"

# A step is never changed, since there are files that have taken it.
STEPS: Final = (
    """
CREATE TABLE sessions (
  id TEXT PRIMARY KEY, token BLOB NOT NULL UNIQUE, person TEXT NOT NULL, begun_s INTEGER NOT NULL,
  seen_day INTEGER NOT NULL, ends_s INTEGER NOT NULL, ended_s INTEGER
) STRICT;;
CREATE INDEX sessions_by_person ON sessions (person);;
CREATE TABLE invitations (
  id TEXT PRIMARY KEY, code BLOB NOT NULL UNIQUE, community TEXT NOT NULL, person TEXT, roles TEXT NOT NULL,
  gardens TEXT NOT NULL, author TEXT NOT NULL, created_s INTEGER NOT NULL, ends_s INTEGER NOT NULL,
  used_s INTEGER, cancelled_s INTEGER
) STRICT;;
CREATE TABLE names (person TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;;
CREATE TABLE devices (
  counter TEXT PRIMARY KEY, epoch TEXT NOT NULL, next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;;
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY, form TEXT NOT NULL UNIQUE, counter TEXT NOT NULL, epoch TEXT NOT NULL,
  seq INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL, entered_s INTEGER NOT NULL,
  journaled_s INTEGER
) STRICT;;
CREATE INDEX outbox_waiting ON outbox (id) WHERE journaled_s IS NULL;;
CREATE TABLE workshops (
  id TEXT PRIMARY KEY, community TEXT NOT NULL, code TEXT UNIQUE, gardens TEXT NOT NULL, state TEXT NOT NULL,
  are_names_hidden INTEGER NOT NULL, created_s INTEGER NOT NULL, ends_s INTEGER NOT NULL, ended_s INTEGER,
  forget_days INTEGER NOT NULL, is_forgotten INTEGER NOT NULL, network TEXT NOT NULL, pack_key BLOB NOT NULL,
  frozen_s INTEGER, version INTEGER NOT NULL
) STRICT;;
CREATE TABLE participants (
  workshop TEXT NOT NULL, number INTEGER NOT NULL, person TEXT NOT NULL, name TEXT NOT NULL,
  slip BLOB NOT NULL UNIQUE, joined_s INTEGER NOT NULL, is_guest INTEGER NOT NULL,
  PRIMARY KEY (workshop, number), UNIQUE (workshop, person)
) STRICT, WITHOUT ROWID;;
CREATE TABLE slips (
  person TEXT PRIMARY KEY, code BLOB NOT NULL UNIQUE, drawn_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID
""",
    """
CREATE TABLE cases (
  id TEXT PRIMARY KEY, community TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
  garden TEXT NOT NULL, person TEXT NOT NULL, state TEXT NOT NULL, opened_s INTEGER NOT NULL, content BLOB
) STRICT, WITHOUT ROWID;;
CREATE INDEX cases_by_subject ON cases (kind, subject);;
CREATE TABLE case_steps (
  number INTEGER PRIMARY KEY, case_id TEXT NOT NULL, at_s INTEGER NOT NULL, kind TEXT NOT NULL,
  author TEXT NOT NULL, text TEXT NOT NULL
) STRICT;;
CREATE INDEX steps_by_case ON case_steps (case_id)
""",
    """
CREATE TABLE remotes (
  workshop TEXT PRIMARY KEY, code BLOB NOT NULL UNIQUE, drawn_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;;
CREATE TABLE handovers (
  community TEXT PRIMARY KEY, giver TEXT NOT NULL, taker TEXT NOT NULL, stays INTEGER NOT NULL,
  ends_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID
""",
    """
ALTER TABLE workshops ADD COLUMN pack_entry INTEGER;;
ALTER TABLE workshops ADD COLUMN pack_change INTEGER
""",
    """
CREATE TABLE story_slips (
  story TEXT PRIMARY KEY, code BLOB NOT NULL UNIQUE, drawn_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID
""",
    """
CREATE TABLE answered_forms (
  form BLOB PRIMARY KEY, address BLOB NOT NULL, day INTEGER NOT NULL
) STRICT, WITHOUT ROWID
""",
)


def copy_accounts(data: Path, to: Path) -> bool:
    """Copy the database of a data folder into a new file, for a backup; False where there is none.

    Whoever brings it back is another device: the journal may hold entries of later sequences than this copy
    knows. So epochs are drawn again there, while what waits keeps its key.
    """
    if not (data / FOLDER / FILE).is_file():
        return False
    with closing(open_accounts(data)) as database:
        database.backup(to)
    with closing(sqlite3.connect(to)) as copy:
        copy.execute("DELETE FROM devices")
        copy.commit()
    return True


def open_accounts(data: Path) -> Database:
    """Open the database of sessions of a data folder, made where there is none; close it when done.

    Raises
    ------
    StoreUnusableError
        It cannot be used; the message names the path and the remedy.
    """
    folder = data / FOLDER
    require_private(folder)
    return Database(
        folder / FILE,
        steps=STEPS,
        application_id=APPLICATION_ID,
        synchronous="FULL",
        overwrites_deleted=True,
    )


def empty_accounts_log(database: Database) -> None:
    """Take what was just forgotten out of the write-ahead log; where somebody reads it, housekeeping does."""
    with suppress(StoreUnusableError):
        database.empty_log()

"""The tables of people's sessions, invitations, and of what waits to be sent, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_store.database.database import Database
from sera_store.private_files import make_private

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
  gardens TEXT NOT NULL, author TEXT NOT NULL, made_s INTEGER NOT NULL, ends_s INTEGER NOT NULL,
  used_s INTEGER, cancelled_s INTEGER
) STRICT;;
CREATE TABLE devices (
  counter TEXT PRIMARY KEY, epoch TEXT NOT NULL, next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;;
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY, form TEXT NOT NULL UNIQUE, counter TEXT NOT NULL, seq INTEGER NOT NULL,
  topic TEXT NOT NULL, payload BLOB NOT NULL, entered_s INTEGER NOT NULL, kept_s INTEGER
) STRICT;;
CREATE INDEX outbox_waiting ON outbox (id) WHERE kept_s IS NULL
""",
)


def open_accounts(data: Path) -> Database:
    """Open the database of sessions of a data folder, made where there is none; close it when done.

    Raises
    ------
    StoreUnusableError
        It cannot be used; the message names the path and the remedy.
    """
    folder = data / FOLDER
    make_private(folder)
    return Database(folder / FILE, steps=STEPS, application_id=APPLICATION_ID, synchronous="FULL")

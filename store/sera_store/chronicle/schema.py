"""The tables of one chronicle, step by step; a step is never changed, since files have taken it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "chronicle"
FILE: Final = "chronicle.sqlite"
ATTACHMENTS: Final = "attachments"
_BEFORE: Final = "of-"
APPLICATION_ID: Final = 0x53657266

# Entries stay; what stands in the other tables goes with an erasure.
STEPS: Final = (
    """
CREATE TABLE entries (
  number INTEGER PRIMARY KEY, kind TEXT NOT NULL, item TEXT NOT NULL, version INTEGER NOT NULL,
  header BLOB NOT NULL, hash TEXT NOT NULL
) STRICT;;
CREATE UNIQUE INDEX entries_by_item ON entries (item, version) WHERE item != '';;
CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
BEGIN SELECT raise(ABORT, 'the chronicle is append-only: a change is a new entry'); END;;
CREATE TRIGGER entries_never_go BEFORE DELETE ON entries
BEGIN SELECT raise(ABORT, 'the chronicle is append-only: contents are erased, entries are not'); END;;
CREATE TABLE authors (
  number INTEGER PRIMARY KEY REFERENCES entries, salt BLOB NOT NULL, author TEXT NOT NULL,
  time_s INTEGER NOT NULL
) STRICT;;
CREATE INDEX authors_by_author ON authors (author);;
CREATE TABLE bodies (
  number INTEGER PRIMARY KEY REFERENCES entries, salt BLOB NOT NULL, body BLOB NOT NULL
) STRICT;;
CREATE TABLE attachments (
  number INTEGER NOT NULL REFERENCES entries, position INTEGER NOT NULL, digest TEXT NOT NULL UNIQUE,
  salt BLOB NOT NULL, media_type TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (number, position)
) STRICT, WITHOUT ROWID;;
CREATE TABLE erased (number INTEGER PRIMARY KEY REFERENCES entries, by INTEGER NOT NULL) STRICT;;
CREATE TABLE identity (id INTEGER PRIMARY KEY CHECK (id = 1), chronicle TEXT NOT NULL) STRICT
""",
)


def name_in_folder(community: str) -> str:
    """Return by what name a community has a file or folder among those of others."""
    # The word before it keeps a community called `aux` a folder on every system.
    return f"{_BEFORE}{community}"


def chronicle_folder(data: Path, community: str) -> Path:
    """Return the folder of a community's chronicle within a data folder."""
    return data / FOLDER / name_in_folder(community)


def communities_with_chronicle(data: Path) -> list[str]:
    """List the communities that have a chronicle in a data folder, by name."""
    paths = sorted(data.glob(f"{FOLDER}/{name_in_folder('*')}/{FILE}"))
    return [path.parent.name.removeprefix(_BEFORE) for path in paths]


def holds_nothing(folder: Path) -> bool:
    """Return whether a chronicle was begun in a folder and nothing could be entered: the disk was full."""
    path = folder / FILE
    if not path.is_file() or not path.stat().st_size:
        return True
    try:
        with closing(sqlite3.connect(path)) as connection:
            return not connection.execute("SELECT EXISTS (SELECT 1 FROM entries)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return "no such table" in str(error)


def attachments_in(copy: Path) -> list[str]:
    """List the digests of all attachments that the entries in a copy of the database name."""
    with closing(sqlite3.connect(copy)) as connection:
        return [digest for (digest,) in connection.execute("SELECT digest FROM attachments ORDER BY number")]

"""The tables of the log of designs, step by step, and its copy for a backup."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

from sera_store.database.database import Database

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "designs"
FILE: Final = "designs.sqlite"
APPLICATION_ID: Final = 0x53657267

# A step is never changed, since there are files that have taken it. No row says whose update it was.
STEPS: Final = (
    """
CREATE TABLE designs (
  id TEXT PRIMARY KEY, garden TEXT NOT NULL, community TEXT NOT NULL, generation TEXT NOT NULL,
  created_s INTEGER NOT NULL, planted_count INTEGER NOT NULL, planted_s INTEGER, planted_action TEXT
) STRICT, WITHOUT ROWID;;
CREATE INDEX designs_by_garden ON designs (garden, created_s);;
CREATE TABLE plantings (
  design TEXT NOT NULL REFERENCES designs ON DELETE CASCADE, entry INTEGER NOT NULL,
  PRIMARY KEY (design, entry)
) STRICT, WITHOUT ROWID;;
CREATE TABLE updates (
  number INTEGER PRIMARY KEY AUTOINCREMENT, design TEXT NOT NULL REFERENCES designs ON DELETE CASCADE,
  content BLOB NOT NULL
) STRICT;;
CREATE INDEX updates_by_design ON updates (design)
""",
)


def copy_log(data: Path, to: Path) -> bool:
    """Copy all designs, as of one moment, into a new file; return whether there are any."""
    path = data / FOLDER / FILE
    if not path.is_file():
        return False
    with closing(Database(path, steps=STEPS, application_id=APPLICATION_ID, synchronous="FULL")) as database:
        database.backup(to)
    return True

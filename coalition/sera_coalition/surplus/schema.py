"""The tables of a community's surplus, step by step, and where they lie. No backup holds them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sera_store.chronicle.schema import name_in_folder

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "surplus"
APPLICATION_ID: Final = 0x53657274
_FILE: Final = re.compile(r"of-([a-z0-9-]{3,32})\.sqlite")

# A step is never changed, since there are files that have taken it. Ids are drawn and no table counts its
# rows, so that no order of entering is left; no column holds who reserved or fetched.
STEPS: Final = (
    """
CREATE TABLE offers (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, what TEXT NOT NULL, amount REAL NOT NULL, unit TEXT NOT NULL,
  portions INTEGER NOT NULL, place TEXT NOT NULL, from_s INTEGER NOT NULL, until_s INTEGER NOT NULL,
  ground TEXT NOT NULL, allergens TEXT, draw_s INTEGER, giver BLOB NOT NULL, created_s INTEGER NOT NULL,
  handed_over INTEGER NOT NULL, seed TEXT NOT NULL, outcome TEXT
) STRICT, WITHOUT ROWID;;
CREATE TABLE reservations (
  id TEXT PRIMARY KEY, offer TEXT NOT NULL REFERENCES offers ON DELETE CASCADE, word BLOB NOT NULL,
  requested INTEGER NOT NULL, granted INTEGER, number INTEGER, reserved_until_s INTEGER NOT NULL,
  place TEXT NOT NULL, from_s INTEGER NOT NULL, until_s INTEGER NOT NULL,
  UNIQUE (offer, word), UNIQUE (offer, number)
) STRICT, WITHOUT ROWID;;
CREATE TABLE wishes (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, what TEXT NOT NULL, ends_s INTEGER NOT NULL, UNIQUE (kind, what)
) STRICT, WITHOUT ROWID
""",
    # The rule by which an offer is shared, as it was when it was put on the table.
    "ALTER TABLE offers ADD COLUMN sharing TEXT",
)


def table_path(data: Path, community: str) -> Path:
    """Return where the table of a community is in a data folder."""
    return data / FOLDER / f"{name_in_folder(community)}.sqlite"


def communities_with_table(data: Path) -> list[str]:
    """List the communities of a data folder in which something was ever given or looked for."""
    names = [path.name for path in (data / FOLDER).glob("of-*.sqlite")]
    return sorted(match[1] for name in names if (match := _FILE.fullmatch(name)))

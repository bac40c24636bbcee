"""The log of updates, which is the truth of every design: on disk before anybody hears of an update.

A document is never rebuilt from what it says: then a phone that comes back would bring all of it once more.
It is its updates, or one update that does what they did; a drawing begun again gets another generation.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from sera_commons.designs.schema import APPLICATION_ID, FILE, FOLDER, STEPS
from sera_commons.errors import DesignError, DesignFullError, OtherGenerationError
from sera_store.database.database import Database
from sera_store.private_files import require_private

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

UPDATE_BYTES_MOST: Final = 256 * 1024
"""Of one message: an afternoon without a network, with room to spare."""
DESIGN_BYTES_MOST: Final = 2 * 1024 * 1024
DESIGNS_MOST: Final = 50
"""Of one garden."""
ROWS_BEFORE_SQUASH: Final = 500


class DesignRow(NamedTuple):
    """What is known of a design besides its document.

    Parameters
    ----------
    id, generation
        Drawn; the generation changes where the drawing is begun again.
    garden, community
        Where it is.
    created_s
        When it was begun, Unix time [s].
    planted_count
        How often it was planted.
    planted_s, planted_action
        When it was last, Unix time [s], and the id of the garden's action that says so; None before.
    """

    id: str
    garden: str
    community: str
    generation: str
    created_s: int
    planted_count: int
    planted_s: int | None
    planted_action: str | None


_COLUMNS: Final = ", ".join(DesignRow._fields)


class UpdateLog:
    """All designs of an installation; made by `UpdateLog.open`."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    @classmethod
    def open(cls, data: Path, *, clock: Callable[[], float] = time.time) -> Self:
        """Open the log of a data folder, which is begun where there is none.

        Raises
        ------
        StoreUnusableError
            It cannot be used; the message names the path and the remedy.
        """
        folder = data / FOLDER
        require_private(folder)
        database = Database(folder / FILE, steps=STEPS, application_id=APPLICATION_ID, synchronous="FULL")
        return cls(database, clock)

    def close(self) -> None:
        """Close its database."""
        self._database.close()

    def begin(self, garden: str, community: str, update: bytes) -> DesignRow:
        """Begin a design by the update that `first_update` returns of a bed.

        Raises
        ------
        DesignFullError
            The garden has as many designs as it may have.
        """
        row = DesignRow(secrets.token_hex(16), garden, community, _draw(), int(self._clock()), 0, None, None)
        with self._database.transaction() as connection:
            [(count,)] = connection.execute("SELECT count(*) FROM designs WHERE garden=?", (garden,))
            if count >= DESIGNS_MOST:
                raise DesignFullError(f"a garden has at most {DESIGNS_MOST} drawings: erase one first")
            connection.execute(f"INSERT INTO designs ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?)", row)  # noqa: S608
            _insert(connection, row.id, update)
        return row

    def find(self, design: str) -> DesignRow | None:
        """Return a design's row, or None where there is none of that id."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM designs WHERE id=?", (design,))  # noqa: S608
        return DesignRow(*rows[0]) if rows else None

    def of_garden(self, garden: str) -> list[DesignRow]:
        """List the designs of a garden, the newest first."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM designs WHERE garden=? ORDER BY created_s DESC, id",  # noqa: S608
            (garden,),
        )
        return [DesignRow(*row) for row in rows]

    def updates(self, design: str) -> list[bytes]:
        """Return the updates of a design in the order in which they came."""
        rows = self._database.rows("SELECT content FROM updates WHERE design=? ORDER BY number", (design,))
        return [content for (content,) in rows]

    def append(self, design: str, generation: str, update: bytes) -> None:
        """Keep an update, which is on disk when this returns.

        Raises
        ------
        DesignFullError
            The update, or the design with it, is larger than it may be.
        OtherGenerationError
            The design was begun again, or erased.
        StoreUnusableError
            The disk refuses; nothing was kept.
        """
        if len(update) > UPDATE_BYTES_MOST:
            raise DesignFullError(
                f"a change has at most {UPDATE_BYTES_MOST} bytes, and this one {len(update)}: divide it"
            )
        with self._database.transaction() as connection:
            self._require(design, generation)
            rows, size = self._extent(design)
            if rows >= ROWS_BEFORE_SQUASH or size + len(update) > DESIGN_BYTES_MOST:
                size = self._squash(design)
            if size + len(update) > DESIGN_BYTES_MOST:
                raise DesignFullError(
                    f"a drawing has at most {DESIGN_BYTES_MOST} bytes, and this one is full: begin it again"
                )
            _insert(connection, design, update)

    def squash(self, design: str) -> int:
        """Put one update in the place of all, of the same document; return its bytes."""
        with self._database.transaction():
            return self._squash(design)

    def restart(self, design: str, update: bytes) -> DesignRow:
        """Begin a drawing again: another document, of another generation, under the same address.

        Raises
        ------
        DesignError
            There is no such design.
        """
        with self._database.transaction() as connection:
            self._clear(design)
            connection.execute("UPDATE designs SET generation=? WHERE id=?", (_draw(), design))
            row = self.find(design)
            if row is None:
                raise DesignError(f"there is no design {design!r}")
            _insert(connection, design, update)
        self._database.compact()
        return row

    def note_planted(self, design: str, entry: int, time_s: int, action: str) -> None:
        """Note that a design was planted.

        Parameters
        ----------
        entry, action
            Number of the chronicle's entry, and id of the garden's action, that say so.
        time_s
            When, Unix time [s].
        """
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO plantings VALUES (?, ?)", (design, entry))
            connection.execute(
                "UPDATE designs SET planted_count=planted_count+1, planted_s=?, planted_action=? WHERE id=?",
                (time_s, action, design),
            )

    def entries_of(self, design: str) -> list[int]:
        """List the numbers of the chronicle's entries that say that a design was planted."""
        rows = self._database.rows("SELECT entry FROM plantings WHERE design=? ORDER BY entry", (design,))
        return [entry for (entry,) in rows]

    def erase(self, design: str) -> None:
        """Erase a design; nothing of it stays in the file."""
        with self._database.transaction() as connection:
            self._clear(design)
            connection.execute("DELETE FROM designs WHERE id=?", (design,))
        self._database.compact()

    def backup(self, to: Path) -> None:
        """Copy all of it, as of one moment, into a new file."""
        self._database.backup(to)

    def _require(self, design: str, generation: str) -> None:
        row = self.find(design)
        if row is None or row.generation != generation:
            raise OtherGenerationError(f"design {design} was begun again or erased: open it again")

    def _extent(self, design: str) -> tuple[int, int]:
        [(rows, size)] = self._database.rows(
            "SELECT count(*), coalesce(sum(length(content)), 0) FROM updates WHERE design=?", (design,)
        )
        return rows, size

    def _squash(self, design: str) -> int:
        # Who only lists designs does without the library of shared documents.
        from sera_commons.designs.document import open_document  # noqa: PLC0415

        update = open_document(self.updates(design)).get_update()
        self._clear(design)
        _insert(self._database.connection, design, update)
        return len(update)

    def _clear(self, design: str) -> None:
        self._database.connection.execute("DELETE FROM updates WHERE design=?", (design,))


def _insert(connection: sqlite3.Connection, design: str, update: bytes) -> None:
    connection.execute("INSERT INTO updates (design, content) VALUES (?, ?)", (design, update))


def _draw() -> str:
    return secrets.token_hex(8)

"""Codes of remotes: each runs one workshop from a phone in the room, as long as it lasts, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_pages.accounts.codes import code_hash, draw_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.database.database import Database

# Eighty bits: whoever has it runs the workshop.
_LETTERS: Final = 16


class Remotes:
    """The remotes of an installation. Of a code only its hash is kept.

    Parameters
    ----------
    database
        From `open_accounts`.
    clock
        Returns Unix time [s].
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def draw(self, workshop: str) -> str:
        """Draw the code of a workshop's remote in place of the one before, which opens nothing any more."""
        code = draw_code(_LETTERS)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO remotes VALUES (?,?,?)",
                (workshop, code_hash(code), int(self._clock())),
            )
        return code

    def workshop_of(self, code: str) -> str | None:
        """Return the id of the workshop of a code, ended or not; None where it is no remote's."""
        rows = self._database.rows("SELECT workshop FROM remotes WHERE code=?", (code_hash(code),))
        return str(rows[0][0]) if rows else None

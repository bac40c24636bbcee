"""Codes of remotes: each runs one workshop from a phone in the room, as long as it lasts, and no more."""

from __future__ import annotations

from typing import Final

from sera_pages.accounts.codes import code_hash, draw_code
from sera_pages.accounts.table import AccountTable

# Eighty bits: whoever has it runs the workshop.
_LETTERS: Final = 16


class Remotes(AccountTable):
    """The remotes of an installation. Of a code only its hash is kept."""

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

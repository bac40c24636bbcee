"""Slips: a code that finds what somebody gave and takes it back, without a session, also after its end."""

from __future__ import annotations

from typing import Final

from sera_pages.accounts.codes import code_hash, draw_code
from sera_pages.accounts.table import AccountTable

# Eighty bits: a slip opens for as long as there is something to take back.
LETTERS: Final = 16


class Slips(AccountTable):
    """The slips of an installation: of workshops, and those that people drew for themselves.

    Of a code only its hash is kept.
    """

    def draw(self, person: str) -> str:
        """Draw a slip of a person in place of the one before, which opens nothing from now on."""
        code = draw_code(LETTERS)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO slips VALUES (?,?,?)", (person, code_hash(code), int(self._clock()))
            )
        return code

    def person_of(self, code: str) -> str | None:
        """Return the id of the person whose slip a code is, however it was typed; None where nobody's."""
        rows = self._database.rows(
            "SELECT person FROM slips WHERE code=?1 UNION SELECT person FROM participants WHERE slip=?1",
            (code_hash(code),),
        )
        return str(rows[0][0]) if rows else None

    def has(self, person: str) -> bool:
        """Return whether a person drew a slip for themselves that still opens."""
        return bool(self._database.rows("SELECT 1 FROM slips WHERE person=?", (person,)))

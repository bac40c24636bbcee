"""Slips: a code that finds what somebody gave and takes it back, without a session, also after its end."""

from __future__ import annotations

from typing import ClassVar

from sera_pages.accounts.codes import code_hash
from sera_pages.accounts.table import CodeTable


class Slips(CodeTable):
    """The slips of an installation: of workshops, and those that people drew for themselves, one a person."""

    _PUT: ClassVar[str] = "INSERT OR REPLACE INTO slips VALUES (?,?,?)"

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

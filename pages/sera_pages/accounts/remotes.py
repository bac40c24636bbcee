"""Codes of remotes: each runs one workshop from a phone in the room, as long as it lasts, and no more."""

from __future__ import annotations

from typing import ClassVar

from sera_pages.accounts.codes import code_hash
from sera_pages.accounts.table import CodeTable


class Remotes(CodeTable):
    """The remotes of an installation, one a workshop."""

    _PUT: ClassVar[str] = "INSERT OR REPLACE INTO remotes VALUES (?,?,?)"

    def workshop_of(self, code: str) -> str | None:
        """Return the id of the workshop of a code, ended or not; None where it is no remote's."""
        rows = self._database.rows("SELECT workshop FROM remotes WHERE code=?", (code_hash(code),))
        return str(rows[0][0]) if rows else None

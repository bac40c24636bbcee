"""Slips: a code that finds what somebody gave and takes it back, without a session, also after its end."""

from __future__ import annotations

from typing import ClassVar

from sera_pages.accounts.codes import code_hash
from sera_pages.accounts.table import CodeTable


class StorySlips(CodeTable):
    """Slips of one thing each: whoever holds one takes a story back, or gives and takes back a name.

    Of a story the owner is `community/entry`; of a name at an event what `sera_pages.events.naming` writes.
    """

    _PUT: ClassVar[str] = "INSERT OR REPLACE INTO story_slips VALUES (?,?,?)"

    def story_of(self, code: str) -> str | None:
        """Return which story a code is the slip of, as `community/entry`; None where it is not one."""
        rows = self._database.rows("SELECT story FROM story_slips WHERE code=?", (code_hash(code),))
        return str(rows[0][0]) if rows else None

    def move(self, story: str, to: str) -> None:
        """Point the slip of one thing at another that took its place."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE story_slips SET story=? WHERE story=?", (to, story))

    def forget(self, story: str) -> None:
        """Forget the slip of a story that was taken back."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM story_slips WHERE story=?", (story,))


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

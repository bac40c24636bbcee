"""Invitations: a link or QR code by which one person comes in, once, until it ends."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sera_pages.accounts.codes import code_hash, draw_code
from sera_pages.accounts.table import CODE_LETTERS, AccountTable
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from collections.abc import Iterable


DAYS: Final = 14
DAYS_MOST: Final = 90
_ID_BYTES: Final = 5
# 80 bits.
_COLUMNS: Final = "id, community, person, roles, gardens, author, created_s, ends_s, used_s, cancelled_s"


@dataclass(frozen=True, slots=True)
class Invitation:
    """One invitation.

    Parameters
    ----------
    id
        By which it is listed and cancelled; it opens nothing.
    community
        Where it leads.
    person
        Id of a person who is here already and gets another device; None where a new person comes in.
    roles, gardens
        What a new person becomes, and which gardens they host.
    author
        Who invited: a person's id, or the program.
    created_s, ends_s, used_s, cancelled_s
        Unix times [s]; None for never.
    """

    id: str
    community: str
    person: str | None
    roles: tuple[str, ...]
    gardens: tuple[str, ...]
    author: str
    created_s: int
    ends_s: int
    used_s: int | None = None
    cancelled_s: int | None = None


class Invitations(AccountTable):
    """The invitations of an installation. Of a code only its hash is kept."""

    def make(
        self,
        community: str,
        roles: Iterable[str],
        author: str,
        *,
        gardens: Iterable[str] = (),
        person: str | None = None,
        days: float = DAYS,
    ) -> str:
        """Make an invitation and return its code, which is not kept here."""
        code, now_s = draw_code(CODE_LETTERS), int(self._clock())
        values = (
            secrets.token_hex(_ID_BYTES),
            code_hash(code),
            community,
            person,
            json.dumps(sorted(roles)),
            json.dumps(sorted(gardens)),
            author,
            now_s,
            now_s + int(min(days, DAYS_MOST) * DAY_S),
        )
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO invitations VALUES (?,?,?,?,?,?,?,?,?,NULL,NULL)", values)
        return code

    def find(self, code: str) -> Invitation | None:
        """Return the open invitation of a code; None where there is none, or it was used or has ended."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM invitations WHERE code=? AND used_s IS NULL "  # noqa: S608
            "AND cancelled_s IS NULL AND ends_s>?",
            (code_hash(code), int(self._clock())),
        )
        return _invitation(rows[0]) if rows else None

    def use(self, code: str) -> Invitation | None:
        """Use an invitation up and return it; None where another device was faster, or it has ended."""
        with self._database.transaction() as connection:
            used = connection.execute(
                "UPDATE invitations SET used_s=?1 WHERE code=?2 AND used_s IS NULL AND cancelled_s IS NULL "
                "AND ends_s>?1",
                (int(self._clock()), code_hash(code)),
            ).rowcount
            if not used:
                return None
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM invitations WHERE code=?",  # noqa: S608
                (code_hash(code),),
            ).fetchone()
        return _invitation(row)

    def open(self, community: str | None = None) -> list[Invitation]:
        """List the open invitations to a community, or to all, the newest first."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM invitations WHERE used_s IS NULL AND cancelled_s IS NULL "  # noqa: S608
            "AND ends_s>?1 AND (?2 IS NULL OR community=?2) ORDER BY created_s DESC, id",
            (int(self._clock()), community),
        )
        return [_invitation(row) for row in rows]

    def cancel(self, name: str) -> bool:
        """Cancel an invitation by its id; return whether it was open."""
        with self._database.transaction() as connection:
            return bool(
                connection.execute(
                    "UPDATE invitations SET cancelled_s=? WHERE id=? AND used_s IS NULL "
                    "AND cancelled_s IS NULL",
                    (int(self._clock()), name),
                ).rowcount
            )


def _invitation(row: tuple[Any, ...]) -> Invitation:
    name, community, person, roles, gardens, *rest = row
    return Invitation(name, community, person, tuple(json.loads(roles)), tuple(json.loads(gardens)), *rest)

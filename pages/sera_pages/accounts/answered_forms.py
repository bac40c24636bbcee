"""Where each form that was taken has led: the same one sent again leads there, and enters nothing more.

Forms are known by what a page drew for them and by what was typed. Of both only a hash is kept, and where a
form led is sealed with them: who has the file reads neither what was sent nor by whom.
"""

from __future__ import annotations

from hashlib import sha256, shake_256
from typing import Final

from sera_pages.accounts.table import AccountTable
from sera_vocabulary.durations import DAY_S

# As long as a browser may still show the page that a form was sent from.
_RETENTION_DAYS: Final = 30


class AnsweredForms(AccountTable):
    """The forms of an installation that were taken within thirty days."""

    def find(self, form: bytes) -> str | None:
        """Return the address to which a form has led; None where it was not taken yet."""
        rows = self._database.rows("SELECT address FROM answered_forms WHERE form=?", (_name(form),))
        return _sealed(form, rows[0][0]).decode() if rows else None

    def note(self, form: bytes, address: str) -> None:
        """Note where a form has led; those that are older than their time are forgotten."""
        day = int(self._clock()) // DAY_S
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM answered_forms WHERE day<?", (day - _RETENTION_DAYS,))
            connection.execute(
                "INSERT OR REPLACE INTO answered_forms VALUES (?,?,?)",
                (_name(form), _sealed(form, address.encode()), day),
            )


def _name(form: bytes) -> bytes:
    return sha256(b"name" + form).digest()


def _sealed(form: bytes, content: bytes) -> bytes:
    """Seal what is open, or open what is sealed: a form seals one address in its life."""
    pad = shake_256(b"seal" + form).digest(len(content))
    return bytes(left ^ right for left, right in zip(content, pad, strict=True))

"""What all tables of accounts have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from sera_pages.accounts.codes import code_hash, draw_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.database.database import Database


# Eighty bits: nobody guesses a code that opens for weeks.
CODE_LETTERS: Final = 16


class AccountTable:
    """One kind of rows among the accounts of an installation.

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


class CodeTable(AccountTable):
    """Codes of which everything that has one has one at a time; of a code only its hash is kept."""

    _PUT: ClassVar[str]

    def draw(self, owner: str) -> str:
        """Draw the code of somebody or something; the one before opens nothing from now on."""
        code = draw_code(CODE_LETTERS)
        with self._database.transaction() as connection:
            connection.execute(self._PUT, (owner, code_hash(code), int(self._clock())))
        return code

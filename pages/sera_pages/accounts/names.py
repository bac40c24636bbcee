"""What people let others call them: apart from the registry, whose history never goes, so that a name can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_pages.accounts.schema import empty_accounts_log
from sera_pages.errors import InvalidFieldError

if TYPE_CHECKING:
    from sera_store.database.database import Database

NAME_LONGEST: Final = 40


class Names:
    """The names of an installation's persons; most need none.

    Parameters
    ----------
    database
        From `open_accounts`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, person: str) -> str:
        """Return the name of a person, or the empty text."""
        rows = self._database.rows("SELECT name FROM names WHERE person=?", (person,))
        return str(rows[0][0]) if rows else ""

    def put(self, person: str, name: str) -> None:
        """Keep the name of a person in place of the one before, which goes; the empty text keeps none."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM names WHERE person=?", (person,))
            if name:
                connection.execute("INSERT INTO names VALUES (?,?)", (person, name))
        empty_accounts_log(self._database)

    def empty_log(self) -> None:
        """Take what was forgotten out of the log of all accounts.

        Raises
        ------
        StoreUnusableError
            Somebody reads the file; it is tried again the next time.
        """
        self._database.empty_log()


def checked_name(text: str) -> str:
    """Return a name as a person wrote it.

    Raises
    ------
    InvalidFieldError
        It is longer than 40 characters, or has some that cannot be seen.
    """
    if len(text) > NAME_LONGEST or not (text == "" or text.isprintable()):
        raise InvalidFieldError("name", "join.wrong_name")
    return text

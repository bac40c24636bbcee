"""What is looked for: an open list without names, of which nobody can see one person's lines together."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from sera_coalition.errors import InvalidSurplusError
from sera_coalition.surplus.rows import Wish
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_coalition.surplus.rule import SurplusRule
    from sera_store.database.database import Database

WISH_LINES_MOST: Final = 200
WISH_LONGEST: Final = 30
_ID_BYTES: Final = 8


class WishList:
    """The lines of a community; made by `SurplusTable.open`.

    Parameters
    ----------
    database
        Of the community's table.
    rule
        Reads the community's rule.
    clock
        Unix time [s].
    """

    def __init__(
        self, database: Database, rule: Callable[[], SurplusRule], clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._rule = rule
        self._clock = clock

    def add(self, kind: str, what: str) -> None:
        """Put a line on the list; the same line again only stands longer.

        Raises
        ------
        InvalidSurplusError
            The list is as long as it may be.
        """
        # To the day, so that no two lines tell that they came together.
        ends_s = (int(self._clock()) // DAY_S + self._rule().looking.days + 1) * DAY_S
        with self._database.transaction() as connection:
            [(count,)] = connection.execute(
                "SELECT count(*) FROM wishes WHERE NOT (kind=? AND what=?)", (kind, what)
            )
            if count >= WISH_LINES_MOST:
                raise InvalidSurplusError(
                    "kind", "full", "the list is as long as it may be; wait until lines end"
                )
            connection.execute(
                "INSERT INTO wishes VALUES (?,?,?,?) "
                "ON CONFLICT (kind, what) DO UPDATE SET ends_s=excluded.ends_s",
                (secrets.token_hex(_ID_BYTES), kind, what, ends_s),
            )

    def all(self) -> list[Wish]:
        """List what is looked for, by kind and words: nothing tells who looks, or since when."""
        rows = self._database.rows(
            "SELECT id, kind, what, ends_s FROM wishes WHERE ends_s>? ORDER BY kind, what",
            (int(self._clock()),),
        )
        return [Wish(*row) for row in rows]

    def remove(self, name: str) -> None:
        """Take a line off the list, for good."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM wishes WHERE id=?", (name,))
        self._database.empty_log_if_free()

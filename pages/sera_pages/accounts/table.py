"""What all tables of accounts have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.database.database import Database


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

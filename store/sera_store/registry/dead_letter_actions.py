"""What people decided about dead letters: kept beside the registry, so that a rebuild decides alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.database.database import Database

AMEND: Final = "amend"
REPLAY: Final = "replay"
DISMISS: Final = "dismiss"
RESTORE: Final = "restore"
_READ: Final = (
    "SELECT number, action, journal, reason, topic, payload, applied_after, recorded_s, author FROM orders"
)
ACTIONS: Final = (AMEND, REPLAY, DISMISS, RESTORE)


@dataclass(frozen=True, slots=True)
class DeadLetterAction:
    """One decision.

    Parameters
    ----------
    action
        One of `ACTIONS`.
    journal, reason
        Journal number and reason of the letters it is about.
    topic, payload
        What an amendment puts in place of the message; None to keep it.
    applied_after
        Journal number after which the ledger took it; None while it has not. A rebuild takes it there.
    """

    number: int
    action: str
    journal: int
    reason: str
    topic: str | None
    payload: bytes | None
    applied_after: int | None
    recorded_s: int
    by: str


class DeadLetterActions:
    """The decisions in order; nothing of them ever changes but when they were taken, once."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def put(
        self,
        action: str,
        *,
        journal: int,
        reason: str,
        by: str,
        topic: str | None = None,
        payload: bytes | None = None,
    ) -> int:
        """Write a decision down and return its number.

        Raises
        ------
        InvalidEntryError
            When the action does not exist, or an amendment has nothing new.
        """
        if action not in ACTIONS:
            raise InvalidEntryError(f"{action!r} is no action; expected one of {', '.join(ACTIONS)}")
        if (action == AMEND) != (payload is not None or topic is not None):
            raise InvalidEntryError(
                f"{action} of message {journal}: only an amendment has a topic or payload"
            )
        with self._database.transaction() as connection:
            values = (action, journal, reason, topic, payload, int(self._clock()), by)
            number = connection.execute(
                "INSERT INTO orders (action, journal, reason, topic, payload, recorded_s, author) "
                "VALUES (?,?,?,?,?,?,?)",
                values,
            ).lastrowid
        return int(number or 0)

    def after(self, number: int, limit: int = 1) -> list[DeadLetterAction]:
        """Read the decisions after a number, oldest first."""
        rows = self._database.rows(f"{_READ} WHERE number>? ORDER BY number LIMIT ?", (number, limit))
        return [DeadLetterAction(*row) for row in rows]

    def of_message(self, journal: int) -> list[DeadLetterAction]:
        """Read all decisions about one message, oldest first."""
        rows = self._database.rows(f"{_READ} WHERE journal=? ORDER BY number", (journal,))
        return [DeadLetterAction(*row) for row in rows]

    def take(self, number: int, after: int) -> None:
        """Note after which journal number a decision is taken; the first note stays."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE orders SET applied_after=? WHERE number=? AND applied_after IS NULL", (after, number)
            )

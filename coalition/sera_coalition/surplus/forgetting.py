"""What of a table is over, and is deleted for good: the statements, without a clock of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_coalition.surplus.rule import WISH_DAYS_MOST
from sera_store.local_clock import CLOCK_SET_FROM_S
from sera_vocabulary.durations import DAY_S, HOUR_S

if TYPE_CHECKING:
    import sqlite3

    from sera_coalition.surplus.rule import SurplusRule
    from sera_store.database.database import Database


class Limits(NamedTuple):
    """Which times are over, all as Unix times [s].

    Parameters
    ----------
    now_s
        The present.
    ended_s
        Who ended before it is forgotten by now.
    future_s
        What was created after it was dated by a wrong clock.
    wish_s
        No line of what is looked for can end after it.
    """

    now_s: int
    ended_s: int
    future_s: int
    wish_s: int


_RESERVATIONS: Final = (
    "DELETE FROM reservations WHERE reserved_until_s<=?1 "
    "OR offer IN (SELECT id FROM offers WHERE until_s<=?1 OR created_s>?3)"
)
_OFFERS: Final = "DELETE FROM offers WHERE until_s<=?2 OR created_s>?3"
_WISH_LINES: Final = "DELETE FROM wishes WHERE ends_s<=?1 OR ends_s>?4"
_EXPIRED: Final = """
SELECT 1 FROM reservations WHERE reserved_until_s<=?1
  OR offer IN (SELECT id FROM offers WHERE until_s<=?1 OR created_s>?3)
UNION ALL SELECT 1 FROM offers WHERE until_s<=?2 OR created_s>?3
UNION ALL SELECT 1 FROM wishes WHERE ends_s<=?1 OR ends_s>?4 LIMIT 1"""


def limits_of(rule: SurplusRule, now_s: int) -> Limits:
    """Return which times are over by a rule."""
    return Limits(
        now_s, now_s - rule.offer.forget_hours * HOUR_S, now_s + DAY_S, now_s + (WISH_DAYS_MOST + 1) * DAY_S
    )


def is_anything_over(database: Database, limits: Limits) -> bool:
    """Return whether there is something to delete; a clock that was not set yet tells of nothing."""
    return limits.now_s >= CLOCK_SET_FROM_S and bool(database.rows(_EXPIRED, limits))


def delete_expired(connection: sqlite3.Connection, limits: Limits) -> int:
    """Delete what is over; return how many rows it was."""
    statements = ((_RESERVATIONS, limits[:3]), (_OFFERS, limits[:3]), (_WISH_LINES, limits))
    return sum(connection.execute(statement, values).rowcount for statement, values in statements)

"""Draw what is due on a table, by the rule that held when the offer was put there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import msgspec

from sera_coalition.surplus.rule import SharingRule
from sera_coalition.surplus.sharing import Ask, share
from sera_store.local_clock import utc_date

if TYPE_CHECKING:
    import sqlite3

    from sera_store.database.database import Database

_DUE: Final = (
    "SELECT id, portions, seed, draw_s, until_s, sharing FROM offers "
    "WHERE draw_s<=? AND outcome IS NULL AND sharing IS NOT NULL"
)


def is_draw_due(database: Database, now_s: int) -> bool:
    """Return whether something is to be drawn."""
    return bool(database.rows(_DUE, (now_s,)))


def draw_due(connection: sqlite3.Connection, now_s: int, hold_s: int) -> None:
    """Draw what is due; numbers of shares are forgotten with it.

    Parameters
    ----------
    now_s
        Unix time [s].
    hold_s
        How long a share waits for whoever does not come [s].
    """
    for name, portions, seed, draw_s, until_s, sharing in connection.execute(_DUE, (now_s,)).fetchall():
        rows = connection.execute(
            "SELECT id, requested, coalesce(number, 0) FROM reservations WHERE offer=?", (name,)
        )
        rule = msgspec.json.decode(sharing, type=SharingRule)
        day = utc_date(draw_s)
        shares = share(rule, portions, [Ask(*row) for row in rows], seed, day)
        reserved_until_s = min(until_s, now_s + hold_s)
        connection.executemany(
            "UPDATE reservations SET granted=?, number=NULL, reserved_until_s=? WHERE id=?",
            [
                (share.portions, reserved_until_s if share.portions else until_s, share.ticket)
                for share in shares
            ],
        )
        connection.execute("UPDATE offers SET outcome=? WHERE id=?", (json.dumps(shares), name))

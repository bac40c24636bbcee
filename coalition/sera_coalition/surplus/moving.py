"""Move an offer: what waits of it waits long enough, and who saw it where it was hears of it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

    from sera_coalition.surplus.offer import Offer

_MARK_LETTERS: Final = 16
# What waits does so as much longer as the offer stands longer, at least the hours of the rule from when it
# can be fetched, and never longer than the offer. Who asks for a share, or got none, sees that until it ends.
_MOVE_RESERVATIONS: Final = """
UPDATE reservations SET reserved_until_s = CASE WHEN coalesce(granted, 0) = 0 THEN :until_s
  ELSE min(:until_s, max(reserved_until_s + max(0, :until_s - :before_s), :from_s + :hold_s)) END
WHERE offer=:name"""


def whereabouts_mark(offer: Offer) -> str:
    """Return what stands for place and times of an offer in a form, so that a move meanwhile is noticed."""
    text = f"{offer.place}\n{offer.from_s}\n{offer.until_s}"
    return sha256(text.encode()).hexdigest()[:_MARK_LETTERS]


def has_moved(offer: Offer, mark: str) -> bool:
    """Return whether an offer moved since its mark was seen; the empty mark is of nothing seen."""
    return mark not in ("", whereabouts_mark(offer))


def move_offer(
    connection: sqlite3.Connection, name: str, place: str, times_s: tuple[int, int], hold_s: int
) -> None:
    """Move an offer, and what waits of it.

    Parameters
    ----------
    times_s
        From when until when it stands, Unix time [s].
    hold_s
        How long something waits for whoever does not come [s].
    """
    rows = connection.execute("SELECT until_s FROM offers WHERE id=?", (name,)).fetchall()
    from_s, until_s = times_s
    for (before_s,) in rows:
        values = {"name": name, "from_s": from_s, "until_s": until_s, "before_s": before_s, "hold_s": hold_s}
        connection.execute(_MOVE_RESERVATIONS, values)
    connection.execute(
        "UPDATE offers SET place=?, from_s=?, until_s=? WHERE id=?", (place, from_s, until_s, name)
    )

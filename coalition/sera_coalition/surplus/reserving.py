"""Put a reservation into a table."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from sera_coalition.errors import InvalidSurplusError

if TYPE_CHECKING:
    from sera_coalition.surplus.rows import OpenOffer


def put_reservation(
    connection: sqlite3.Connection,
    ticket: str,
    current: OpenOffer,
    digest: bytes,
    request: tuple[int, int | None],
    reserved_until_s: int,
) -> None:
    """Put a reservation into a table.

    Parameters
    ----------
    ticket
        Its id, under which nothing stands.
    digest
        Of the word.
    request
        How many portions, and the number of a share where the rule has turns.
    reserved_until_s
        Until when it waits, Unix time [s].

    Raises
    ------
    InvalidSurplusError
        The word or the number is taken at this offer.
    """
    (portions, number), offer = request, current.offer
    values = (
        ticket, current.id, digest, portions, None if current.is_asked else portions, number,
        reserved_until_s, offer.place, offer.from_s, offer.until_s,
    )  # fmt: skip
    try:
        connection.execute("INSERT INTO reservations VALUES (?,?,?,?,?,?,?,?,?,?)", values)
    except sqlite3.IntegrityError as error:
        raise _duplicate(str(error)) from error


def _duplicate(problem: str) -> InvalidSurplusError:
    if "number" in problem:
        return InvalidSurplusError(
            "number", "number_taken", "this share has asked already; ask who has the number"
        )
    return InvalidSurplusError(
        "word", "word_taken", "this word is not free at this offer; choose another one"
    )

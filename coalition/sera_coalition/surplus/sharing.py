"""Sharing by a rule: pure, recomputable by anybody who has the seed and the tickets.

The seed is shown before anybody asks, tickets are drawn when somebody does. The order of a draw follows from
the seed and from all tickets together: who sees only their own cannot try for a good place by asking again
and again, and who has all of them can work it out.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from sera_coalition.surplus.rule import EQUAL, ROTATION
from sera_store.local_clock import utc_date

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sera_coalition.surplus.rule import SharingRule


class Ask(NamedTuple):
    """What somebody asks for, without a reason.

    Parameters
    ----------
    ticket
        Drawn when they asked; tells nothing of them.
    portions
        How many they ask for.
    number
        With rotation, the number of their share, from 1; else 0.
    """

    ticket: str
    portions: int
    number: int = 0


class Share(NamedTuple):
    """What a ticket gets: its place in the order, what was asked, and the portions given."""

    ticket: str
    place: int
    requested: int
    portions: int


def seed_of(head: str, offer: str, draw_s: int) -> str:
    """Return the seed of a draw, which is shown from the moment an offer stands.

    Parameters
    ----------
    head
        Hash of the newest entry of the community's chronicle then, which nobody chose; empty for none.
    offer
        Its drawn id.
    draw_s
        When it is drawn, Unix time [s]; its day in UTC counts.
    """
    day = utc_date(draw_s).isoformat()
    return sha256(f"{head}\n{offer}\n{day}".encode()).hexdigest()


def drawn_order(tickets: Sequence[str], seed: str) -> list[str]:
    """Return tickets in the order of a draw, whatever order they come in.

    Notes
    -----
    It is the order of SHA-256 over the key of the draw, a line break and the ticket. That key is SHA-256, in
    hexadecimal digits, over the seed and all tickets in the order of the alphabet, each on a line.
    """
    key = sha256("\n".join([seed, *sorted(tickets)]).encode()).hexdigest()
    return sorted(tickets, key=lambda ticket: sha256(f"{key}\n{ticket}".encode()).digest())


def first_number(rule: SharingRule, day: date) -> int:
    """Return the number of the share that begins on a day of a rotation."""
    begins = rule.begins or day
    return (day - begins).days % rule.members + 1


def share(rule: SharingRule, portions: int, asks: Sequence[Ask], seed: str, day: date) -> list[Share]:
    """Share portions among those who ask.

    Parameters
    ----------
    rule
        The way; how many one gets at most.
    portions
        How many there are.
    asks
        At most as many as the rule has members; their order does not matter.
    seed
        Of the draw.
    day
        Of the draw, for a rotation.

    Returns
    -------
    list
        A share for each ask, in the order of the draw or of the turns.

    Notes
    -----
    With `equal` all get the same, whatever they asked for: `portions // asks`, and what is left stays on the
    table. With `need` and `rotation` one portion goes round in order until it is all given or nobody asks
    for more; two who got less than they asked for differ by one portion at most.
    """
    order = _order(rule, asks, seed, day)
    portions_by_ticket = dict.fromkeys([ask.ticket for ask in order], 0)
    if rule.way == EQUAL:
        equal_share = min(portions // len(order), rule.portions_most) if order else 0
        portions_by_ticket = dict.fromkeys(portions_by_ticket, equal_share)
    else:
        _go_round(order, portions_by_ticket, portions, rule.portions_most)
    return [
        Share(ask.ticket, index, ask.portions, portions_by_ticket[ask.ticket])
        for index, ask in enumerate(order, 1)
    ]


def _order(rule: SharingRule, asks: Sequence[Ask], seed: str, day: date) -> list[Ask]:
    if rule.way == ROTATION:
        first = first_number(rule, day)
        return sorted(asks, key=lambda ask: ((ask.number - first) % rule.members, ask.ticket))
    by_ticket = {ask.ticket: ask for ask in asks}
    return [by_ticket[ticket] for ticket in drawn_order(list(by_ticket), seed)]


def _go_round(order: Sequence[Ask], portions_by_ticket: dict[str, int], portions: int, most: int) -> None:
    left = portions
    while left:
        open_asks = [ask for ask in order if portions_by_ticket[ask.ticket] < min(ask.portions, most)]
        if not open_asks:
            return
        for ask in open_asks[:left]:
            portions_by_ticket[ask.ticket] += 1
        left -= min(left, len(open_asks))

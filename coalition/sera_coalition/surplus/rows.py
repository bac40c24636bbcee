"""What stands on a table, as it is read: offers with what is left of them, reservations, wishes."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

import msgspec

from sera_coalition.surplus.offer import Offer
from sera_coalition.surplus.rule import SharingRule
from sera_coalition.surplus.sharing import Share

# Those of an offer begin as its row does; what waits of it comes behind.
OFFER_QUERY: Final = """
SELECT id, kind, what, amount, unit, portions, place, from_s, until_s, ground, allergens, draw_s, handed_over,
  seed, outcome, sharing,
  (SELECT coalesce(sum(granted), 0) FROM reservations WHERE offer=offers.id),
  (SELECT coalesce(sum(granted IS NULL), 0) FROM reservations WHERE offer=offers.id)
FROM offers WHERE """


class OpenOffer(NamedTuple):
    """An offer that stands.

    Parameters
    ----------
    id, offer
        Its drawn id, and what is given.
    left
        Portions that nobody has reserved.
    reserved
        Portions that wait for whoever knows a word.
    ask_count
        How many asked for a share, before the draw.
    seed, shares
        Of the draw; the shares None before it.
    sharing
        The rule of the draw, which held when the offer was put on the table; None where nothing is drawn.
    """

    id: str
    offer: Offer
    left: int
    reserved: int
    ask_count: int
    seed: str
    shares: tuple[Share, ...] | None
    sharing: SharingRule | None = None

    @property
    def is_asked(self) -> bool:
        """Whether people ask for a share now, and nothing can be reserved yet."""
        return self.offer.draw_s is not None and self.shares is None


class Reservation(NamedTuple):
    """What waits for whoever knows its word.

    Parameters
    ----------
    id, offer
        Drawn ids; the first is the ticket of a draw.
    requested, granted
        Portions asked for, and given; the second None before the draw.
    number
        Of the share, with rotation.
    reserved_until_s
        Until when it waits, Unix time [s].
    place, from_s, until_s
        As they were when the holder last saw them.
    """

    id: str
    offer: str
    requested: int
    granted: int | None
    number: int | None
    reserved_until_s: int
    place: str
    from_s: int
    until_s: int


class Wish(NamedTuple):
    """A line of the list of what is looked for: a kind, words, and when it ends, Unix time [s]."""

    id: str
    kind: str
    what: str
    ends_s: int


RESERVATION_QUERY: Final = (
    "SELECT id, offer, requested, granted, number, reserved_until_s, place, from_s, until_s "
    "FROM reservations WHERE "
)


def open_offer(row: tuple[Any, ...]) -> OpenOffer:
    """Return an offer from a row of `OFFER_QUERY`."""
    name, kind, what, amount, unit, portions, place, from_s, until_s, ground, allergens, draw_s, *rest = row
    handed_over, seed, outcome, sharing, reserved, ask_count = rest
    offer = Offer(
        kind=kind, what=what, amount=amount, unit=unit, portions=portions, place=place, from_s=from_s,
        until_s=until_s, ground=ground, draw_s=draw_s,
        allergens=None if allergens is None else tuple(json.loads(allergens)),
    )  # fmt: skip
    shares = None if outcome is None else tuple(Share(*share) for share in json.loads(outcome))
    rule = None if sharing is None else msgspec.json.decode(sharing, type=SharingRule)
    return OpenOffer(name, offer, portions - handed_over - reserved, reserved, ask_count, seed, shares, rule)

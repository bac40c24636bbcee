"""Offers in words: amounts, places, times, ground and allergens, as a list and a page show them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from sera_coalition.surplus.offer import GROWN, PREPARED
from sera_pages.views.moments import moment_words, timezone_of
from sera_store.allergens import ALLERGENS

if TYPE_CHECKING:
    from sera_coalition.surplus.offer import Offer
    from sera_coalition.surplus.rows import OpenOffer, Reservation
    from sera_pages.views.visit import Visit


class Change(NamedTuple):
    """Where or when something is fetched now, and what it was before."""

    label: str
    now: str
    before: str


def amount_words(visit: Visit, amount: float, unit: str) -> str:
    """Write an amount with its unit."""
    return visit.words.say(
        f"surplus.unit_{unit}", count=math.ceil(amount), amount=visit.words.figures.number(amount)
    )


def portions_words(visit: Visit, offer: Offer, portions: int) -> str:
    """Write how much some portions of an offer are."""
    return amount_words(visit, offer.amount * portions / offer.portions, offer.unit)


def when_words(visit: Visit, community: str, from_s: int, until_s: int) -> str:
    """Write from when until when something can be fetched, on the clock of the community."""
    zone = timezone_of(visit, community)
    moments = {
        name: moment_words(visit, time_s, zone) for name, time_s in (("first", from_s), ("last", until_s))
    }
    return visit.words.say("surplus.when", **moments)


def offer_line(visit: Visit, community: str, open_offer: OpenOffer) -> dict[str, Any]:
    """Put an offer into a line of the list."""
    offer = open_offer.offer
    return {
        "address": f"/communities/{community}/surplus/{open_offer.id}",
        "what": offer.what,
        "kind": visit.words.say(f"surplus.kind_{offer.kind}"),
        "left": left_words(visit, open_offer),
        "is_asked": open_offer.is_asked,
        "place": offer.place,
        "when": when_words(visit, community, offer.from_s, offer.until_s),
    }


def left_words(visit: Visit, open_offer: OpenOffer) -> str:
    """Write how much of an offer is left, or that nothing is."""
    if not open_offer.left:
        return visit.words.say("surplus.none_left")
    return portions_words(visit, open_offer.offer, open_offer.left)


def left_facts(visit: Visit, open_offer: OpenOffer) -> list[tuple[str, str]]:
    """List how much of an offer is left: label and words; nothing where all of it is reserved."""
    offer, say = open_offer.offer, visit.words.say
    if not open_offer.left:
        return []
    facts = [(say("surplus.left"), portions_words(visit, offer, open_offer.left))]
    if offer.portions > 1:
        each = portions_words(visit, offer, 1)
        facts.append((say("surplus.portions"), say("surplus.portions_of", count=open_offer.left, each=each)))
    return facts


def facts_of(visit: Visit, community: str, offer: Offer) -> list[tuple[str, str]]:
    """List what is known of an offer besides how much is left: label and words."""
    say = visit.words.say
    facts = [
        (say("surplus.kind"), say(f"surplus.kind_{offer.kind}")),
        (say("surplus.place"), offer.place),
        (say("surplus.when_label"), when_words(visit, community, offer.from_s, offer.until_s)),
    ]
    if offer.kind in GROWN:
        facts.append((say("surplus.ground_label"), say(f"surplus.ground_{offer.ground}")))
    if offer.kind in PREPARED:
        facts.append((say("story.allergens"), allergens_words(visit, offer)))
    return facts


def allergens_words(visit: Visit, offer: Offer) -> str:
    """Write which allergens were stated; that nothing was stated is not that there are none."""
    say = visit.words.say
    if offer.allergens is None:
        return say("story.allergens_not_stated")
    if not offer.allergens:
        return say("story.allergens_none")
    return visit.words.figures.listed(
        say(f"allergen.{name}") for name in ALLERGENS if name in offer.allergens
    )


def changes_of(visit: Visit, community: str, reservation: Reservation, offer: Offer) -> list[Change]:
    """List what is other than when the holder of a reservation last looked."""
    say = visit.words.say
    changes = []
    if reservation.place != offer.place:
        changes.append(Change(say("surplus.place"), offer.place, reservation.place))
    if (reservation.from_s, reservation.until_s) != (offer.from_s, offer.until_s):
        now = when_words(visit, community, offer.from_s, offer.until_s)
        before = when_words(visit, community, reservation.from_s, reservation.until_s)
        changes.append(Change(say("surplus.when_label"), now, before))
    return changes

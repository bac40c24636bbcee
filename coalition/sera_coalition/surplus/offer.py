"""What somebody gives: kind, amount in portions, coarse place, times, ground, allergens."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from sera_coalition.errors import InvalidSurplusError
from sera_coalition.surplus.amounts import UNITS
from sera_store.allergens import ALLERGENS
from sera_store.entry_fields import problems_of
from sera_store.plain_text import text_problem
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_coalition.surplus.rule import SurplusRule

KINDS: Final = (
    "vegetables", "fruit", "herbs", "eggs", "bread", "cooked", "preserves", "drinks", "seeds", "plants",
    "other",
)  # fmt: skip
GROWN: Final = frozenset({"vegetables", "fruit", "herbs"})
"""Kinds of which is said in what ground they grew."""
PREPARED: Final = frozenset({"bread", "cooked", "preserves", "drinks"})
"""Kinds that a kitchen made, of which allergens may be stated."""
GROUNDS: Final = ("not_known", "raised_bed", "soil_tested")
WHAT_LONGEST: Final = 60
PLACE_LONGEST: Final = 80
PORTIONS_MOST: Final = 200
# A clock of a phone may be behind ours by as much [s].
_BEHIND_MOST_S: Final = 600
_DIGITS_OF_NO_STREET: Final = 6
_CONTACT: Final = re.compile(r"@|https?:|www\.", re.IGNORECASE)


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is given.

    Parameters
    ----------
    kind, what
        Of `KINDS`, and in the giver's own words.
    amount, unit, portions
        All of it, in one of `UNITS`, and into how many equal portions it may be divided.
    place
        Where it is fetched, in coarse words.
    from_s, until_s
        From when until when, Unix time [s]; then the offer has ended.
    ground
        Of `GROUNDS` for what grew in a garden; empty for all else.
    allergens
        Of `ALLERGENS`; None where nobody stated them, which is not the same as none.
    draw_s
        When it is shared by the community's rule, Unix time [s]; None where who comes first reserves.
    """

    kind: str
    what: str
    amount: float
    unit: str
    portions: int
    place: str
    from_s: int
    until_s: int
    ground: str = ""
    allergens: tuple[str, ...] | None = None
    draw_s: int | None = None


def offer_problems(
    offer: Offer, now_s: int, rule: SurplusRule, *, is_number_meant: bool = False
) -> list[InvalidSurplusError]:
    """List what is wrong with an offer, in the order of its fields.

    Parameters
    ----------
    now_s
        Unix time [s].
    rule
        Of the community.
    is_number_meant
        Whether its giver said that a number in the place is no house number.

    Returns
    -------
    list of InvalidSurplusError
        Each names the field, what was expected and what to do.
    """
    checks: list[Callable[[], None]] = [
        partial(check_kind, offer.kind),
        partial(check_text, "what", offer.what, WHAT_LONGEST),
        partial(_check_choice, "unit", offer.unit, UNITS),
        partial(_check_portions, offer.portions),
        partial(_check_place, offer.place, is_number_meant=is_number_meant),
        partial(_check_moving_times, offer, now_s, rule),
        partial(_check_allergens, offer),
        partial(_check_draw, offer.draw_s, now_s, rule),
    ]
    if offer.kind in GROWN:
        checks.insert(-1, partial(_check_choice, "ground", offer.ground, GROUNDS))
    return problems_of(checks, InvalidSurplusError)


def _check_portions(portions: int) -> None:
    if not 1 <= portions <= PORTIONS_MOST:
        raise InvalidSurplusError(
            "portions", "portions", f"expected 1 to {PORTIONS_MOST} equal portions", most=PORTIONS_MOST
        )


def _check_draw(draw_s: int | None, now_s: int, rule: SurplusRule) -> None:
    if draw_s is None:
        return
    if rule.sharing is None:
        raise InvalidSurplusError("draw", "no_rule", "the rule file has no [sharing]; leave it out")
    if draw_s < now_s:
        raise InvalidSurplusError("draw", "draw", "expected a time from now on and before the offer ends")


def check_move(offer: Offer, now_s: int, rule: SurplusRule, *, is_number_meant: bool = False) -> None:
    """Raise what is wrong with place and times of an offer that moves, as `offer_problems` lists it."""
    _check_place(offer.place, is_number_meant=is_number_meant)
    _check_moving_times(offer, now_s, rule)


def _check_moving_times(offer: Offer, now_s: int, rule: SurplusRule) -> None:
    _check_times(offer.from_s, offer.until_s, now_s, rule)
    if offer.draw_s is not None and offer.draw_s >= offer.until_s:
        raise InvalidSurplusError("until", "draw", "expected a time after the draw")


def check_kind(kind: str) -> None:
    """Raise InvalidSurplusError unless a kind is one of `KINDS`."""
    _check_choice("kind", kind, KINDS)


def _check_choice(field: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InvalidSurplusError(field, "choose", f"{value!r} is none of {', '.join(choices)}")


def check_text(field: str, text: str, most: int) -> None:
    """Raise InvalidSurplusError unless a line is there, short, visible, and no way to reach somebody."""
    if problem := text_problem(text, most, is_needed=True):
        raise InvalidSurplusError(
            field, problem, f"is {problem}; expected 1 to {most} characters that can be seen", most=most
        )
    if _CONTACT.search(text) or sum(letter.isdigit() for letter in text) >= _DIGITS_OF_NO_STREET:
        raise InvalidSurplusError(
            field, "contact", "holds an address, a telephone number or exact coordinates; leave them out"
        )


def _check_place(place: str, *, is_number_meant: bool) -> None:
    """Raise InvalidSurplusError unless a place is a few coarse words, without what may be a house number."""
    check_text("place", place, PLACE_LONGEST)
    if not is_number_meant and any(letter.isdigit() for letter in place):
        raise InvalidSurplusError(
            "place",
            "house_number",
            "holds a number, maybe that of a house; name a place that people know, or say that it is not one",
        )


def _check_times(from_s: int, until_s: int, now_s: int, rule: SurplusRule) -> None:
    """Raise InvalidSurplusError unless times follow one another, are not over, and not too far."""
    if until_s <= from_s:
        raise InvalidSurplusError("until", "order", "ends before it begins; write a later time")
    if until_s <= now_s - _BEHIND_MOST_S:
        raise InvalidSurplusError("until", "over", "is over already; write a time that comes")
    if until_s > now_s + rule.offer.days_most * DAY_S:
        days = rule.offer.days_most
        raise InvalidSurplusError("until", "too_far", f"is more than {days} days from now", days=days)


def _check_allergens(offer: Offer) -> None:
    if any(name not in ALLERGENS for name in offer.allergens or ()):
        raise InvalidSurplusError("allergens", "choose", f"expected some of {', '.join(ALLERGENS)}")

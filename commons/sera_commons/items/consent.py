"""What somebody agreed to when they gave something: who may see it, for what, under which name."""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from sera_commons.errors import InvalidItemError
from sera_store.chronicle.entries import DRAWN_ID
from sera_store.licence import NO_LICENCE, Licence

# Audiences that every community has; all others are defined by it and named by a drawn id.
ONLY_ME: Final = "me"
COMMUNITY: Final = "community"
EVERYBODY: Final = "everybody"
BUILT_IN: Final = (ONLY_ME, COMMUNITY, EVERYBODY)

LICENCES: Final = (NO_LICENCE, *(licence.value for licence in Licence))
NAME_LONGEST: Final = 60
# Nobody agrees for longer than this without being asked again.
REVIEW_DAYS_MOST: Final = 1_830
# An id of Local Contexts Hub is a UUID; it is kept as it was given, and no label is made of it.
_LOCAL_CONTEXTS: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Use(StrEnum):
    """What something may be used for, each agreed to by itself."""

    PAGE = "page"
    MURAL = "mural"
    EXHIBIT = "exhibit"
    PRINT = "print"
    AR = "ar"
    FEDERATION = "federation"


class Naming(StrEnum):
    """How the giver is named."""

    NONE = "none"
    NAME = "name"


class Consent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a giver agreed to, kept inside of what they gave.

    Parameters
    ----------
    audience
        `me`, `community`, `everybody`, or the id of an audience that the community defined.
    uses
        What it may be used for; none is implied by another.
    naming, name
        How the giver is named, and the form of name that they chose.
    licence
        One of `LICENCES`; `none` for the uses above alone.
    review
        Day up to which this holds, ISO 8601: after it only the giver sees the item, until they agree again.
    is_child, grown_up_agrees
        Whether a child gives it, and a grown-up said yes; neither has a name.
    local_contexts
        Id of a project in Local Contexts Hub, as it was given; may be empty.
    """

    audience: str = ONLY_ME
    uses: tuple[Use, ...] = ()
    naming: Naming = Naming.NONE
    name: str = ""
    licence: str = NO_LICENCE
    review: str = ""
    is_child: bool = False
    grown_up_agrees: bool = False
    local_contexts: str = ""

    def holds_on(self, day: date) -> bool:
        """Return whether the consent holds on a day: it does up to the day of review."""
        return day <= date.fromisoformat(self.review)


def check_consent(consent: Consent, entry_day: date | None = None) -> None:
    """Check the fields of a consent.

    Parameters
    ----------
    entry_day
        The day on which it is given; None for one that was given before.

    Raises
    ------
    InvalidItemError
        It names the field, what was expected and what to do.
    """
    _check_people(consent)
    if consent.audience not in BUILT_IN and not DRAWN_ID.fullmatch(consent.audience):
        raise InvalidItemError(
            "audience", "choose", "expected me, community, everybody or the id of an audience"
        )
    if consent.licence not in LICENCES:
        raise InvalidItemError("licence", "choose", f"expected one of {', '.join(LICENCES)}")
    if len(set(consent.uses)) != len(consent.uses):
        raise InvalidItemError("uses", "choose", "a use is named twice; name each once")
    if consent.local_contexts and not _LOCAL_CONTEXTS.fullmatch(consent.local_contexts):
        raise InvalidItemError(
            "local_contexts",
            "local_contexts",
            "expected the id of a project of Local Contexts Hub (a UUID, 36 characters), or nothing",
        )
    _check_review(consent.review, entry_day)


def _check_people(consent: Consent) -> None:
    if consent.naming == Naming.NAME and not consent.name.strip():
        raise InvalidItemError("name", "no_name", "the giver wants to be named: write the name to show")
    if len(consent.name) > NAME_LONGEST or not (consent.name == "" or consent.name.isprintable()):
        raise InvalidItemError(
            "name", "too_long", f"a name has at most {NAME_LONGEST} visible characters", most=NAME_LONGEST
        )
    if consent.naming == Naming.NONE and consent.name:
        raise InvalidItemError("name", "choose", "a name is kept only where the giver wants to be named")
    if consent.is_child and not consent.grown_up_agrees:
        raise InvalidItemError("grown_up", "grown_up", "what a child gives needs the yes of a grown-up")


def _check_review(review: str, entry_day: date | None) -> None:
    try:
        day = date.fromisoformat(review)
    except ValueError:
        day = None
    # Consents are compared as they are written: one day has one spelling.
    if day is None or day.isoformat() != review:
        raise InvalidItemError("review", "review", "expected a day as 2027-06-30")
    if entry_day is not None and not entry_day < day <= entry_day + timedelta(days=REVIEW_DAYS_MOST):
        raise InvalidItemError(
            "review", "review", "expected a day after today and within five years", years=5
        )


def is_within(inner: Consent, outer: Consent) -> bool:
    """Return whether a consent allows nothing that another does not.

    Examples
    --------
    >>> mine = Consent(review="2030-01-01")
    >>> is_within(mine, msgspec.structs.replace(mine, audience="community", uses=(Use.PAGE,)))
    True
    >>> is_within(msgspec.structs.replace(mine, uses=(Use.PRINT,)), mine)
    False
    """
    names = inner.naming == Naming.NONE or (inner.naming, inner.name) == (outer.naming, outer.name)
    return (
        is_for_no_more(inner, outer)
        and names
        and inner.review <= outer.review
        and inner.local_contexts == outer.local_contexts
    )


def is_for_no_more(inner: Consent, outer: Consent) -> bool:
    """Return whether a consent is for no more people and uses than another, and under no wider licence.

    Examples
    --------
    >>> family, all_of_us = Consent(audience="f" * 32), Consent(audience="community")
    >>> is_for_no_more(family, all_of_us), is_for_no_more(all_of_us, family)
    (True, False)
    """
    # Of two audiences that the community defined neither is known to lie in the other.
    steps = {ONLY_ME: 0, COMMUNITY: 2, EVERYBODY: 3}
    is_narrower = steps.get(inner.audience, 1) < steps.get(outer.audience, 1)
    order = [NO_LICENCE, *(licence.value for licence in reversed(tuple(Licence)))]
    return (
        (inner.audience == outer.audience or is_narrower)
        and set(inner.uses) <= set(outer.uses)
        and order.index(inner.licence) <= order.index(outer.licence)
    )

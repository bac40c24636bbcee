"""An agreement between two communities: its fields, and the rules that they are held against."""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from sera_coalition.agreements.days import read_day
from sera_coalition.agreements.keys import is_key
from sera_coalition.errors import InvalidAgreementError
from sera_store.chronicle.entries import DRAWN_ID
from sera_store.coarse_grid import ConsentLevel
from sera_store.licence import NO_LICENCE, Licence
from sera_words.language import LANGUAGES

FORM: Final = 1
LICENCES: Final = (*(licence.value for licence in Licence), NO_LICENCE)
# Below three, who knows one of two knows the other.
SMALLEST_CELL_LEAST: Final = 3
SMALLEST_CELL_MOST: Final = 1_000
REVIEW_DAYS_MOST: Final = 1_830
RETENTION_DAYS_MOST: Final = 3_660
NAME_LONGEST: Final = 80
TEXT_LONGEST: Final = 20_000
_COMMUNITY: Final = re.compile(r"[a-z0-9][a-z0-9-]{2,31}")


class DataClass(StrEnum):
    """What a community may give."""

    READINGS = "readings"
    VISITS = "visits"
    COUNTS = "counts"
    INDICES = "indices"
    STORIES = "stories"
    MEDIA = "media"


class Purpose(StrEnum):
    """What the other side may use it for."""

    COMPARE = "compare"
    TEACH = "teach"
    PLAN = "plan"
    PUBLISH = "publish"


class Place(StrEnum):
    """The finest place of a row: a cell of the common grid, or only the community."""

    ONE_KM = "1km"
    TEN_KM = "10km"
    COMMUNITY = "community"

    @property
    def level(self) -> ConsentLevel:
        """The level of the common grid: 0.01 and 0.1 degree are about 1 and 10 km from north to south."""
        return _LEVELS[self]


_LEVELS: Final = {
    Place.ONE_KM: ConsentLevel.NEIGHBOURHOOD,
    Place.TEN_KM: ConsentLevel.CITY,
    Place.COMMUNITY: ConsentLevel.HIDDEN,
}


class Period(StrEnum):
    """The finest time of a row: whole local days, weeks from Monday on, or months."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_DAYS: Final = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 31}


class Onward(StrEnum):
    """Whether what was received may be handed on."""

    NO = "no"
    CONSENT = "consent"
    YES = "yes"


class Party(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One side.

    Parameters
    ----------
    community, name
        Its id, and what people call it.
    key
        Public signing key, 64 hexadecimal digits.
    language
        In which it reads the agreement.
    gives
        What it gives to the other side; may be nothing.
    """

    community: str
    name: str
    key: str
    language: str = "en"
    gives: tuple[DataClass, ...] = ()


class Agreement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What two communities agree, as it is signed.

    Parameters
    ----------
    form
        Version of this layout.
    id, version
        Drawn id (32 hexadecimal digits), and which version of it, from 1 on.
    parties
        The two sides.
    purposes
        What the receiver may use it for, and nothing else.
    place, period
        The finest place and time of any row.
    smallest_cell
        No row is about fewer gardens, nor about fewer persons.
    licence
        Under which rows come; `none` for the purposes alone.
    retention_days
        So many days after it came in it is erased.
    onward
        Whether it may be handed on.
    begins, review
        First and last day on which it holds, ISO 8601.
    notice_days
        So many days after one side revokes it, it ends.
    texts
        The same in plain text, by language of a party.
    """

    form: int = FORM
    id: str
    version: int = 1
    parties: tuple[Party, Party]
    purposes: tuple[Purpose, ...]
    place: Place
    period: Period
    smallest_cell: int
    licence: str
    retention_days: int
    onward: Onward
    begins: str
    review: str
    notice_days: int
    texts: dict[str, str] = {}

    def party(self, community: str) -> Party | None:
        """Return the side of a community; None where it is no party."""
        return next((party for party in self.parties if party.community == community), None)

    def other(self, community: str) -> Party:
        """Return the side that is not this community."""
        return next(party for party in self.parties if party.community != community)

    def holds_on(self, day: date) -> bool:
        """Return whether a day lies between its first day and its review, both included."""
        return date.fromisoformat(self.begins) <= day <= date.fromisoformat(self.review)


def check_agreement(agreement: Agreement) -> None:
    """Check each field of an agreement, and its fields against one another.

    Raises
    ------
    InvalidAgreementError
        It names the field or fields, what was expected and what to do.
    """
    _check_identity(agreement)
    for party in agreement.parties:
        _check_party(party)
    _check_days(agreement)
    _check_amounts(agreement)
    for field, is_wrong, message in _contradictions(agreement):
        if is_wrong:
            raise InvalidAgreementError(field, message)


def _check_identity(agreement: Agreement) -> None:
    if agreement.form != FORM:
        raise InvalidAgreementError(
            "form", f"{agreement.form} is not known, this Sera knows {FORM}; update Sera"
        )
    if not DRAWN_ID.fullmatch(agreement.id) or agreement.version < 1:
        raise InvalidAgreementError("id", "expected 32 hexadecimal digits, and a version from 1 on")
    if not agreement.purposes or len(set(agreement.purposes)) != len(agreement.purposes):
        raise InvalidAgreementError("purposes", f"name one or more, each once: {', '.join(Purpose)}")
    if agreement.licence not in LICENCES:
        raise InvalidAgreementError(
            "licence", f"{agreement.licence!r} is not known; expected one of {', '.join(LICENCES)}"
        )
    if any(len(text) > TEXT_LONGEST for text in agreement.texts.values()):
        raise InvalidAgreementError("texts", f"a text has at most {TEXT_LONGEST} characters")


def _check_party(party: Party) -> None:
    if not _COMMUNITY.fullmatch(party.community):
        raise InvalidAgreementError(
            "parties", f"{party.community!r} is no id of a community; expected 3 to 32 of a-z, 0-9 and -"
        )
    if not party.name.strip() or len(party.name) > NAME_LONGEST or not party.name.isprintable():
        raise InvalidAgreementError(
            "parties", f"{party.community} needs a name of 1 to {NAME_LONGEST} visible characters"
        )
    if not is_key(party.key):
        raise InvalidAgreementError(
            "parties", f"the key of {party.community} is none; copy it from its `sera agreement key`"
        )
    if party.language not in LANGUAGES:
        raise InvalidAgreementError(
            "parties", f"language {party.language!r} has no catalogue; expected one of {', '.join(LANGUAGES)}"
        )
    if len(set(party.gives)) != len(party.gives):
        raise InvalidAgreementError("parties", f"{party.community} gives something twice; name each once")


def _check_days(agreement: Agreement) -> None:
    days = {}
    for field in ("begins", "review"):
        try:
            days[field] = read_day(getattr(agreement, field))
        except ValueError as error:
            raise InvalidAgreementError(field, "expected a day as 2027-06-30") from error
    longest = timedelta(days=REVIEW_DAYS_MOST)
    if not days["begins"] < days["review"] <= days["begins"] + longest:
        raise InvalidAgreementError("review", "expected a day after `begins`, within five years of it")


def _check_amounts(agreement: Agreement) -> None:
    for field, least, most in (
        ("smallest_cell", SMALLEST_CELL_LEAST, SMALLEST_CELL_MOST),
        ("retention_days", 1, RETENTION_DAYS_MOST),
        ("notice_days", 0, REVIEW_DAYS_MOST),
    ):
        number = getattr(agreement, field)
        if not least <= number <= most:
            raise InvalidAgreementError(field, f"{number} is not from {least} to {most}")


def _contradictions(agreement: Agreement) -> list[tuple[str, bool, str]]:
    """List what no agreement can mean: fields, whether it is so, and what to change."""
    first, second = agreement.parties
    days = date.fromisoformat(agreement.review) - date.fromisoformat(agreement.begins)
    return [
        (
            "parties",
            first.community == second.community or first.key == second.key,
            "both sides are one community or have one key; an agreement is between two",
        ),
        (
            "parties",
            not (first.gives or second.gives),
            "neither side gives anything; name what one of them gives",
        ),
        (
            "parties",
            any(
                DataClass.STORIES not in side.gives
                for side in (first, second)
                if DataClass.MEDIA in side.gives
            ),
            "pictures and sounds are given without their stories; name stories too, or leave media out",
        ),
        *_licence_contradictions(agreement),
        (
            "retention_days, period",
            agreement.retention_days < _DAYS[agreement.period],
            (
                f"{agreement.retention_days} days are shorter than a {agreement.period}: all would be erased "
                "before more comes; keep it longer"
            ),
        ),
        (
            "notice_days, review",
            agreement.notice_days > days.days,
            "the notice is longer than the agreement holds; shorten it, or put the review off",
        ),
    ]


def _licence_contradictions(agreement: Agreement) -> list[tuple[str, bool, str]]:
    onward, licence = agreement.onward, agreement.licence
    return [
        (
            "onward, licence",
            onward is not Onward.YES and licence != NO_LICENCE,
            (
                f'{licence} lets everybody hand it on, and onward says "{onward}"; write licence "none" or '
                'onward "yes"'
            ),
        ),
        (
            "onward, licence",
            onward is Onward.YES and licence == NO_LICENCE,
            'onward says "yes", and no licence says on which terms; choose a licence, or write onward "no"',
        ),
        (
            "purposes, onward",
            Purpose.PUBLISH in agreement.purposes and onward is not Onward.YES,
            f'who publishes hands on, and onward says "{onward}"; leave "publish" out, or write "yes"',
        ),
    ]

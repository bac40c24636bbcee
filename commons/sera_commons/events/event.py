"""An event of a community: when, where as closely as words may say, what is served, and who may see it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from sera_commons.errors import InvalidItemError
from sera_commons.items.consent import Consent, check_consent
from sera_commons.items.item import check_language, check_line, is_id
from sera_store.entry_fields import check_form, check_text, decode_entry

FORM: Final = 1
TITLE_LONGEST: Final = 120
PLACE_LONGEST: Final = 80
REASON_LONGEST: Final = 120
TEXT_LONGEST: Final = 4_000
GARDENS_MOST: Final = 20
DISHES_MOST: Final = 30
# Longer than any festival; what lasts a season is an audience's season, or many events.
DAYS_MOST: Final = 31
DAYS_AHEAD_MOST: Final = 1_830
DAYS_BACK_MOST: Final = 3_660
_DISH: Final = re.compile(r"[0-9a-f]{32}/[1-9][0-9]{0,3}")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
# At the ends of the calendar no moment of one clock is one of another.
_YEARS: Final = range(1970, 3000)
# A number that stands for itself is taken for one of a house; `2nd`, `2e`, `2º` and `2. Hof` are ordinals.
_HOUSE_NUMBER: Final = re.compile(r"\d+(?!\d|st\b|nd\b|rd\b|th\b|er\b|e\b|ème\b|º|ª|\.\s?[^\W\d_])")
_ADDRESS: Final = re.compile(r"@|://|\bwww\.", re.IGNORECASE)


class EventKind(StrEnum):
    """What sort of event it is."""

    FESTIVAL = "festival"
    WORKSHOP = "workshop"
    MEAL = "meal"
    WORK = "work"
    OTHER = "other"


class RoleKind(StrEnum):
    """What somebody does at an event."""

    HOST = "host"
    COOK = "cook"
    GUIDE = "guide"
    SPEAKER = "speaker"
    MUSICIAN = "musician"
    HELPER = "helper"


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of an event.

    Parameters
    ----------
    kind, title, language, text
        What it is, what it is called, in which language, and what is to be known.
    begins, ends
        On the clock of `timezone`: a day (`2027-04-12`) or a minute (`2027-04-12T11:00`), both alike; `ends`
        may be empty. A day of the end is the last one.
    timezone
        IANA name.
    place, district
        Where, in words without a number; id of a district of the registry. Both may be empty.
    gardens
        Gardens of the community in which it is.
    dishes
        Stories and recipes of the community, each as item and version.
    wanted
        For what people are sought.
    cancelled
        Why it does not take place; empty while it does.
    consent
        Who may see it, and for what; nobody is named by it.
    """

    form: int = FORM
    kind: EventKind
    title: str
    language: str
    text: str = ""
    begins: str
    ends: str = ""
    timezone: str
    place: str = ""
    district: str = ""
    gardens: tuple[str, ...] = ()
    dishes: tuple[str, ...] = ()
    wanted: tuple[RoleKind, ...] = ()
    cancelled: str = ""
    consent: Consent

    @property
    def is_whole_day(self) -> bool:
        """Whether only days are said, and no hour."""
        return len(self.begins) == len("2027-04-12")

    @property
    def first_day(self) -> date:
        """The day on which it begins."""
        return date.fromisoformat(self.begins[:10])

    @property
    def last_day(self) -> date:
        """The day on which it ends: the first one where no end is said."""
        return date.fromisoformat((self.ends or self.begins)[:10])


class EventRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That somebody said yes to being named at an event.

    Parameters
    ----------
    event
        Drawn id of the event.
    kind
        What they do there.
    name
        The form of name that they chose.
    on_paper
        Whether it may be printed, too: what is on paper cannot be taken back.
    """

    form: int = FORM
    event: str
    kind: RoleKind
    name: str
    on_paper: bool = False


def decode_event(body: bytes) -> Event:
    """Read an event from the body of an entry.

    Raises
    ------
    InvalidItemError
        It is not valid; the message says at which field.
    """
    event = decode_entry(body, Event, "event", InvalidItemError)
    check_event(event)
    return event


def decode_role(body: bytes) -> EventRole:
    """Read a role from the body of an entry.

    Raises
    ------
    InvalidItemError
        It is not valid; the message says at which field.
    """
    role = decode_entry(body, EventRole, "role", InvalidItemError)
    check_role(role)
    return role


def check_role(role: EventRole) -> None:
    """Check the fields of a role.

    Raises
    ------
    InvalidItemError
        It names the field, what was expected and what to do.
    """
    check_form(role.form, FORM, InvalidItemError)
    check_line("name", role.name, 60, is_needed=True)


def check_event(event: Event, entry_day: date | None = None) -> None:
    """Check the fields of an event.

    Parameters
    ----------
    entry_day
        The day on which it is given; None for one that was given before.

    Raises
    ------
    InvalidItemError
        It names the field, what was expected and what to do.
    """
    check_form(event.form, FORM, InvalidItemError)
    check_line("title", event.title, TITLE_LONGEST, is_needed=True)
    check_language(event.language)
    check_text("text", event.text, TEXT_LONGEST, InvalidItemError, has_lines=True)
    _check_place(event)
    _check_parts(event)
    check_line("cancelled", event.cancelled, REASON_LONGEST)
    _check_times(event, entry_day)
    check_consent(event.consent, entry_day)
    if date.fromisoformat(event.consent.review) < event.last_day:
        raise InvalidItemError(
            "review", "event_review", "expected a day after the event: it would be gone before it is over"
        )


def _check_place(event: Event) -> None:
    check_line("place", event.place, PLACE_LONGEST)
    if _HOUSE_NUMBER.search(event.place) or _ADDRESS.search(event.place):
        raise InvalidItemError(
            "place",
            "house_number",
            "has a number or an address in it; name the courtyard, the corner or the district in words",
        )
    if event.district and not is_id(event.district):
        raise InvalidItemError("district", "choose", "expected the id of a district, or nothing")


def _check_parts(event: Event) -> None:
    if len(event.gardens) > GARDENS_MOST:
        raise InvalidItemError("gardens", "too_many", f"at most {GARDENS_MOST} gardens", most=GARDENS_MOST)
    if len(event.dishes) > DISHES_MOST:
        raise InvalidItemError("dishes", "too_many", f"at most {DISHES_MOST} dishes", most=DISHES_MOST)
    if not all(map(is_id, event.gardens)) or len(set(event.gardens)) != len(event.gardens):
        raise InvalidItemError("gardens", "choose", "expected ids of gardens, each once")
    if not all(map(_DISH.fullmatch, event.dishes)) or len(set(event.dishes)) != len(event.dishes):
        raise InvalidItemError("dishes", "choose", "expected stories as item and version, each once")
    if len(set(event.wanted)) != len(event.wanted):
        raise InvalidItemError("wanted", "choose", "a role is named twice; name each once")


def _check_times(event: Event, entry_day: date | None) -> None:
    if event.timezone not in _zones():
        raise InvalidItemError("timezone", "choose", "expected a time zone as Europe/Berlin")
    zone = ZoneInfo(event.timezone)
    begins = _read_moment("begins", event.begins, zone)
    if entry_day is not None and not (
        entry_day - timedelta(DAYS_BACK_MOST) <= event.first_day <= entry_day + timedelta(DAYS_AHEAD_MOST)
    ):
        raise InvalidItemError(
            "begins", "far_day", "expected a day within five years from now, and not more than ten years ago"
        )
    if not event.ends:
        return
    ends = _read_moment("ends", event.ends, zone)
    if len(event.ends) != len(event.begins):
        raise InvalidItemError("ends", "hours", "expected an hour for both beginning and end, or for neither")
    if ends < begins:
        raise InvalidItemError("ends", "order", "is before the beginning; change one of the two")
    if event.last_day - event.first_day >= timedelta(DAYS_MOST):
        raise InvalidItemError(
            "ends", "long_event", f"expected an end within {DAYS_MOST} days; enter it as several events",
            days=DAYS_MOST,
        )  # fmt: skip


def _read_moment(field: str, text: str, zone: ZoneInfo) -> datetime:
    """Read a day, at its first minute, or a minute of a clock."""
    is_written = _DAY.fullmatch(text) or _MOMENT.fullmatch(text)
    try:
        moment = datetime.fromisoformat(text) if is_written else None
    except ValueError:
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise InvalidItemError(
            field, "no_day", "is no day that there is; expected one as 2027-04-12, with an hour as 11:00"
        )
    local = moment.replace(tzinfo=zone)
    if _MOMENT.fullmatch(text) and local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
        raise InvalidItemError(
            field, "no_hour", "is an hour that the clock leaves out that night; choose one before or after"
        )
    return local.astimezone(UTC)


@cache
def _zones() -> set[str]:
    return available_timezones()


def end_of(event: Event) -> datetime:
    """Return the moment from which on it is over: the end of its last day where no hour is said."""
    zone = ZoneInfo(event.timezone)
    if event.ends and not event.is_whole_day:
        return datetime.fromisoformat(event.ends).replace(tzinfo=zone)
    return datetime.combine(event.last_day + timedelta(1), time(), zone)


def start_of(event: Event) -> datetime:
    """Return the moment at which it begins; of an hour that comes twice, the first."""
    return datetime.fromisoformat(event.begins).replace(tzinfo=ZoneInfo(event.timezone))

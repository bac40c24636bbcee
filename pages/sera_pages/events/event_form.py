"""What a host fills in to enter an event, and the event that it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_commons.errors import InvalidItemError
from sera_commons.events.event import TEXT_LONGEST, Event, EventKind, RoleKind
from sera_commons.events.release import may_stand_beside
from sera_commons.items.consent import BUILT_IN, ONLY_ME, Consent, Use
from sera_pages.stories.tell_form import first

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from sera_commons.items.release import ReleasedItem
    from sera_pages.stories.tell_form import Values
    from sera_pages.views.forms import Form

# What an event may be used for: a file for a mural or another community has other ways of asking.
USES: Final = (Use.PAGE, Use.PRINT, Use.EXHIBIT)
_SINGLE: Final = (
    "kind", "title", "language", "first_day", "first_hour", "last_day", "last_hour", "place", "district",
    "audience", "review",
)  # fmt: skip
_MANY: Final = ("gardens", "dishes", "wanted", "uses")
# By field of an event: by which field of the form it is asked for.
_ASKED_IN: Final = {"begins": "first_day", "ends": "last_day"}
_HOURS: Final = {"begins": "first_hour", "ends": "last_hour"}
_LINE_MOST: Final = 400


def read_values(form: Form) -> Values:
    """Return all fields as they were typed."""
    values: Values = {name: [form.text(name, _LINE_MOST)] for name in _SINGLE}
    return {
        **values,
        **{name: form.texts(name) for name in _MANY},
        "text": [form.lines("text", 2 * TEXT_LONGEST)],
    }


def empty_values(language: str, review: date) -> Values:
    """Return the fields before anything was filled in: only me, no use."""
    defaults = {"kind": EventKind.MEAL.value, "language": language, "audience": ONLY_ME}
    defaults |= {"review": review.isoformat()}
    return {
        **{name: [defaults.get(name, "")] for name in (*_SINGLE, "text")},
        **{name: [] for name in _MANY},
    }


def values_of(event: Event) -> Values:
    """Return the fields of an event that is to be changed."""
    first_hour, last_hour = event.begins[11:], event.ends[11:]
    single = {
        "kind": event.kind.value, "title": event.title, "language": event.language, "text": event.text,
        "first_day": event.begins[:10], "first_hour": first_hour, "last_day": event.ends[:10],
        "last_hour": last_hour, "place": event.place, "district": event.district,
        "audience": event.consent.audience, "review": event.consent.review,
    }  # fmt: skip
    many = {
        "gardens": event.gardens, "dishes": event.dishes, "wanted": [kind.value for kind in event.wanted],
        "uses": [use.value for use in event.consent.uses],
    }  # fmt: skip
    return {name: [value] for name, value in single.items()} | {
        name: list(texts) for name, texts in many.items()
    }


def read_event(values: Values, timezone: str) -> Event:
    """Make an event of what was filled in.

    Raises
    ------
    InvalidItemError
        A choice does not exist.
    """
    kinds, roles = [kind.value for kind in EventKind], [kind.value for kind in RoleKind]
    if first(values, "kind") not in kinds:
        raise InvalidItemError("kind", "choose", f"expected one of {', '.join(kinds)}")
    if not set(values["wanted"]) <= set(roles):
        raise InvalidItemError("wanted", "choose", f"expected some of {', '.join(roles)}")
    begins = _moment(first(values, "first_day"), first(values, "first_hour"))
    last_day, last_hour = first(values, "last_day"), first(values, "last_hour")
    if last_hour and not last_day:
        # An end of the same day needs its hour alone.
        last_day = first(values, "first_day")
    return Event(
        kind=EventKind(first(values, "kind")),
        title=first(values, "title"),
        language=first(values, "language"),
        text=first(values, "text").strip(),
        begins=begins,
        ends=_moment(last_day, last_hour) if last_day else "",
        timezone=timezone,
        place=first(values, "place"),
        district=first(values, "district"),
        gardens=tuple(values["gardens"]),
        dishes=tuple(values["dishes"]),
        wanted=tuple(kind for kind in RoleKind if kind.value in values["wanted"]),
        consent=Consent(
            audience=first(values, "audience"),
            uses=tuple(use for use in USES if use.value in values["uses"]),
            review=first(values, "review"),
        ),
    )


def _moment(day: str, hour: str) -> str:
    return f"{day}T{hour}" if hour else day


def check_choices(
    event: Event,
    gardens: Collection[str],
    districts: Collection[str],
    audiences: Collection[str],
    dishes: Mapping[str, ReleasedItem],
) -> None:
    """Check what was chosen against what there is.

    Raises
    ------
    InvalidItemError
        It names the field, and what to do.
    """
    checks = {
        "gardens": set(event.gardens) <= set(gardens),
        "district": event.district in ("", *districts),
        "audience": event.consent.audience in (*BUILT_IN, *audiences),
        "dishes": set(event.dishes) <= set(dishes),
        "uses": bool(event.consent.uses),
    }
    for field, holds in checks.items():
        if not holds:
            raise InvalidItemError(field, "choose", "expected some of those that there are")
    for name in event.dishes:
        if not may_stand_beside(event.gardens, dishes[name]):
            raise InvalidItemError(
                "dishes",
                "beside_garden",
                "a plant in it leads to no garden; leave out the dish or the gardens",
                title=dishes[name].title,
            )


def missing_fields(values: Values) -> list[InvalidItemError]:
    """List what every event needs and this one lacks: all of it is said at once."""
    asked = {
        "title": ("empty", first(values, "title").strip()),
        "begins": ("empty_day", first(values, "first_day")),
        "uses": ("no_use", values["uses"]),
    }
    return [
        InvalidItemError(field, code, "is missing") for field, (code, value) in asked.items() if not value
    ]


def field_of(error: InvalidItemError) -> str:
    """Return by which field of the form is asked for what is wrong."""
    if error.code in ("no_hour", "hours"):
        return _HOURS[error.field]
    return _ASKED_IN.get(error.field, error.field)

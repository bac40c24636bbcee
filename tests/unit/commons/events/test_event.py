"""An event is held against what it may be, field by field, and says what to do."""

from __future__ import annotations

from datetime import UTC, date

import msgspec
import pytest

from commons_parts.events import consent, meal, role
from commons_parts.stories import TODAY
from sera_commons.errors import InvalidItemError
from sera_commons.events.event import (
    RoleKind,
    check_event,
    check_role,
    decode_event,
    decode_role,
    end_of,
    start_of,
)


def test_a_meal_with_everything_may_be_given_and_comes_back_the_same() -> None:
    check_event(meal(), TODAY)
    assert decode_event(msgspec.json.encode(meal())) == meal()
    assert decode_role(msgspec.json.encode(role())) == role()


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"title": " "}, "title", "empty"),
        ({"title": "x" * 121}, "title", "too_long"),
        ({"title": "Meal\u202e"}, "title", "characters"),
        ({"text": "x" * 4_001}, "text", "too_long"),
        ({"text": "\x1b[31m"}, "text", "characters"),
        ({"language": "<b>"}, "language", "choose"),
        ({"begins": "2027-02-30"}, "begins", "no_day"),
        ({"begins": "2027-04-12T25:00"}, "begins", "no_day"),
        ({"begins": "20270412"}, "begins", "no_day"),
        ({"begins": "tomorrow"}, "begins", "no_day"),
        ({"begins": "2047-04-12T12:00"}, "begins", "far_day"),
        ({"begins": "1999-04-12T12:00"}, "begins", "far_day"),
        ({"begins": "2027-03-28T01:30"}, "begins", "no_hour"),
        ({"ends": "2027-04-12T11:59"}, "ends", "order"),
        ({"ends": "2027-04-11T23:00"}, "ends", "order"),
        ({"ends": "2027-04-12"}, "ends", "hours"),
        ({"ends": "2027-05-13T12:00"}, "ends", "long_event"),
        ({"timezone": "Mars/Olympus"}, "timezone", "choose"),
        ({"timezone": "../../etc/passwd"}, "timezone", "choose"),
        ({"place": "Lime Street 7"}, "place", "house_number"),
        ({"place": "12a Lime Street"}, "place", "house_number"),
        ({"place": "شارع الزيتون ٧"}, "place", "house_number"),
        ({"place": "mail anna@example.org"}, "place", "house_number"),
        ({"place": "x" * 81}, "place", "too_long"),
        ({"gardens": ("<script>",)}, "gardens", "choose"),
        ({"gardens": ("elm-yard", "elm-yard")}, "gardens", "choose"),
        ({"gardens": tuple(f"garden-{number}" for number in range(21))}, "gardens", "too_many"),
        ({"dishes": ("soup",)}, "dishes", "choose"),
        ({"dishes": tuple(f"{'a' * 32}/{number}" for number in range(1, 32))}, "dishes", "too_many"),
        ({"wanted": (RoleKind.COOK, RoleKind.COOK)}, "wanted", "choose"),
        ({"district": "?"}, "district", "choose"),
        ({"cancelled": "x" * 121}, "cancelled", "too_long"),
        ({"form": 2}, "form", "unreadable"),
        ({"consent": consent(review="2027-04-11")}, "review", "event_review"),
        ({"consent": consent(review="2047-04-11")}, "review", "review"),
        ({"consent": consent(audience="all")}, "audience", "choose"),
    ],
)
def test_what_an_event_cannot_be_is_named_by_field_and_code(
    fields: dict[str, object], field: str, code: str
) -> None:
    with pytest.raises(InvalidItemError) as caught:
        check_event(meal(**fields), TODAY)
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize(
    "place",
    ["the corner of 2nd Avenue", "2. Hinterhof", "el patio del 3er portal", "la 2e cour", "al patio 1º"],
)
def test_an_ordinal_is_no_house_number(place: str) -> None:
    check_event(meal(place=place), TODAY)


def test_an_hour_that_comes_twice_is_the_first_and_one_of_days_has_none() -> None:
    twice = meal(begins="2027-10-31T01:30", ends="2027-10-31T03:00")
    check_event(twice, TODAY)
    assert start_of(twice).astimezone(UTC).isoformat() == "2027-10-31T00:30:00+00:00"
    days = meal(begins="2027-03-27", ends="2027-03-28")
    check_event(days, TODAY)
    assert (days.is_whole_day, days.last_day) == (True, date(2027, 3, 28))
    assert end_of(days).isoformat() == "2027-03-29T00:00:00+01:00"


def test_without_an_end_it_is_over_at_the_end_of_its_day() -> None:
    assert end_of(meal(ends="")).isoformat() == "2027-04-13T00:00:00+01:00"
    assert end_of(meal()).isoformat() == "2027-04-12T16:30:00+01:00"


@pytest.mark.parametrize("body", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"form":1}'])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidItemError):
        decode_event(body)
    with pytest.raises(InvalidItemError):
        decode_role(body)


@pytest.mark.parametrize(("name", "code"), [("", "empty"), ("x" * 61, "too_long"), ("A\u0000", "characters")])
def test_a_role_needs_a_name_that_can_be_shown(name: str, code: str) -> None:
    with pytest.raises(InvalidItemError) as caught:
        check_role(role(name=name))
    assert caught.value.code == code

"""An offer is held against what it may be: each wrong thing is named at its field, with what to do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sera_coalition.errors import InvalidSurplusError
from sera_coalition.surplus.amounts import AMOUNT_MOST, UNITS, read_amount
from sera_coalition.surplus.offer import GROUNDS, offer_problems
from sera_coalition.surplus.rule import SharingRule
from sera_vocabulary.durations import DAY_S
from sharing.surplus import RULE, offer
from web.parts import NOW_S


def problem(**changes: Any) -> tuple[str, str]:
    first, *_ = offer_problems(offer(**changes), NOW_S, RULE)
    return first.field, first.code


def test_what_a_garden_gives_and_what_a_kitchen_gives_are_taken() -> None:
    for ground in GROUNDS:
        assert offer_problems(offer(ground=ground), NOW_S, RULE) == []
    for allergens in (None, (), ("celery", "milk")):
        assert offer_problems(offer(kind="cooked", ground="", allergens=allergens), NOW_S, RULE) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "weapons"}, ("kind", "choose")),
        ({"what": "  "}, ("what", "empty")),
        ({"what": "x" * 61}, ("what", "too_long")),
        ({"what": "beans\u202etxt"}, ("what", "characters")),
        ({"what": "call 0151 234567"}, ("what", "contact")),
        ({"what": "mail anna@oak.example"}, ("what", "contact")),
        ({"unit": "stone"}, ("unit", "choose")),
        ({"portions": 0}, ("portions", "portions")),
        ({"portions": 201}, ("portions", "portions")),
        ({"place": ""}, ("place", "empty")),
        ({"place": "Elm Street 12"}, ("place", "house_number")),
        ({"place": "شارع النخيل ١٢"}, ("place", "house_number")),
        ({"place": "51.50012, -0.10034"}, ("place", "contact")),
        ({"until_s": NOW_S}, ("until", "order")),
        ({"from_s": NOW_S - 3 * DAY_S, "until_s": NOW_S - DAY_S}, ("until", "over")),
        ({"until_s": NOW_S + 15 * DAY_S}, ("until", "too_far")),
        ({"ground": ""}, ("ground", "choose")),
        ({"kind": "bread", "allergens": ("arsenic",)}, ("allergens", "choose")),
        ({"draw_s": NOW_S + 60}, ("draw", "no_rule")),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert problem(**changes) == expected


def test_a_number_that_is_no_house_number_may_be_meant_and_a_telephone_number_may_not() -> None:
    assert offer_problems(offer(place="Stop of tram 5"), NOW_S, RULE, is_number_meant=True) == []
    assert offer_problems(offer(place="Ring 0151 23 45 67"), NOW_S, RULE, is_number_meant=True) != []


@pytest.mark.parametrize(("draw_s", "field"), [(NOW_S - 1, "draw"), (NOW_S + DAY_S, "until")])
def test_a_draw_lies_before_the_end_and_not_in_the_past(draw_s: int, field: str) -> None:
    rule = structs.replace(RULE, sharing=SharingRule(way="need", members=4))
    assert offer_problems(offer(draw_s=NOW_S + 60), NOW_S, rule) == []
    assert [
        (problem.field, problem.code) for problem in offer_problems(offer(draw_s=draw_s), NOW_S, rule)
    ] == [(field, "draw")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6", (6.0, "kg")), ("2,5", (2.5, "kg")), ("٢٫٥", (2.5, "kg")), ("500 g", (500.0, "g")),
        ("3 bunches", (3.0, "bunches")), ("2 lb", (0.907, "kg")), ("1 pint", (0.473, "L")),
        ("2 t", (2000.0, "kg")),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(text: str, expected: tuple[float, str]) -> None:
    assert read_amount(text, "kg") == expected


@pytest.mark.parametrize(
    "text",
    ["", "0", "-3", "many", "1e9", "nan", "10001", "3 metres", "3 seconds", "3 degC", "5 euro", "=1+1",
     "9" * 99, "3 kg * kg"],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidSurplusError) as caught:
        read_amount(text, "kg")
    assert caught.value.field == "amount"


@given(st.text(max_size=30), st.sampled_from(UNITS))
def test_any_text_is_an_amount_within_bounds_or_refused(text: str, unit: str) -> None:
    try:
        amount, own = read_amount(text, unit)
    except InvalidSurplusError:
        return
    assert 0 < amount <= AMOUNT_MOST
    assert own in UNITS

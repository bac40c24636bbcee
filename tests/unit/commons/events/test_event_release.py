"""What of an event is shown to whom: audience, place of its gardens, dishes, names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commons_parts.events import DISH, LEVELS, consent, meal, role, roles, stored
from commons_parts.stories import ANNA, AUDIENCES, BO, CEM, TODAY, consents, readers, story
from commons_parts.stories import stored as stored_story
from sera_commons.events.calendar_file import calendar_file
from sera_commons.events.release import ReleasedEvent, StoredRole, release_event
from sera_commons.items.consent import Use
from sera_commons.items.item import PlantName
from sera_commons.items.release import STRANGER, Reader, Reason, ReleasedItem, release
from strategies import examples

NEIGHBOUR = Reader(BO, "oak")
COOK = StoredRole(9, BO, role())


def dishes(reader: Reader = STRANGER, use: Use = Use.PAGE, **fields: Any) -> dict[str, ReleasedItem]:
    view = release(stored_story(story(**fields)), use, reader, TODAY, AUDIENCES)
    return {DISH: view} if isinstance(view, ReleasedItem) else {}


def released(
    event: Any = None, reader: Reader = STRANGER, use: Use = Use.PAGE, **changes: Any
) -> ReleasedEvent | Reason:
    arguments = {"levels": LEVELS, "dishes": dishes(reader, use), "roles": [COOK], **changes}
    return release_event(stored(event), use, reader, TODAY, AUDIENCES, **arguments)


def test_a_stranger_sees_what_is_for_everybody_with_dish_and_cook() -> None:
    view = released()
    assert isinstance(view, ReleasedEvent)
    assert view.event.place == "the courtyard behind the library"
    assert [dish.title for dish in view.dishes] == ["Bean stew of the third floor"]
    assert [(role_.name, role_.number) for role_ in view.roles] == [("Anna of the green door", 0)]
    assert view.event.dishes == ()


@pytest.mark.parametrize(
    ("audience", "reader", "reason"),
    [
        ("me", NEIGHBOUR, Reason.AUDIENCE), ("community", STRANGER, Reason.AUDIENCE),
        ("community", Reader(CEM, "ash"), Reason.AUDIENCE), ("e" * 32, Reader(CEM, "oak"), Reason.AUDIENCE),
        ("f" * 32, NEIGHBOUR, Reason.SEASON),
    ],
)  # fmt: skip
def test_who_is_not_in_its_audience_sees_nothing(audience: str, reader: Reader, reason: Reason) -> None:
    assert released(meal(consent=consent(audience=audience)), reader) == reason


def test_who_entered_it_sees_it_on_pages_alone() -> None:
    event = meal(consent=consent(audience="me"))
    assert isinstance(released(event, Reader(ANNA, "oak")), ReleasedEvent)
    assert released(event, Reader(ANNA, "oak"), Use.EXHIBIT) == Reason.AUDIENCE


def test_what_was_withdrawn_hidden_or_not_agreed_to_is_not_shown() -> None:
    assert (
        release_event(
            replace(stored(), event=None), Use.PAGE, STRANGER, TODAY, {}, levels={}, dishes={}, roles=[]
        )
        == Reason.WITHDRAWN
    )
    assert (
        release_event(stored(is_hidden=True), Use.PAGE, STRANGER, TODAY, {}, levels={}, dishes={}, roles=[])
        == Reason.HIDDEN
    )
    assert released(meal(consent=consent(uses=(Use.PAGE,))), use=Use.EXHIBIT) == Reason.OTHER_USE


@pytest.mark.parametrize("level", ["city", "hidden"])
def test_words_for_a_place_stay_in_the_community_where_a_host_lets_less_be_known(level: str) -> None:
    levels = {**LEVELS, "mill-court": type(LEVELS["elm-yard"])(level)}
    event = meal(gardens=("elm-yard", "mill-court"), district="east")
    view = released(event, levels=levels)
    assert isinstance(view, ReleasedEvent)
    assert (view.event.place, view.event.district, view.is_place_withheld) == ("", "", True)
    neighbour = released(event, NEIGHBOUR, levels=levels)
    assert isinstance(neighbour, ReleasedEvent)
    assert (neighbour.event.place, neighbour.is_place_withheld) == (event.place, False)


def test_a_garden_that_is_gone_is_left_out() -> None:
    view = released(meal(gardens=("elm-yard", "gone")))
    assert isinstance(view, ReleasedEvent)
    assert view.event.gardens == ("elm-yard",)


def test_a_dish_with_a_plant_that_heals_stands_beside_no_garden() -> None:
    salve = dishes(plants=(PlantName(name="marigold", language="en", taxon="Calendula officinalis"),))
    with_garden, without = released(dishes=salve), released(meal(gardens=()), dishes=salve)
    assert isinstance(with_garden, ReleasedEvent)
    assert isinstance(without, ReleasedEvent)
    assert (with_garden.dishes, len(without.dishes)) == ((), 1)


def test_names_are_in_no_file_and_ones_own_can_be_taken_back() -> None:
    for use in (Use.EXHIBIT, Use.PRINT, Use.FEDERATION):
        view = released(use=use)
        assert isinstance(view, ReleasedEvent)
        assert view.roles == ()
    own = released(None, NEIGHBOUR)
    assert isinstance(own, ReleasedEvent)
    assert [role_.number for role_ in own.roles] == [9]


@pytest.mark.slow
@given(
    readers(),
    consents().map(lambda terms: consent(audience=terms.audience, uses=terms.uses, review=terms.review)),
    st.sampled_from(list(Use)),
    roles(),
    roles(),
)
@settings(max_examples=examples(200))
def test_names_ids_and_yeses_of_people_change_nothing_for_who_may_not_see_them(
    reader: Reader, own_consent: Any, use: Use, some: list[StoredRole], more: list[StoredRole]
) -> None:
    event = meal(consent=own_consent)
    first, second = released(event, reader, use, roles=some), released(event, reader, use, roles=more)
    if not isinstance(first, ReleasedEvent) or use != Use.PAGE:
        assert first == second
        return
    assert isinstance(second, ReleasedEvent)
    # A calendar holds no name, whoever asks for it.
    assert calendar_file([first], lambda _: "") == calendar_file([second], lambda _: "")
    assert replace(first, roles=()) == replace(second, roles=())
    ids = {role_.author for role_ in some if len(role_.author) > 8}
    assert not any(name in repr(first) for name in ids)

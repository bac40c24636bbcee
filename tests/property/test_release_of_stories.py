"""Nothing of a story is released that its giver did not agree to: any output, any reader, any day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commons_parts.stories import (
    ANNA,
    AUDIENCES,
    BEAN,
    CEM,
    ELDERS,
    TODAY,
    WINTER,
    consent,
    consents,
    readers,
    stored,
    story,
)
from sera_commons.items.consent import COMMUNITY, EVERYBODY, ONLY_ME, Use, is_within
from sera_commons.items.item import PlantName
from sera_commons.items.release import STRANGER, Reader, Reason, ReleasedItem, release
from strategies import examples

uses = st.sampled_from(list(Use))
days = st.integers(0, 800).map(lambda days: date(2026, 1, 1) + timedelta(days=days))


def is_released(agreement, use, reader, day) -> bool:
    view = release(stored(story(consent=agreement)), use, reader, day, AUDIENCES)
    return isinstance(view, ReleasedItem)


def may_see(agreement, reader: Reader, day: date) -> bool:
    """The audience by its definition, written again."""
    name = agreement.audience
    is_here = reader.community == "oak"
    if name == EVERYBODY:
        return True
    if name == COMMUNITY:
        return is_here
    if name == ELDERS:
        return is_here and (reader.person in AUDIENCES[ELDERS].members or ELDERS in reader.audiences)
    if name == WINTER:
        return is_here and (day.month in (11, 12, 1) or (day.month == 2 and day.day <= 28))
    return False


@settings(max_examples=examples(400))
@given(consents(), uses, readers(), days)
def test_what_is_released_was_agreed_to_in_every_respect(agreement, use, reader, day) -> None:
    is_own_page = use is Use.PAGE and reader.person == ANNA
    allowed = (
        use in agreement.uses
        and may_see(agreement, reader, day)
        and str(day) <= agreement.review
        and (agreement.grown_up_agrees or not agreement.is_child)
    )
    assert is_released(agreement, use, reader, day) == (allowed or is_own_page)


@settings(max_examples=examples(200))
@given(consents(), uses, readers(), days)
def test_withdrawal_wins_over_every_consent(agreement, use, reader, day) -> None:
    withdrawn = replace(stored(story(consent=agreement)), item=None)
    assert release(withdrawn, use, reader, day, AUDIENCES) is Reason.WITHDRAWN


@settings(max_examples=examples(300))
@given(consents(), consents(), uses, readers(), days)
def test_a_narrower_consent_never_releases_more(narrow, wide, use, reader, day) -> None:
    narrow = msgspec.structs.replace(narrow, is_child=wide.is_child, grown_up_agrees=wide.grown_up_agrees)
    # A season of the whole community is no part of a group of it.
    if is_within(narrow, wide) and is_released(narrow, use, reader, day):
        assert is_released(wide, use, reader, day)


@settings(max_examples=examples(200))
@given(consents(), uses, readers(), days)
def test_who_is_in_more_audiences_sees_no_less(agreement, use, reader, day) -> None:
    more = Reader(reader.person, reader.community, frozenset(AUDIENCES))
    if is_released(agreement, use, reader, day):
        assert is_released(agreement, use, more, day)


@given(uses, readers(), days)
def test_a_moderator_hides_it_from_all_but_its_giver(use, reader, day) -> None:
    view = release(stored(is_hidden=True), use, reader, day, AUDIENCES)
    assert isinstance(view, ReleasedItem) == (reader.person == ANNA and use is Use.PAGE)


@given(
    st.lists(
        st.sampled_from(
            [
                PlantName(name="that herb", language="en"),
                PlantName(name="bean", language="en", taxon="Vicia faba", is_guarded=True),
                PlantName(name="marigold", language="en", taxon="Calendula officinalis"),
                PlantName(name="edelweiss", language="en", taxon="Leontopodium nivale"),
            ]
        ),
        min_size=1,
        max_size=3,
    )
)
def test_a_healing_rare_or_unknown_plant_leads_to_no_garden(plants) -> None:
    item = story(plants=(BEAN, *plants), consent=consent())
    view = release(stored(item), Use.EXHIBIT, STRANGER, TODAY, AUDIENCES)
    assert isinstance(view, ReleasedItem)
    assert view.gardens == ()


def test_a_plant_of_the_table_leads_to_the_gardens_that_its_giver_named() -> None:
    view = release(stored(), Use.EXHIBIT, STRANGER, TODAY, AUDIENCES)
    assert isinstance(view, ReleasedItem)
    assert view.gardens == ("elm-yard",)


def test_only_me_is_for_no_output_that_others_see() -> None:
    for use in Use:
        view = release(stored(story(consent=consent(audience=ONLY_ME))), use, STRANGER, TODAY, AUDIENCES)
        assert view is Reason.AUDIENCE


@pytest.mark.parametrize(
    ("day", "is_open"),
    [("2026-10-31", False), ("2026-11-01", True), ("2027-02-28", True), ("2027-03-01", False)],
)
def test_a_winter_tale_is_told_in_winter_alone_and_over_the_turn_of_the_year(day: str, is_open: bool) -> None:
    winter = consent(audience=WINTER)
    assert is_released(winter, Use.PAGE, Reader(CEM, "oak"), date.fromisoformat(day)) == is_open

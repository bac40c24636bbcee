"""A form that cannot be taken comes back with what was typed, and says beside the field what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sera_pages.accounts.cases import TITLE
from sera_pages.views.pages import prose
from sera_store.registry.persons import CURATOR, MEMBER, STEWARD
from web.parts import count, press

if TYPE_CHECKING:
    from web.parts import Answer, Pages


def errors_of(answer: Answer) -> dict[str, str]:
    """The sentence beside each field that is wrong."""
    pairs = re.findall(r'<p class="error"(?: id="([^"]+)-error")?>([^<]+)</p>', answer.body)
    return dict(pairs)


def test_a_name_that_is_too_long_comes_back_to_be_shortened(pages: Pages) -> None:
    client = pages.signed_in(pages.person(MEMBER, name="Ada"))
    answer = press(client, "/mine", "/mine/name", name="x" * 60)
    assert answer.status == 422
    assert set(errors_of(answer)) == {"name"}
    assert 'value="' + "x" * 60 in answer.body
    assert "<title>Something is not right yet: " in answer.body
    assert pages.installation.names.of("member-0001") == "Ada"


@pytest.mark.parametrize("days", ["0", "soon", "91"])
def test_days_of_an_invitation_that_cannot_be_make_none(pages: Pages, days: str) -> None:
    client = pages.signed_in(pages.person(MEMBER, STEWARD))
    path = "/communities/oak/invitations"
    answer = press(client, "/communities/oak/people", path, days=days, role=CURATOR, garden="mill-court")
    assert answer.status == 422
    assert errors_of(answer) == {"days": "Write a whole number from 1 to 90"}
    assert f'value="{CURATOR}" selected' in answer.body
    assert 'value="mill-court" checked' in answer.body
    assert pages.installation.invitations.open("oak") == []


def test_a_decision_without_a_reason_is_asked_for_one_beside_its_own_case(pages: Pages) -> None:
    cases = pages.installation.cases
    reported = [
        cases.report("oak", TITLE, name, "unkind", garden=name) for name in ("elm-yard", "mill-court")
    ]
    client = pages.signed_in(pages.person(CURATOR))
    answer = press(client, "/communities/oak/reports", f"/cases/{reported[1]}", decision="hide", reason="")
    assert answer.status == 422
    assert errors_of(answer) == {f"reason-{reported[1]}": "Write why: whoever gave it has a right to know."}
    assert f'href="#reason-{reported[1]}"' in answer.body
    assert cases.hidden_subjects(TITLE) == frozenset()


def test_what_is_wrong_is_named_by_its_field_in_the_order_of_the_page(pages: Pages) -> None:
    client = pages.signed_in(pages.person())
    answer = count(client, minutes="x", flower="", flower_units="many", wasps="-1")
    summary = re.findall(r'<li><a href="#(\w+)">([^<]+)</a></li>', answer.body)
    assert summary == [
        ("flower", "Which flower do you watch? Choose a flower"),
        ("flower_units", "How many flowers are in the patch? Write a whole number from 0 to 100,000"),
        ("wasps", "wasps: Write a whole number from 0 to 10,000"),
        ("minutes", "Minutes: Write a number from 5 to 120"),
    ]


def test_commands_in_sentences_are_marked_and_nothing_else_becomes_markup() -> None:
    assert prose("run `sera up --lan` <b>") == (
        'run <code lang="en" dir="ltr">sera up <span class="whole">--lan</span></code> &lt;b&gt;'
    )

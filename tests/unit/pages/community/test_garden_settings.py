"""A garden's title and consent, changed by its host, with what they were before in the registry's history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_store.coarse_grid import ConsentLevel
from sera_store.licence import Licence
from sera_store.registry.persons import FACILITATOR, HOST, MEMBER, STEWARD

if TYPE_CHECKING:
    from web.parts import Pages

PATH = "/gardens/elm-yard/settings"


@pytest.mark.parametrize(
    ("role", "gardens", "status"),
    [
        (MEMBER, ("elm-yard",), 403),
        (FACILITATOR, ("elm-yard",), 403),
        (HOST, (), 403),
        (HOST, ("mill-court",), 403),
        (HOST, ("elm-yard",), 200),
        (STEWARD, (), 200),
    ],
)
def test_only_its_host_and_stewards_change_a_garden(
    pages: Pages, role: str, gardens: tuple[str, ...], status: int
) -> None:
    client = pages.signed_in(pages.person(role, gardens=gardens))
    assert client.get(PATH).status == status
    fields = {
        "form_token": client.get("/mine").field("form_token"),
        "title": "Ours",
        "consent": "hidden",
        "delay": "day",
        "licence": "cc-by-nc",
    }
    assert client.post(PATH, fields).status == (303 if status == 200 else 403)
    garden = pages.installation.registry.garden("elm-yard")
    assert garden is not None
    assert (garden.name == "Ours") == (status == 200)


def test_a_withdrawn_consent_hides_the_place_and_the_exact_one_is_shown_nowhere(pages: Pages) -> None:
    client = pages.signed_in(pages.person(HOST, gardens=("elm-yard",)))
    before = pages.installation.registry.garden("elm-yard")
    assert "near 51" in client.get("/gardens/elm-yard").body
    form = {
        "form_token": client.get(PATH).field("form_token"),
        "title": "Elm Yard",
        "consent": "hidden",
        "delay": "day",
        "licence": "cc-by-nc",
    }
    assert client.post(PATH, form).status == 303
    after = pages.installation.registry.garden("elm-yard")
    assert before is not None
    assert after is not None
    assert (after.consent, after.timezone) == (ConsentLevel.HIDDEN, before.timezone)
    assert after.licence is Licence.CC_BY_NC
    for path in ("/gardens/elm-yard", PATH):
        assert "51." not in client.get(path).body
    assert "place not shown" in client.get("/gardens/elm-yard").body
    assert len(pages.installation.registry.history("garden", "elm-yard")) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"title": "x" * 61},
        {"consent": ""},
        {"consent": "exact"},
        {"delay": "year"},
        {"licence": "mine"},
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(pages: Pages, fields: dict[str, str]) -> None:
    client = pages.signed_in(pages.person(STEWARD))
    token = client.get(PATH).field("form_token")
    answer = client.post(
        PATH,
        {
            "form_token": token,
            "title": "Elm",
            "consent": "city",
            "delay": "day",
            "licence": "cc-by",
            **fields,
        },
    )
    assert answer.status == 422
    assert len(pages.installation.registry.history("garden", "elm-yard")) == 1

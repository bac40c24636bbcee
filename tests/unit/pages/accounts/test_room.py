"""The pages are opened to the room and closed by their steward, or by a verb, under an own address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_command.main import main
from sera_gateway.own_hosts import outward_address
from sera_pages.accounts.opening import checked_address, room_address
from sera_pages.errors import InvalidFieldError
from sera_store.registry.persons import FACILITATOR, HOST, MEMBER, STEWARD
from web.browser import own_address as outside_address
from web.parts import press

if TYPE_CHECKING:
    from web.parts import Pages


@pytest.fixture
def address() -> str:
    address = outside_address()
    if not address:
        pytest.skip("this machine has no address besides loopback")
    return address


def test_a_steward_opens_and_closes_the_room(pages: Pages, address: str) -> None:
    steward = pages.signed_in(pages.person(STEWARD))
    assert "Only this computer reaches these pages." in steward.get("/room").body
    assert f"under {address}" in press(steward, "/room", "/room", address=address, open="1").body
    assert room_address(pages.installation.folder) == address
    token = steward.get("/room").field("form_token")
    assert steward.post("/room", {"form_token": token, "open": "0"}).status == 200
    assert room_address(pages.installation.folder) == ""


@pytest.mark.parametrize(
    "text", ["", "127.0.0.1", "::1", "0.0.0.0", "192.0.2.7", "pages.example", "224.0.0.1"]
)
def test_only_an_address_of_this_machine_opens_it(pages: Pages, text: str) -> None:
    with pytest.raises(InvalidFieldError):
        checked_address(text)
    steward = pages.signed_in(pages.person(STEWARD))
    assert press(steward, "/room", "/room", address=text, open="1").status == 422
    assert room_address(pages.installation.folder) == ""


def test_nobody_else_does_and_not_over_plain_http(pages: Pages, address: str) -> None:
    for number, role in enumerate((MEMBER, HOST, FACILITATOR), 1):
        client = pages.signed_in(pages.person(role, number=number))
        token = client.get("/mine").field("form_token")
        assert client.post("/room", {"form_token": token, "address": address, "open": "1"}).status == 403
    in_the_room = pages.signed_in(pages.person(STEWARD, number=8), address="192.168.1.9")
    assert in_the_room.get("/room").status == 403
    assert pages.client().get("/room").status == 401


def test_the_verb_does_the_same(pages: Pages, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(pages.installation.folder)]
    assert main(["room", "open", address, *data]) == 0
    assert room_address(pages.installation.folder) == address
    assert main(["room", "show", *data]) == 0
    assert f"open under {address}" in capsys.readouterr().out
    assert main(["room", "close", *data]) == 0
    assert main(["room", "open", "192.0.2.7", *data]) == 3
    assert "no address of this machine" in capsys.readouterr().err
    assert room_address(pages.installation.folder) == ""


def test_the_address_that_leads_outside_is_found(address: str) -> None:
    assert outward_address() == address

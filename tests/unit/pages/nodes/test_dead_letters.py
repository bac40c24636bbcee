"""Refused messages are shown to the stewards of the community that they are of, whole, and to no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_store.records.dead_letters import DeadLetter
from sera_store.registry.entities import Community, Garden, Node
from sera_store.registry.persons import MEMBER, STEWARD, Person
from sera_store.store import Store
from web.parts import NOW_S

if TYPE_CHECKING:
    from web.parts import Client, Pages

# Of each message: its topic, its node where one is known, and what is in it.
OAK = ("sera/v1/oak/elm-1/data", "elm-1", b"of-oak")
BAY = ("sera/v1/bay/sea-1/data", "sea-1", b"of-bay")
BAY_UNKNOWN = ("sera/v1/bay/nameless/data", "", b"nameless-of-bay")
BAY_FOREIGN = ("zigbee2mqtt/probe", "sea-1", b"foreign-of-bay")
NOWHERE = ("zigbee2mqtt/lamp", "", b"of-nowhere")


@pytest.fixture
def stewards(pages: Pages) -> dict[str, Client]:
    """A steward of each of two communities, with messages of both and of neither."""
    registry = pages.installation.registry
    registry.put(Community("bay"), since_s=1, by="a test")
    sea = Garden("sea-yard", "bay", None, "Sea", 51.5, -0.1, "Europe/London")
    registry.put(sea, since_s=1, by="a test")
    for node in (Node("elm-1", "elm-yard"), Node("sea-1", "sea-yard")):
        registry.put(node, since_s=1, by="a test")
    person = Person("member-0091", "bay", (MEMBER, STEWARD), ())
    registry.put(person, since_s=1, by="a test")
    with Store.open(pages.installation.folder / "store") as store, store.ledger() as ledger:
        ledger.dead_letters.add(
            DeadLetter(number, "not_json", "no JSON", topic, payload, node, received_s=NOW_S)
            for number, (topic, node, payload) in enumerate((OAK, BAY, BAY_UNKNOWN, BAY_FOREIGN, NOWHERE), 1)
        )
    return {"oak": pages.signed_in(pages.person(STEWARD)), "bay": pages.signed_in(person)}


@pytest.mark.parametrize(
    ("community", "own", "foreign"),
    [
        ("oak", (b"of-oak", b"of-nowhere"), (b"of-bay",)),
        ("bay", (b">of-bay", b"nameless-of-bay", b"foreign-of-bay", b"of-nowhere"), (b"of-oak",)),
    ],
)
def test_a_steward_sees_what_is_of_their_community_or_of_none(
    stewards: dict[str, Client], community: str, own: tuple[bytes, ...], foreign: tuple[bytes, ...]
) -> None:
    body = stewards[community].get(f"/communities/{community}/dead-letters").body
    assert all(text.decode() in body for text in own)
    assert not any(text.decode() in body for text in foreign)
    assert f"{len(own)} messages were refused" in body
    nodes = stewards[community].get(f"/communities/{community}/nodes").body
    assert f"{len(own)} refused messages" in nodes

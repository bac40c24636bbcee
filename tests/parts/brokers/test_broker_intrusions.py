"""Ways round the rights of both brokers that a node with a good certificate may try, seen at the receiver."""

from __future__ import annotations

import contextlib

import pytest

from brokers.certified import GATEWAY, PLACES, NatsBroker, Site, without
from real_parts import wait_until

OWN = "sera/v1/oak/elm-1/status"
FOREIGN_TOPIC = "sera/v1/oak/elm/status"


@pytest.mark.parametrize("topic", [FOREIGN_TOPIC, "sera/v1/oak/elm/have"])
def test_a_last_will_under_another_name_is_never_spoken(site: Site, topic: str) -> None:
    gateway = site.party(GATEWAY).connect()
    gateway.subscribe("sera/#")
    # A broker may also refuse the connection for its will.
    forger = site.party("elm-1", will=(topic, b"forged"))
    with contextlib.suppress(AssertionError):
        forger.connect()
    forger.die()
    node = site.party("elm-2", will=("sera/v1/oak-elm/elm-2/status", b"lost")).connect()
    node.die()
    gateway.wait(lambda: ("sera/v1/oak-elm/elm-2/status", b"lost") in gateway.received)

    assert [topic for topic, payload in gateway.received if payload == b"forged"] == []
    late = site.party("gateway-2").connect()
    late.subscribe("sera/#")
    late.wait(lambda: ("sera/v1/oak-elm/elm-2/status", b"lost") in late.received)
    assert [topic for topic, payload in late.received if payload == b"forged"] == []


def test_nothing_forged_is_retained_for_a_node_that_comes_later(site: Site) -> None:
    for channel in ("have", "config", "update"):
        site.forge("elm-1", f"sera/v1/oak/elm/{channel}", retain=True)
    gateway = site.party(GATEWAY).connect()
    gateway.publish("sera/v1/oak/elm/have", b"true", retain=True)
    node = site.party("elm").connect()
    for channel in ("have", "config", "update"):
        node.subscribe(f"sera/v1/oak/elm/{channel}")
    node.wait(lambda: ("sera/v1/oak/elm/have", b"true") in node.received)

    assert {payload for _, payload in node.received} == {b"true"}


@pytest.mark.parametrize("pattern", ["sera/v1/oak/+/status", "sera/#", "$share/a/sera/#"])
def test_what_is_retained_of_others_is_not_sent(site: Site, pattern: str) -> None:
    site.party("elm").connect().publish(FOREIGN_TOPIC, b"asleep", retain=True)
    reader = site.party("elm-1").connect()
    reader.subscribe(pattern)
    if reader.ended:
        return
    reader.subscribe("sera/v1/oak/elm-1/have")
    site.party(GATEWAY).connect().publish("sera/v1/oak/elm-1/have", b"own")
    reader.wait(lambda: bool(reader.received))

    assert reader.received == [("sera/v1/oak/elm-1/have", b"own")]


def test_a_revoked_node_is_heard_no_more_on_the_connection_it_still_has(site: Site) -> None:
    gateway = site.party(GATEWAY).connect()
    gateway.subscribe("sera/#")
    node = site.party("elm-1").connect()
    node.publish(OWN, b"before")
    gateway.wait(lambda: gateway.received == [(OWN, b"before")])
    site.authority.revoke("elm-1", "stolen")
    site.broker.renew(without(PLACES, "elm-1"))
    if isinstance(site.broker, NatsBroker):
        node.wait(lambda: node.ended)
        return
    other = site.party("elm").connect()

    def is_shut_out() -> bool:
        """Whether what the revoked node says first comes later than another's word, or never."""
        count = len(gateway.received)
        node.publish(OWN, b"after")
        other.publish(FOREIGN_TOPIC, b"mark")
        gateway.wait(lambda: (FOREIGN_TOPIC, b"mark") in gateway.received[count:])
        return (OWN, b"after") not in gateway.received[count:]

    wait_until(is_shut_out, label="the rights are read again")
    assert is_shut_out()


def test_a_session_taken_over_by_its_client_id_gives_nothing_of_it_away(site: Site) -> None:
    gateway = site.party(GATEWAY, client_id="sera-gateway-session", clean=False).connect()
    gateway.subscribe("sera/#")
    gateway.close()
    site.party("elm").connect().publish("sera/v1/oak/elm/data", b"private")
    thief = site.party("elm-1", client_id="sera-gateway-session", clean=False)
    with contextlib.suppress(AssertionError):
        thief.connect()
    speaker = site.party("elm-2").connect()
    speaker.publish("sera/v1/oak-elm/elm-2/data", b"private too")
    if not thief.ended:
        thief.subscribe("sera/v1/oak/elm-1/have")
    if not thief.ended:
        site.party("gateway-2").connect().publish("sera/v1/oak/elm-1/have", b"own")
        thief.wait(lambda: ("sera/v1/oak/elm-1/have", b"own") in thief.received or thief.ended)

    assert {payload for _, payload in thief.received} <= {b"own"}

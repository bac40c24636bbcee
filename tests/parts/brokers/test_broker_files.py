"""Rights by certificate on both brokers, shown at the receiver's end; names with hyphens on purpose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from brokers.certified import GATEWAY, NOW, PLACES, NatsBroker, Site, broker_tls, is_refused, without
from real_parts import wait_until
from sera_gateway.security.authority import Authority
from sera_gateway.security.broker_files import NodePlace
from sera_vocabulary import topics


def test_a_node_reaches_the_gateway_and_the_gateway_reaches_the_node(site: Site) -> None:
    gateway = site.party(GATEWAY).connect()
    gateway.subscribe("sera/v1/+/+/data")
    node = site.party("elm-1").connect()
    node.subscribe("sera/v1/oak/elm-1/have")
    node.publish("sera/v1/oak/elm-1/data", b"reading")
    gateway.wait(lambda: gateway.received == [("sera/v1/oak/elm-1/data", b"reading")])
    gateway.publish("sera/v1/oak/elm-1/have", b"thanks", retain=True)
    node.wait(lambda: node.received == [("sera/v1/oak/elm-1/have", b"thanks")])


@pytest.mark.parametrize(
    "foreign",
    [
        "sera/v1/oak/elm/data",
        "sera/v1/oak/elm-2/data",
        "sera/v1/oak-elm/elm-1/data",
        "sera/v1/oak-elm/elm-2/status",
        "sera/v1/oak/elm-1/have",
        "sera/v1/oak/elm-1/config",
        "sera/v1/oak/elm-1/update",
        "sera/v1/oak/elm-1/data/more",
        "other/topic",
    ],
)
def test_a_node_cannot_publish_anything_but_its_own_up_channels(site: Site, foreign: str) -> None:
    gateway = site.party(GATEWAY).connect()
    gateway.subscribe("sera/#")
    site.forge("elm-1", foreign)
    node = site.party("elm-1").connect()
    for channel in topics.UP_CHANNELS:
        node.publish(f"sera/v1/oak/elm-1/{channel}", b"own")
    gateway.wait(lambda: len(gateway.received) >= len(topics.UP_CHANNELS))
    assert sorted(gateway.received) == sorted(
        (f"sera/v1/oak/elm-1/{up}", b"own") for up in topics.UP_CHANNELS
    )


@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize(
    "foreign",
    [
        "sera/v1/oak/elm/data",
        "sera/v1/oak/+/have",
        "sera/#",
        "#",
        "$MQTT/#",
        "$MQTT/msgs/#",
        "$SYS/#",
        "$JS/#",
    ],
)
def test_a_node_cannot_read_what_others_say(site: Site, foreign: str, qos: int) -> None:
    gateway = site.party(GATEWAY).connect()
    gateway.subscribe("sera/v1/+/+/data")
    listener = site.party("elm-1").connect()
    listener.subscribe(foreign, qos)
    if listener.ended:
        return
    listener.subscribe("sera/v1/oak/elm-1/have")
    speaker = site.party("elm").connect()
    speaker.subscribe("sera/v1/oak/elm/have")
    speaker.publish("sera/v1/oak/elm/data", b"private")
    gateway.wait(lambda: len(gateway.received) == 1)
    gateway.publish("sera/v1/oak/elm/have", b"for elm")
    speaker.wait(lambda: len(speaker.received) == 1)
    for number in (b"1", b"2"):
        gateway.publish("sera/v1/oak/elm-1/have", number)
    own = [("sera/v1/oak/elm-1/have", b"1"), ("sera/v1/oak/elm-1/have", b"2")]
    listener.wait(lambda: set(own) <= set(listener.received))
    assert set(listener.received) == set(own)


def test_without_a_certificate_there_is_no_entry(site: Site) -> None:
    assert is_refused(site.party_with(None, None, "nobody"))


def test_a_certificate_of_another_authority_gives_no_entry(site: Site) -> None:
    foreign = Authority.open(site.folder / "foreign", lambda: NOW)
    assert is_refused(site.party("elm-1", authority=foreign))


def test_an_expired_certificate_gives_no_entry(site: Site) -> None:
    site.authority._now = lambda: datetime.now(UTC) - timedelta(days=21 * 365)
    issued = site.authority.issue("node", "elm-1")
    path_of = site.authority.path_of
    assert is_refused(site.party_with(path_of(issued.certificate), path_of(issued.key), "elm-1"))


def test_a_name_without_rights_gives_no_entry_on_nats_and_no_word_on_mosquitto(site: Site) -> None:
    gateway = site.party(GATEWAY).connect()
    gateway.subscribe("sera/#")
    stranger = site.party("ash-9")
    if not is_refused(stranger):
        stranger.publish("sera/v1/oak/ash-9/data", b"forged")
        site.party("elm-1").connect().publish("sera/v1/oak/elm-1/data", b"own")
        gateway.wait(lambda: bool(gateway.received))
        assert gateway.received == [("sera/v1/oak/elm-1/data", b"own")]


def test_the_brokers_own_certificate_gives_no_entry(site: Site) -> None:
    tls = broker_tls(site.authority)
    assert is_refused(site.party_with(tls.certificate, tls.key, "broker"))


def test_a_gateway_cannot_speak_for_a_node(site: Site) -> None:
    listener = site.party("gateway-2").connect()
    listener.subscribe("sera/#")
    site.forge(GATEWAY, "sera/v1/oak/elm-1/data")
    site.party("elm-1").connect().publish("sera/v1/oak/elm-1/data", b"own")
    listener.wait(lambda: bool(listener.received))
    assert listener.received == [("sera/v1/oak/elm-1/data", b"own")]


def test_a_revoked_node_has_no_entry_once_the_files_are_renewed(site: Site) -> None:
    node = site.party("elm-1").connect()
    site.authority.revoke("elm-1", "stolen")
    site.broker.renew(without(PLACES, "elm-1"))
    if isinstance(site.broker, NatsBroker):
        node.wait(lambda: node.ended)
    node.close()
    wait_until(lambda: is_refused(site.party_again(node)), label="refusal")
    assert is_refused(site.party_again(node))
    site.party("elm").connect()


def test_a_node_that_joins_later_gets_in_without_disturbing_the_others(site: Site) -> None:
    gateway = site.party(GATEWAY).connect()
    gateway.subscribe("sera/v1/+/+/data")
    site.broker.renew([*PLACES, NodePlace("ash-9.1", "oak")])
    wait_until(lambda: not is_refused(site.party("ash-9")), label="ash-9 is let in")
    gateway.ended = False
    site.party("ash-9").connect().publish("sera/v1/oak/ash-9/data", b"first")
    gateway.wait(lambda: gateway.received == [("sera/v1/oak/ash-9/data", b"first")])
    assert not gateway.ended


def test_the_brokers_certificate_is_renewed_without_an_end(site: Site) -> None:
    before = site.served_serial()
    site.broker.renew_certificate(site.authority)
    wait_until(lambda: site.served_serial() != before, label="another certificate is served")
    site.party("elm-1").connect()


def test_what_people_enter_is_published_by_the_pages_alone_and_for_communities_that_there_are(
    site: Site,
) -> None:
    gateway = site.party(GATEWAY).connect()
    gateway.subscribe("sera/#")
    for node in ("elm-1", "elm"):
        for counter in (node, "person-a"):
            site.forge(node, f"sera/v1/oak/{counter}/people")
    for foreign in (
        "ash/person-a/people",
        "oak/person-a/data",
        "oak/elm-1/data",
        "oak/elm-1/have",
        "oak/people",
    ):
        site.forge("pages", f"sera/v1/{foreign}")
    pages = site.party("pages").connect()
    for community in ("oak", "oak-elm"):
        pages.publish(f"sera/v1/{community}/person-a/people", b"counted")
    gateway.wait(lambda: len(gateway.received) >= 2)
    assert sorted(gateway.received) == [
        ("sera/v1/oak-elm/person-a/people", b"counted"),
        ("sera/v1/oak/person-a/people", b"counted"),
    ]


def test_the_pages_read_nothing(site: Site) -> None:
    pages = site.party("pages").connect()
    for pattern in ("sera/#", "sera/v1/oak/+/people", "sera/v1/oak/elm-1/data"):
        pages.subscribe(pattern)
    again = site.party("pages").connect() if pages.ended else pages
    node = site.party("elm-1").connect()
    node.publish("sera/v1/oak/elm-1/data", b"reading")
    gateway = site.party(GATEWAY).connect()
    gateway.subscribe("sera/v1/+/+/data")
    node.publish("sera/v1/oak/elm-1/data", b"another")
    gateway.wait(lambda: ("sera/v1/oak/elm-1/data", b"another") in gateway.received)
    assert (pages.received, again.received) == ([], [])

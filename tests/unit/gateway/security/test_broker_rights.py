"""The text of both brokers' rights: each names one node and its community, and nothing wider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_gateway.errors import BrokerFilesError
from sera_gateway.security.broker_files import NodePlace, mosquitto_rights, nats_rights
from sera_vocabulary import topics
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[[list[NodePlace], list[str]], str]

GATEWAY = "gateway-1.1"
GATEWAYS = [GATEWAY, "gateway-2.1"]
PLACES = [NodePlace("elm.1", "oak"), NodePlace("elm-1.2", "oak"), NodePlace("elm-2.1", "oak-elm")]


@pytest.mark.parametrize("write", [nats_rights, mosquitto_rights])
class TestRights:
    def test_a_name_that_could_be_a_pattern_or_another_line_is_refused(self, write: Write) -> None:
        for name in (
            "elm+.1",
            "elm/oak.1",
            "el.1",
            "elm\ntopic write #.1",
            "ELM.1",
            "elm.oak",
            "#",
            'elm.1"',
            "elm",
        ):
            with pytest.raises(BrokerFilesError, match="is no name"):
                write([NodePlace(name, "oak")], [GATEWAY])
            with pytest.raises(BrokerFilesError, match="is no name"):
                write([NodePlace("elm.1", name.removesuffix(".1") + "+")], [GATEWAY])
            with pytest.raises(BrokerFilesError, match="is no name"):
                write([NodePlace("elm", "oak")], [name])

    def test_a_node_with_a_gateways_name_is_refused(self, write: Write) -> None:
        with pytest.raises(BrokerFilesError, match=r"gateway-1\.1 is named twice"):
            write([NodePlace(GATEWAY, "oak")], [GATEWAY])

    def test_without_a_gateway_no_file_is_written(self, write: Write) -> None:
        with pytest.raises(BrokerFilesError, match="no gateway"):
            write([NodePlace("elm.1", "oak")], [])

    def test_the_order_of_nodes_does_not_matter(self, write: Write) -> None:
        assert write(PLACES, GATEWAYS) == write(PLACES[::-1], GATEWAYS)


NAMES = st.from_regex(r"[a-z0-9-]{3,8}", fullmatch=True)


@settings(max_examples=examples(50))
@given(st.dictionaries(NAMES, NAMES, max_size=5))
def test_every_right_of_a_node_names_that_node_and_its_community(places: dict[str, str]) -> None:
    nodes = [NodePlace(f"{node}.3", community) for node, community in places.items()]
    blocks = mosquitto_rights(nodes, GATEWAYS).split("user ")[1:]
    granted = {block.split("\n")[0]: block.split("\n")[1:] for block in blocks}
    for place in nodes:
        rights = {line.split(" ", 2)[2] for line in granted[place.name] if line}
        assert rights == {
            f"sera/v1/{place.community}/{place.node}/{channel}"
            for channel in (*topics.UP_CHANNELS, *topics.DOWN_CHANNELS)
        }


def test_a_gateway_may_hear_foreign_topics_and_a_node_speak_on_those_of_its_own_alone() -> None:
    place = NodePlace("elm-1.1", "oak", ("shed/elm-1/+",))
    acl = mosquitto_rights([place], GATEWAYS, subscriptions=["shed/+/state", "+/elm-1/+"])
    blocks = [block.split("\n")[1:] for block in acl.split("user ")[1:]]
    gateway, node = blocks[0], blocks[-1]
    # Two filters that share topics are asked for as one.
    assert "topic read +/+/+" in gateway
    assert "topic read shed/+/state" not in gateway
    assert "topic write shed/elm-1/+" in node
    rights = nats_rights([place], GATEWAYS, subscriptions=["shed/+/state", "yard/#"])
    assert '"shed.*.state", "yard.>"' in rights
    assert '"shed.elm-1.*"' in rights

"""What nodes say of themselves is kept: the last status of each, and when it was heard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gateway_parts import COMMUNITY, NOW_S, plant
from ledger_parts import NODE, Way, replayed, way_in
from sera_gateway.decode import reasons
from sera_store.ledger.statuses import NodeStatus
from sera_store.registry.entities import Community, Garden, Node
from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    """A way with one node."""
    with way_in(tmp_path / "way") as way:
        plant(way.store, [NODE])
        yield way


def say(
    way: Way, state: str, received_s: int, *, community: str = COMMUNITY, retain: bool = False, **more: Any
) -> None:
    payload = json.dumps({"v": 1, "e": "9f2c01aa", "state": state, "firmware": "0.1.0", "config": 3} | more)
    topic = topics.topic(community, NODE, topics.STATUS)
    way.take(payload.encode(), topic=topic, received_s=received_s, retain=retain)


def test_the_last_status_of_a_node_is_kept_with_when_it_was_heard(way: Way) -> None:
    say(way, "asleep", NOW_S, next_contact_s=900)
    say(way, "asleep", NOW_S + 900, next_contact_s=3600, firmware="0.2.0")
    assert way.store.statuses() == {NODE: NodeStatus(NODE, "asleep", 3600, "0.2.0", 3, "", NOW_S + 900)}


def test_a_last_will_and_what_the_broker_kept_are_not_heard_of_the_node(way: Way) -> None:
    say(way, "asleep", NOW_S, next_contact_s=900)
    say(way, "lost", NOW_S + 60)
    status = way.store.statuses()[NODE]
    assert (status.state, status.next_contact_s, status.heard_s) == ("lost", 900, NOW_S)
    say(way, "asleep", NOW_S + 7200, retain=True, next_contact_s=600)
    assert way.store.statuses()[NODE].heard_s == NOW_S


def test_a_status_under_another_community_says_nothing_of_the_node(way: Way) -> None:
    say(way, "asleep", NOW_S, community="elsewhere", next_contact_s=900)
    assert way.store.statuses() == {}
    assert way.letters() == []


def test_a_rebuild_knows_the_same_statuses(way: Way, tmp_path: Path) -> None:
    for seconds, retain in ((0, True), (900, False), (1800, True)):
        say(way, "asleep", NOW_S + seconds, retain=retain, next_contact_s=900 + seconds)
    with replayed(way, tmp_path / "again", 1) as fresh:
        assert fresh.store.statuses() == way.store.statuses()


def test_a_table_of_probes_that_the_broker_kept_of_a_node_that_was_moved_is_no_news(way: Way) -> None:
    registry = way.store.registry
    registry.put(Community("bay"), since_s=0, by="a test")
    sea = Garden("sea-yard", "bay", None, "", 51.4, -2.6, "Europe/London")
    registry.put(sea, since_s=0, by="a test")
    registry.put(Node(NODE, "sea-yard"), since_s=NOW_S - 60, by="a test")
    table = b'{"v":1,"p":"a1","probes":[[1,"capacitive","c-1"]]}'
    topic = topics.topic(COMMUNITY, NODE, topics.PROBES)
    way.take(table, topic=topic, retain=True)
    assert way.letters() == []
    way.take(table, topic=topic)
    assert way.letters() == [reasons.WRONG_COMMUNITY]

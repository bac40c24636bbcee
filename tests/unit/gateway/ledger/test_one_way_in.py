"""A node has one way in: what claims its name by another way is a dead letter and no reading of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from foreign_parts import GARDEN_OBS, obs_message, obs_topic
from gateway_parts import GARDEN, NOW_S, SINCE_S, batch, data_topic, message, plant, row
from ledger_parts import NODE, Way, assert_same, replayed, way_in
from sera_gateway.decode import reasons
from sera_store.errors import InvalidEntryError, UnknownNameError
from sera_store.registry.entities import CERTIFICATE_WAY, Node
from sera_store.registry.mappings import MappedValue, Mapping

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

YARD = Mapping(
    id="yard-box",
    version=1,
    topic="yard/{node}/state",
    values=(MappedValue("t", "air", "air_temperature", ("degC",)),),
)
YARD_TOPIC = f"yard/{NODE}/state"


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path / "live") as way:
        plant(way.store, [NODE])
        for mapping in (GARDEN_OBS, YARD):
            way.store.registry.put(mapping, since_s=SINCE_S, by="a test")
        yield way


def enter(way: Way, way_in: str, since_s: int = SINCE_S) -> None:
    """Enter by which way the node's readings come."""
    way.store.registry.put(Node(NODE, GARDEN, way_in=way_in), since_s=since_s, by="a test")
    way.ledger.catch_up()


def own(way: Way, seq: int = 1) -> None:
    """Have the node speak on its own topics."""
    way.take(batch([row(seq, 14.5)]), topic=data_topic(NODE))


def claim(way: Way, number: int = 1) -> None:
    """Have a mapping's topic claim the node."""
    way.take(obs_message(NODE, number), topic=obs_topic(NODE))


def dated(way: Way) -> set[str]:
    """The epochs with records in a series."""
    return {record.epoch for record in way.current() if record.time_s is not None}


def test_a_mapped_topic_brings_nothing_to_a_node_that_speaks_on_its_own_topics(way: Way) -> None:
    own(way)
    claim(way)
    assert dated(way) == {"9f2c01aa"}
    assert way.letters() == [reasons.OTHER_WAY]
    [letter] = way.store.dead_letters.list()
    assert letter.detail == f"{NODE} speaks by its own topics; this came by the mapping garden-obs"
    assert (letter.node, letter.epoch, len(letter.seqs)) == (NODE, "garden-obs", 4)


def test_what_a_mapping_brought_before_becomes_a_letter_once_the_node_speaks(way: Way) -> None:
    claim(way)
    assert dated(way) == {"garden-obs"}

    own(way)

    assert dated(way) == {"9f2c01aa"}
    assert [record for record in way.current() if record.epoch == "garden-obs"] == []
    [letter] = way.store.dead_letters.list()
    assert (letter.reason, letter.node, letter.epoch) == (reasons.OTHER_WAY, NODE, "garden-obs")
    assert list(way.state().values()).count(reasons.OTHER_WAY) == len(letter.seqs) == 4


def test_claim_and_own_record_in_one_chunk_end_alike_in_either_order(way: Way) -> None:
    own_message = message(data_topic(NODE), batch([row(1, 14.5)]))
    claims = [message(obs_topic(NODE), obs_message(NODE, number)) for number in (1, 2)]
    way.journal.append([claims[0], own_message, claims[1]])
    way.ledger.catch_up()
    assert dated(way) == {"9f2c01aa"}
    assert way.letters() == [reasons.OTHER_WAY] * 2


@pytest.mark.parametrize("chunk", [1, 100])
def test_a_rebuild_ends_alike(way: Way, tmp_path: Path, chunk: int) -> None:
    claim(way)
    own(way)
    claim(way, 2)
    enter(way, GARDEN_OBS.id, NOW_S + 10)
    with replayed(way, tmp_path / "again", chunk) as again:
        assert_same(way, again)
        assert dated(again) == dated(way) == {"9f2c01aa"}


def test_a_node_of_a_mapping_is_read_by_that_one_alone(way: Way) -> None:
    enter(way, YARD.id)
    way.take(json.dumps({"t": 21.5}).encode(), topic=YARD_TOPIC)
    claim(way)
    own(way)
    assert dated(way) == {"yard-box"}
    assert way.letters() == [reasons.OTHER_WAY] * 2


def test_a_node_entered_by_its_certificate_is_never_read_by_a_mapping(way: Way) -> None:
    enter(way, CERTIFICATE_WAY)
    claim(way)
    assert (dated(way), way.letters()) == (set(), [reasons.OTHER_WAY])


def test_what_waited_comes_home_once_its_way_is_entered_and_the_other_is_withheld(way: Way) -> None:
    own(way)
    claim(way)
    enter(way, GARDEN_OBS.id)
    assert dated(way) == {"garden-obs"}
    [letter] = way.store.dead_letters.list(state="waiting")
    assert (letter.reason, letter.epoch) == (reasons.OTHER_WAY, "9f2c01aa")

    enter(way, CERTIFICATE_WAY)
    assert dated(way) == {"9f2c01aa"}
    [letter] = way.store.dead_letters.list(state="waiting")
    assert (letter.reason, letter.epoch) == (reasons.OTHER_WAY, "garden-obs")


def test_a_way_that_is_no_mapping_is_refused(way: Way) -> None:
    with pytest.raises(UnknownNameError, match="mapping 'nobodys' is not in the registry"):
        way.store.registry.put(Node(NODE, GARDEN, way_in="nobodys"), since_s=SINCE_S, by="a test")


def test_no_mapping_can_be_called_like_the_certificates_way() -> None:
    with pytest.raises(InvalidEntryError, match="mapping id 'sera' is not possible"):
        msgspec.structs.replace(YARD, id=CERTIFICATE_WAY).__post_init__()


@pytest.mark.parametrize("at_once", [True, False])
def test_a_node_speaks_also_by_a_message_that_is_rejected(way: Way, at_once: bool) -> None:
    unreadable = batch([row(1, 0.4)], ["leaf_wetness"])
    messages = [message(obs_topic(NODE), obs_message(NODE)), message(data_topic(NODE), unreadable)]
    for part in [messages] if at_once else [[record] for record in messages]:
        way.journal.append(part)
        way.ledger.catch_up()
    assert dated(way) == set()
    assert reasons.UNKNOWN_MEASUREMENT in way.letters()

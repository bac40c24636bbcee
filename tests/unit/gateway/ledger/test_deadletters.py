"""Dead letters are tried again: when the registry knows more, when a person says so, and as amended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from foreign_parts import GARDEN_OBS, obs_message, obs_topic, observation
from foreign_parts import NODE as FOREIGN
from gateway_parts import GARDEN, NOW_S, SINCE_S, batch, data_topic, plant, row
from ledger_parts import NODE, Way, assert_same, replayed, way_in
from sera_gateway.decode import reasons
from sera_store.errors import InvalidEntryError
from sera_store.records.dead_letters import AMENDED, DISMISSED, REPLAYED, WAITING
from sera_store.registry.dead_letter_actions import AMEND, DISMISS, REPLAY, RESTORE
from sera_store.registry.entities import Community, Garden, Node
from sera_vocabulary import topics
from sera_vocabulary.messages import FLAG_DAMAGED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path / "live") as way:
        plant(way.store, [NODE])
        yield way


def test_an_unknown_nodes_records_are_stored_once_it_is_registered(way: Way) -> None:
    way.take(batch([row(1, 14.5), row(2, 15.0)]), topic=data_topic("node-x"))
    assert way.letters() == [reasons.UNKNOWN_NODE]
    way.store.registry.put(Node("node-x", GARDEN), since_s=SINCE_S, by="a test")
    way.ledger.catch_up()
    assert way.letters(REPLAYED) == [reasons.UNKNOWN_NODE]
    account = way.account("node-x")
    assert (account.stored, account.dead_lettered, account.repeated) == (2, 0, 0)


def test_only_the_records_that_the_registry_covers_are_stored_and_the_letter_waits_on(way: Way) -> None:
    way.take(batch([row(1, 14.5, utc_s=NOW_S - 100), row(2, 15.0)]), topic=data_topic("node-x"))
    way.store.registry.put(Node("node-x", GARDEN), since_s=NOW_S - 50, by="a test")
    way.ledger.catch_up()
    assert way.letters(WAITING) == [reasons.UNKNOWN_NODE]
    assert (way.account("node-x").stored, way.account("node-x").dead_lettered) == (1, 1)


def _take_while_elsewhere(way: Way) -> None:
    """Take a record of a time when its node stood with other people, by what the registry says so far."""
    registry = way.store.registry
    registry.put(Community("severn"), since_s=SINCE_S, by="a test")
    far = Garden("far-yard", "severn", None, "Far Yard", 51.4, -2.6, "Europe/London")
    registry.put(far, since_s=SINCE_S, by="a test")
    registry.put(Node(NODE, "far-yard"), since_s=SINCE_S, by="a test")
    registry.put(Node(NODE, GARDEN), since_s=NOW_S - 50, by="a test")
    way.take(batch([row(2, 14.5, utc_s=NOW_S - 200)]))


def test_a_message_that_came_first_is_no_conflict_with_the_letter_of_a_later_one(way: Way) -> None:
    _take_while_elsewhere(way)
    way.take(batch([row(2, 0.4)], ["leaf_wetness"]))
    assert way.letters(WAITING) == [reasons.WRONG_COMMUNITY, reasons.UNKNOWN_MEASUREMENT]
    way.store.registry.put(Node(NODE, GARDEN), since_s=SINCE_S, by="a test")
    way.ledger.catch_up()
    [record] = way.current()
    assert (record.seq, record.values, record.garden) == (2, (14.5,), GARDEN)
    assert way.letters(WAITING) == [reasons.UNKNOWN_MEASUREMENT]


def _first_and_other(way: Way) -> None:
    """Take a message whose node stands elsewhere, and then other content of its key."""
    _take_while_elsewhere(way)
    way.take(batch([row(1, 7.0), row(2, 15.5)]))
    assert [record.values for record in way.current()] == [(7.0,), (15.5,)]


def test_a_message_that_came_first_takes_its_key_back_from_a_later_one(way: Way, tmp_path: Path) -> None:
    _first_and_other(way)
    way.store.registry.put(Node(NODE, GARDEN), since_s=SINCE_S, by="a test")
    way.ledger.catch_up()
    assert [record.values for record in way.current()] == [(7.0,), (14.5,)]
    [letter] = way.store.dead_letters.list(state=WAITING)
    assert (letter.reason, letter.journal, letter.seqs) == (reasons.CONFLICT, 2, (2,))
    assert letter.payload == batch([row(1, 7.0), row(2, 15.5)])
    with replayed(way, tmp_path / "rebuilt", 5000) as fresh:
        assert fresh.state() == way.state()
        assert fresh.letters(WAITING) == way.letters(WAITING)
        assert fresh.account() == way.account()


def test_other_content_has_the_key_of_a_record_that_turns_out_to_be_of_another_place(
    way: Way, tmp_path: Path
) -> None:
    way.take(batch([row(2, 14.5, utc_s=NOW_S - 200)]))
    way.take(batch([row(1, 7.0), row(2, 15.5)]))
    assert way.letters(WAITING) == [reasons.CONFLICT]
    registry = way.store.registry
    registry.put(Community("severn"), since_s=SINCE_S, by="a test")
    far = Garden("far-yard", "severn", None, "Far Yard", 51.4, -2.6, "Europe/London")
    registry.put(far, since_s=SINCE_S, by="a test")
    registry.put(Node(NODE, "far-yard"), since_s=SINCE_S, by="a test")
    registry.put(Node(NODE, GARDEN), since_s=NOW_S - 50, by="a test")
    way.ledger.catch_up()
    assert [record.values for record in way.current()] == [(7.0,), (15.5,)]
    assert way.letters(WAITING) == [reasons.WRONG_COMMUNITY]
    for chunk in (1, 5000):
        with replayed(way, tmp_path / f"rebuilt-{chunk}", chunk) as fresh:
            assert_same(way, fresh)
    # What stood there first comes back once the registry says so, and the other waits again.
    registry.put(Node(NODE, GARDEN), since_s=SINCE_S, by="a test")
    way.ledger.catch_up()
    assert [record.values for record in way.current()] == [(7.0,), (14.5,)]
    assert way.letters(WAITING) == [reasons.CONFLICT]


def test_what_an_amendment_has_put_under_a_key_stays_there(way: Way, tmp_path: Path) -> None:
    _first_and_other(way)
    way.take(batch([row(2, 16.5)]))
    way.order(AMEND, 2, payload=batch([row(2, 17.5)]))
    way.store.registry.put(Node(NODE, GARDEN), since_s=SINCE_S, by="a test")
    way.ledger.catch_up()
    assert [record.values for record in way.current()] == [(7.0,), (17.5,)]
    with replayed(way, tmp_path / "rebuilt", 5000) as fresh:
        assert fresh.state() == way.state()


def test_a_foreign_message_waits_for_its_node_and_for_its_mapping(way: Way) -> None:
    way.take(obs_message(), topic=obs_topic())
    assert way.letters(WAITING) == [reasons.NO_MAPPING]
    way.store.registry.put(GARDEN_OBS, since_s=SINCE_S, by="a test")
    way.ledger.catch_up()
    assert way.letters(WAITING) == [reasons.UNKNOWN_NODE]
    way.store.registry.put(Node(FOREIGN, GARDEN), since_s=SINCE_S, by="a test")
    way.ledger.catch_up()
    assert way.letters(WAITING) == []
    assert way.account(FOREIGN).stored == 4


def test_an_amendment_takes_over_the_keys_of_the_message_it_replaces(way: Way) -> None:
    way.take(batch([row(1, 0.4), row(2, 0.5)], ["leaf_wetness"]))
    assert way.account().dead_lettered == 2
    way.order(AMEND, 1, payload=batch([row(1, 14.5), row(2, 15.0)]))
    assert way.letters(AMENDED) == [reasons.UNKNOWN_MEASUREMENT]
    assert [record.values for record in way.current()] == [(14.5,), (15.0,)]
    assert [(record.detail or {})["amended_by"] for record in way.current()] == ["order 1"] * 2
    assert (way.account().stored, way.account().dead_lettered) == (2, 0)


def test_an_amendment_of_a_conflict_wins_over_the_record_that_was_there(way: Way) -> None:
    way.take(batch([row(1, 14.5)]), batch([row(1, 99.0), row(2, 1.0)]))
    way.order(AMEND, 1, payload=batch([row(1, 21.0), row(2, 1.0)]))
    assert [record.values for record in way.current()] == [(21.0,), (1.0,)]
    assert way.sql("SELECT id, supersedes FROM records ORDER BY id") == [(1, None), (2, None), (3, 1)]
    # What was there first now comes as other content.
    way.take(batch([row(1, 14.5)]))
    assert way.letters(WAITING) == [reasons.CONFLICT]
    way.take(batch([row(1, 21.0)]))
    assert way.account().repeated == 1


def test_an_amendment_of_a_damaged_record_wins_whether_or_not_its_node_was_known(
    way: Way, tmp_path: Path
) -> None:
    topic = data_topic("node-x")
    way.take(batch([row(1, 14.5)]), topic=topic)
    way.take(batch([row(1, None, flags=FLAG_DAMAGED)]), topic=topic)
    amended = batch([row(1, 21.5, flags=FLAG_DAMAGED)])
    way.store.dead_letter_actions.put(
        AMEND, journal=2, reason=reasons.UNKNOWN_NODE, by="a test", payload=amended
    )
    way.store.registry.put(Node("node-x", GARDEN), since_s=SINCE_S, by="a test")
    way.ledger.catch_up()
    assert [record.values for record in way.current()] == [(21.5,)]
    # A rebuild knows the node at once, so that the damaged message never was a dead letter.
    with replayed(way, tmp_path / "rebuilt", 1) as fresh:
        assert fresh.letters() == []
        assert_same(way, fresh)


def test_an_amendment_takes_no_keys_of_other_messages(way: Way) -> None:
    way.take(batch([row(1, 14.5)]), batch([row(2, 0.4)], ["leaf_wetness"]))
    way.order(AMEND, 1, payload=batch([row(1, 99.0), row(2, 15.0)]))
    assert [record.values for record in way.current()] == [(14.5,), (15.0,)]
    assert way.letters(WAITING) == [reasons.CONFLICT]


def test_an_amendment_that_is_refused_again_waits_with_its_new_reason(way: Way) -> None:
    way.take(b"{", topic=data_topic(NODE))
    way.order(AMEND, 1, payload=b'{"v":1}')
    assert way.letters(WAITING) == [reasons.WRONG_SHAPE]
    assert way.letters(AMENDED) == [reasons.NOT_JSON]
    way.order(AMEND, 2, payload=batch([row(1, 14.5)]))
    assert way.letters(WAITING) == []
    assert way.account().stored == 1


def test_an_amended_topic_is_read_under_the_right_community(way: Way) -> None:
    way.take(batch([row(1, 14.5)]), topic=topics.topic("severn", NODE, topics.DATA))
    way.order(AMEND, 1, topic=data_topic(NODE))
    assert (way.letters(AMENDED), way.account().stored) == ([reasons.WRONG_COMMUNITY], 1)


def test_an_amended_foreign_message_keeps_the_keys_of_the_first(way: Way) -> None:
    way.store.registry.put(GARDEN_OBS, since_s=SINCE_S, by="a test")
    way.take(obs_message(), topic=obs_topic())
    mended = obs_message(obs=[observation("air_temperature", 50.0, "degF")])
    way.order(AMEND, 1, payload=mended)
    way.store.registry.put(Node(FOREIGN, GARDEN), since_s=SINCE_S, by="a test")
    way.ledger.catch_up()
    result = {record.series: record.values for record in way.current()}
    assert result == {"air": (pytest.approx(10.0),), "health": (3.71,)}
    assert (way.account(FOREIGN).stored, way.account(FOREIGN).dead_lettered) == (2, 2)


def test_a_dismissed_letter_is_off_the_list_comes_back_and_still_counts(way: Way) -> None:
    way.take(batch([row(1, 0.4)], ["leaf_wetness"]))
    way.order(DISMISS, 1)
    assert (way.letters(DISMISSED), way.letters(WAITING)) == ([reasons.UNKNOWN_MEASUREMENT], [])
    assert way.account().dead_lettered == 1
    way.order(RESTORE, 1)
    assert way.letters(WAITING) == [reasons.UNKNOWN_MEASUREMENT]


def test_a_replay_in_vain_changes_nothing_and_counts_no_repeats(way: Way) -> None:
    way.take(batch([row(1, 14.5), row(2, 1.0, utc_s=5)]))
    before = way.sql("SELECT * FROM records"), way.letters()
    way.order(REPLAY, 1)
    assert (way.sql("SELECT * FROM records"), way.letters()) == before
    assert way.account().repeated == 0


@pytest.mark.parametrize("chunk", [1, 2, 5000])
def test_a_rebuild_obeys_the_same_orders_at_the_same_place(way: Way, tmp_path: Path, chunk: int) -> None:
    way.take(batch([row(1, 0.4)], ["leaf_wetness"]), batch([row(2, 0.4)], ["leaf_wetness"]))
    way.order(AMEND, 1, payload=batch([row(1, 14.5)]))
    way.take(batch([row(1, 14.5)]), batch([row(1, 0.4)]))
    way.order(DISMISS, 2)
    with replayed(way, tmp_path / "rebuilt", chunk) as fresh:
        assert fresh.state() == way.state()
        assert fresh.letters(DISMISSED) == way.letters(DISMISSED) != []
        assert fresh.letters(WAITING) == way.letters(WAITING)
        assert fresh.account() == way.account()


def test_orders_never_change_and_make_sense(way: Way) -> None:
    with pytest.raises(InvalidEntryError, match="no action"):
        way.store.dead_letter_actions.put("burn", journal=1, reason="", by="a test")
    with pytest.raises(InvalidEntryError, match="only an amendment"):
        way.store.dead_letter_actions.put(REPLAY, journal=1, reason="", by="a test", payload=b"x")
    with pytest.raises(InvalidEntryError, match="only an amendment"):
        way.store.dead_letter_actions.put(AMEND, journal=1, reason="", by="a test")
    number = way.store.dead_letter_actions.put(DISMISS, journal=1, reason="", by="a test")
    way.store.dead_letter_actions.take(number, 5)
    way.store.dead_letter_actions.take(number, 9)
    assert [order.applied_after for order in way.store.dead_letter_actions.after(0)] == [5]


def test_a_rebuild_knows_no_amendment_before_its_time(way: Way, tmp_path: Path) -> None:
    way.take(batch([row(1, 0.4)], ["leaf_wetness"]))
    for value in (14.5, 21.5):
        result = way.store.dead_letters.show(1)
        mended = batch([row(1, value)])
        way.store.dead_letter_actions.put(
            AMEND, journal=result.journal, reason=result.reason, by="a test", payload=mended
        )
        way.ledger.catch_up()
    with replayed(way, tmp_path / "rebuilt", 1) as fresh:
        assert fresh.sql("SELECT seq, supersedes FROM records") == way.sql(
            "SELECT seq, supersedes FROM records"
        )
        assert fresh.state() == way.state()

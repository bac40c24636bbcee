"""Backlogs: nobody waits behind another one's, each sender's order stays, and no death doubles a message."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from foreign_parts import GARDEN_OBS, obs_message, obs_topic
from foreign_parts import NODE as FOREIGN
from gateway_parts import NOW_S, SINCE_S, batch, data_topic, message, plant, row, rows_of
from sera_gateway import fair_order, pace
from sera_gateway.fair_order import FairOrder
from sera_gateway.journal import Journal, JournalReader
from sera_gateway.ledger import Ledger
from sera_gateway.mappings import Mappings
from sera_store.dead_letters import DISMISSED, WAITING
from sera_store.orders import DISMISS
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sera_gateway.journal import Message

FLOOD = [f"node-{number:02}" for number in range(4)]
LIVE = ["live-a", "live-b"]


class Died(BaseException):
    """Stands in for a SIGKILL of the ledger at one step."""


class Way:
    """A journal and a ledger over it, which may die and be started again."""

    def __init__(self, folder: Path, journal: Journal, reader: JournalReader, store: Store) -> None:
        self.folder, self.journal, self.reader, self.store = folder, journal, reader, store
        self.dies_at: str | None = None

    def ledger(self) -> Ledger:
        return Ledger(self.store, self.reader, passed=self._passed)

    def _passed(self, step: str) -> None:
        if step == self.dies_at:
            raise Died

    def stored(self, node: str) -> list[int]:
        return [
            seq
            for (seq,) in rows_of(
                self.folder / "store" / "records.sqlite",
                "SELECT r.seq FROM records r JOIN origins o ON o.id = r.origin "
                "JOIN sources s ON s.id = o.source WHERE s.node = ? ORDER BY r.id",
                node,
            )
        ]


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with ExitStack() as opened:
        journal = opened.enter_context(Journal(tmp_path / "journal", lambda: NOW_S * 1_000_000_000))
        reader = opened.enter_context(JournalReader(tmp_path / "journal"))
        store = opened.enter_context(Store.open(tmp_path / "store"))
        plant(store, [*FLOOD, *LIVE])
        yield Way(tmp_path, journal, reader, store)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backlog of a hundred messages is one already."""
    monkeypatch.setattr(fair_order, "BEHIND_MESSAGES", 100)
    monkeypatch.setattr(pace, "MESSAGES_FEWEST", 50)
    monkeypatch.setattr(pace, "MESSAGES_MOST", 50)


def _message(node: str, seq: int, received_s: int = NOW_S) -> Message:
    return message(data_topic(node), batch([row(seq, seq % 40, utc_s=NOW_S - 9000 + seq)]), received_s)


def _flood(messages_a_node: int, live_every: int) -> list[Message]:
    """Everybody at once, and now and then a message of a node that has nothing behind it."""
    found, live = [], 0
    for seq in range(1, messages_a_node + 1):
        found += [_message(node, seq) for node in FLOOD]
        if seq % live_every == 0:
            live += 1
            found += [_message(node, live, NOW_S + seq) for node in LIVE]
    return found


def test_who_sends_little_is_taken_before_the_backlog_of_others(way: Way) -> None:
    way.journal.append(_flood(400, 20))
    ledger = way.ledger()
    ledger.step()
    assert way.stored("live-a") == way.stored("live-b") == list(range(1, 21))
    assert ledger.position == 50
    assert all(0 < len(way.stored(node)) < 60 for node in FLOOD)
    while ledger.step():
        pass
    for node in (*FLOOD, *LIVE):
        assert way.stored(node) == list(range(1, (401 if node in FLOOD else 21))), node
    assert rows_of(way.folder / "store" / "records.sqlite", "SELECT count(*) FROM taken_ahead") == [(0,)]
    assert rows_of(way.folder / "store" / "records.sqlite", "SELECT count(*) FROM repeats") == [(0,)]


def test_without_a_backlog_everything_is_taken_in_its_turn(way: Way) -> None:
    last = way.journal.append(_flood(20, 5))
    assert last < 100
    ledger, taken = way.ledger(), 0
    while count := ledger.step():
        taken += count
    assert taken == last
    order = rows_of(way.folder / "store" / "records.sqlite", "SELECT journal FROM records ORDER BY id")
    assert order == [(number,) for number in range(1, last + 1)]


@pytest.mark.parametrize("step", ["taken", "finished", "moved", "committed"])
def test_a_ledger_that_dies_ahead_of_its_cursor_takes_nothing_twice_and_leaves_nothing_out(
    step: str, way: Way
) -> None:
    way.journal.append(_flood(200, 10))
    for _ in range(3):
        way.dies_at = step
        with pytest.raises(Died):
            way.ledger().step()
        way.dies_at = None
        way.ledger().step()
    ledger = way.ledger()
    while ledger.step():
        pass
    for node in (*FLOOD, *LIVE):
        assert way.stored(node) == list(range(1, (201 if node in FLOOD else 21))), node
    assert rows_of(way.folder / "store" / "records.sqlite", "SELECT count(*) FROM repeats") == [(0,)]


@settings(max_examples=40, deadline=None)
@given(
    # Runs of messages of one sender, with seconds of rest before each run.
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 60), st.integers(0, 30)), min_size=1, max_size=20),
    st.lists(st.integers(1, 60), min_size=1, max_size=40),
)
def test_each_senders_messages_stay_in_their_order_however_the_cursor_moves(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[int, int, int]], moves: list[int]
) -> None:
    folder, at_s = tmp_path_factory.mktemp("journal"), NOW_S
    with Journal(folder, lambda: NOW_S * 1_000_000_000) as journal, JournalReader(folder) as reader:
        found, senders = [], []
        for place, count, rest_s in runs:
            at_s += rest_s
            found += [message(data_topic(f"node-{place}"), b"{}", at_s)] * count
            senders += [place] * count
        last = journal.append(found)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fair_order, "LOOKED_AT_ONCE", 70)
            patch.setattr(fair_order, "AHEAD_AT_ONCE", 10)
            taken = _taken(FairOrder(reader, lambda _, __: ""), reader, last, moves)
    assert sorted(taken) == list(range(1, last + 1))
    for place in range(4):
        mine = [number for number in taken if senders[number - 1] == place]
        assert mine == sorted(mine)


def _taken(order: FairOrder, reader: JournalReader, last: int, moves: Sequence[int]) -> list[int]:
    """Take as the ledger does, with chunks of these lengths; some of what was chosen fails to be taken."""
    after, taken, turn = 0, [], 0
    while after < last:
        move = moves[turn % len(moves)]
        turn += 1
        ahead = [one.number for one in order.choose(after, last)]
        if move % 7 == 0:
            order.give_up()
        else:
            taken += [number for number in ahead if number not in taken]
        chunk = [one.number for one in reader.read(after, move)]
        taken += [number for number in chunk if number not in taken]
        after = chunk[-1]
    return taken


def test_what_was_taken_ahead_is_forgotten_with_the_end_of_the_journal_that_a_backup_lacks(way: Way) -> None:
    flood = _flood(100, 200)
    way.journal.append([*flood, _message(LIVE[0], 1)])
    way.ledger().step()
    assert way.stored(LIVE[0]) == [1]
    folder = way.folder / "older"
    with Journal(folder, lambda: NOW_S * 1_000_000_000) as journal, JournalReader(folder) as reader:
        # What now has the number of the message that was taken ahead is another one.
        journal.append([*flood, _message(LIVE[0], 2, NOW_S + 20), _message(LIVE[0], 1, NOW_S + 20)])
        ledger = Ledger(way.store, reader)
        while ledger.step():
            pass
    assert way.stored(LIVE[0]) == [1, 2]
    assert rows_of(way.folder / "store" / "records.sqlite", "SELECT sum(count) FROM repeats") == [(1,)]


def test_messages_that_may_claim_one_key_have_one_sender(way: Way) -> None:
    for one, since_s in (
        (GARDEN_OBS, SINCE_S),
        (replace(GARDEN_OBS, id="hub", topic="hub/{place}"), SINCE_S),
        (replace(GARDEN_OBS, id="moved", topic="moved/{node}"), SINCE_S),
        (replace(GARDEN_OBS, id="moved", version=2, topic="moved/{node}/{place}"), NOW_S),
        (replace(GARDEN_OBS, id="changed", topic="changed/{node}"), SINCE_S),
        (replace(GARDEN_OBS, id="changed", version=2, topic="changed/{place}"), NOW_S),
    ):
        way.store.registry.put(one, since_s=since_s, by="a test")
    mappings = Mappings(way.store.registry)
    assert mappings.renew()
    assert not mappings.renew()
    before, after = (NOW_S - 1) * 1_000_000_000, NOW_S * 1_000_000_000
    assert mappings.sender(obs_topic("lamp"), before) == "lamp"
    assert mappings.sender("garden/v1/bath/site-1/lamp/obs", before) == "lamp"
    assert mappings.sender("hub/1", before) == mappings.sender("hub/2", before) == "hub"
    assert mappings.sender("moved/lamp", before) == mappings.sender("moved/lamp/1", after) == "lamp"
    assert mappings.sender("changed/lamp", before) == mappings.sender("changed/1", after) == "changed"
    assert mappings.sender("elsewhere/lamp", before) == ""


def _foreign(site: str, number: int, received_s: int) -> Message:
    topic = f"garden/v1/bristol/{site}/{FOREIGN}/obs"
    return message(topic, obs_message(FOREIGN, number, NOW_S - 60), received_s)


def test_a_reading_that_comes_by_two_topics_is_read_as_it_came_first(way: Way) -> None:
    plant(way.store, [FOREIGN])
    way.store.registry.put(GARDEN_OBS, since_s=SINCE_S, by="a test")
    way.store.registry.put(replace(GARDEN_OBS, version=2), since_s=NOW_S + 2, by="a test")
    # The same reading waits under one topic when it comes again, by now under another version of its table.
    flood = [_foreign("east", number, NOW_S + 1) for number in range(200)]
    way.journal.append([*flood, _foreign("west", 150, NOW_S + 3), _message(LIVE[0], 1, NOW_S + 3)])
    ledger = way.ledger()
    ledger.step()
    assert way.stored(LIVE[0]) == [1]
    while ledger.step():
        pass
    found = list(way.store.records.current(series="air", start_s=0, end_s=2**40, node=FOREIGN))
    assert {stored.record.detail["mapping"] for stored in found} == {"garden-obs 1"}
    assert len(found) == 200


def test_what_is_chosen_beyond_an_orders_place_stays_for_later(way: Way) -> None:
    last = way.journal.append(_flood(100, 5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fair_order, "AHEAD_AT_ONCE", 4)
        patch.setattr(fair_order, "BEHIND_MESSAGES", 2)
        order = FairOrder(way.reader, lambda _, __: "")
        first = [one.number for one in order.choose(0, last)]
        assert len(first) == 4
        assert order.choose(0, first[-1]) == []
        assert order.choose(0, last) != []


def test_an_order_waits_for_the_turn_of_what_was_taken_before_it(way: Way) -> None:
    unreadable = message(data_topic(LIVE[0]), b"{", NOW_S + 1)
    flood = _flood(100, 200)
    way.journal.append([*flood, unreadable, *[_message(LIVE[1], seq, NOW_S + seq) for seq in (1, 2)]])
    ledger = way.ledger()
    ledger.step()
    [letter] = way.store.dead_letters.list()
    assert ledger.position < letter.journal
    way.store.orders.put(DISMISS, journal=letter.journal, reason=letter.reason, by="a test")
    ledger.settle()
    assert way.store.dead_letters.show(letter.id or 0).state == WAITING
    while ledger.step():
        pass
    assert way.store.dead_letters.show(letter.id or 0).state == DISMISSED
    [order] = way.store.orders.of_message(letter.journal)
    assert order.taken_after == len(flood) + 3


def test_what_arrives_while_a_backlog_is_worked_off_is_taken_at_once(way: Way) -> None:
    way.journal.append(_flood(1500, 5000))
    ledger = way.ledger()
    for live in range(1, 51):
        number = way.journal.append([_message(LIVE[0], live, NOW_S + live)])
        ledger.step()
        assert way.stored(LIVE[0])[-1] == live
        assert number - ledger.position > 3000, "the backlog was gone before anything live came"
    while ledger.step():
        pass
    assert {len(way.stored(node)) for node in FLOOD} == {1500}

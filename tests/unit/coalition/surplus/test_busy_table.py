"""Many at one table at once: what was done is answered as done, and each portion is somewhere, once."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import pytest

from sera_coalition.errors import InvalidSurplusError, SurplusMissingError
from sera_coalition.surplus.schema import table_path
from sera_store.database import database
from sharing.surplus import offer, open_table
from web.parts import Clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sera_coalition.surplus.table import SurplusTable

AT_ONCE = 6
ROUNDS = 8


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run each in a thread of its own, all from one instant on; return what they return or raise."""
    start = threading.Barrier(len(acts))
    outcomes: list[object] = []

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            outcomes.append(act())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
            outcomes.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def all_of(table: SurplusTable, name: str, handed_over: int) -> int:
    found = table.find(name)
    assert min(found.left, found.reserved) >= 0
    return found.left + found.reserved + handed_over


@pytest.mark.slow
def test_what_many_do_at_one_instant_is_done_and_answered(tmp_path: Path) -> None:
    with closing(open_table(tmp_path, Clock())) as table, closing(open_table(tmp_path, Clock())) as other:
        name, handed_over = table.give(offer(portions=200), "ada"), 0
        times_s = table.find(name).offer.from_s, table.find(name).offer.until_s
        for turn in range(ROUNDS):
            words = [f"word {turn} {number}" for number in range(AT_ONCE)]
            tickets = at_once(*(partial(table.reserve, name, 1, word) for word in words))
            assert all(isinstance(ticket, str) for ticket in tickets), tickets
            held = [table.reservation_of(name, word).id for word in words[::2]]
            # Half of them are fetched while the others are given up, and the offer moves meanwhile.
            outcomes = at_once(
                *(partial(other.hand_over, name, word) for word in words[1::2]),
                *(partial(table.give_up, ticket) for ticket in held),
                partial(other.change, name, f"place {'abc'[turn % 3]}", *times_s),
            )
            assert sorted(map(str, outcomes)) == ["1"] * 3 + ["None"] * 4
            handed_over += 3
            assert all_of(table, name, handed_over) == 200
            assert table.find(name).reserved == 0


def test_a_reader_that_stays_makes_nothing_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_MS", 20)
    with closing(open_table(tmp_path, Clock())) as table:
        name = table.give(offer(), "ada")
        table.reserve(name, 1, "blue kettle")
        ticket = table.reserve(name, 1, "red kettle")
        with closing(sqlite3.connect(table_path(tmp_path, "oak"))) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM offers").fetchall()
            assert table.hand_over(name, "blue kettle") == 1
            table.give_up(ticket)
            table.take_back(name)
        table.empty_log()
        log = table_path(tmp_path, "oak").with_name("of-oak.sqlite-wal")
        assert log.stat().st_size == 0


def test_who_takes_hands_over_and_takes_back_at_one_instant_leaves_nothing_halfway(tmp_path: Path) -> None:
    with closing(open_table(tmp_path, Clock())) as table, closing(open_table(tmp_path, Clock())) as other:
        for turn in range(ROUNDS):
            name = table.give(offer(portions=2), "ada")
            table.reserve(name, 1, "blue kettle")
            outcomes = at_once(
                partial(other.reserve, name, 1, "red kettle"),
                partial(table.hand_over, name, "blue kettle"),
                partial(other.take_back, name),
            )
            expected = (str, int, type(None), SurplusMissingError, InvalidSurplusError)
            assert all(isinstance(outcome, expected) for outcome in outcomes), (turn, outcomes)
            assert table.offers() == []
            with closing(sqlite3.connect(table_path(tmp_path, "oak"))) as reader:
                assert reader.execute("SELECT count(*) FROM reservations").fetchone() == (0,)

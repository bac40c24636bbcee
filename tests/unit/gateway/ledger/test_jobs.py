"""Revisions in parts: each job comes to its end, nodes take turns, and nothing waits while jobs are left."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from gateway_parts import (
    COMMUNITY,
    EPOCH,
    GARDEN,
    NOW_S,
    SINCE_S,
    Log,
    batch,
    data_topic,
    message,
    plant,
    row,
)
from ledger_parts import NODE, Way, assert_same, replayed, way_in
from sera_gateway.ledger import dead_letter_retry, redating, revision
from sera_gateway.ledger.allowances import ALLOWANCES, EPOCHS, Allowance
from sera_gateway.ledger.ledger import LEFT_OUT, Ledger
from sera_gateway.worker import Signals, keep_ledger
from sera_store.errors import JobStuckError
from sera_store.ledger.jobs import BOOT, BRACKETS, RECORDS
from sera_store.registry.entities import Calibration, Garden, Node
from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHER, YARD, PROBE, TABLE = "node-b", "oak-yard", "c-0007", "a1b2c3d4"
STEPS_MOST = 500


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path / "way") as opened:
        plant(opened.store, [NODE, OTHER])
        garden = Garden(YARD, COMMUNITY, None, "Oak Yard", 51.4, -2.6, "Europe/London")
        opened.store.registry.put(garden, since_s=SINCE_S, by="a test")
        yield opened


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of jobs that are smaller than what there is."""
    monkeypatch.setattr(redating, "ROWS_A_TRANSACTION", 3)
    monkeypatch.setattr(redating, "BOOTS_A_TRANSACTION", 1)
    monkeypatch.setattr(revision, "ROWS_A_TRANSACTION", 3)


def rest(way: Way) -> int:
    """Have the ledger work until nothing is left, and return how many steps that took."""
    for steps in range(STEPS_MOST):
        way.ledger.step()
        if way.ledger.is_at_rest:
            return steps
    pytest.fail(f"not at rest after {STEPS_MOST} steps: {way.sql('SELECT * FROM jobs')}")


def epochs(way: Way, node: str, count: int, table: str | None = None) -> None:
    """Have a node send one record in each of many epochs."""
    batches = [
        batch([row(1, 14.5, utc_s=NOW_S - 60)], ["soil_moisture_raw@1"], s="soil", e=f"{number:08x}", p=table)
        for number in range(count)
    ]
    way.take(*batches, topic=data_topic(node))


def jobs(way: Way) -> list[tuple[str, str]]:
    return way.sql("SELECT node, kind FROM jobs ORDER BY node, kind, name")


@pytest.mark.usefixtures("small")
def test_a_boot_of_which_no_record_can_be_dated_is_looked_at_once(way: Way) -> None:
    undated = [row(seq, 14.5, utc_s=None, uptime_s=60 * seq) for seq in range(2, 9)]
    before = batch([row(1, 14.5, utc_s=NOW_S - 9000)], b=1, n=20)
    after = batch([row(20, 14.5, utc_s=NOW_S - 60)], b=3, n=21)
    # Where it would lie by its neighbours, its node stood nowhere.
    way.store.registry.put(Node(NODE, None), since_s=NOW_S - 8000, by="a test")
    way.store.registry.put(Node(NODE, GARDEN), since_s=NOW_S - 100, by="a test")
    way.journal.append(
        [message(data_topic(NODE), record) for record in (before, batch(undated, b=2, n=20, f=20), after)]
    )
    rest(way)
    assert len(way.store.records.undated(NODE)) == len(undated)
    way.journal.append([message(data_topic(NODE), batch([row(21, 14.5)], b=3, n=22, f=20))])
    assert rest(way) <= 3
    way.store.registry.put(Node(NODE, GARDEN), since_s=NOW_S - 8000, by="a test")
    rest(way)
    assert way.store.records.undated(NODE) == []


@pytest.mark.usefixtures("small")
def test_a_record_that_is_replaced_by_one_of_another_series_dates_no_others_any_more(way: Way) -> None:
    damaged = batch([row(2, None, flags=1, uptime_s=600)], ["air_temperature"], n=3)
    way.take(batch([row(1, 14.5, utc_s=None, uptime_s=60)], n=3), damaged)
    assert len(way.store.records.undated(NODE)) == 1
    way.take(batch([row(2, 0.0, uptime_s=600)], ["clock_step_s"], s="clock", n=3))
    assert way.store.records.undated(NODE) == []


def test_a_job_that_is_asked_for_again_ends_before_it_begins_again(way: Way) -> None:
    with way.store.ledger() as writes:
        writes.jobs.put(RECORDS, NODE, "1", from_s=50)
        job = writes.jobs.next_of_records("")
        assert job is not None
        writes.jobs.move(job, 7)
        writes.jobs.put(RECORDS, NODE, "1", from_s=40)
        job = writes.jobs.next_of_records("")
        assert job is not None
        assert (job.position, job.from_s) == (7, 40)
        writes.jobs.move(job, None)
        job = writes.jobs.next_of_records("")
        assert job is not None
        assert job.position == 0
        writes.jobs.move(job, None)
        assert writes.jobs.next_of_records("") is None


def test_what_lies_ahead_of_a_job_anyway_does_not_make_it_begin_again(way: Way) -> None:
    with way.store.ledger() as writes:
        writes.jobs.put(BOOT, NODE, "9f2c01aa 1", position=5)
        writes.jobs.put(BOOT, NODE, "9f2c01aa 1", position=9)
        job = writes.jobs.next_of_records("")
        assert job is not None
        assert job.position == 5
        writes.jobs.move(job, None)
        assert writes.jobs.next_of_records("") is None


def test_a_job_that_comes_no_further_is_left_out_with_an_alarm(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    way.take(batch([row(seq, 14.5) for seq in range(1, 4)]))
    alarms: list[tuple[str, Exception]] = []
    ledger = Ledger(way.store, way.reader, on_error=lambda label, error: alarms.append((label, error)))
    with way.store.ledger() as writes:
        writes.jobs.put(RECORDS, NODE, "1")
        job = writes.jobs.next_of_records("")
        assert job is not None
        with pytest.raises(JobStuckError, match="stands still at 0"):
            writes.jobs.move(job, 0)
    monkeypatch.setattr(
        revision.Revision, "go_on", lambda self, job: self._transaction.jobs.move(job, job.position)
    )
    ledger.revise()
    [(description, error)] = alarms
    assert RECORDS in description
    assert isinstance(error, JobStuckError)
    assert (jobs(way), way.store.cursors.position(LEFT_OUT)) == ([], 1)


@pytest.mark.slow
def test_a_node_with_many_jobs_lets_another_ones_have_every_second_turn(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ALLOWANCES, EPOCHS, Allowance(100, is_daily=True))
    epochs(way, NODE, 60)
    epochs(way, OTHER, 3)
    for node in (NODE, OTHER):
        way.store.registry.put(Node(node, YARD), since_s=SINCE_S, by="a test")
    for _ in range(8):
        way.ledger.step()
    left = [node for node, kind in jobs(way) if kind == RECORDS]
    assert OTHER not in left
    assert left.count(NODE) >= 50
    rest(way)
    assert {record.garden for record in way.current()} == {YARD}


def test_a_table_of_probes_has_only_those_epochs_looked_through_that_name_it(way: Way) -> None:
    epochs(way, NODE, 5)
    way.take(
        batch([row(1, 900.0, utc_s=NOW_S - 60)], ["soil_moisture_raw@1"], s="soil", e="ffffffff", p=TABLE),
        batch([row(1, 900.0, utc_s=NOW_S - 60)], ["soil_moisture_raw@1"], s="soil", e="eeeeeeee", p="b2"),
    )
    linear = Calibration("c-1", PROBE, "soil_moisture_raw", "soil_moisture", (0.0, 0.1), SINCE_S, None)
    way.store.registry.put(linear, since_s=SINCE_S, by="a test")
    way.ledger.catch_up()
    table = {"v": 1, "p": TABLE, "probes": [[1, "capacitive", PROBE]]}
    way.journal.append([message(topics.topic(COMMUNITY, NODE, topics.PROBES), json.dumps(table).encode())])
    way.ledger.step()
    assert jobs(way) == [(NODE, RECORDS)]
    rest(way)
    converted = [record.epoch for record in way.current() if "soil_moisture@1" in record.columns]
    assert converted == ["ffffffff"]


def test_the_ledger_does_not_wait_while_jobs_are_left(way: Way) -> None:
    epochs(way, NODE, 40)
    way.store.registry.put(Node(NODE, YARD), since_s=SINCE_S, by="a test")
    signals, waits = Signals(), []

    class Committed(threading.Event):
        """Ends the work at the first wait, and notes what was left then."""

        def wait(self, timeout: float | None = None) -> bool:
            waits.append((timeout, jobs(way)))
            signals.stop.set()
            return True

    signals.committed = Committed()
    keep_ledger(way.ledger, Log(), signals)
    assert [left for _, left in waits] == [[]]
    assert {record.garden for record in way.current()} == {YARD}


def test_letters_that_are_tried_again_let_messages_through_between_them(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letter_retry, "_LETTERS_A_TRANSACTION", 1)
    late = [batch([row(seq, 14.5)], n=9) for seq in range(1, 9)]
    way.take(*late, topic=data_topic("node-x"))
    way.store.registry.put(Node("node-x", GARDEN), since_s=SINCE_S, by="a test")
    way.journal.append([message(data_topic(OTHER), batch([row(1, 14.5)]))])
    way.ledger.step()
    assert [record.node for record in way.current() if record.node == OTHER] == [OTHER]
    assert way.letters("waiting")
    rest(way)
    assert way.letters("waiting") == []


def test_boots_dated_by_neighbours_are_looked_at_in_parts(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redating, "BOOTS_A_TRANSACTION", 2)
    sent = [
        batch([row(boot, 14.5, utc_s=NOW_S - 9000 + boot if boot in (1, 9) else None)], b=boot, n=10, f=10)
        for boot in range(1, 10)
    ]
    way.journal.append([message(data_topic(NODE), record) for record in sent])
    way.ledger.step()
    assert (NODE, BRACKETS) in jobs(way)
    rest(way)
    assert way.store.records.undated(NODE) == []


def test_a_record_that_is_withheld_dates_no_others_as_in_a_rebuild(way: Way, tmp_path: Path) -> None:
    way.take(
        batch([row(1, 14.5, utc_s=NOW_S - 9000)], b=1, n=6),
        batch([row(2, 14.5, utc_s=None, uptime_s=60)], b=2, n=6),
        # Its clock was set, and the record that says so is lost.
        batch([row(3, 14.5, utc_s=NOW_S - 5000, uptime_s=3000)], b=2, n=6),
        batch([row(4, 14.5, utc_s=NOW_S - 4000, uptime_s=60)], b=3, n=6),
        batch([row(5, 14.5, utc_s=NOW_S - 100, uptime_s=3960)], b=3, n=6),
    )
    way.store.registry.put(Node(NODE, None), since_s=NOW_S - 5500, by="a test")
    way.store.registry.put(Node(NODE, GARDEN), since_s=NOW_S - 4500, by="a test")
    way.ledger.catch_up()
    assert way.state()[NODE, EPOCH, 2] != "undated"
    with replayed(way, tmp_path / "rebuilt", 5000) as fresh:
        assert_same(way, fresh)

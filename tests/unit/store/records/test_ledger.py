"""The ledger's writes: all of a transaction or none, keys once, revisions in place of what they revise."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import store_parts
from sera_store.errors import InvalidEntryError
from sera_store.records.dead_letters import DeadLetter
from sera_store.records.keys import Anchor, Extent
from sera_store.store import RECORDS_FILE, Store
from sera_vocabulary.messages import FLAG_DAMAGED
from store_parts import keys_in, seqs_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.records.records import Record

    Append = Callable[..., list[int]]

SPAN = {"start_s": 0, "end_s": 2**40}


def letter(**changes: object) -> DeadLetter:
    fields: dict[str, object] = {
        "journal": 7,
        "reason": "conflict",
        "detail": "other content",
        "topic": "sera/v1/avon/node-a/data",
        "payload": b"{}",
        "node": "node-a",
        "epoch": "9f2c01aa",
        "seqs": (1,),
        "received_s": 1_780_000_100,
    }
    return DeadLetter(**(fields | changes))  # type: ignore[arg-type]


def test_what_is_appended_is_read_back_the_same(store: Store, append: Append, air: Record) -> None:
    record = replace(
        air, boot=None, uptime_s=None, values=(None, -0.25), quality=(9, 3), detail={"why": "é\n"}
    )

    [number] = append(record)

    result = store.records.row(number)
    assert (result.id, result.supersedes, result.record) == (number, None, record)


def test_change_numbers_grow_in_the_order_of_writing(store: Store, append: Append, air: Record) -> None:
    first = append(air, replace(air, seq=2))
    second = append(replace(air, seq=3))

    assert first + second == [1, 2, 3]
    assert [row.id for row in store.records.changes(1, 10)] == [2, 3]
    assert store.records.last_change() == 3


def test_a_key_that_has_a_record_is_not_given_another(store: Store, append: Append, air: Record) -> None:
    append(air)

    with pytest.raises(InvalidEntryError, match="node-a"):
        append(replace(air, seq=2), replace(air, values=(1.0, 1.0)))

    assert seqs_in(store) == [1]
    assert store.records.last_change() == 1


def test_known_tells_hash_head_and_letter(store: Store, append: Append, air: Record) -> None:
    [number] = append(replace(air, flags=FLAG_DAMAGED))
    with store.ledger() as writes:
        [refused] = writes.dead_letters.add([letter(seqs=(2,))])

    with store.ledger() as writes:
        states = writes.keys.states("node-a", "9f2c01aa", range(1, 1200))
        stranger = writes.keys.states("node-x", "9f2c01aa", [1])

    assert states.keys() == {1, 2}
    assert (states[1].record, states[1].damaged, len(states[1].content_hash)) == (number, True, 16)
    assert (states[2].record, states[2].dead_letter, states[2].content_hash) == (None, refused, b"")
    assert stranger == {}


def test_a_record_takes_over_the_key_of_a_dead_letter(store: Store, append: Append, air: Record) -> None:
    with store.ledger() as writes:
        [refused] = writes.dead_letters.add([letter(seqs=(1, 2))])
    assert store.records.counts().dead_lettered == 2

    append(air)
    with store.ledger() as writes:
        writes.dead_letters.settle(refused, "replayed")

    assert store.records.counts().dead_lettered == 1
    assert list(store.dead_letters.keys()) == [("node-a", "9f2c01aa", 2)]
    assert store.dead_letters.list() == []
    assert store.dead_letters.show(refused).state == "replayed"


def test_a_refusal_leaves_the_key_of_a_stored_record_alone(store: Store, append: Append, air: Record) -> None:
    [number] = append(air)

    with store.ledger() as writes:
        writes.dead_letters.add([letter()])
        states = writes.keys.states("node-a", "9f2c01aa", [1])

    assert states[1].record == number
    assert store.records.counts().dead_lettered == 0


def test_a_transaction_that_fails_leaves_no_trace(store: Store, append: Append, air: Record) -> None:
    append(air)

    new = replace(air, seq=2, node="node-new", series="soil", columns=("soil_ph@1", "soil_ph@2"))

    def fail_midway() -> None:
        with store.ledger() as writes:
            writes.records.append([(new, b"hash")])
            writes.move_cursor(9)
            raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        fail_midway()

    # The names that were new in it are named again, not remembered by ids that are gone.
    append(replace(new, seq=3))
    with store.ledger() as writes:
        assert writes.cursor() == 0
    assert [(key.node, key.seq) for key in keys_in(store)] == [("node-a", 1), ("node-new", 3)]
    assert store.records.row(2).record.columns == ("soil_ph@1", "soil_ph@2")


KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from store_parts import AIR
from sera_store.store import Store

store = Store.open(Path(sys.argv[1]))
with store.ledger() as writes:
    writes.records.append([(replace(AIR, seq=seq), b"hash") for seq in range(1, 501)])
    writes.move_cursor(500)
with store.ledger() as writes:
    # More than the page cache holds, so that pages of it reach the file before it ends.
    many = [replace(AIR, seq=seq, detail={"note": f"{seq:04000d}"}) for seq in range(501, 12_501)]
    writes.records.append([(record, b"hash") for record in many])
    writes.move_cursor(12_500)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_a_process_killed_midway_leaves_the_last_whole_transaction(tmp_path: Path) -> None:
    folder = Path(store_parts.__file__).parent
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), tmp_path / "store", folder], check=False, timeout=120
    )
    assert ended.returncode == -signal.SIGKILL
    assert (tmp_path / "store" / (RECORDS_FILE + "-wal")).stat().st_size > 10_000_000

    with Store.open(tmp_path / "store") as store, store.ledger() as writes:
        assert writes.cursor() == 500
        assert len(writes.keys.states("node-a", "9f2c01aa", range(1, 12_501))) == 500
        assert len(list(store.records.keys())) == 500
        assert len(list(store.records.current(series="air", **SPAN))) == 500


def test_no_row_of_the_table_of_records_can_be_changed_or_deleted(
    store: Store, append: Append, air: Record
) -> None:
    append(air)
    raw = sqlite3.connect(store.folder / RECORDS_FILE)

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute("UPDATE records SET time_s = 1")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute("DELETE FROM records")
    raw.close()


def test_a_revision_stands_in_place_of_what_it_revises(store: Store, append: Append, air: Record) -> None:
    [old] = append(air)

    with store.ledger() as writes:
        new = writes.records.supersede(old, replace(air, time_s=1_780_000_900, garden="rose-court"))

    [current] = store.records.current(series="air", **SPAN)
    assert (current.id, current.supersedes, current.record.garden) == (new, old, "rose-court")
    assert store.records.row(old).record == air
    assert [row.id for row in store.records.changes(0, 10)] == [old, new]


def test_only_the_current_row_of_the_same_key_can_be_superseded(
    store: Store, append: Append, air: Record
) -> None:
    old, other = append(air, replace(air, seq=2))
    with store.ledger() as writes:
        writes.records.supersede(old, air)

    for number, record in ((old, air), (other, air), (99, air)):
        with pytest.raises(InvalidEntryError, match=f"row {number}"), store.ledger() as writes:
            writes.records.supersede(number, record)


def test_a_good_record_after_a_damaged_one_brings_its_own_hash(
    store: Store, append: Append, air: Record
) -> None:
    [old] = append(replace(air, flags=FLAG_DAMAGED, values=(None, None), quality=(9, 9)))

    with store.ledger() as writes:
        writes.records.supersede(old, air, b"good")
        states = writes.keys.states("node-a", "9f2c01aa", [1])

    assert (states[1].content_hash, states[1].damaged) == (b"good", False)


def test_a_record_that_does_not_fit_its_columns_is_refused(store: Store, append: Append, air: Record) -> None:
    for wrong in (replace(air, values=(1.0,)), replace(air, quality=(1,)), replace(air, values=("a", 1.0))):
        with pytest.raises(InvalidEntryError, match="node-a 9f2c01aa 1"):
            append(wrong)
    assert store.records.last_change() == 0


def test_undated_records_are_in_no_series_until_they_are_dated(
    store: Store, append: Append, air: Record
) -> None:
    undated = replace(air, time_s=None, boot=3)
    [number, _] = append(undated, replace(undated, seq=2, boot=None))
    with store.ledger() as writes:
        [waiting] = writes.boots.undated("node-a", "9f2c01aa", 3)
        assert [row.record.seq for row in writes.boots.undated("node-a", "9f2c01aa", None)] == [2]
        assert writes.boots.undated("node-b", "9f2c01aa", 3) == []
    assert waiting.id == number
    assert list(store.records.current(series="air", **SPAN)) == []
    assert store.records.counts().undated == 2

    with store.ledger() as writes:
        writes.records.supersede(number, replace(undated, time_s=1_780_000_000))
        assert writes.boots.undated("node-a", "9f2c01aa", 3) == []

    assert [row.record.seq for row in store.records.undated()] == [2]
    assert len(list(store.records.current(series="air", **SPAN))) == 1


def test_anchors_are_the_current_clock_records_of_one_boot(store: Store, append: Append, air: Record) -> None:
    clock = replace(air, series="clock", columns=("clock_step_s",), values=(0.0,), quality=(1,))
    late, _, _ = append(
        replace(clock, seq=5, uptime_s=900),
        replace(clock, seq=4, uptime_s=30, time_s=1_779_999_130),
        replace(clock, seq=6, boot=2),
    )
    with store.ledger() as writes:
        writes.records.supersede(late, replace(clock, seq=5, uptime_s=900, uncertainty_s=9))

    with store.ledger() as writes:
        anchors = writes.boots.anchors("node-a", "9f2c01aa", 1)

    assert anchors == [Anchor(30, 1_779_999_130, 2, 4), Anchor(900, 1_780_000_000, 9, 5)]


def test_next_steps_over_what_is_here_and_what_is_lost(store: Store, append: Append, air: Record) -> None:
    append(*[replace(air, seq=seq) for seq in (1, 2, 4, 7)])
    with store.ledger() as writes:
        writes.dead_letters.add([letter(seqs=(3,))])
        gap = writes.delivery.advance("node-a", "9f2c01aa", 1, 9, community="avon", boot=2, changed=50)
        lost = writes.delivery.advance("node-a", "9f2c01aa", 6, 9)
        older = writes.delivery.advance("node-a", "9f2c01aa", 2, 5, boot=1)

    assert gap == Extent("node-a", "9f2c01aa", "avon", 5, 7, 1, 9, 2, 50)
    assert (lost.next, lost.lowest_seq) == (6, 6)
    assert older == lost
    append(replace(air, seq=6))
    with store.ledger() as writes:
        assert writes.delivery.advance("node-a", "9f2c01aa", 6, 9).next == 8


def test_a_probe_table_stays_as_it_first_came(store: Store) -> None:
    rows = [[1, "ds18b20", "28ff641d8fdf18c1"], [2, "capacitive", "c-0007"]]
    with store.ledger() as writes:
        assert writes.probe_tables.put("avon", "node-a", "a1b2c3d4", rows)
        assert writes.probe_tables.put("avon", "node-a", "a1b2c3d4", rows)
        assert not writes.probe_tables.put("avon", "node-a", "a1b2c3d4", [[1, "other", "x"]])
        assert writes.probe_tables.find("avon", "node-a", "a1b2c3d4") == rows
        assert writes.probe_tables.find("avon", "node-b", "a1b2c3d4") is None
        assert writes.probe_tables.find("severn", "node-a", "a1b2c3d4") is None


def test_another_process_sees_a_revision_whole_or_not_at_all(
    store: Store, append: Append, air: Record
) -> None:
    [number] = append(air)
    with Store.open(store.folder) as reader:
        with store.ledger() as writes:
            writes.records.supersede(number, replace(air, time_s=1_780_000_900))
            before = [row.record.time_s for row in reader.records.current(series="air", **SPAN)]
        after = [row.record.time_s for row in reader.records.current(series="air", **SPAN)]

    assert (before, after) == ([1_780_000_000], [1_780_000_900])


def test_a_reader_that_began_before_a_revision_ends_with_what_it_began(
    store: Store, append: Append, air: Record
) -> None:
    first, _ = append(air, replace(air, seq=2, time_s=1_780_000_100))
    reading = store.records.current(series="air", **SPAN)
    sequences = [next(reading).record.seq]

    with store.ledger() as writes:
        writes.records.supersede(first, replace(air, time_s=1_780_000_900))

    assert [*sequences, *[row.record.seq for row in reading]] == [1, 2]

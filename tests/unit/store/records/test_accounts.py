"""Whatever is appended, revised, refused and repeated: the accounts add up, and each key is current once."""

from __future__ import annotations

import sqlite3
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies as own
from sera_store.records.completeness import Counts
from sera_store.records.dead_letters import DeadLetter
from sera_store.store import RECORDS_FILE, Store
from store_parts import keys_in, seqs_in
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.records.records import Record

    Append = Callable[..., list[int]]

EPOCH = "9f2c01aa"
Key = tuple[str, int]


@dataclass
class Model:
    """What the store should hold, kept the plain way."""

    records: dict[Key, Record] = field(default_factory=dict)
    heads: dict[Key, int] = field(default_factory=dict)
    letters: set[Key] = field(default_factory=set)
    repeated: int = 0
    rows: int = 0


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[str, Record]]:
    kinds = st.sampled_from(("record", "record", "record", "revise", "refuse"))
    few = st.integers(1, 12).flatmap(lambda seq: own.records(seq=seq, epoch=EPOCH))
    return draw(st.lists(st.tuples(kinds, few), min_size=1, max_size=25))


def take(store: Store, model: Model, kind: str, record: Record) -> None:
    """Do to the store what a ledger would, and the same to the model."""
    key = (record.node, record.seq)
    with store.ledger() as writes:
        value = writes.keys.states(record.node, EPOCH, [record.seq]).get(record.seq)
        assert (value is not None) == (key in model.records or key in model.letters)
        if kind == "refuse":
            writes.dead_letters.add(
                [DeadLetter(1, "conflict", "", "", b"", record.node, EPOCH, (record.seq,))]
            )
            if value is None:
                model.letters.add(key)
        elif value is None or value.record is None:
            [model.heads[key]] = writes.records.append([(record, b"hash")])
            model.records[key] = record
            model.letters.discard(key)
            model.rows += 1
        elif kind == "revise":
            assert value.record == model.heads[key]
            model.heads[key] = writes.records.supersede(value.record, record)
            model.records[key] = record
            model.rows += 1
        else:
            writes.delivery.add_repeats(record.node, EPOCH, 1)
            model.repeated += 1
        writes.delivery.advance(record.node, EPOCH, record.seq % 4, record.seq + 2)


@pytest.mark.slow
@settings(max_examples=examples(60))
@given(steps())
def test_accounts_and_current_view_equal_a_plain_model(sequence: list[tuple[str, Record]]) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        for kind, record in sequence:
            take(store, model, kind, record)

        dated = {key for key, record in model.records.items() if record.time_s is not None}
        assert store.records.counts() == Counts(
            len(dated), len(model.records) - len(dated), len(model.letters), model.repeated
        )
        assert store.records.last_change() == model.rows
        assert [(key.node, key.seq) for key in keys_in(store)] == sorted(model.records)
        letters = list(store.dead_letters.keys())
        assert {(node, seq) for node, _, seq in letters} == model.letters
        check_current(store, model, dated)
        check_completeness(store, model)


def check_current(store: Store, model: Model, dated: set[Key]) -> None:
    every = {name for name, _ in own.LAYOUTS}
    current = [row for name in every for row in store.records.current(series=name, start_s=0, end_s=2**40)]
    assert sorted((row.record.node, row.record.seq) for row in current) == sorted(dated)
    for row in current + store.records.undated():
        key = (row.record.node, row.record.seq)
        assert (row.id, row.record) == (model.heads[key], model.records[key])


def check_completeness(store: Store, model: Model) -> None:
    for account in store.completeness():
        sequences = {seq for node, seq in (*model.records, *model.letters) if node == account.node}
        parts = account.stored + account.undated + account.dead_lettered + account.missing + account.lost
        assert account.made == parts
        assert account.received == len(sequences)
        assert account.top == max(sequences)
        assert account.missing >= 0
        assert account.lost >= 0
        assert account.next not in sequences


def test_missing_and_lost_are_told_apart_by_what_the_node_still_holds(
    store: Store, append: Append, air: Record
) -> None:
    append(*[replace(air, seq=seq) for seq in (2, 5, 6)])
    with store.ledger() as writes:
        writes.delivery.advance("node-a", EPOCH, 4, 9)

    [account] = store.completeness("node-a")

    # 1 and 3 are lost; 4, 7 and 8 are missing.
    assert (account.made, account.stored, account.lost, account.missing) == (8, 3, 2, 3)
    assert store.completeness("node-x") == []


def test_a_node_that_never_told_its_next_has_made_what_is_here_up_to_its_highest(
    append: Append, store: Store, air: Record
) -> None:
    append(air, replace(air, seq=4))

    [account] = store.completeness("node-a")

    assert (account.made, account.top, account.stored, account.missing, account.lost) == (4, 4, 2, 2, 0)


def test_repeats_are_counted_and_change_nothing_else(store: Store, append: Append, air: Record) -> None:
    append(air)
    with store.ledger() as writes:
        writes.delivery.add_repeats("node-a", EPOCH, 2)
        writes.delivery.add_repeats("node-a", EPOCH, 3)

    assert store.records.counts("node-a") == Counts(stored=1, repeated=5)
    assert store.records.counts("node-b") == Counts()


def test_a_row_taken_out_by_force_is_missing_in_the_accounts(
    store: Store, append: Append, air: Record
) -> None:
    append(*[replace(air, seq=seq) for seq in (1, 2, 3)])
    with store.ledger() as writes:
        writes.delivery.advance("node-a", EPOCH, 1, 4)
    force(store.folder, "DROP TRIGGER records_never_go", "DELETE FROM records WHERE seq = 2")

    [account] = store.completeness()

    assert (account.stored, account.missing) == (2, 1)
    assert seqs_in(store) == [1, 3]


def test_a_row_put_in_twice_by_force_has_its_key_twice(store: Store, append: Append, air: Record) -> None:
    append(air)
    force(
        store.folder,
        "INSERT INTO records (origin, layout, seq, time_s, uncertainty_s, flags, body, journal) "
        "SELECT origin, layout, seq, time_s, uncertainty_s, flags, body, journal FROM records",
    )

    assert seqs_in(store, "node-a") == [1, 1]


def force(folder: Path, *statements: str) -> None:
    raw = sqlite3.connect(folder / RECORDS_FILE)
    with raw:
        for statement in statements:
            raw.execute(statement)
    raw.close()

"""Rows of messages that share cells are written as they are one by one, and leave what is taken as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_store.database import inserts
from sera_store.records.blocks import MessageBlock
from sera_store.records.rows import body_of
from sera_store.store import RECORDS_FILE, Store

TABLES = ("records", "keys", "timeline", "undated", "anchors")
SERIES = (
    ("air", ("air_temperature",)),
    ("soil", ("soil_moisture", "soil_ph")),
    ("health", ("battery_voltage",)),
)


def block_in(store: Store, messages: list[tuple[int, int]], parts: int, first: int) -> MessageBlock:
    """Make a block of messages, each of a node (by number) with a name; two may have the same ones."""
    with store.ledger() as writes:
        records, series = writes.records, SERIES[:parts]
        return MessageBlock(
            sources=[records.source(f"node-{node}", "family") for node, _ in messages],
            hashes=[f"{index:016}".encode() for index in range(first, first + len(messages))],
            journals=list(range(first, first + len(messages))),
            times_s=[1_780_000_000 + name for _, name in messages],
            origins=[
                [records.origin((f"node-{node}", "family", "avon", "elm", name)) for node, _ in messages]
                for name, _ in series
            ],
            seqs=[[name * 8 + part for _, name in messages] for part in range(parts)],
            bodies=[
                [
                    body_of([float(name)] * len(columns), [1] * len(columns), len(columns))
                    for _, name in messages
                ]
                for _, columns in series
            ],
            layouts=[records.layout(columns) for _, columns in series],
            uncertainty_s=1,
            detail=records.detail({"mapping": "family 1"}),
        )


def content(folder: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(folder / RECORDS_FILE)) as connection:
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in TABLES}


MESSAGES = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 9)), min_size=1, max_size=12)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(MESSAGES, MESSAGES, st.integers(1, 3), st.sampled_from([2, 5, 50]))
def test_rows_that_share_cells_are_the_rows_one_by_one(
    before: list[tuple[int, int]], messages: list[tuple[int, int]], parts: int, statement_rows: int
) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(inserts, "_ROWS_A_STATEMENT", statement_rows)
        contents, ids = [], []
        for is_together in (True, False):
            folder = Path(name) / str(is_together)
            with Store.open(folder) as store:
                for first, some in ((1, before), (100, messages)):
                    block = block_in(store, some, parts, first)
                    with store.ledger() as writes:
                        append = writes.records.append_message_block
                        rows = writes.records.append_block
                        ids.append(append(block) if is_together else rows(block.rows()))
            contents.append(content(folder))
    assert contents[0] == contents[1]
    assert ids[:2] == ids[2:]
    assert len(contents[0]["records"]) == parts * len({*before, *messages})

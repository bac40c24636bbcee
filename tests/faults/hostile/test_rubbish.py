"""Any bytes under any topic: the ledger never raises, and everything that came is accounted for by SQL."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_parts import COMMUNITY, EPOCH, NOW_NS, NOW_S, batch, data_topic, message, plant, row, rows_of
from sera_gateway.decode import reasons
from sera_gateway.decode.decode import decode
from sera_gateway.decode.decoded import DataMessage, RejectedMessage
from sera_gateway.journal.journal import Journal, JournalReader, Message
from sera_gateway.ledger.allowances import STORED_MOST, Claim, is_plausible
from sera_gateway.ledger.ledger import Ledger
from sera_store.store import Store
from sera_vocabulary import topics
from strategies import examples

NODES = ("node-a", "node-b")

# Anything that JSON can write, and what only Python's writer does: NaN, Infinity, whole numbers of any size.
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)

SEQS = st.integers(1, 12)
TIMES = st.sampled_from([None, NOW_S, NOW_S - 60, 0, 4_294_967_295, -1]) | LEAVES
CELLS = st.floats(-50, 80) | st.none() | LEAVES
ROWS = (
    st.builds(
        row,
        SEQS | LEAVES,
        CELLS,
        utc_s=TIMES,
        uptime_s=st.integers(0, 10**6) | LEAVES.filter(lambda leaf: leaf is not None),
        flags=st.sampled_from([0, 1, 2]) | LEAVES,
    )
    | ANY_JSON
)
COLUMNS = st.sampled_from(
    [
        ["air_temperature"],
        ["clock_step_s"],
        ["aura"],
        ["soil_moisture@1"],
        ["air_temperature", "air_humidity"],
    ]
)


@st.composite
def batches(draw: st.DrawFn) -> bytes:
    """A batch, sound or with some of its keys or cells spoiled."""
    rows = draw(st.lists(st.builds(row, SEQS, st.floats(-5, 30)) | ROWS, max_size=9))
    keys = {"n": st.integers(1, 20) | LEAVES, "f": st.integers(1, 5) | LEAVES, "v": LEAVES, "e": LEAVES}
    more = {"b": st.integers(1, 2) | LEAVES, "s": st.sampled_from(["air", "clock", "soil", "aura"]) | LEAVES}
    spoiled = draw(st.fixed_dictionaries({}, optional={**keys, **more, "k": ANY_JSON, "p": LEAVES}))
    try:
        return batch(rows, draw(COLUMNS), **({"n": 20} | spoiled))
    except (TypeError, ValueError):
        return json.dumps(draw(ANY_JSON)).encode()


PAYLOADS = batches() | st.binary(max_size=40) | st.builds(lambda any_: json.dumps(any_).encode(), ANY_JSON)
TOPICS = (
    st.sampled_from([data_topic(node) for node in (*NODES, "node-x")])
    | st.builds(
        topics.topic,
        st.sampled_from([COMMUNITY, "severn"]),
        st.sampled_from(NODES),
        st.sampled_from([*topics.UP_CHANNELS, *topics.DOWN_CHANNELS]),
    )
    | st.sampled_from(
        ["sera/v1/avon", "sera/v2/avon/node-a/data", "sera/v1/Avon/node-a/data", "zigbee/kitchen"]
    )
    | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
)
MESSAGES = st.lists(st.builds(message, TOPICS, PAYLOADS, retain=st.booleans()), min_size=1, max_size=8)


@pytest.mark.slow
@given(MESSAGES)
@settings(max_examples=examples(60))
def test_every_message_and_every_record_of_it_is_accounted_for(sent: list[Message]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        with (
            Journal(folder / "journal", lambda: NOW_NS) as journal,
            JournalReader(folder / "journal") as reader,
            Store.open(folder / "store", clock=lambda: NOW_S) as store,
        ):
            plant(store, NODES)
            journal.append(sent)
            ledger = Ledger(store, reader)
            ledger.catch_up()
            assert ledger.position == len(sent)
            entries = reader.read(0, len(sent))
        database = folder / "store" / "records.sqlite"
        _assert_messages_are_accounted_for(database, len(sent))
        _assert_keys_are_accounted_for(database, [decode(entry) for entry in entries])


def _assert_messages_are_accounted_for(database: Path, count: int) -> None:
    rows = rows_of(
        database,
        "SELECT journal FROM records UNION SELECT journal FROM dead_letters"
        " UNION SELECT journal FROM ignored",
    )
    unaccounted = count - len({number for (number,) in rows})
    [(repeats,)] = rows_of(database, "SELECT coalesce(sum(count), 0) FROM repeats")
    assert unaccounted <= repeats
    refused = {reason for (reason,) in rows_of(database, "SELECT DISTINCT reason FROM dead_letters")}
    ignored = {reason for (reason,) in rows_of(database, "SELECT DISTINCT reason FROM ignored")}
    assert refused <= reasons.REASONS.keys() - {reasons.INTERNAL}
    assert ignored <= reasons.IGNORED.keys()


def _assert_keys_are_accounted_for(database: Path, decoded: list[Any]) -> None:
    """Each key that a message of its own community holds has a record or a letter; a row is never twice.

    What no node can hold is no key.
    """
    expected_reasons = set()
    for decoded_message in decoded:
        envelope = getattr(decoded_message, "envelope", None)
        if envelope and not is_plausible(Claim("", envelope.lowest_seq, envelope.next_seq), NOW_S):
            continue
        if isinstance(decoded_message, DataMessage) and decoded_message.community == COMMUNITY:
            seqs = [row.seq for row in decoded_message.rows] + [
                seq for no in decoded_message.rejections for seq in no.seqs
            ]
            expected_reasons |= {(decoded_message.node, decoded_message.envelope.epoch, seq) for seq in seqs}
        elif (
            isinstance(decoded_message, RejectedMessage)
            and decoded_message.community == COMMUNITY
            and decoded_message.rejection.epoch == EPOCH
        ):
            expected_reasons |= {(decoded_message.node, EPOCH, seq) for seq in decoded_message.rejection.seqs}
    expected_reasons = {key for key in expected_reasons if key[2] <= STORED_MOST}
    rows = rows_of(
        database,
        "SELECT s.node, s.epoch, k.seq, (k.record IS NOT NULL) + (k.letter IS NOT NULL),"
        " (SELECT count(*) FROM records r JOIN origins o ON o.id = r.origin"
        "  WHERE o.source = k.source AND r.seq = k.seq AND r.supersedes IS NULL)"
        " FROM keys k JOIN sources s ON s.id = k.source",
    )
    assert expected_reasons <= {(node, epoch, seq) for node, epoch, seq, _, _ in rows}
    assert all(holders >= 1 and first_rows <= 1 for *_, holders, first_rows in rows)

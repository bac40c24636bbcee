"""Recorded files in the ledger: any cut, overlap and order of them ends alike; many topics are no limit."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_parts import SINCE_S, data_topic, message, plant
from ledger_parts import NODE, Way, assert_closes, way_in
from sera_gateway.importers import Recording, Row
from sera_gateway.importers.recording import batches

_FIRST_S = SINCE_S + 900
readings = st.lists(st.tuples(st.integers(0, 30), st.sampled_from([1.5, 2.5])), min_size=1, max_size=40)


def take(way: Way, rows: list[tuple[int, float]]) -> None:
    """Take a file of rows, each a second and a value."""
    rows_of_file = tuple(Row(_FIRST_S + second, 60, (value,)) for second, value in rows)
    recording = Recording("f.csv", "tomst/7", "none", "soil", ("soil_temperature@1",), rows_of_file)
    way.take(*batches(recording.with_node(NODE)))


def stored(way: Way) -> dict[int, float]:
    return {record.time_s - _FIRST_S: record.values[0] for record in way.current()}  # type: ignore[operator]


@pytest.mark.slow
@given(st.lists(readings, min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_the_first_reading_of_each_second_stays_whatever_files_hold_it(
    files: list[list[tuple[int, float]]],
) -> None:
    expected: dict[int, float] = {}
    contradictions = 0
    for second, value in (row for file in files for row in file):
        contradictions += expected.setdefault(second, value) != value
    with tempfile.TemporaryDirectory() as folder, way_in(Path(folder)) as way:
        plant(way.store, [NODE])
        for file in files:
            take(way, file)
        assert stored(way) == expected
        account = way.account()
        total = sum(map(len, files))
        assert (account.missing, account.lost, account.made) == (0, 0, len(expected))
        assert account.repeated == total - len(expected) - contradictions
        assert set(way.letters()) <= {"conflict"}
        assert sum(len(letter.seqs) for letter in way.store.dead_letters.list(limit=1_000)) == contradictions


@pytest.mark.slow
@given(readings, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_files_without_contradictions_end_alike_in_any_order(
    rows: list[tuple[int, float]], random: object
) -> None:
    series = sorted(dict(rows).items())
    files = [series[: len(series) // 2 + 3], series[len(series) // 3 :], series]
    random.shuffle(files)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder, way_in(Path(folder)) as way:
        plant(way.store, [NODE])
        for file in files:
            take(way, file)
        assert stored(way) == dict(series)
        assert way.letters() == []
        # Nobody numbers them, so no gateway tells a logger how far its records have come.
        assert way.sql("SELECT count(*) FROM extents") == [(0,)]


@pytest.mark.slow
@given(st.integers(300, 700), st.integers(300, 700))
@settings(max_examples=3, deadline=None)
def test_hundreds_of_topics_and_loggers_come_in_at_once(topics: int, loggers: int) -> None:
    nodes = [f"logger-{number:04d}" for number in range(loggers)]
    row = (Row(_FIRST_S, 60, (1.5,)),)
    recording = Recording("f.csv", "tomst/7", "none", "soil", ("soil_temperature@1",), row)
    with tempfile.TemporaryDirectory() as folder, way_in(Path(folder)) as way:
        plant(way.store, nodes)
        saved = [message(f"home/sensor-{number}/state", b'{"t":1}') for number in range(topics)]
        files = [
            message(data_topic(node), payload)
            for node in nodes
            for payload in batches(recording.with_node(node))
        ]
        way.journal.append([*saved, *files])
        way.ledger.catch_up()
        assert way.letters() == ["no_mapping"] * topics
        accounts = way.store.completeness()
        for account in accounts:
            assert_closes(account)
        assert [(account.node, account.stored) for account in accounts] == [(node, 1) for node in nodes]

"""Lines by template are the lines that `encode` writes point by point, for any record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import strategies as own
from sera_store.outputs import line_templates
from sera_store.outputs.line_protocol import encode, points
from sera_store.outputs.line_templates import LineTemplates
from sera_store.store import Store
from sera_vocabulary import series
from store_parts import AIR
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_store.records.rows import Record

LINES_A_PIECE = 100
AWKWARD = st.text("%r%%\\ ,=\"'\n\x00{}é🌱0123456789.", max_size=12)
COUNTS = ("bumblebees", "wasps", "awake_s", "cloud_cover")


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with TemporaryDirectory() as folder, Store.open(Path(folder)) as opened:
        yield opened


def as_templates_write(store: Store, records: list[Record]) -> list[str]:
    templates = LineTemplates(store.names)
    last = store.records.last_change()
    seq = last
    with store.ledger() as writes:
        renamed = [replace(record, seq=(seq := seq + 1)) for record in records]
        writes.records.append([(record, b"hash") for record in renamed])
    rows = store.records.line_rows(last, len(records))
    # Twice, so that each comes from a template that another one made too.
    return [piece.text for row in rows * 2 for piece in templates.pieces([row], LINES_A_PIECE)]


def as_encoded(store: Store, count: int) -> list[str]:
    last = store.records.last_change()
    rows = store.records.changes(last - count, count)
    templated = ["\n".join(encode(point) for point in points(row)) for row in rows * 2]
    return [text for text in templated if text]


@pytest.mark.slow
@settings(max_examples=examples(80), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(own.records(detail=None) | own.records(), min_size=1, max_size=6))
def test_any_records_have_the_same_lines(store: Store, records: list[Record]) -> None:
    assert as_templates_write(store, records) == as_encoded(store, len(records))


@settings(max_examples=examples(60))
@given(
    st.lists(st.tuples(AWKWARD, AWKWARD, AWKWARD, st.none() | own.numbers()), min_size=1, max_size=4),
)
@example([("7933867530986.0", "8675309867867530986", "7927867530986.0", 7_933_867_530_986.0)])
@example([("a", "b", "%s %d %", 1e308), ("a", "b", "%s %d %", None), ("a", "b", "%s %d %", 2.0)])
def test_no_text_of_a_note_or_serial_is_taken_for_a_number(
    store: Store, drawn: list[tuple[str, str, str, float | None]]
) -> None:
    soil = ("soil_temperature@1", "soil_ph@2")
    records = [
        replace(
            AIR,
            series=series.SOIL,
            columns=soil,
            values=(value, 7.0),
            detail={"probe@1": serial, "note": note, name: note},
        )
        for serial, name, note, value in drawn
    ]
    assert as_templates_write(store, records) == as_encoded(store, len(records))


@given(st.lists(st.none() | own.numbers(), min_size=4, max_size=4))
@example([1e308, 1e308, 1e308, 1e308])
def test_counts_have_the_same_lines(store: Store, values: list[float | None]) -> None:
    record = replace(AIR, series=series.COUNTS, columns=COUNTS, values=tuple(values), quality=(1, 2, 3, 9))

    assert as_templates_write(store, [record, record]) == as_encoded(store, 2)


def test_a_template_knows_whether_the_uncertainty_is_said(store: Store) -> None:
    records = [replace(AIR, uncertainty_s=uncertainty_s) for uncertainty_s in (59, 60, 0, 86_400)]

    assert as_templates_write(store, records) == as_encoded(store, len(records))


def test_templates_have_an_end_whatever_flags_and_qualities_come(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_templates, "TEMPLATES_MOST", 8)
    templates, last = LineTemplates(store.names), store.records.last_change()
    with store.ledger() as writes:
        writes.records.append(
            [(replace(AIR, seq=last + 1 + flags, flags=flags), b"hash") for flags in range(50)]
        )
    for row, change in zip(store.records.line_rows(last, 50), store.records.changes(last, 50), strict=True):
        assert [piece.text for piece in templates.pieces([row], 1)] == [
            "\n".join(encode(point) for point in points(change))
        ]
        assert len(templates._templates) <= 8


def test_pieces_end_at_the_limit_and_before_a_row_that_revises(store: Store) -> None:
    last = store.records.last_change()
    with store.ledger() as writes:
        numbers = writes.records.append([(replace(AIR, seq=last + seq), b"hash") for seq in range(1, 8)])
        writes.records.supersede(numbers[0], replace(AIR, seq=last + 1, flags=1))
        writes.records.append([(replace(AIR, seq=last + 8), b"hash")])

    pieces = list(LineTemplates(store.names).pieces(store.records.line_rows(last, 9), 3))

    assert [(piece.text.count("\n") + 1, piece.end) for piece in pieces] == [(3, 3), (3, 6), (1, 7)]

"""What a batch changes: points at their last place only, and nothing deleted that is to stay."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies as own
from sera_store.outputs.line_protocol import Point, PointKey, points
from sera_store.outputs.point_changes import Deletion, changes_of
from sera_store.records.rows import Record, StoredRecord
from store_parts import AIR

if TYPE_CHECKING:
    from sera_store.outputs.point_changes import Row

NS = 1_000_000_000


class Server:
    """What a database does with points: fields of one point merge, deletions take what matches."""

    def __init__(self) -> None:
        self.points: dict[PointKey, dict[str, float | str]] = {}

    def write(self, point: Point) -> None:
        self.points.setdefault(point.key, {}).update(point.fields)

    def delete(self, deletion: Deletion) -> None:
        self.points = {key: fields for key, fields in self.points.items() if not deletion.takes(key)}


def apply(server: Server, rows: list[Row], every: list[Row], *, spans: bool = False) -> None:
    """Bring a batch to the server in the follower's order."""
    by_number = {row.id: row for row in every}
    changes = changes_of((row, by_number.get(row.supersedes or 0)) for row in rows)
    for _, point in changes.writes.values():
        server.write(point)
    deletions = changes.deletions(lambda _: spans)
    for deletion in deletions:
        server.delete(deletion)
    for _, point in changes.rewrites(deletions):
        server.write(point)


def chain(*records: Record, first: int = 1) -> list[Row]:
    """Rows of one key, each superseding the one before."""
    return [
        StoredRecord(number, number - 1 if number > first else None, record)
        for number, record in enumerate(records, first)
    ]


def expected(rows: list[Row]) -> dict[PointKey, dict[str, float | str]]:
    superseded = {row.supersedes for row in rows}
    return {
        point.key: dict(point.fields) for row in rows if row.id not in superseded for point in points(row)
    }


# Few times and places, so that revisions bring a record back to where it was.
revisions = st.builds(
    replace,
    own.records(node="node-a", epoch="9f2c01aa", seq=7, community="avon", series="air"),
    columns=st.just(AIR.columns),
    values=st.tuples(*[st.sampled_from((None, 14.5))] * 2),
    quality=st.just(AIR.quality),
    time_s=st.sampled_from((None, 1_780_000_000, 1_780_000_900)),
    detail=st.sampled_from((None, {"depth_m@1": "0.1"}, {"dating": "between neighbours"})),
)


@pytest.mark.slow
@given(
    st.lists(revisions, min_size=1, max_size=8),
    st.lists(st.integers(1, 8), max_size=3),
    st.integers(0, 8),
)
def test_after_any_revisions_and_batches_a_record_is_where_it_was_revised_to_last(
    records: list[Record], cuts: list[int], again_from: int
) -> None:
    rows = chain(*records)
    server = Server()
    bounds = sorted({0, *[cut for cut in cuts if cut < len(rows)], len(rows)})
    for start, end in pairwise(bounds):
        apply(server, rows[start:end], rows)
    assert server.points == expected(rows)

    # A crash before the cursor was saved, or a rewind, repeats it from an earlier row.
    apply(server, rows[min(again_from, len(rows)) :], rows)
    assert server.points == expected(rows)


def test_a_point_that_comes_back_to_its_place_within_a_batch_stays() -> None:
    rows = chain(AIR, replace(AIR, garden="rose-court"), AIR)
    server = Server()

    apply(server, rows[:1], rows)
    apply(server, rows[1:], rows)

    assert server.points == expected(rows)


def test_a_probe_that_gets_a_depth_leaves_no_point_without_one() -> None:
    soil = replace(AIR, series="soil", columns=("soil_temperature@1",), values=(9.0,), quality=(1,))
    deep = replace(soil, detail={"probe@1": "c-1", "depth_m@1": "0.1"})
    rows = chain(replace(soil, detail={"probe@1": "c-1"}), deep)
    server = Server()

    apply(server, rows[:1], rows)
    apply(server, rows[1:], rows)

    assert server.points == expected(rows)
    assert len(server.points) == 1


def test_a_moved_garden_is_deleted_by_one_span_where_nothing_else_stays() -> None:
    rows: list[Row] = []
    for seq in range(1, 50):
        record = replace(AIR, seq=seq, time_s=1_780_000_000 + seq * 900)
        rows += chain(record, replace(record, garden="rose-court"), first=2 * seq - 1)
    changes = changes_of((row, rows[row.supersedes - 1] if row.supersedes else None) for row in rows)

    [span] = changes.deletions(lambda _: True)
    singly = changes.deletions(lambda _: False)

    assert (span.first_ns, span.last_ns) == (1_780_000_900 * NS + 1, 1_780_044_100 * NS + 49)
    assert len(singly) == 49
    server = Server()
    apply(server, rows, rows, spans=True)
    assert server.points == expected(rows)

"""Tables of counts are read as the same counts in every dialect: as FIT counts and as long tables."""

from __future__ import annotations

import tempfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sera_command.importers.long_tables import LongColumns, read_long_sites
from sera_command.importers.survey_tables import Columns, read_watches
from sera_gateway.importers import read_file
from sera_store.errors import TableError
from sera_vocabulary.measurements import GROUP_NAMES
from strategies import Dialect, dialects, examples

SQUARES = {"NC0429": "Europe/London", "J3374": "Europe/Dublin", "TQ3080": "Europe/London"}
OBSERVERS = ("Ada", "Käthe", 'Ben "the eye"', "O'Neill; Smith, 2nd")
FIRST = date(2004, 2, 27)
HEADERS = (
    ("X1km_square", "date", "observer", "insect_group", "count", "n_surveys"),
    ("Grid Reference", "Day", "Recorder", "Group", "Insects", "Number of counts"),
)


class Counted(NamedTuple):
    """One count as it was made: where, when, by whom, insects by group (None: not noted), its surveys."""

    square: str
    day: date
    observer: str
    insects: dict[str, int | None]
    surveys: int


@st.composite
def sheets(draw: st.DrawFn) -> list[Counted]:
    """Draw counts of different places, days and observers."""
    days = st.integers(0, 8_000).map(lambda number: FIRST + timedelta(days=number))
    keys = st.tuples(st.sampled_from(sorted(SQUARES)), days, st.sampled_from(OBSERVERS))
    insects = st.dictionaries(st.sampled_from(GROUP_NAMES), st.none() | st.integers(0, 10**4), min_size=1)
    return [
        Counted(*key, draw(insects), draw(st.integers(1, 9)))
        for key in draw(st.lists(keys, min_size=1, max_size=4, unique=True))
    ]


def spelled(draw: st.DrawFn, name: str) -> str:
    """Write a group as the scheme does, as we do, or in words."""
    scheme = {"butterflies_and_moths": "butterflies_moths", "small_insects": "insects_small"}
    return draw(
        st.sampled_from(
            [name, scheme.get(name, name), name.replace("_", " ").title(), name.replace("_", "-")]
        )
    )


def written(draw: st.DrawFn, day: date) -> str:
    """Write a day in one of the forms that tables have."""
    unpadded = f"{day.day}/{day.month}/{day.year}"
    return draw(st.sampled_from([day.isoformat(), unpadded, f"{unpadded} 00:00:00", f"{day:%d.%m.%Y}"]))


def number(dialect: Dialect, value: int | None) -> str:
    """Write a whole number; thousands are marked by what cannot stand before decimals."""
    if value is None:
        return "NA"
    marks = dialect.thousands in ("'", "\u00a0")
    return dialect.number(value, 0) if marks else str(value)


@pytest.mark.slow
@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), sheets(), dialects())
def test_fit_counts_are_the_same_in_every_dialect(
    data: st.DataObject, sheet: list[Counted], dialect: Dialect
) -> None:
    draw = data.draw
    rows = [
        [
            count.square,
            written(draw, count.day),
            count.observer,
            spelled(draw, name),
            number(dialect, insects),
            number(dialect, count.surveys),
        ]
        for count in sheet
        for name, insects in count.insects.items()
    ]
    rows = draw(st.permutations(rows))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "counts.csv"
        path.write_bytes(dialect.write([list(draw(st.sampled_from(HEADERS))), *rows]))
        recordings = read_file(path)
    read = {
        (row.utc_s, row.values)
        for recording in recordings
        for row in recording.rows
        if not recording.findings
    }
    created = set()
    for count in sheet:
        noon = datetime.combine(count.day, time(12), ZoneInfo(SQUARES[count.square]))
        insects = [count.insects.get(name) for name in GROUP_NAMES]
        created.add((int(noon.timestamp()), (*insects, count.surveys)))
    assert read == created
    # Each square and observer is a source of its own, and none is named after a person.
    assert len(recordings) == len({(count.square, count.observer) for count in sheet})
    assert not [recording for recording in recordings for name in OBSERVERS if name in recording.origin]


def holds_a_sum(sheet: list[Counted]) -> bool:
    """Return whether a square or a group is the sum of all others throughout, which is refused as a total."""
    squares = sorted({count.square for count in sheet})
    counts = np.zeros((len(squares), len(GROUP_NAMES)))
    for count in sheet:
        for name, insects in count.insects.items():
            counts[squares.index(count.square), GROUP_NAMES.index(name)] += insects or 0
    sums = [2 * table == table.sum(axis=0) for table in (counts, counts.T)]
    return any(bool(is_sum.all(axis=1).any()) for is_sum in sums)


@pytest.mark.slow
@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow])
@given(sheets(), dialects())
def test_long_tables_and_surveys_have_the_same_sums_in_every_dialect(
    sheet: list[Counted], dialect: Dialect
) -> None:
    sheet = [
        count._replace(insects={name: insects or 0 for name, insects in count.insects.items()})
        for count in sheet
    ]
    rows = [
        [count.square, f"{count.day} {count.observer}", name, number(dialect, insects), str(count.surveys)]
        for count in sheet
        for name, insects in count.insects.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "counts.csv"
        path.write_bytes(dialect.write([["square", "count of", "group", "insects", "effort"], *rows]))
        columns = Columns(("square", "count of"), "insects", "effort", "group", frozenset(), None, (), ())
        refusal = ""
        try:
            sites = read_long_sites(path, LongColumns("square", "group", "insects"))
            watches = read_watches(path, columns).watches
        except TableError as error:
            refusal = error.problem
    if refusal:
        assert "total" in refusal
        assert holds_a_sum(sheet)
        return
    sums: dict[tuple[str, str], int] = {}
    for count in sheet:
        for name, insects in count.insects.items():
            sums[count.square, name] = sums.get((count.square, name), 0) + (insects or 0)
    read = {
        (site, kind): sites.counts[row, column]
        for row, site in enumerate(sites.rows)
        for column, kind in enumerate(sites.columns)
        if (site, kind) in sums or sites.counts[row, column]
    }
    assert read == sums
    assert watches.effort.sum() == sum(count.surveys for count in sheet)
    assert watches.visits.sum() == sum(sums.values())

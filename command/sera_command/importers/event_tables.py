"""Tables of a detector's events: listed, written for people to label, and read back with labels."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_analysis.aggregates.readings import CAMERA
from sera_analysis.statistics.verification import NO_INSECT, RANDOM, TOP, Labels
from sera_command.errors import BadInputError
from sera_store.calendar import dates_span_s
from sera_store.errors import TableError
from sera_store.local_clock import NO_TIMEZONE
from sera_store.plain_text import spreadsheet_text
from sera_store.tables.numbers import has_two_readings
from sera_store.tables.reader import read_table
from sera_vocabulary.measurements import GROUP_NAMES
from sera_vocabulary.series import COUNTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from sera_analysis.statistics.verification import Queue
    from sera_store.store import Store
    from sera_store.tables.numbers import DecimalMark
    from sera_store.tables.table import Table
    from sera_words.statements import TableNote

EVENT, GROUP_NAMED, SCORE = "event", "named", "score"
SELECTION, WEIGHT, TRUTH = "chosen", "weight", "truth"
UNCLEAR: Final = "unclear"
_ANSWERS: Final = frozenset((*GROUP_NAMES, NO_INSECT, UNCLEAR, ""))
_ADDED: Final = (SELECTION, WEIGHT, TRUTH)


class Events(NamedTuple):
    """A detector's events: what it named, its scores, all cells to show people, how the table was read."""

    group_columns: list[str]
    score: list[float]
    columns: tuple[str, ...]
    rows: list[list[str]]
    notes: tuple[TableNote, ...] = ()


def read_events(path: Path, *, decimal: DecimalMark | None = None) -> Events:
    """Read a table of events with the columns event, named and score; others are kept for people.

    Raises
    ------
    TableError
        Where it is no such table; it names file, row and column.
    """
    table = read_table(path, decimal=decimal)
    event, group_columns, score = _columns(table, (EVENT, GROUP_NAMED, SCORE))
    original = [index for index, title in enumerate(table.titles) if title.lower() not in _ADDED]
    _check_repeats(table, event)
    groups = _groups(table, group_columns, frozenset((*GROUP_NAMES, NO_INSECT, "")))
    return Events(
        [group or NO_INSECT for group in groups],
        table.numbers([score], expected="the event's score, a number")[:, 0].tolist(),
        tuple(table.titles[place].lower() for place in original),
        [[row[place] for place in original] for row in table.rows],
        tuple(table.notes),
    )


def stretches_text(store: Store, node: str, first: date, last: date) -> str:
    """Write a camera's records of some local days as events, one for each group it named, or nothing.

    Raises
    ------
    BadInputError
        Where the node is no camera in a garden, or made no record then.
    """
    entity = store.registry.node(node)
    if entity is None or entity.garden is None or entity.detector != CAMERA:
        raise BadInputError(f"node {node!r} is not registered as a camera in a garden; see sera node list")
    garden = store.registry.garden(entity.garden)
    timezone = garden.timezone if garden else NO_TIMEZONE
    start_s, end_s = dates_span_s(timezone, first, last, amounts=True)
    table = store.records.table(COUNTS, GROUP_NAMES, garden=entity.garden, start_s=start_s, end_s=end_s)
    rows = []
    for row in np.flatnonzero(
        np.array([table.nodes[node_index] == node for node_index in table.node.tolist()])
    ).tolist():
        moment = datetime.fromtimestamp(int(table.time_s[row]), UTC).isoformat()
        counts = {name: float(column[row]) for name, column in table.values.items()}
        observed = {name: count for name, count in counts.items() if count > 0} or {NO_INSECT: 0.0}
        rows += [(f"{table.id[row]}-{name}", name, count, node, moment) for name, count in observed.items()]
    if not rows:
        raise BadInputError(f"node {node!r} made no record then; ask for other days")
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [(EVENT, GROUP_NAMED, SCORE, "node", "stretch_ends"), *rows]
    )
    return text.getvalue()


def queue_text(events: Events, queue: Queue) -> str:
    """Write the chosen events as CSV, with an empty column `truth` for people; no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*events.columns, *_ADDED))
    for row, way, weight in zip(
        queue.row.tolist(), queue.selection.tolist(), queue.weight.tolist(), strict=True
    ):
        writer.writerow((*(_harmless(cell) for cell in events.rows[row]), way, _unambiguous(weight), ""))
    return text.getvalue()


def read_labels(path: Path, *, decimal: DecimalMark | None = None) -> Labels:
    """Read a queue back in which people have filled the column `truth`.

    Raises
    ------
    TableError
        Where a label is no insect group, `nothing`, `unclear` or empty, or the queue's own columns changed.
    """
    table = read_table(path, decimal=decimal)
    event, group_columns, selection, weight, truth = _columns(table, (EVENT, GROUP_NAMED, *_ADDED))
    _check_repeats(table, event)
    expected = "a weight of 1 or more, as `sera labels queue` wrote it"
    weights = table.numbers([weight], expected=expected)[:, 0]
    for row, way in enumerate(table.cells(selection)):
        if way not in (TOP, RANDOM):
            raise table.not_expected(row, selection, "what `sera labels queue` wrote")
        if weights[row] < 1:
            raise table.not_expected(row, weight, expected)
    return Labels(
        np.array([name or NO_INSECT for name in _groups(table, group_columns, _ANSWERS)]),
        np.array(["" if answer == UNCLEAR else answer for answer in _groups(table, truth, _ANSWERS)]),
        np.array(table.cells(selection)),
        weights,
    )


def _columns(table: Table, needed: Sequence[str]) -> list[int]:
    """Find columns that must all be there."""
    columns = [table.find(name) for name in needed]
    if None in columns:
        raise TableError(
            table.source,
            f"row 1 names {', '.join(table.titles)}; expected each of {', '.join(needed)} once",
        )
    return [column for column in columns if column is not None]


def _check_repeats(table: Table, column: int) -> None:
    """Raise where two rows have the id of one event."""
    first: dict[str, int] = {}
    for row, cell in enumerate(table.cells(column)):
        before = first.setdefault(cell, row)
        if before != row:
            raise table.error(
                row, column, f"{cell!r} stands in row {table.row_numbers[before + 1]} too; each event once"
            )


def _groups(table: Table, column: int, allowed: frozenset[str]) -> list[str]:
    """Read a column of insect groups, whatever their case."""
    names = [cell.lower() for cell in table.cells(column)]
    for row, name in enumerate(names):
        if name not in allowed:
            raise table.not_expected(row, column, f"one of {', '.join(sorted(allowed - {''}))}")
    return names


def _unambiguous(weight: float) -> str:
    """Write a weight so that no other country reads its point as one between thousands."""
    text = repr(weight)
    return f"{text}0" if has_two_readings(text) else text


def _harmless(cell: str) -> str:
    """Leave a number as it is written, and make of any other cell one that is no formula."""
    return cell if _is_number(cell) else spreadsheet_text(cell)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True

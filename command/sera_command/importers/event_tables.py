"""Tables of a detector's events: listed, written for people to label, and read back with labels."""

from __future__ import annotations

import csv
import io
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_analysis.aggregates.readings import CAMERA
from sera_analysis.statistics.verification import NO_INSECT, RANDOM, TOP, Labels
from sera_command.errors import BadInputError
from sera_store.calendar import NO_TIMEZONE, dates_span_s
from sera_store.plain_text import spreadsheet_text
from sera_vocabulary.measurements import INSECT_GROUPS
from sera_vocabulary.series import COUNTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from pathlib import Path

    from sera_analysis.statistics.verification import Queue
    from sera_store.store import Store

EVENT, NAMED, SCORE = "event", "named", "score"
CHOSEN, WEIGHT, TRUTH = "chosen", "weight", "truth"
GROUPS: Final = tuple(group.name for group in INSECT_GROUPS)
UNCLEAR: Final = "unclear"
_ANSWERS: Final = frozenset((*GROUPS, NO_INSECT, UNCLEAR, ""))
_ADDED: Final = (CHOSEN, WEIGHT, TRUTH)


class Events(NamedTuple):
    """A detector's events: what it named, its scores, and all cells to show people, a row each."""

    named: list[str]
    score: list[float]
    columns: tuple[str, ...]
    rows: list[list[str]]


def read_events(path: Path) -> Events:
    """Read a table of events with the columns event, named and score; others are kept for people.

    Raises
    ------
    BadInputError
        Where it is no such table; it names file, row and column.
    """
    header, rows = _table(path, (EVENT, NAMED, SCORE))
    columns = tuple(name for name in header if name not in _ADDED)
    positions = [header.index(name) for name in columns]
    columns_by_name = {name: header.index(name) for name in (EVENT, NAMED, SCORE)}
    _no_repeats(path, rows, columns_by_name[EVENT])
    return Events(
        [
            _group(
                path, row, NAMED, cells[columns_by_name[NAMED]], allowed=frozenset((*GROUPS, NO_INSECT, ""))
            )
            or NO_INSECT
            for row, cells in rows
        ],
        [_number(path, row, SCORE, cells[columns_by_name[SCORE]]) for row, cells in rows],
        columns,
        [[cells[index] for index in positions] for _, cells in rows],
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
    table = store.records.table(COUNTS, GROUPS, garden=entity.garden, start_s=start_s, end_s=end_s)
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
    csv.writer(text, lineterminator="\n").writerows([(EVENT, NAMED, SCORE, "node", "stretch_ends"), *rows])
    return text.getvalue()


def queue_text(events: Events, queue: Queue) -> str:
    """Write the chosen events as CSV, with an empty column `truth` for people; no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*events.columns, *_ADDED))
    for row, way, weight in zip(
        queue.row.tolist(), queue.selection.tolist(), queue.weight.tolist(), strict=True
    ):
        writer.writerow((*(_harmless(cell) for cell in events.rows[row]), way, repr(weight), ""))
    return text.getvalue()


def read_labels(path: Path) -> Labels:
    """Read a queue back in which people have filled the column `truth`.

    Raises
    ------
    BadInputError
        Where a label is no insect group, `nothing`, `unclear` or empty, or the queue's own columns changed.
    """
    header, rows = _table(path, (EVENT, NAMED, *_ADDED))
    index = {name: header.index(name) for name in (EVENT, NAMED, *_ADDED)}
    _no_repeats(path, rows, index[EVENT])
    truth = [_group(path, row, TRUTH, cells[index[TRUTH]], allowed=_ANSWERS) for row, cells in rows]
    groups = [_group(path, row, NAMED, cells[index[NAMED]], allowed=_ANSWERS) for row, cells in rows]
    ways = [_way(path, row, cells[index[CHOSEN]]) for row, cells in rows]
    weight = [_number(path, row, WEIGHT, cells[index[WEIGHT]]) for row, cells in rows]
    return Labels(
        np.array([name or NO_INSECT for name in groups]),
        np.array(["" if answer == UNCLEAR else answer for answer in truth]),
        np.array(ways),
        np.array(weight),
    )


def _table(path: Path, needed: Sequence[str]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Read a CSV's header and rows with their line numbers."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.reader(io.StringIO(text), strict=True)
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(f"{path}: is no CSV in UTF-8 ({error}); save it as one") from error
    header = [name.strip().lower() for name in lines[0][1]] if lines else []
    missing = [name for name in needed if header.count(name) != 1]
    if missing:
        raise BadInputError(
            f"{path}: row 1 names {', '.join(header) or 'no column'}; expected each of "
            f"{', '.join(needed)} once"
        )
    for row, cells in lines[1:]:
        if len(cells) != len(header):
            raise BadInputError(f"{path}: row {row} has {len(cells)} cells; expected {len(header)}, as row 1")
    if len(lines) == 1:
        raise BadInputError(f"{path}: no row below the columns' names; expected one for each event")
    return header, [(row, [cell.strip() for cell in cells]) for row, cells in lines[1:]]


def _no_repeats(path: Path, rows: Iterable[tuple[int, list[str]]], column: int) -> None:
    first_rows: dict[str, int] = {}
    for row, cells in rows:
        if first_rows.setdefault(cells[column], row) != row:
            raise BadInputError(
                f"{path}: row {row}, column {EVENT}: {cells[column]!r} stands in row "
                f"{first_rows[cells[column]]} too; "
                "each event once"
            )


def _group(path: Path, row: int, column: str, cell: str, *, allowed: frozenset[str]) -> str:
    name = cell.lower()
    if name not in allowed:
        names = ", ".join(sorted(allowed - {""}))
        raise BadInputError(f"{path}: row {row}, column {column}: found {cell!r}; expected one of {names}")
    return name


def _way(path: Path, row: int, cell: str) -> str:
    if cell not in (TOP, RANDOM):
        raise BadInputError(
            f"{path}: row {row}, column {CHOSEN}: found {cell!r}; leave it as `sera labels queue` wrote it"
        )
    return cell


def _number(path: Path, row: int, column: str, cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or (column == WEIGHT and number < 1):
        raise BadInputError(
            f"{path}: row {row}, column {column}: {cell!r} is no such number; write one with a point "
            "for decimals"
        )
    return number


def _harmless(cell: str) -> str:
    """Leave a number as it is written, and make of any other cell one that is no formula."""
    return cell if _is_number(cell) else spreadsheet_text(cell)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True

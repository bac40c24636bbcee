"""`sera equity`: how unevenly something is shared out, for any table of values."""

from __future__ import annotations

import csv
import json as json_text
import math
from pathlib import Path  # noqa: TC003 - Typer reads it when it runs
from typing import Annotated, Final, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from sera_analysis.inequality import Inequality, inequality
from sera_command.errors import BadInputError

app = typer.Typer()

VALUE, WEIGHT, GROUP = "value", "weight", "group"
_READ: Final = (VALUE, WEIGHT, GROUP)

_LABELS: Final = {
    "gini": "Gini, equal units",
    "gini_sample_corrected": "Gini, equal units, times n/(n - 1)",
    "gini_weighted": "Gini, weighted",
    "theil_t": "Theil T",
    "theil_t_within": "Theil T within groups",
    "theil_t_between": "Theil T between groups",
    "theil_l": "Theil L",
    "atkinson.0.5": "Atkinson, aversion 0.5",
    "atkinson.1": "Atkinson, aversion 1",
    "atkinson.2": "Atkinson, aversion 2",
    "hoover": "Hoover",
}


class Units(NamedTuple):
    """The units of a table: values, and weights and groups where it has them; columns that were not read."""

    values: list[float]
    weights: list[float] | None
    groups: list[str] | None
    unread: tuple[str, ...]


@app.command()
def equity(
    table: Annotated[
        Path, typer.Argument(help="A CSV with the column value, and weight and group if known.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say how unevenly the values of a table are shared out: Gini, Theil, Atkinson, Hoover, Lorenz.

    A weight says how many a value stands for (residents of a district); a group parts Theil's T.
    """
    units = read_units(table)
    if units.unread:
        typer.echo(f"not read: {', '.join(units.unread)}; read are {', '.join(_READ)}", err=True)
    found = inequality(units.values, units.weights, units.groups)
    if json:
        typer.echo(json_text.dumps(found.to_builtins(), allow_nan=False))
    else:
        _show(found, len(units.values))


def read_units(path: Path) -> Units:
    """Read a table of units.

    Raises
    ------
    BadInputError
        Where it is no such table; it names file, row and column.
    """
    rows = _rows(path)
    header = [name.strip().lower() for name in rows[0][1]] if rows else []
    if VALUE not in header:
        raise BadInputError(
            f"{path}: row 1 names the columns {', '.join(header) or 'none'}; expected one of them to be "
            f"{VALUE!r}, and if known {WEIGHT!r} and {GROUP!r}"
        )
    for name in _READ:
        if header.count(name) > 1:
            raise BadInputError(f"{path}: row 1 names the column {name!r} twice; expected it once")
    if len(rows) == 1:
        raise BadInputError(f"{path}: no row below the columns' names; expected a row for each unit")
    cells = {name: _cells(path, rows, header, name) for name in _READ if name in header}
    numbers = {
        name: [_number(path, row, name, cell) for row, cell in cells[name]]
        for name in (VALUE, WEIGHT)
        if name in cells
    }
    _some_weight(path, numbers.get(WEIGHT))
    return Units(
        numbers[VALUE],
        numbers.get(WEIGHT),
        [_group(path, row, cell) for row, cell in cells[GROUP]] if GROUP in cells else None,
        tuple(name for name in header if name not in _READ),
    )


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Read all lines that are not empty, with their numbers."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(
            f"{path}: byte {error.start + 1} is no UTF-8; save the table as CSV in UTF-8"
        ) from error
    try:
        reader = csv.reader(text.splitlines(keepends=True), strict=True)
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise BadInputError(f"{path}: row {reader.line_num} is no CSV ({error}); mend its quotes") from error


def _cells(
    path: Path, rows: list[tuple[int, list[str]]], header: list[str], name: str
) -> list[tuple[int, str]]:
    """Take one column below the names, with the rows' numbers."""
    for row, cells in rows[1:]:
        if len(cells) != len(header):
            raise BadInputError(
                f"{path}: row {row} has {len(cells)} cells; expected {len(header)}, as row 1 names columns"
            )
    place = header.index(name)
    return [(row, cells[place].strip()) for row, cells in rows[1:]]


def _number(path: Path, row: int, column: str, cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0) or "_" in cell:
        raise BadInputError(
            f"{path}: row {row}, column {column}: {cell!r} is no number of 0 or more; "
            "write one with a point for decimals, or leave the row out"
        )
    return number


def _some_weight(path: Path, weights: list[float] | None) -> None:
    if weights is not None and not any(weights):
        raise BadInputError(f"{path}: column {WEIGHT}: every weight is 0; expected one above 0")


def _group(path: Path, row: int, cell: str) -> str:
    if not cell:
        raise BadInputError(
            f"{path}: row {row}, column {GROUP}: empty; name the unit's group, or leave the column out"
        )
    return cell


def _show(found: Inequality, units: int) -> None:
    """Print the figures for people."""
    figures = found.to_builtins()
    figures |= {f"atkinson.{name}": value for name, value in found.atkinson.items()}
    shown = Table("figure", "value", "why there is none", box=None, pad_edge=False)
    shown.columns[1].justify = "right"
    for path, label in _LABELS.items():
        value = figures[path]
        shown.add_row(label, "-" if value is None else f"{value:.4f}", found.reasons.get(path, ""))
    console = Console(highlight=False)
    console.print(shown)
    console.print(f"{units} units")

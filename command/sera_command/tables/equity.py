"""`sera equity`: how unevenly something is shared out, for any table of values."""

from __future__ import annotations

import json as json_text
from pathlib import Path  # noqa: TC003 - Typer reads it when it runs
from typing import Annotated, Final, NamedTuple

import typer
from rich.table import Table

from sera_analysis.statistics.inequality import Inequality, inequality
from sera_command.consoles import plain_console
from sera_command.errors import BadInputError
from sera_command.importers.number_tables import read_number_table
from sera_command.tables.reasons import in_words
from sera_command.terminal import echo, echo_json

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
    """Measure how unequally the values of a table are distributed: Gini, Theil, Atkinson, Hoover, Lorenz.

    A weight says how many a value stands for (residents of a district); a group parts Theil's T.
    """
    units = read_units(table)
    if units.unread:
        echo(f"not read: {', '.join(units.unread)}; read are {', '.join(_READ)}", err=True)
    measures = inequality(units.values, units.weights, units.groups)
    if json:
        plain = measures.to_builtins() | {"reasons": in_words(measures.reasons)}
        echo_json(json_text.dumps(plain, allow_nan=False))
    else:
        _show(measures, len(units.values))


def read_units(path: Path) -> Units:
    """Read a table of units.

    Raises
    ------
    BadInputError
        Where it is no such table; it names file, row and column.
    """
    table = read_number_table(path)
    table = table._replace(header=[name.lower() for name in table.header])
    header = table.header
    if VALUE not in header:
        raise BadInputError(
            f"{path}: row 1 names the columns {', '.join(header)}; expected one of them to be "
            f"{VALUE!r}, and if known {WEIGHT!r} and {GROUP!r}"
        )
    for name in _READ:
        if header.count(name) > 1:
            raise BadInputError(f"{path}: row 1 names the column {name!r} twice; expected it once")
    values = table.numbers(VALUE)
    weights = table.numbers(WEIGHT) if WEIGHT in header else None
    _some_weight(path, weights)
    return Units(
        values,
        weights,
        [_group(path, line, cell) for line, cell in zip(table.lines, table.cells(GROUP), strict=True)]
        if GROUP in header
        else None,
        tuple(name for name in header if name not in _READ),
    )


def _some_weight(path: Path, weights: list[float] | None) -> None:
    if weights is not None and not any(weights):
        raise BadInputError(f"{path}: column {WEIGHT}: every weight is 0; expected one above 0")


def _group(path: Path, row: int, cell: str) -> str:
    if not cell:
        raise BadInputError(
            f"{path}: row {row}, column {GROUP}: empty; name the unit's group, or leave the column out"
        )
    return cell


def _show(measures: Inequality, units: int) -> None:
    """Print the figures for people."""
    figures, reasons = measures.to_builtins(), in_words(measures.reasons)
    figures |= {f"atkinson.{name}": value for name, value in measures.atkinson.items()}
    grid = Table("figure", "value", "why there is none", box=None, pad_edge=False)
    grid.columns[1].justify = "right"
    for path, label in _LABELS.items():
        value = figures[path]
        grid.add_row(label, "-" if value is None else f"{value:.4f}", reasons.get(path, ""))
    console = plain_console()
    console.print(grid)
    console.print(f"{units} units")

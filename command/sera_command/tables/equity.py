"""`sera equity`: how unevenly something is shared out, for any table of values."""

from __future__ import annotations

import json as json_text
from pathlib import Path  # noqa: TC003 - Typer reads it when it runs
from typing import Annotated, Final

import typer
from rich.table import Table

from sera_analysis.statistics.inequality import Inequality, inequality
from sera_command.consoles import plain_console
from sera_command.importers.unit_tables import READ_COLUMNS, UnitColumns, read_units
from sera_command.tables.reasons import in_words, show_notes
from sera_command.terminal import echo, echo_json
from sera_store.tables.numbers import DecimalMark  # noqa: TC001 - Typer reads the annotations

app = typer.Typer()

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


@app.command()
def equity(
    table: Annotated[
        Path, typer.Argument(help="A CSV with the column value, and weight and group if known.")
    ],
    value: Annotated[str | None, typer.Option(help="Column of values, if it is not called value.")] = None,
    weight: Annotated[str | None, typer.Option(help="Column of weights, if it is not called weight.")] = None,
    group: Annotated[str | None, typer.Option(help="Column of groups, if it is not called group.")] = None,
    decimal: Annotated[
        DecimalMark | None, typer.Option(help="What stands before decimals, if the table does not show.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how unequally the values of a table are distributed: Gini, Theil, Atkinson, Hoover, Lorenz.

    A weight says how many a value stands for (residents of a district); a group parts Theil's T.
    """
    units = read_units(table, UnitColumns(value, weight, group), decimal=decimal)
    show_notes(units.notes)
    if units.unread and value is None:
        echo(f"not read: {', '.join(units.unread)}; read are {', '.join(READ_COLUMNS)}", err=True)
    measures = inequality(units.values, units.weights, units.groups)
    if json:
        plain = measures.to_builtins() | {"reasons": in_words(measures.reasons)}
        echo_json(json_text.dumps(plain, allow_nan=False))
    else:
        _show(measures, len(units.values))


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

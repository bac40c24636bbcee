"""`sera figures`: the list of all figures, each with the name by which `sera explain` finds it."""

from __future__ import annotations

import json as json_format
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.table import Table

from sera_analysis.figures.names import result_rows
from sera_command.consoles import plain_console
from sera_command.errors import ExitCode
from sera_command.figures.explain import value_words
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.terminal import echo, echo_json
from sera_store.results.results import PERIODS
from sera_words.words import words
from sera_workshop.packs.dictionary import FIGURE_COLUMNS, figure_row
from sera_workshop.views.readings import csv_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_analysis.figures.names import ResultRow
    from sera_store.results.results import Result

app = typer.Typer()

Period = StrEnum("Period", {period: period for period in PERIODS})  # type: ignore[misc]

_COLUMNS: Final = ("name", *FIGURE_COLUMNS)
_FILE_WIDTH: Final = 160


@app.command()
def figures(
    places: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PLACE]...", help="Ids of gardens, districts or communities; all by default."
        ),
    ] = None,
    index: Annotated[
        list[str] | None,
        typer.Option(help="Only of this index, such as visits_per_hour; again for one more."),
    ] = None,
    period: Annotated[
        list[Period] | None, typer.Option(help="Only of windows of this kind; again for one more.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, with the columns of a pack.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
    data: Annotated[Path, typer.Option("--data", help="Data folder.")] = DEFAULT_FOLDER,
) -> None:
    """List the figures of gardens, districts and communities, with the names that `sera explain` takes.

    Exits with 1 where there is none.
    """
    if csv and json:
        raise typer.BadParameter("name --csv or --json, not both")
    with open_store(data) as store:
        rows = result_rows(
            store, places or (), indices=index or (), periods=[item.value for item in period or ()]
        )
    if csv:
        for line in csv_text(_COLUMNS, [_cells(row) for row in rows]).splitlines():
            echo(line, most=None)
    elif json:
        echo_json(json_format.dumps([dict(zip(_COLUMNS, _cells(row), strict=True)) for row in rows]))
    elif rows:
        _show(rows)
    if not rows:
        echo("no figures; `sera analyse run` makes them of the readings that there are", err=True)
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _cells(row: ResultRow) -> tuple[str | int | float | None, ...]:
    return (row.name, *figure_row(row.result, row.timezone))


def _show(rows: Sequence[ResultRow]) -> None:
    console = plain_console()
    if not console.is_terminal:
        console.width = _FILE_WIDTH
    table = Table("name", "figure", "interval", "effort", box=None)
    for row in rows:
        table.add_row(row.name, _value(row.result), _interval(row.result), _effort(row.result))
    console.print(table)
    console.print(f"Where one comes from: sera explain {rows[0].name}", soft_wrap=True)


def _value(result: Result) -> str:
    if result.value is not None:
        return value_words(result.value, result.unit)
    return f"none: {words().statement(result.reason)}" if result.reason is not None else "none"


def _interval(result: Result) -> str:
    return "-" if result.low is None or result.high is None else f"{result.low:g} to {result.high:g}"


def _effort(result: Result) -> str:
    return "-" if result.effort_h is None else f"{result.effort_h:g} h"

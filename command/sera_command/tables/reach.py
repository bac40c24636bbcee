"""`sera reach`: who can reach a garden, for any table of distances between homes and gardens."""

from __future__ import annotations

import json as json_text
from pathlib import Path  # noqa: TC003 - Typer reads it when it runs
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import numpy as np
import typer
from rich.table import Table

from sera_analysis.statistics.inequality import inequality
from sera_analysis.statistics.reach import floating_catchment
from sera_command.consoles import plain_console
from sera_command.errors import BadInputError
from sera_command.importers.number_tables import read_number_table
from sera_command.tables.reasons import in_words
from sera_command.terminal import echo_json

if TYPE_CHECKING:
    from sera_command.importers.number_tables import NumberTable

app = typer.Typer()

RESIDENTS, SUPPLY = "residents", "supply"
_EACH: Final = 1.0


class Homes(NamedTuple):
    """Places where people live: names, residents, gardens, what each garden offers, distances [m]."""

    places: list[str]
    residents: list[float]
    gardens: list[str]
    supply: list[float]
    distance_m: list[list[float]]


@app.command()
def access(
    table: Annotated[
        Path, typer.Argument(help="CSV: places in rows; residents, and metres to each garden, in columns.")
    ],
    reach_m: Annotated[float, typer.Option("--reach-m", min=0.0, help="How far people go [m].")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how much of the gardens' offer each place can reach, shared among all who reach it.

    The first column names places. A row named `supply` says what each garden offers (places, hours open);
    without it each counts 1.
    """
    homes = read_homes(table)
    accessibility = floating_catchment(homes.supply, homes.residents, homes.distance_m, reach_m=reach_m)
    answer = _answer(homes, accessibility.tolist(), reach_m)
    if json:
        echo_json(json_text.dumps(answer, allow_nan=False, ensure_ascii=False))
    else:
        _show(homes, answer)


def read_homes(path: Path) -> Homes:
    """Read a table of places, their residents and their distances from gardens.

    Raises
    ------
    BadInputError
        Where it is no such table; it names file, row and column.
    """
    table = read_number_table(path)
    _check(table)
    gardens = table.header[2:]
    supply = [_EACH] * len(gardens)
    homes = Homes([], [], gardens, supply, [])
    for line, row in zip(table.lines, table.rows, strict=True):
        cells = zip(gardens, row[2:], strict=True)
        numbers = [table.number(line, garden, cell) for garden, cell in cells]
        if row[0].lower() == SUPPLY:
            supply[:] = numbers
            continue
        homes.places.append(row[0])
        homes.residents.append(table.number(line, RESIDENTS, row[1]))
        homes.distance_m.append(numbers)
    if not any(homes.residents):
        raise BadInputError(f"{path}: column {RESIDENTS}: nobody lives anywhere; expected one above 0")
    return homes


def _check(table: NumberTable) -> None:
    """Refuse a table without a column for residents or a garden, or with a name twice."""
    if len(table.header) < 3 or table.header[1].lower() != RESIDENTS:
        raise BadInputError(
            f"{table.path}: row 1 names the columns {', '.join(table.header)}; expected the places' name, "
            f"{RESIDENTS!r}, and a column for each garden"
        )
    for kind, names in (("column", table.header), ("place", table.cells(table.header[0]))):
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise BadInputError(f"{table.path}: the {kind} {twice[0]!r} stands there twice; expected it once")


def _answer(homes: Homes, accessibility: list[float], reach_m: float) -> dict[str, Any]:
    shared = inequality(accessibility, homes.residents, None)
    residents = np.array(homes.residents)
    without = float(residents[np.array(accessibility) == 0].sum())
    return {
        "reach_m": reach_m,
        "access": dict(zip(homes.places, accessibility, strict=True)),
        "mean": float(np.average(accessibility, weights=residents)),
        "residents": float(residents.sum()),
        "residents_without": without,
        "gini_weighted": shared.gini_weighted,
        "reasons": {path: why for path, why in in_words(shared.reasons).items() if path == "gini_weighted"},
    }


def _show(homes: Homes, answer: dict[str, Any]) -> None:
    """Print for a person."""
    grid = Table("place", "residents", "for each thousand residents", box=None, pad_edge=False)
    grid.columns[1].justify = grid.columns[2].justify = "right"
    for place, people in zip(homes.places, homes.residents, strict=True):
        grid.add_row(place, f"{people:,.0f}", f"{1000 * answer['access'][place]:.3f}")
    console = plain_console()
    console.print(grid)
    console.print(
        f"{len(homes.gardens)} gardens; {answer['residents_without']:,.0f} of {answer['residents']:,.0f} "
        f"residents have none within {answer['reach_m']:g} m.",
        soft_wrap=True,
    )
    gini = answer["gini_weighted"]
    text = answer["reasons"].get("gini_weighted") if gini is None else f"{gini:.4f}"
    console.print(f"Gini over residents: {text}", soft_wrap=True)

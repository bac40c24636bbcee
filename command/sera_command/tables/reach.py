"""`sera reach`: who can reach a garden, for any table of distances between homes and gardens."""

from __future__ import annotations

import json as json_text
from pathlib import Path  # noqa: TC003 - Typer reads it when it runs
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.table import Table

from sera_analysis.statistics.inequality import inequality
from sera_analysis.statistics.reach import floating_catchment
from sera_command.consoles import plain_console
from sera_command.importers.home_tables import read_homes
from sera_command.tables.reasons import in_words, show_notes
from sera_command.terminal import echo_json
from sera_store.tables.numbers import DecimalMark  # noqa: TC001 - Typer reads the annotations

if TYPE_CHECKING:
    from sera_command.importers.home_tables import Homes

app = typer.Typer()


@app.command()
def access(
    table: Annotated[
        Path, typer.Argument(help="CSV: places in rows; residents, and metres to each garden, in columns.")
    ],
    reach_m: Annotated[float, typer.Option("--reach-m", min=0.0, help="How far people go [m].")],
    decimal: Annotated[
        DecimalMark | None, typer.Option(help="What stands before decimals, if the table does not show.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how much of the gardens' offer each place can reach, shared among all who reach it.

    The first column names places. A row named `supply` says what each garden offers (places, hours open);
    without it each counts 1.
    """
    homes = read_homes(table, decimal=decimal)
    show_notes(homes.notes)
    accessibility = floating_catchment(homes.supply, homes.residents, homes.distance_m, reach_m=reach_m)
    answer = _answer(homes, accessibility.tolist(), reach_m)
    if json:
        echo_json(json_text.dumps(answer, allow_nan=False, ensure_ascii=False))
    else:
        _show(homes, answer)


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

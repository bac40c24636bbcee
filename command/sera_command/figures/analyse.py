"""`sera analyse run`: all figures of all gardens, districts and communities, from the store back into it."""

from __future__ import annotations

import json as json_text
import os
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sera_analysis.runs.engine import dask, processes
from sera_analysis.runs.jobs import analyse
from sera_analysis.statistics.intervals import REPLICATES
from sera_analysis.windows import Dates
from sera_command.consoles import plain_console
from sera_command.errors import BadInputError
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.installation.moments import checked_date
from sera_command.terminal import echo_json, quantity_text

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sera_analysis.runs.engine import Engine
    from sera_analysis.runs.jobs import Summary

_DAY: Final = "%Y-%m-%d"

app = typer.Typer(no_args_is_help=True, help="Compute figures from the store's readings.")


class EngineName(StrEnum):
    """Who does the work."""

    LOCAL = "local"
    DASK = "dask"


@app.callback()
def _group() -> None:
    """Keep `run` a word of its own."""


@app.command()
def run(
    data: Annotated[Path, typer.Option("--data", help="Data folder.")] = DEFAULT_FOLDER,
    garden: Annotated[list[str] | None, typer.Option(help="Only this garden; may be given again.")] = None,
    begin: Annotated[
        datetime | None, typer.Option("--from", formats=[_DAY], help="First local day of one more window.")
    ] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=[_DAY], help="Its last local day.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstraps.")] = 0,
    replicates: Annotated[int, typer.Option(min=1, help="Draws of each bootstrap.")] = REPLICATES,
    again: Annotated[bool, typer.Option("--again", help="Make everything again from the records.")] = False,
    engine: Annotated[EngineName, typer.Option(help="Processes here, or a Dask cluster.")] = EngineName.LOCAL,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; 1 works in this one.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compute the figures that new, late, revised or re-flagged readings change.

    With --from and --to also those of these dates, as a window of kind `custom`.
    """
    dates = _dates(begin, end)
    with open_store(data) as store, _engine(engine, workers, scheduler) as by, _bar() as bar:
        task = bar.add_task("reading", total=None)
        summary = analyse(
            store,
            gardens=garden,
            seed=seed,
            replicates=replicates,
            again=again,
            dates=dates,
            engine=by,
            progress=lambda stage, name, done, total: bar.update(
                task, description=f"{stage} {name}", completed=done, total=total
            ),
        )
    echo_json(json_text.dumps(summary._asdict()) if json else _sentence(summary))


def _dates(begin: datetime | None, end: datetime | None) -> Dates | None:
    """Return the dates of the window asked for, or None where none was."""
    if begin is None and end is None:
        return None
    if begin is None or end is None or end < begin:
        raise BadInputError(
            f"the window goes from {begin and begin.date()} to {end and end.date()}; expected both --from "
            "and --to, the last day not before the first"
        )
    return Dates(checked_date(begin.date(), "--from"), checked_date(end.date(), "--to") + timedelta(days=1))


def _engine(name: EngineName, workers: int | None, scheduler: str | None) -> AbstractContextManager[Engine]:
    """Start who does the work: one process for each processor where nothing else is asked for."""
    if name is EngineName.DASK or scheduler is not None:
        return dask(scheduler, workers=workers or os.cpu_count())
    return processes(workers or os.cpu_count() or 1)


def _bar() -> Progress:
    """Show progress to people, and nothing to a program."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=plain_console(err=True), transient=True)


def _sentence(summary: Summary) -> str:
    if not summary.windows:
        return f"nothing has changed; {summary.seconds:.1f} s"
    return (
        f"{quantity_text(summary.months, 'months of gardens')} added up in {summary.tally_s:.1f} s; "
        f"{quantity_text(summary.windows, 'windows')} made again: "
        f"{quantity_text(summary.computed, 'figures')}, {summary.written:,} new or changed; "
        f"{summary.seconds:.1f} s"
    )

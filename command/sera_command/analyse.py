"""`sera analyse run`: all figures of all gardens and communities, from the store back into it."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from sera_analysis.jobs import analyse
from sera_command.data import open_store

app = typer.Typer(no_args_is_help=True, help="Compute figures from the store's readings.")


@app.callback()
def _group() -> None:
    """Keep `run` a word of its own."""


@app.command()
def run(
    data: Annotated[Path, typer.Option("--data", help="Data folder.")] = Path("sera-data"),
    garden: Annotated[list[str] | None, typer.Option(help="Only this garden; may be given again.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstraps.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compute all figures, and write those that differ."""
    with open_store(data) as store, Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("gardens", total=None)
        summary = analyse(
            store,
            gardens=garden,
            seed=seed,
            progress=lambda name, done, total: bar.update(
                task, description=name, completed=done, total=total
            ),
        )
    if json:
        typer.echo(json_text.dumps(summary._asdict()))
    else:
        new = f"{summary.written:,} new or changed"
        typer.echo(f"{summary.computed:,} figures computed, {new}, {summary.seconds:.1f} s")

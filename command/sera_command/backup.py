"""`sera backup`: copy journal, store and keys while the gateway runs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from sera_command.copies import back_up
from sera_command.terminal import echo

app = typer.Typer()


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(help="Folder to make; it must not be there, or be empty.")],
    data: Annotated[Path, typer.Option("--data", help="Folder of journal and store.")] = Path("sera-data"),
) -> None:
    """Copy journal, store, and the keys that nodes trust, while the gateway runs.

    The copy holds secrets: keep it where the data folder could stand.
    """
    made = back_up(data, to, int(time.time()))
    echo(
        f"{to}: {len(made.files)} files, journal up to message {made.journal_last}, "
        f"records up to message {made.ledger_position}"
    )

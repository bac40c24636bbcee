"""`sera restore`: check a backup and bring it back as a data folder."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from sera_command.copies import bring_back
from sera_command.terminal import echo

app = typer.Typer()


@app.command()
def restore(
    backup: Annotated[Path, typer.Argument(help="Folder that `sera backup` made.")],
    data: Annotated[
        Path, typer.Option("--data", help="Data folder to make; it must not be there, or be empty.")
    ],
    without_records: Annotated[
        bool,
        typer.Option("--without-records", help="Leave the records out: the gateway makes them again."),
    ] = False,
) -> None:
    """Check every byte of a backup, then bring it back; nodes send again what came after it."""
    found = bring_back(backup, data, records=not without_records)
    behind = found.journal_last - (0 if without_records else found.ledger_position)
    echo(f"{data}: {len(found.files)} files are as they were backed up; the journal has no holes")
    echo(f"start the gateway: it makes records of {behind} more messages, and asks nodes for later ones")

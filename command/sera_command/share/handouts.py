"""`sera handouts`: which packs and archives were made of a garden, for whoever withdraws consent."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.terminal import echo, echo_json
from sera_store.release.handouts import handouts_of

app = typer.Typer()


@app.command()
def handouts(
    garden: Annotated[str, typer.Option("--garden", help="Only what was made of this garden.")] = "",
    data: Data = DEFAULT_FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list for machines.")] = False,
) -> None:
    """List the packs and archives that were made, newest first: they may have left, and keep what they say.

    Each has its SHA-256, by which a copy can be recognised and asked back for.
    """
    with open_store(data):
        listed = handouts_of(data, garden)
    if as_json:
        echo_json(json.dumps([asdict(handout) for handout in listed]))
        return
    for handout in listed:
        time_text = datetime.fromtimestamp(handout.made_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
        gardens = ", ".join(handout.gardens)
        echo(f"{time_text}  {handout.kind}  {handout.name}  {handout.first} to {handout.last}  {gardens}")
        echo(f"    SHA-256 {handout.sha256}")
    if not listed:
        echo("Nothing was handed out.")

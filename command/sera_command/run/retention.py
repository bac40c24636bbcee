"""`sera retention`: see what a policy would remove from the table of records, and remove it."""

from __future__ import annotations

import getpass
import json as json_format
import time
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from sera_command.errors import ExitCode
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.terminal import echo, echo_json
from sera_gateway.config import DataSettings
from sera_gateway.journal.journal import JournalReader
from sera_gateway.journal.packing import closed_months
from sera_store.retention import Policy

if TYPE_CHECKING:
    from sera_store.retention import RemovalPlan

app = typer.Typer()


@app.command()
def retention(
    data: Annotated[Path, typer.Option("--data", help="Folder of journal and store.")] = DEFAULT_FOLDER,
    superseded_days: Annotated[
        int | None,
        typer.Option("--superseded-days", help="Keep rows that others supersede for so many days."),
    ] = None,
    values_days: Annotated[
        int | None,
        typer.Option("--values-days", help="Keep current values for so many days; roll-ups stay for ever."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Remove it; without this nothing is removed.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List what a retention policy removes, or remove it; the journal keeps everything either way.

    Exit 1 where something stands in the way.
    """
    policy = Policy(superseded_days, values_days)
    with open_store(data) as store:
        store.rollups.catch_up()
        plan = store.retention.plan(policy, int(time.time()))
        obstacles = [*plan.obstacles, *_of_journal(data, plan)]
        removed = None
        if apply and not obstacles:
            removed = store.retention.remove(plan, int(time.time()), getpass.getuser())
    if json:
        echo_json(json_format.dumps({**plan._asdict(), "obstacles": obstacles, "removed": removed}))
    else:
        _print(plan, obstacles, removed, apply=apply)
    if obstacles:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _of_journal(data: Path, plan: RemovalPlan) -> list[str]:
    """Return why the journal could not restore what would be removed."""
    if plan.first_journal is None:
        return []
    folder = DataSettings(folder=str(data)).journal
    with JournalReader(folder) as journal:
        verification = journal.verify()
    plain = closed_months(folder)
    if verification.problems:
        return [f"the journal is damaged: {verification.problems[0]}"]
    if plain:
        return [f"closed months are not packed ({', '.join(plain)}): say `sera journal pack` first"]
    if verification.messages and verification.first <= plan.first_journal:
        return []
    begins = f"the journal begins with message {verification.first}"
    return [f"{begins}, what would be removed with {plan.first_journal}: bring its older months back first"]


def _print(plan: RemovalPlan, obstacles: list[str], removed: int | None, *, apply: bool) -> None:
    for kind, count, before_s in (
        ("superseded rows", plan.superseded, plan.superseded_before_s),
        ("values' rows", plan.values, plan.values_before_s),
    ):
        if before_s is not None:
            echo(
                f"{count} {kind} of records measured before {datetime.fromtimestamp(before_s, UTC):%Y-%m-%d}"
            )
    for obstacle in obstacles:
        echo(f"in the way: {obstacle}")
    if removed is not None:
        echo(f"{removed} rows removed; the file keeps its size and has room for as many new ones")
    elif not apply and not obstacles:
        echo("nothing was removed; say --apply to do it")

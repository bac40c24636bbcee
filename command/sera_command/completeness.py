"""`sera completeness`: how much of what each node made is here, missing or lost."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from sera_command.errors import BadInputError, ExitCode
from sera_gateway.config import DataSettings
from sera_store.store import Store

if TYPE_CHECKING:
    from sera_store.completeness import NodeAccount

app = typer.Typer()

_COLUMNS: Final = (
    "made",
    "stored",
    "undated",
    "dead_lettered",
    "missing",
    "lost",
    "repeated",
    "next",
)


@app.command()
def completeness(
    data: Annotated[Path, typer.Option("--data", help="Folder of journal and store.")] = Path("sera-data"),
    node: Annotated[str | None, typer.Option("--node", help="Only this node.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Account for each node's records: made = stored + undated + dead-lettered + missing + lost.

    Exits with 1 when something is missing or lost.
    """
    folder = DataSettings(folder=str(data)).store
    if not folder.is_dir():
        raise BadInputError(f"{data} holds no store; name the folder of a gateway with --data")
    with Store.open(folder) as store:
        accounts = store.completeness(node)
    if json:
        found = [{**msgspec.to_builtins(account), "made": account.made} for account in accounts]
        typer.echo(json_format.dumps({"nodes": found}))
    else:
        _show(accounts)
    if any(account.missing or account.lost for account in accounts):
        raise typer.Exit(ExitCode.NOT_SO)


def _show(accounts: list[NodeAccount]) -> None:
    if not accounts:
        typer.echo("no node has sent anything yet")
        return
    width = max(len(account.node) for account in accounts)
    typer.echo(f"{'node':<{width}}  {'epoch':<8}  " + "  ".join(f"{name:>13}" for name in _COLUMNS))
    for account in accounts:
        cells = "  ".join(f"{getattr(account, name):>13}" for name in _COLUMNS)
        typer.echo(f"{account.node:<{width}}  {account.epoch:<8}  {cells}")

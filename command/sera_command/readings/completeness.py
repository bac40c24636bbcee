"""`sera completeness`: how much of what each node made is here, missing or lost."""

from __future__ import annotations

import json as json_format
import re
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from sera_analysis.aggregates.figure_inputs import HOURS_CUT
from sera_command.errors import BadInputError, ExitCode
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.installation.moments import now_s
from sera_command.terminal import echo, echo_json
from sera_gateway.ledger.allowances import CLAIMS
from sera_store.local_clock import utc_date
from sera_vocabulary.durations import DAY_S, HOUR_S
from sera_vocabulary.indices import EFFORT

if TYPE_CHECKING:
    from sera_store.ledger.budgets import BudgetExcess
    from sera_store.records.completeness import NodeAccount
    from sera_store.store import Store

app = typer.Typer()

# Heading of a column, and what of the account stands in it; the first are what `made` adds up from.
_COLUMNS: Final = {
    "made": "made",
    "stored": "stored",
    "undated": "undated",
    "dead letters": "dead_lettered",
    "erased": "erased",
    "missing": "missing",
    "lost": "lost",
    "repeated": "repeated",
    "damaged": "damaged",
    "conflict": "conflict",
    "expected": "next",
}
_SECONDS: Final = {"s": 1, "m": 60, "h": HOUR_S, "d": DAY_S}
_SPAN: Final = re.compile(r"([0-9]{1,9})([smhd]?)")


@app.command()
def completeness(
    data: Annotated[Path, typer.Option("--data", help="Folder of journal and store.")] = DEFAULT_FOLDER,
    node: Annotated[str | None, typer.Option("--node", help="Only this node.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--since", help="Only what was measured from then on (UTC).")
    ] = None,
    older_than: Annotated[
        str,
        typer.Option("--older-than", help="Exit with 1 only for what is missing so long: 30m, 2h, 3d."),
    ] = "0s",
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Account for each node's records: made = stored + undated + dead-lettered + erased + missing + lost.

    Exits with 1 when something is lost, or missing for longer than a stated time. What a node
    claims and cannot have made is reported as implausible, and is neither.
    """
    longest_s = _seconds(older_than)
    since_s = None if since is None else int(since.replace(tzinfo=since.tzinfo or UTC).timestamp())
    with open_store(data) as store:
        if node is not None and store.registry.node(node) is None and not store.completeness(node):
            raise BadInputError(f"node {node!r} is not registered and has sent nothing; see `sera node list`")
        accounts = store.completeness(node, since_s)
        beyond = store.excess(node, from_day=(since_s or 0) // DAY_S)
        cut_h = hours_cut(store)
    if json:
        nodes = [{**msgspec.to_builtins(account), "made": account.made} for account in accounts]
        refused = [excess._asdict() for excess in beyond]
        echo_json(json_format.dumps({"nodes": nodes, "beyond_budget": refused, "watching_cut_h": cut_h}))
    else:
        _show(accounts, now_s(), since)
        for excess in beyond:
            echo(_beyond(excess))
    for garden, hours in cut_h.items():
        echo(
            f"{garden}: its nodes claim {hours:g} h of watching beyond what time allows; they are left out. "
            f"`sera explain {garden}/{EFFORT}/span` says more",
            err=True,
        )
    if any(account.lost or _is_missing(account, now_s() - longest_s) for account in accounts):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def hours_cut(store: Store) -> dict[str, float]:
    """Return by garden the hours of watching that the latest figures left out as more than time allows."""
    efforts = store.results.current(scope="garden", index=EFFORT, period="span")
    cut = {result.scope_id: result.inputs.get(HOURS_CUT) for result in efforts}
    return {garden: float(hours) for garden, hours in sorted(cut.items()) if hours is not None}


def _is_missing(account: NodeAccount, before_s: int) -> bool:
    # Since when is not known of what an older Sera has counted: it is not held back then.
    return account.missing > 0 and (account.missing_since_s or 0) <= before_s


def _beyond(excess: BudgetExcess) -> str:
    """Describe messages beyond a budget, which are neither missing nor lost."""
    how_many = f"{excess.messages} messages, {excess.total_bytes} bytes, last on {_day(excess.last_day)}"
    if excess.kind == CLAIMS:
        return f"{excess.sender}: implausible: claims records that no node can have made ({how_many})"
    return f"{excess.sender}: beyond its budget of {excess.kind} ({how_many})"


def _day(number: int) -> str:
    return utc_date(number * DAY_S).isoformat()


def _seconds(span: str) -> int:
    match = _SPAN.fullmatch(span)
    if match is None:
        raise BadInputError(f"--older-than {span!r} is no span of time; expected 90s, 30m, 2h or 3d")
    return int(match[1]) * _SECONDS[match[2] or "s"]


def _show(accounts: list[NodeAccount], at_s: int, since: datetime | None) -> None:
    if not accounts:
        echo("no node has sent anything" + (f" measured since {since:%Y-%m-%d %H:%M}" if since else ""))
        return
    width = max(len(account.node) for account in accounts)
    epochs = max(8, *(len(account.epoch) for account in accounts))
    echo(f"{'node':<{width}}  {'epoch':<{epochs}}  " + "  ".join(f"{name:>12}" for name in _COLUMNS))
    for account in accounts:
        cells = "  ".join(f"{getattr(account, name):>12}" for name in _COLUMNS.values())
        echo(f"{account.node:<{width}}  {account.epoch:<{epochs}}  {cells}{_remark(account, at_s)}")


def _remark(account: NodeAccount, at_s: int) -> str:
    if not account.missing or account.missing_since_s is None:
        return ""
    return f"  {account.next} missing for {max(0, at_s - account.missing_since_s)} s"

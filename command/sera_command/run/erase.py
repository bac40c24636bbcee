"""`sera erase`: erase a person's records from journal, records, figures and followers."""

from __future__ import annotations

import getpass
import json as json_format
import os
import re
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sera_command.backups.container import KEYS
from sera_command.errors import BadInputError
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.installation.moments import moment_s
from sera_command.run.erasure import Subjects, files_naming, finish, hold_stopped, messages_of
from sera_command.terminal import echo, echo_json
from sera_gateway.config import read_settings
from sera_store.release.handouts import handouts_of

if TYPE_CHECKING:
    from sera_gateway.config import GatewaySettings
    from sera_store.ledger.erasure import Erasure
    from sera_store.store import Store

app = typer.Typer()

_NUMBERS: Final = re.compile(r"[1-9][0-9]{0,17}(-[1-9][0-9]{0,17})?(,[1-9][0-9]{0,17}(-[1-9][0-9]{0,17})?)*")


@app.command()
def erase(
    reason: Annotated[str, typer.Option(help="Why, for the record; name no person in it.")],
    data: Annotated[Path, typer.Option("--data", help="Folder of journal and store.")] = DEFAULT_FOLDER,
    node: Annotated[str | None, typer.Option("--node", help="Everything of this node or counter.")] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Of the node only what was measured from then on (UTC).")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Of the node only what was measured before (UTC).")
    ] = None,
    journal: Annotated[
        str | None, typer.Option("--journal", help="These messages, by number: 17,40-44.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="The gateway's settings, if InfluxDB or JSON lines follow."),
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who decided it; your login by default.")] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Erase; without this nothing is erased.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Erase a person's records for good, and leave tombstones with which the accounts still close.

    The gateway must be stopped. An erasure that was killed is finished by the next call, whatever that asks.
    """
    subjects = _subjects(node, since, until, journal)
    settings = read_settings(config) if config is not None else None
    with open_store(data) as store, hold_stopped(data):
        _finish_earlier(data, store, settings)
        messages = messages_of(data, store, subjects)
        erasure = None
        if apply and messages:
            erasure = store.erasures.begin(subjects.text(), reason, by or getpass.getuser(), messages)
            finish(data, store, erasure, settings, os.environ)
        report = _report(data, store, messages, erasure, node)
    echo_json(json_format.dumps(report)) if json else _print(report, apply=apply)


def _finish_earlier(data: Path, store: Store, settings: GatewaySettings | None) -> None:
    earlier = store.erasures.unfinished()
    if earlier is not None:
        finish(data, store, earlier, settings, os.environ)
        echo(f"erasure {earlier.number}, which was begun before, is finished", err=True)


def _subjects(node: str | None, since: str | None, until: str | None, journal: str | None) -> Subjects:
    if (node is None) == (journal is None) or (node is None and (since or until)):
        raise BadInputError("name either a node with --node, and a span of it, or messages with --journal")
    if journal is not None and not _NUMBERS.fullmatch(journal):
        raise BadInputError(f"--journal {journal!r} are no numbers; expected some such as 17,40-44")
    return Subjects(
        node,
        moment_s(since, "--from", "") if since else None,
        moment_s(until, "--to", "") if until else None,
        tuple([_span(part) for part in journal.split(",")]) if journal else (),
    )


def _span(part: str) -> tuple[int, int]:
    first, _, last = part.partition("-")
    return int(first), int(last or first)


def _report(
    data: Path, store: Store, messages: list[int], erasure: Erasure | None, node: str | None
) -> dict[str, Any]:
    done = store.erasures.history()[-1] if erasure is not None else None
    fixed_s = store.rollups.fixed_before_s()
    return {
        "messages": len(messages),
        "first": messages[0] if messages else None,
        "last": messages[-1] if messages else None,
        "erasure": done.number if done else None,
        "rows": done.records if done else None,
        "backups": [
            {"id": backup.id, "path": backup.path, "created_s": backup.created_s}
            for backup in store.backups.list()
            if backup.holds != KEYS
        ],
        "figures_stay_before": _day(fixed_s) if fixed_s else None,
        "handed_out": _handed_out(data, store, node),
        "files": [str(path) for path in files_naming(data, node)] if done and node else [],
    }


def _handed_out(data: Path, store: Store, node: str | None) -> list[str]:
    """List what was handed out of the gardens in which a node ever was; of messages by number, of all."""
    gardens = set(store.registry.gardens_ever().get(node, ())) if node is not None else None
    listed = [
        handout for handout in handouts_of(data) if gardens is None or gardens.intersection(handout.gardens)
    ]
    return [f"{_day(handout.made_s)} {handout.kind} {handout.name}" for handout in listed]


def _print(report: dict[str, Any], *, apply: bool) -> None:
    echo(f"{report['messages']} messages ({report['first']} to {report['last']})")
    if report["erasure"] is not None:
        echo(f"erasure {report['erasure']}: {report['rows']} rows are gone, also from what follows them")
    elif not apply:
        echo("nothing was erased; say --apply to do it")
    if report["figures_stay_before"]:
        echo(f"figures of windows from before {report['figures_stay_before']} stay: see `sera retention`")
    for backup in report["backups"]:
        echo(f"still in backup {backup['id']} of {_day(backup['created_s'])}: {backup['path']}")
    for text in report["handed_out"]:
        echo(f"handed out before, and may hold it: {text}; see: sera handouts")
    for path in report["files"]:
        echo(f"the node's id still stands in {path}")


def _day(time_s: int) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%d}"

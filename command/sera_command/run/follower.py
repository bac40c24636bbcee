"""`sera follower`: how InfluxDB and other followers stand; pause, resume, and bring them over again."""

from __future__ import annotations

import json as json_format
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sera_command.errors import BadInputError
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.installation.moments import moment_s
from sera_command.terminal import echo, echo_json
from sera_store.database.follower_status import ROLLUPS

if TYPE_CHECKING:
    from sera_store.database.follower_status import FollowerStatus
    from sera_store.store import Store

app = typer.Typer(no_args_is_help=True, help="Pause, resume and replay InfluxDB and JSON lines.")

Data = Annotated[Path, typer.Option("--data", help="Folder of journal and store.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]
Name = Annotated[str, typer.Argument(help="The follower's name, as `list` shows it.")]

_START = "start"


@app.command("list")
def list_followers(data: Data = DEFAULT_FOLDER, json: Json = False) -> None:
    """Show how far each follower is, and why it waits."""
    with open_store(data) as store:
        statuses = follower_statuses(store)
    if json:
        echo_json(json_format.dumps([as_object(status) for status in statuses]))
        return
    for status in statuses:
        echo(in_words(status))
    if not statuses:
        echo("No follower has run here yet.")


@app.command()
def pause(name: Name, data: Data = DEFAULT_FOLDER) -> None:
    """Pause a follower, over restarts too, until it is resumed; the gateway goes on."""
    with open_store(data) as store:
        store.followers.pause(name, int(time.time()))
    echo(f"{name} waits until: sera follower resume {name}")


@app.command()
def resume(name: Name, data: Data = DEFAULT_FOLDER) -> None:
    """Resume a follower after a pause, or after the reason of an alarm is removed."""
    with open_store(data) as store:
        store.followers.resume(name, int(time.time()))
    echo(f"{name} goes on")


@app.command()
def replay(
    follower: Annotated[str, typer.Option("--follower", help="The follower's name.")],
    start: Annotated[
        str,
        typer.Option(
            "--from", help="`start`, a change number, or a date or time (UTC) of measurement, 2026-06-01."
        ),
    ],
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Replay data to a follower from an earlier position; a running gateway starts at once.

    The same data are written again, so nothing is stored twice; a line that a bucket lost is restored.
    """
    with open_store(data) as store:
        if follower == ROLLUPS:
            _replay_rollups(store, start)
            return
        store.followers.check(follower)
        to = _position(store, start)
        store.followers.rewind(follower, to)
        last = store.records.last_change()
    echo(f"{follower} begins again after row {to}: {last - to} rows")


@app.command("refused")
def list_refused(
    data: Data = DEFAULT_FOLDER,
    follower: Annotated[str | None, typer.Option("--follower", help="Only lines of this one.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many lines.")] = 20,
    json: Json = False,
) -> None:
    """List lines that a follower's target rejected, with its answer, newest last."""
    with open_store(data) as store:
        lines = store.rejected_lines.list(follower)[-limit:]
    if json:
        echo_json(json_format.dumps([line._asdict() for line in lines]))
        return
    for line in lines:
        echo(f"row {line.record}  {line.follower}  {line.reason}")
        echo(f"  {line.line}")
    if not lines:
        echo("no lines were refused")


def follower_statuses(store: Store) -> list[FollowerStatus]:
    """Return the status of all followers; roll-ups keep their own progress."""
    return [
        status
        if status.name != ROLLUPS
        else status._replace(position=store.rollups.progress().position, behind=store.rollups.behind())
        for status in store.followers.statuses()
    ]


def as_object(status: FollowerStatus) -> dict[str, object]:
    """Describe a status for machines."""
    return {**status._asdict(), "state": str(status.state), "alarm": status.alarm}


def in_words(status: FollowerStatus) -> str:
    """Describe a status for people, in one line."""
    since = datetime.fromtimestamp(status.since_s, UTC)
    words = [
        f"{status.name}: {'ALARM, ' if status.alarm else ''}{status.state}",
        f"at row {status.position}, {status.behind} behind",
    ]
    if status.refused_lines:
        words.append(f"{status.refused_lines} lines refused (sera follower refused)")
    if status.reason:
        words.append(f"since {since:%Y-%m-%d %H:%M} UTC: {status.reason}")
    return ", ".join(words)


def _position(store: Store, start: str) -> int:
    if start == _START:
        return 0
    if start.isdecimal():
        return max(0, int(start) - 1)
    since_s = moment_s(start, "--from", f"{_START!r}, a change number, or ")
    first = store.records.first_change_since(since_s)
    if first is None:
        raise BadInputError(f"nothing was measured since {start}; name an earlier time")
    return first - 1


def _replay_rollups(store: Store, start: str) -> None:
    if start != _START:
        raise BadInputError(f"roll-ups are only made again as a whole; expected --from {_START}")
    store.rollups.begin_again()
    echo(f"rollups begin again: {store.rollups.behind()} rows")

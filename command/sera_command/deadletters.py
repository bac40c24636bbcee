"""`sera deadletters`: what could not become records, why, and what to do about it."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated, Any

import typer

from sera_command.data import open_store
from sera_command.errors import BadInputError
from sera_gateway.reasons import REASONS
from sera_store.dead_letters import WAITING, DeadLetter

app = typer.Typer(no_args_is_help=True, help="List what could not become records, and why.")

Data = Annotated[Path, typer.Option("--data", help="Folder of journal and store.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]

_PAYLOAD_SHOWN = 2000


@app.command("list")
def list_letters(
    data: Data = Path("sera-data"),
    reason: Annotated[str | None, typer.Option("--reason", help="Only letters with this reason.")] = None,
    node: Annotated[str | None, typer.Option("--node", help="Only letters of this node.")] = None,
    state: Annotated[str, typer.Option("--state", help="waiting, replayed or discarded.")] = WAITING,
    limit: Annotated[int, typer.Option("--limit", help="At most so many letters.")] = 20,
    json: Json = False,
) -> None:
    """Count dead letters by reason and node, then list them, oldest first."""
    if reason is not None and reason not in REASONS:
        raise BadInputError(f"{reason!r} is no reason; expected one of {', '.join(REASONS)}")
    with open_store(data) as store:
        counts = {
            key: count
            for key, count in store.dead_letters.counts(state).items()
            if reason in (None, key[0]) and node in (None, key[1])
        }
        letters = store.dead_letters.list(reason=reason, node=node, state=state, limit=limit)
    if json:
        listed = [{"reason": key[0], "node": key[1], "count": count} for key, count in counts.items()]
        shown = [_as_object(letter) for letter in letters]
        typer.echo(json_format.dumps({"counts": listed, "letters": shown}))
        return
    _print_counts(counts)
    for letter in letters:
        typer.echo(f"{letter.id:>6}  {letter.reason}  {letter.node or letter.topic}  {letter.detail}")


@app.command()
def show(
    number: Annotated[int, typer.Argument(help="Id of the dead letter, as `list` shows it.")],
    data: Data = Path("sera-data"),
    json: Json = False,
) -> None:
    """Show one dead letter whole: where it came from, its bytes, and what to do."""
    with open_store(data) as store:
        letter = store.dead_letters.show(number)
    found = _as_object(letter)
    if json:
        typer.echo(json_format.dumps(found))
        return
    for name, value in found.items():
        typer.echo(f"{name.replace('_', ' ')}: {value}")


def _print_counts(counts: dict[tuple[str, str], int]) -> None:
    if not counts:
        typer.echo("no dead letters")
    for (reason, node), count in sorted(counts.items()):
        known = REASONS.get(reason)
        typer.echo(f"{count} {reason}{f' of {node}' if node else ''}: {known.what_to_do if known else ''}")


def _as_object(letter: DeadLetter) -> dict[str, Any]:
    known = REASONS.get(letter.reason)
    return {
        "id": letter.id,
        "reason": letter.reason,
        "meaning": known.meaning if known else "",
        "what_to_do": known.what_to_do if known else "",
        "detail": letter.detail,
        "state": letter.state,
        "topic": letter.topic,
        "node": letter.node,
        "epoch": letter.epoch,
        "sequences": list(letter.seqs),
        "received_s": letter.received_s,
        "journal": letter.journal,
        "payload": letter.payload[:_PAYLOAD_SHOWN].decode("utf-8", "backslashreplace"),
    }

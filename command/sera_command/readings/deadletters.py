"""`sera deadletters`: what could not become records, why, and mending it."""

from __future__ import annotations

import json as json_format
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sera_command.errors import BadInputError, ExitCode
from sera_command.installation.data import open_store
from sera_command.installation.installation import BY, DEFAULT_FOLDER
from sera_command.readings.standard_exports import cannot_write
from sera_command.terminal import echo, echo_json
from sera_gateway.config import DataSettings
from sera_gateway.decode.reasons import REASONS
from sera_gateway.journal.journal import JournalReader
from sera_gateway.ledger.ledger import Ledger
from sera_store.records.dead_letters import DISMISSED, STATES, WAITING, DeadLetter
from sera_store.registry.dead_letter_actions import AMEND, DISMISS, REPLAY, RESTORE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_store.registry.dead_letter_actions import DeadLetterAction
    from sera_store.store import Store

app = typer.Typer(no_args_is_help=True, help="List and mend rejected messages.")

Data = Annotated[Path, typer.Option("--data", help="Folder of journal and store.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]
Numbers = Annotated[list[int] | None, typer.Argument(help="Ids of dead letters, as `list` shows them.")]
Reason = Annotated[str | None, typer.Option("--reason", help="All dead letters with this reason.")]
Node = Annotated[str | None, typer.Option("--node", help="All dead letters of this node.")]

_PAYLOAD_MOST = 65_536
_ALL = 2**62


@app.command("list")
def list_dead_letters(
    data: Data = DEFAULT_FOLDER,
    reason: Reason = None,
    node: Node = None,
    state: Annotated[str, typer.Option("--state", help="waiting, replayed, amended or dismissed.")] = WAITING,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many dead letters.")] = 20,
    json: Json = False,
) -> None:
    """Count dead letters by reason and node, then list them, oldest first."""
    _check_reason(reason)
    if state not in STATES:
        raise BadInputError(f"{state!r} is no state; expected one of {', '.join(STATES)}")
    with open_store(data) as store:
        counts = {
            key: count
            for key, count in store.dead_letters.counts(state).items()
            if reason in (None, key[0]) and node in (None, key[1])
        }
        letters = store.dead_letters.list(reason=reason, node=node, state=state, limit=limit)
    if json:
        count_rows = [{"reason": key[0], "node": key[1], "count": count} for key, count in counts.items()]
        letter_rows = [_as_object(letter) for letter in letters]
        echo_json(json_format.dumps({"counts": count_rows, "letters": letter_rows}))
        return
    _print_counts(counts)
    for letter in letters:
        where = letter.node or letter.topic
        echo(f"{letter.id:>6}  {letter.reason}  {where}  {letter.detail}")


@app.command()
def show(
    number: Annotated[int, typer.Argument(help="Id of the dead letter, as `list` shows it.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the message alone into this file, to mend it there.")
    ] = None,
    data: Data = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Show one dead letter whole: where it came from, its bytes, and what to do."""
    with open_store(data) as store:
        letter = store.dead_letters.show(number)
        orders = store.dead_letter_actions.of_message(letter.journal)
    if out is not None:
        _write(out, letter.payload)
        echo(f"{out}: the message; mend it, then sera deadletters amend {number} --payload {out}", err=True)
        return
    record = _as_object(letter) | {"orders": [_describe_order(order) for order in orders]}
    if json:
        echo_json(json_format.dumps(record))
        return
    for name, value in record.items():
        echo(f"{name.replace('_', ' ')}: {value}", most=None)


@app.command()
def amend(
    number: Annotated[int, typer.Argument(help="Id of the dead letter, as `list` shows it.")],
    payload: Annotated[
        Path | None,
        typer.Option("--payload", help="File with the message as it should be; - for stdin."),
    ] = None,
    topic: Annotated[str | None, typer.Option("--topic", help="The topic as it should be.")] = None,
    data: Data = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Replace a rejected message by another, which takes over its keys for good.

    Exits with 1 when it is rejected again.
    """
    if payload is None and topic is None:
        raise BadInputError("nothing to amend; name a file with --payload, or the right --topic")
    content = None if payload is None else _read(payload)
    if topic is not None and (not topic or set(topic) & set("+#\x00")):
        raise BadInputError(f"{topic!r} is no topic; expected levels with / between, without + and #")
    with open_store(data) as store:
        letter = store.dead_letters.show(number)
        if letter.state not in (WAITING, DISMISSED):
            raise BadInputError(f"dead letter {number} is {letter.state} already; list shows those that wait")
        store.dead_letter_actions.put(
            AMEND, journal=letter.journal, reason=letter.reason, by=BY, topic=topic, payload=content
        )
        if _settle(data, store, [letter], json=json):
            raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command()
def replay(
    numbers: Numbers = None,
    reason: Reason = None,
    node: Node = None,
    data: Data = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Try rejected messages again: after an update, or a change of the registry.

    Exits with 1 when one is rejected again.
    """
    _order(REPLAY, WAITING, numbers, reason, node, data, json=json)


@app.command()
def dismiss(
    numbers: Numbers = None,
    reason: Reason = None,
    node: Node = None,
    data: Data = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Take dead letters off the list; they are kept, and `restore` puts them back."""
    _order(DISMISS, WAITING, numbers, reason, node, data, json=json)


@app.command()
def restore(
    numbers: Numbers = None,
    reason: Reason = None,
    node: Node = None,
    data: Data = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Put dismissed dead letters back on the list."""
    _order(RESTORE, DISMISSED, numbers, reason, node, data, json=json)


def _order(
    action: str,
    state: str,
    numbers: list[int] | None,
    reason: str | None,
    node: str | None,
    data: Path,
    *,
    json: bool,
) -> None:
    _check_reason(reason)
    if not numbers and reason is None and node is None:
        raise BadInputError("no dead letter named; name ids, or all of a --reason or --node")
    with open_store(data) as store:
        if numbers:
            letters = [store.dead_letters.show(number) for number in dict.fromkeys(numbers)]
            other = [letter for letter in letters if letter.state != state]
            if other:
                raise BadInputError(
                    f"dead letter {other[0].id} is {other[0].state}; expected one that is {state}"
                )
        else:
            letters = store.dead_letters.list(reason=reason, node=node, state=state, limit=_ALL)
        for letter in letters:
            store.dead_letter_actions.put(action, journal=letter.journal, reason=letter.reason, by=BY)
        if _settle(data, store, letters, json=json) and action == REPLAY:
            raise typer.Exit(ExitCode.CHECK_FAILED)


def _settle(data: Path, store: Store, letters: list[DeadLetter], *, json: bool) -> bool:
    """Run the ledger on the orders now, beside a running gateway's, and print the outcome.

    Returns
    -------
    bool
        Whether one of the letters waits on, or their messages were refused for another reason now.
    """
    numbers = {letter.id for letter in letters}
    other_numbers = {letter.id for letter in _of_messages(store, letters)} - numbers
    with JournalReader(DataSettings(folder=str(data)).journal) as reader:
        Ledger(store, reader).settle()
    after = [letter for letter in _of_messages(store, letters) if letter.id not in other_numbers]
    orders = [order for letter in after for order in store.dead_letter_actions.of_message(letter.journal)]
    is_taken = all(order.applied_after is not None for order in orders)
    if not is_taken:
        echo(
            "An earlier order waits for its place among the messages: what was ordered now is written down, "
            "and done after it.",
            err=True,
        )
    if json:
        echo_json(json_format.dumps({"letters": [_as_object(letter) for letter in after]}))
    else:
        _print_outcome(after, numbers)
    return is_taken and any(letter.state == WAITING for letter in after)


def _print_outcome(after: list[DeadLetter], numbers: set[int | None]) -> None:
    for letter in after:
        why = "" if letter.id in numbers else f", new: {letter.detail}"
        echo(f"dead letter {letter.id} ({letter.reason}): {letter.state}{why}")
    echo(f"{len(after)} dead letter(s); {sum(letter.state == WAITING for letter in after)} wait")


def _of_messages(store: Store, letters: Iterable[DeadLetter]) -> list[DeadLetter]:
    """All letters of the messages that these letters are of."""
    journals = dict.fromkeys(letter.journal for letter in letters)
    return [letter for journal in journals for letter in store.dead_letters.list(journal=journal, state=None)]


def _check_reason(reason: str | None) -> None:
    if reason is not None and reason not in REASONS:
        raise BadInputError(f"{reason!r} is no reason; expected one of {', '.join(REASONS)}")


def _write(out: Path, content: bytes) -> None:
    try:
        out.write_bytes(content)
    except OSError as error:
        raise cannot_write(out, error) from error


def _read(payload: Path) -> bytes:
    content = sys.stdin.buffer.read() if str(payload) == "-" else payload.read_bytes()
    if not content or len(content) > _PAYLOAD_MOST:
        raise BadInputError(
            f"{payload} has {len(content)} bytes; expected one message of 1 to {_PAYLOAD_MOST}"
        )
    return content


def _describe_order(order: DeadLetterAction) -> str:
    progress = (
        "not taken yet" if order.applied_after is None else f"taken after message {order.applied_after}"
    )
    return f"{order.number}: {order.action} by {order.by}, {progress}"


def _print_counts(counts: dict[tuple[str, str], int]) -> None:
    if not counts:
        echo("no dead letters")
    for (reason, node), count in sorted(counts.items()):
        meaning = REASONS.get(reason)
        echo(f"{count} {reason}{f' of {node}' if node else ''}: {meaning.what_to_do if meaning else ''}")


def _as_object(letter: DeadLetter) -> dict[str, Any]:
    meaning = REASONS.get(letter.reason)
    return {
        "id": letter.id,
        "reason": letter.reason,
        "meaning": meaning.meaning if meaning else "",
        "what_to_do": meaning.what_to_do if meaning else "",
        "detail": letter.detail,
        "state": letter.state,
        "topic": letter.topic,
        "node": letter.node,
        "epoch": letter.epoch,
        "sequences": list(letter.seqs),
        "received_s": letter.received_s,
        "journal": letter.journal,
        "payload": letter.payload[:_PAYLOAD_MOST].decode("utf-8", "backslashreplace"),
    }

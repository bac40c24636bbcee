"""`sera mapping try` on messages of any device: what shipped families make of them, a table for the rest."""

from __future__ import annotations

import json as json_format
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

import typer
from rich.table import Table

from sera_command.consoles import plain_console
from sera_command.errors import BadInputError, ExitCode
from sera_command.registry import mapping_report
from sera_command.terminal import echo, echo_json
from sera_gateway.config import PORTS
from sera_gateway.decode.reasons import IGNORED, REASONS
from sera_gateway.families.discovery import is_announcement
from sera_gateway.families.live_messages import Listening, listen
from sera_gateway.families.mapping_files import shipped
from sera_gateway.families.proposal import propose
from sera_gateway.families.recognition import recognise
from sera_gateway.families.shipped import shipped_names
from sera_gateway.families.trial import moment, written
from sera_workshop.views.words import unit_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sera_gateway.families.recognition import Recognised
    from sera_gateway.families.saved_messages import SavedMessage
    from sera_gateway.families.trial import Trial

_ROWS_MOST: Final = 40
_WIDTH: Final = 160


class BrokerAccess(NamedTuple):
    """User, password and trust anchor to listen to a broker with; empty where it asks for none."""

    user: str
    password_file: Path | None
    trust: Path | None


def listen_to(url: str, topic_filter: str, access: BrokerAccess, seconds: float) -> list[SavedMessage]:
    """Listen to a broker by its address.

    Raises
    ------
    BadInputError
        Nothing was heard.
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or parts.username:
        raise typer.BadParameter(
            f"{url!r} names no broker; expected mqtt://HOST:PORT or mqtts://HOST:PORT, and --user",
            param_hint="--live",
        )
    listening = Listening(
        parts.hostname,
        parts.port or PORTS[parts.scheme],
        topic_filter,
        access.user,
        access.password_file.read_text(encoding="utf-8").strip() if access.password_file else "",
        parts.scheme == "mqtts",
        access.trust,
    )
    echo(f"Listening to {parts.hostname} for {seconds:g} s ...", err=True)
    messages = listen(listening, seconds)
    if not messages:
        raise BadInputError(
            f"nothing was heard on {topic_filter!r} in {seconds:g} s; name another --topic, or more --seconds"
        )
    return messages


def try_messages(messages: Sequence[SavedMessage], timezone: str, *, json: bool) -> None:
    """Show what the shipped families make of messages, and print a table for what none of them reads.

    Raises
    ------
    typer.Exit
        Something is read by no family, and no table that is certain of a value can be proposed.
    """
    mappings = [shipped(name) for name in shipped_names()]
    recognised = recognise(messages, mappings, int(time.time()), timezone)
    unread = [row.message for row in recognised if row.is_open]
    proposals = propose([*(m for m in messages if is_announcement(m.topic)), *unread])
    if json:
        plain = {
            "messages": [_to_builtins(row) for row in recognised],
            "proposals": [{"table": proposal.text, "certain": proposal.certain} for proposal in proposals],
        }
        echo_json(json_format.dumps(plain, ensure_ascii=False))
    else:
        _show(recognised)
        for proposal in proposals:
            for line in proposal.text.splitlines():
                echo(line, most=None)
        _advise(recognised, unread, sum(proposal.certain for proposal in proposals))
    if unread and not any(proposal.certain for proposal in proposals):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _show(recognised: Sequence[Recognised]) -> None:
    console = plain_console(err=True)
    if not console.is_terminal:
        console = plain_console(err=True, width=_WIDTH)
    table = Table("topic", "family", "device and time", "becomes", box=None, pad_edge=False)
    for row in recognised[:_ROWS_MOST]:
        family = row.mapping.id if row.mapping else "-"
        for trial in (row.trial, *row.trial.alternatives):
            table.add_row(row.message.topic, family, _device_words(trial), _becomes(trial))
    console.print(table)
    if len(recognised) > _ROWS_MOST:
        console.print(f"and {len(recognised) - _ROWS_MOST} more messages")


def _device_words(trial: Trial) -> str:
    if not trial.values:
        return "-"
    return f"{trial.device}, {moment(trial.time_s if trial.has_time else None)}"


def _becomes(trial: Trial) -> str:
    if trial.rejection is not None:
        return f"rejected, since {REASONS[trial.rejection.reason].meaning}: {trial.rejection.detail}"
    if trial.ignored:
        return f"ignored: {IGNORED[trial.ignored]}"
    values = [
        f"{column} {written(value, flag)} {unit_words(unit)}".rstrip()
        for _, column, unit, value, flag in trial.values
    ]
    return ", ".join([*values, *(f"note: {note}" for note in trial.notes)])


def _advise(recognised: Sequence[Recognised], unread: Sequence[SavedMessage], certain: int) -> None:
    families = sorted({row.mapping.id for row in recognised if row.mapping and row.trial.values})
    for family in families:
        echo(f"Read by {family}: sera mapping add {family}", err=True)
    if unread and certain:
        echo(
            "The table on stdout is what the other messages surely say: save it, decide what is a comment, "
            "then sera mapping add FILE.",
            err=True,
        )
    elif unread:
        echo(
            f"{len(unread)} messages are read by no family, and nothing in them surely says a quantity and "
            "its unit: decide about the comments, if there are any, or write a table by hand.",
            err=True,
        )


def _to_builtins(row: Recognised) -> dict[str, Any]:
    return {
        "topic": row.message.topic,
        "family": row.mapping.id if row.mapping else None,
        **mapping_report.trial_to_builtins(row.trial),
    }

"""`sera alerts`: what somebody is told of, by which rules, over which channels; test it, or silence it."""

from __future__ import annotations

import json
import textwrap
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from sera_alerts.messages import Message
from sera_command.errors import BadInputError, ExitCode
from sera_command.health.facts import installation_facts
from sera_command.installation.alerting import (
    PLACE,
    alert_book,
    alert_round,
    channels_of,
    send,
)
from sera_command.installation.installation import DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import now_s
from sera_command.terminal import echo, echo_json, quantity_text
from sera_store.alert_book import ChannelState, Silence
from sera_vocabulary.alert_rules import INSTALLATION, LOOK, RULES_BY_CODE, SEVERITIES, URGENT
from sera_vocabulary.alerts import ALERTS, ALERTS_BY_CODE, INSTALLATION_ALERTS
from sera_vocabulary.durations import HOUR_S
from sera_words.statements import Finding
from sera_words.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_alerts.channels import Channel
    from sera_store.alert_book import AlertBook
    from sera_words.coded import Argument

app = typer.Typer(
    no_args_is_help=True, help="Send alerts about what is wrong with nodes, and when it is well again."
)
# How the installation is called on the command line.
_ITSELF: Final = "installation"
_WIDTH: Final = 80
_SEVERITY_WORDS: Final = {LOOK: "to look at", URGENT: "urgent"}
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object for machines.")]


@app.command("list")
def show(data: Data = DEFAULT_FOLDER, as_json: AsJson = False) -> None:
    """Show alerts that were sent and still hold, silences, and how delivery goes."""
    installation, at_s = Installation.existing(data), now_s()
    channels = channels_of(installation)
    with alert_book(installation) as book:
        if as_json:
            echo_json(_as_json(book, channels, at_s))
            return
        for line in (*_state_lines(book, at_s), *_channel_lines(book, channels)):
            echo(line)


@app.command()
def rules(as_json: AsJson = False) -> None:
    """Show the rules of alerts: limits, how long, who, first checks."""
    if as_json:
        echo_json(json.dumps([alert._asdict() for alert in (*ALERTS, *INSTALLATION_ALERTS)]))
        return
    for alert in (*ALERTS, *INSTALLATION_ALERTS):
        rule = RULES_BY_CODE[alert.code]
        limit = rule.look if SEVERITIES[alert.least] == "look" or rule.urgent is None else rule.urgent
        echo(f"{alert.code}: {alert.meaning}")
        echo(
            f"    told from {limit:g} {rule.unit} on ({SEVERITIES[alert.least]}), after {alert.hold_h:g} h; "
            f"well after {alert.clear_h:g} h; to the {alert.receiver}"
        )
        for line in (*_wrapped(rule.reason), *_wrapped(alert.reason)):
            echo(line)
        for check in (*rule.checks[:3], alert.command):
            echo(f"    - {check}")


@app.command()
def check(data: Data = DEFAULT_FOLDER, as_json: AsJson = False) -> None:
    """Check now, and alert who is to be told; `sera up` does so with each renewal of its pages."""
    installation = Installation.existing(data)
    with installation.store() as store:
        at_s = now_s()
        facts = installation_facts(installation.folder, at_s)
        notices = alert_round(installation, store, at_s, facts)
    if as_json:
        echo_json(json.dumps(msgspec.to_builtins(notices)))
        return
    for notice in notices:
        echo(f"{notice.event}: {_problem_words(notice.node, notice.garden, notice.code, notice.arguments)}")
    echo(f"{quantity_text(len(notices), 'notices')} new")


@app.command("test")
def try_channels(
    channel: Annotated[str, typer.Option(help="Only this channel; all by default.")] = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Send a test message over each channel, at once; exits with 1 where one was not taken."""
    installation = Installation.existing(data)
    channels = [route for route in channels_of(installation) if channel in ("", route.name)]
    if not channels:
        scope = f"channel {channel!r}" if channel else "any channel"
        raise BadInputError(
            f"{installation.folder / 'alerts.toml'} does not name {scope}; docs/how-to/alerts.md shows how"
        )
    message = Message(
        f"{PLACE}: test message", "Alerts of this installation come this way. Nothing is wrong.\n"
    )
    problems = {route.name: send(installation, route, message) for route in channels}
    for name, problem in problems.items():
        echo(f"{name}: {problem or 'taken'}")
    if any(problems.values()):
        raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command()
def silence(
    subject: Annotated[
        str, typer.Argument(help="A node, a garden, or `installation`; `all` for everything.")
    ],
    rule: Annotated[str, typer.Option(help="Only this rule, as `sera alerts rules` names it.")] = "",
    hours: Annotated[float, typer.Option(min=0, help="For how long [h]; 0 ends the silence.")] = 24,
    reason: Annotated[str, typer.Option(help="Why, for the others.")] = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Silence alerts of a node, a garden or the installation for hours; what still holds then is sent."""
    installation, at_s = Installation.existing(data), now_s()
    if rule and rule not in ALERTS_BY_CODE:
        raise BadInputError(f"rule {rule!r} is none; `sera alerts rules` shows them")
    with installation.store() as store:
        registry = store.registry
        if (
            subject not in ("all", _ITSELF)
            and registry.node(subject) is None
            and registry.garden(subject) is None
        ):
            raise BadInputError(
                f"{subject!r} is neither a node nor a garden; `sera node list`, `sera garden list` show them"
            )
    name = {"all": "", _ITSELF: INSTALLATION}.get(subject, subject)
    with alert_book(installation) as book, book.transaction():
        remaining = [
            silence for silence in book.silences(at_s) if (silence.subject, silence.code) != (name, rule)
        ]
        until_s = at_s + int(hours * HOUR_S)
        book.put_silences([*remaining, Silence(name, rule, until_s, reason)] if hours else remaining)
    target = f"{subject}{f', {rule}' if rule else ''}"
    echo(f"{target}: silent until {_moment(until_s)}" if hours else f"{target}: silent no more")


def _state_lines(book: AlertBook, at_s: int) -> Iterator[str]:
    states = {key: state for key, state in sorted(book.states().items()) if state.message_s is not None}
    if not states:
        yield "nothing holds that somebody was told of"
    for key, state in states.items():
        node, code = key.split(" ")[:2]
        ending = "" if state.cleared_s is None else f", gone since {_moment(state.cleared_s)}"
        problem = _problem_words(node, state.garden, code, state.arguments)
        yield f"{_SEVERITY_WORDS[state.severity]}: {problem}"
        since, last = _moment(state.beginning_s or 0), _moment(state.message_s or 0)
        yield f"    {code}, since {since}, told {last}{ending}"
    for silence in book.silences(at_s):
        reason = f": {silence.reason}" if silence.reason else ""
        target = f"{silence.subject or 'all'} {silence.code or 'all rules'}"
        yield f"silent: {target} until {_moment(silence.until_s)}{reason}"


def _problem_words(node: str, garden: str, code: str, arguments: dict[str, Argument]) -> str:
    """Write where something is and what it is."""
    where = "this installation" if node == INSTALLATION else f"{node} in {garden}"
    return f"{where}: {words().statement(Finding(code, arguments))}"


def _channel_lines(book: AlertBook, channels: tuple[Channel, ...]) -> Iterator[str]:
    if not channels:
        yield "nobody is told: there is no alerts.toml in the data folder; docs/how-to/alerts.md shows one"
    states = book.channels()
    for channel in channels:
        state = states.get(channel.name, ChannelState())
        last = "never" if state.delivered_s is None else _moment(state.delivered_s)
        line = f"channel {channel.name}: last delivered {last}, {len(book.notices(channel.name))} waiting"
        if state.problem:
            attempts = quantity_text(state.attempts, "attempts")
            line += f"; failed after {attempts}: {state.problem}; again {_moment(state.next_s)}"
        yield line


def _as_json(book: AlertBook, channels: tuple[Channel, ...], at_s: int) -> str:
    states = book.channels()
    return json.dumps(
        {
            "states": msgspec.to_builtins(book.states()),
            "silences": msgspec.to_builtins(book.silences(at_s)),
            "channels": {
                channel.name: {
                    **msgspec.to_builtins(states.get(channel.name, ChannelState())),
                    "waiting": len(book.notices(channel.name)),
                }
                for channel in channels
            },
        }
    )


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="    ", subsequent_indent="      ")


def _moment(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M UTC")

"""`sera mapping`: tables that say what other makers' devices mean."""

from __future__ import annotations

import json as json_format
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
import typer

from sera_command.errors import BadInputError, ExitCode
from sera_command.installation.data import open_store
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import Since, since_s
from sera_command.registration.new_mappings import at_topic, check_examples, enter_mapping
from sera_command.registration.ways_in import ways_in
from sera_command.registry import mapping_report
from sera_command.registry.mapping_messages import BrokerAccess, listen_to, try_messages
from sera_command.terminal import echo, echo_json
from sera_gateway.decode.envelope import BYTES_LOOKED_INTO
from sera_gateway.families.mapping_files import read_family, shipped_family
from sera_gateway.families.saved_messages import SavedMessage, read_saved
from sera_gateway.families.shipped import shipped_names
from sera_gateway.families.trial import TrialMessage, try_message
from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from sera_gateway.families.mapping_files import DeviceFamily
    from sera_store.registry.mappings import Mapping

app = typer.Typer(no_args_is_help=True, help="Try and enter tables for other makers' devices.")

_STDIN: Final = "-"
FamilyName = Annotated[str, typer.Argument(help="A family that Sera ships, or a TOML file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]


@app.command("add")
def add(
    family: FamilyName,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TOPIC",
            help="Topic of your devices, with {node} and so on, where it is another than the table's.",
        ),
    ] = None,
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Check a table and its examples, and enter the table in the registry."""
    device_family = _family(family)
    check_examples(family, device_family)
    mapping = _at(device_family.mapping, at)
    installation = Installation(data)
    with installation.store() as store:
        entered = enter_mapping(installation, store, mapping, since_s(since), BY)
    begins = (
        "now" if since is None else f"{datetime.fromtimestamp(entered.since_s, UTC):%Y-%m-%d %H:%M:%S} (UTC)"
    )
    echo(f"Mapping {mapping.id} version {mapping.version} holds for what arrives from {begins} on.")
    for line in ways_in(data, mapping.filter):
        echo(line)
    for advice in entered.advice:
        echo(advice, err=True)


@app.command("try")
def try_table(
    source: Annotated[
        str | None,
        typer.Argument(help="A family that Sera ships, a TOML file, or a file of saved messages."),
    ] = None,
    topic: Annotated[
        str | None, typer.Option(help="Topic of a message to try; with --live the filter to listen to.")
    ] = None,
    payload: Annotated[
        str | None, typer.Option(metavar="FILE", help="File with that message; - reads stdin.")
    ] = None,
    timezone: Annotated[
        str, typer.Option(help="Time zone of the device's garden, for times that name none.")
    ] = "UTC",
    live: Annotated[
        str | None,
        typer.Option("--live", metavar="URL", help="Listen to a broker: mqtt://HOST:PORT, or mqtts://."),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="How long to listen [s].")] = 30,
    user: Annotated[str, typer.Option(help="User at that broker.")] = "",
    password_file: Annotated[Path | None, typer.Option(help="File with the user's password.")] = None,
    trust: Annotated[
        Path | None, typer.Option(help="Certificates to trust at that broker, besides the system's.")
    ] = None,
    json: Json = False,
) -> None:
    """Show what messages become, and propose a table for what no table reads; nothing is written.

    A table is tried on its examples, or on one message: exit 1 where an example differs, or where the message
    would be rejected. Saved messages, one payload with --topic, or a broker with --live are tried on all
    families that Sera ships; a table for the others is printed on stdout: exit 1 where none is certain of a
    value.
    """
    if live is not None:
        access = BrokerAccess(user, password_file, trust)
        try_messages(listen_to(live, topic or "#", access, seconds), _timezone(timezone), json=json)
        return
    if source is None:
        raise typer.BadParameter(
            "name a family, a TOML file, or a file of saved messages", param_hint="SOURCE"
        )
    if not is_family(source) and Path(source).exists():
        saved = read_saved(Path(source)) if topic is None else [SavedMessage(topic, _content(source))]
        try_messages(saved, _timezone(timezone), json=json)
        return
    family = source
    if (topic is None) != (payload is None):
        lacking, other = ("--topic", "--payload") if topic is None else ("--payload", "--topic")
        raise typer.BadParameter(f"a message has both; {other} alone says too little", param_hint=lacking)
    device_family = _family(family)
    if topic is None or payload is None:
        _try_examples(family, device_family, json=json)
        return
    message = TrialMessage(topic, _content(payload), int(time.time()), _timezone(timezone))
    trial = try_message(device_family.mapping, message)
    if json:
        echo_json(json_format.dumps(mapping_report.trial_to_builtins(trial), ensure_ascii=False))
    else:
        mapping_report.show_trial(device_family, trial)
    if trial.rejection is not None:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _try_examples(name: str, family: DeviceFamily, *, json: bool) -> None:
    if not family.examples:
        raise BadInputError(
            f"{name} has no [[examples]]; write some messages and what becomes of them into it, or try one "
            "with --topic and --payload"
        )
    reports = mapping_report.example_reports(family)
    if json:
        plain = mapping_report.examples_to_builtins(family, reports)
        echo_json(json_format.dumps(plain, ensure_ascii=False))
    else:
        mapping_report.show_examples(family, reports)
    if not all(report.holds for report in reports):
        raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command("list")
def list_tables(data: Data = DEFAULT_FOLDER, json: Json = False) -> None:
    """List the tables of the registry, and those that Sera ships."""
    with open_store(data) as store:
        entered = store.registry.mappings()
    if json:
        echo_json(json_format.dumps({"entered": msgspec.to_builtins(entered), "shipped": shipped_names()}))
        return
    for mapping in entered:
        echo(f"{mapping.id} {mapping.version}  {mapping.topic}")
    echo(f"shipped: {', '.join(shipped_names())}")


def is_family(name: str) -> bool:
    """Return whether a name is a shipped family's, or a table's file."""
    return Path(name).suffix == ".toml" or name in shipped_names()


def _family(name: str) -> DeviceFamily:
    return read_family(Path(name)) if Path(name).suffix == ".toml" else shipped_family(name)


def _content(payload: str) -> bytes:
    """Read a message from a file or stdin; of one that is too long no more than shows it."""
    if payload == _STDIN:
        return sys.stdin.buffer.read(BYTES_LOOKED_INTO + 1)
    with Path(payload).open("rb") as file:
        return file.read(BYTES_LOOKED_INTO + 1)


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise typer.BadParameter(
            f"{name!r} is no time zone; expected an IANA name such as Europe/London", param_hint="--timezone"
        ) from error
    return name


def _at(mapping: Mapping, topic: str | None) -> Mapping:
    try:
        return mapping if topic is None else at_topic(mapping, topic)
    except InvalidEntryError as error:
        raise typer.BadParameter(str(error), param_hint="--at") from error

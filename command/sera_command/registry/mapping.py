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
from sera_command.installation.foreign_topics import is_carried
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import Since, since_s
from sera_command.registry import mapping_report
from sera_command.registry.mapping_messages import Right, listen_to, try_messages
from sera_command.registry.ways_in import ways_in
from sera_command.terminal import echo, echo_json
from sera_gateway.config import DEVICES
from sera_gateway.decode.envelope import BYTES_LOOKED_INTO
from sera_gateway.families.mapping_files import read_family, shipped_family, shipped_names
from sera_gateway.families.saved_messages import SavedMessage, read_saved
from sera_gateway.families.trial import TrialMessage, try_message
from sera_store.errors import InvalidEntryError
from sera_vocabulary import topic_filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sera_gateway.families.mapping_files import DeviceFamily
    from sera_store.registry.mappings import Mapping
    from sera_store.store import Store

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
    _check_examples(family, device_family)
    mapping = _at(device_family.mapping, at)
    from_s = since_s(since)
    with Installation(data).store() as store:
        entered = store.registry.mappings()
        existing = next((existing for existing in entered if existing.id == mapping.id), None)
        if existing is not None and existing != mapping and mapping.version == existing.version:
            from_s = _replaced_from_s(store, mapping, from_s)
        _check_version(mapping, existing, is_unused=not store.records.knows_mapping(mapping.id))
        other_mappings = [existing for existing in entered if existing.id != mapping.id]
        store.registry.put(mapping, since_s=from_s, by=BY)
        if Installation(data).broker.exists():
            Installation(data).renew_rights(store)
    begins = "now" if since is None else f"{datetime.fromtimestamp(from_s, UTC):%Y-%m-%d %H:%M:%S} (UTC)"
    echo(f"Mapping {mapping.id} version {mapping.version} holds for what arrives from {begins} on.")
    for line in ways_in(data, mapping.filter):
        echo(line)
    for advice in _advice(mapping, other_mappings):
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
        right = Right(user, password_file, trust)
        try_messages(listen_to(live, topic or "#", right, seconds), _timezone(timezone), json=json)
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
    """Give a table the topic that somebody's devices have; its other topics were made for its own."""
    if topic is None:
        return mapping
    try:
        # Building it anew checks the topic.
        return type(mapping)(**{**msgspec.structs.asdict(mapping), "topic": topic, "silent": ()})
    except InvalidEntryError as error:
        raise typer.BadParameter(str(error), param_hint="--at") from error


def _check_examples(name: str, family: DeviceFamily) -> None:
    """Refuse a table that does not do what its own examples say."""
    for report in mapping_report.example_reports(family):
        for row in report.rows:
            if not row.agrees:
                raise BadInputError(
                    f"mapping {family.mapping.id}: example {report.example.title!r} promises {row.what} "
                    f"{row.expected!r}, and {row.got!r} comes; correct the table or the example "
                    f"(sera mapping try {name})"
                )


def _replaced_from_s(store: Store, mapping: Mapping, from_s: int) -> int:
    """Return from when on a table takes the place of one of the same version: from that one's beginning."""
    return min(from_s, *(entry.since_s for entry in store.registry.history("mapping", mapping.id)))


def _check_version(mapping: Mapping, existing: Mapping | None, *, is_unused: bool) -> None:
    """Refuse another table under a version that is taken: records name the version they were read by.

    One that has read nothing yet may be corrected.
    """
    if existing is None or existing == mapping or (is_unused and mapping.version == existing.version):
        return
    if mapping.version <= existing.version:
        raise BadInputError(
            f"mapping {mapping.id} has version {existing.version} with other content; give yours version "
            f"{existing.version + 1} or more"
        )


def _advice(mapping: Mapping, other_mappings: Iterable[Mapping]) -> Iterator[str]:
    """Name what a broker cannot do with a mapping's topics, and which other mappings read some of them."""
    is_of_devices = mapping.filter.startswith(f"{DEVICES}/")
    if not (topic_filters.nats_problem(mapping.filter) or is_carried(mapping.filter) or is_of_devices):
        yield (
            "Its topic holds a dot, a * or an empty level, which NATS changes: the gateway of `sera up` does "
            "not hear it; run Mosquitto."
        )
    if character := topic_filters.nats_problem(mapping.filter):
        yield (
            f"Its topic holds {character}. NATS, the broker of `sera up`, takes none in a topic and ends the "
            "device's connection: let the device use another topic, or run Mosquitto."
        )
    for other in other_mappings:
        if topic_filters.overlap(mapping.filter, other.filter):
            wide = next(iter(topic_filters.merge([mapping.filter, other.filter])))
            yield (
                f"Mapping {other.id} reads some of its topics too; {min(mapping.id, other.id)} is asked "
                f"first. With both filters the gateway subscribes to {json_format.dumps(wide)}, so that each "
                "message comes once."
            )

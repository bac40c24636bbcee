"""`sera history`: what other databases kept of devices, through the same journal as live messages."""

from __future__ import annotations

import json as json_format
from contextlib import ExitStack
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from sera_command.errors import BadInputError
from sera_command.installation.ingestion import give_to_owner, own_or_find_owner, take_in
from sera_command.installation.installation import DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import moment_s
from sera_command.readings.ingest_outcome import LETTERS_MOST
from sera_command.terminal import echo, echo_json, warn
from sera_gateway.importers.history import Progress
from sera_gateway.importers.influx import TOPIC, InfluxBucket, InfluxHistory
from sera_gateway.importers.recorder import STATES_TOPIC, open_recorder
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_gateway.handover import Publication
    from sera_gateway.importers.history import HistorySource

app = typer.Typer(no_args_is_help=True, help="Import history from databases of other programs.")

PROGRESS_FILE = "history.json"
_NAMES_MOST = 5
Again = Annotated[
    bool,
    typer.Option("--again", help="Read all again, also what an earlier run has taken; nothing is doubled."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("home-assistant")
def home_assistant(
    file: Annotated[Path, typer.Argument(help="home-assistant_v2.db, or a copy of it; only read.")],
    data: Data = DEFAULT_FOLDER,
    again: Again = False,
    json: Json = False,
) -> None:
    """Import states and hourly means from the recorder of Home Assistant.

    Only entities that a node is known as are read. A state becomes a message on recorder/ENTITY, an hour one
    on recorder-hours/ENTITY; a mapping says what they mean.
    """
    installation = Installation.existing(data)
    with installation.store() as store:
        entities = sorted(name for name in store.registry.nodes_by_name() if "." in name)
        _require_mapping(store, f"{STATES_TOPIC}/", "home-assistant-recorder")
    if not entities:
        raise BadInputError(
            "no node is known as an entity of Home Assistant; name them first: `sera node change NODE "
            "--known-as sensor.bed_3_soil_moisture`"
        )
    with open_recorder(file, entities) as source:
        _take(installation, source, again=again, json=json)


@app.command("influxdb")
def influxdb(
    url: Annotated[str, typer.Argument(help="The server, as http://127.0.0.1:8086.")],
    bucket: Annotated[str, typer.Option(help="Bucket to read.")],
    token_file: Annotated[Path, typer.Option(help="File with a token that may read it.")],
    measurement: Annotated[list[str], typer.Option(help="Measurement to read; may be repeated.")],
    device_tag: Annotated[str, typer.Option(help="Tag that tells devices apart, as entity_id.")],
    begin: Annotated[str | None, typer.Option("--from", help="First time, such as 2025-04-01 (UTC).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Time before which to stop (UTC).")] = None,
    data: Data = DEFAULT_FOLDER,
    again: Again = False,
    json: Json = False,
) -> None:
    """Import points of an InfluxDB 2 bucket.

    A point becomes a message on influxdb/MEASUREMENT/DEVICE with time [ns], tags and fields; a mapping says
    what they mean.
    """
    installation = Installation.existing(data)
    with installation.store() as store:
        for name in measurement:
            _require_mapping(store, f"{TOPIC}/{name}/", "")
    between_s = (
        None if begin is None else moment_s(begin, "--from"),
        None if end is None else moment_s(end, "--to"),
    )
    target = InfluxBucket(url, bucket, token_file.read_text(encoding="utf-8").strip())
    source = InfluxHistory(target, measurement, device_tag, between_s)
    _take(installation, source, again=again, json=json)
    if source.left_out:
        shown = ", ".join(source.left_out[:_NAMES_MOST])
        warn(f"{len(source.left_out)} series have no usable tag {device_tag!r} and were left out: {shown}")


def _require_mapping(store: Store, beginning: str, shipped: str) -> None:
    if any(mapping.topic.startswith(beginning) for mapping in store.registry.mappings()):
        return
    hint = f"`sera mapping add {shipped}`, or " if shipped else ""
    raise BadInputError(
        f"no mapping reads topics below {beginning}; enter one first: {hint}a table of your own "
        "(docs/how-to/history.md)"
    )


class _Reading:
    """Iterates over the messages of a source once, and keeps how far it came.

    Parameters
    ----------
    source
        Where they come from.
    after
        Positions behind which to begin.
    earlier_letters
        Messages that are dead letters already, and would be again.
    """

    def __init__(
        self, source: HistorySource, after: dict[str, int], earlier_letters: frozenset[tuple[str, bytes]]
    ) -> None:
        self._source = source
        self._letters = earlier_letters
        self.after = after
        self.messages = 0

    def __iter__(self) -> Iterator[Publication]:
        for series, position, publication in self._source.rows(self.after):
            self.after[series] = max(position, self.after.get(series, position))
            if (publication.topic, publication.payload) not in self._letters:
                self.messages += 1
                yield publication


def _take(installation: Installation, source: HistorySource, *, again: bool, json: bool) -> None:
    """Pass a source's messages through the ledger, and return what became of them."""
    progress = Progress(installation.folder / PROGRESS_FILE)
    with ExitStack() as stack:
        is_owned = own_or_find_owner(stack, installation.folder)
        store = stack.enter_context(Store.open(installation.store_folder))
        letters = store.dead_letters.list(state=None, limit=LETTERS_MOST)
        earlier_letters = frozenset((letter.topic, letter.payload) for letter in letters)
        earlier = progress.of(source.name)
        if again:
            # When states begin stays known: hours are only taken before.
            earlier = {name: value for name, value in earlier.items() if name.startswith("first:")}
        reading = _Reading(source, earlier, earlier_letters)
        rejected = sum(store.dead_letters.counts().values())
        records = store.records.last_change()
        (give_to_owner if is_owned else take_in)(installation.folder, store, reading)
        rejected = sum(store.dead_letters.counts().values()) - rejected
        records = store.records.last_change() - records
    progress.note(source.name, reading.after)
    row = {
        "messages": reading.messages,
        "records": records,
        "rejected": rejected,
        "without_value": source.gaps,
    }
    if json:
        echo_json(json_format.dumps(row))
        return
    echo(
        f"{reading.messages} messages: {records} new rows of records, {rejected} messages rejected; "
        f"{source.gaps} without a value were left as gaps"
    )
    if rejected:
        echo("See `sera deadletters list` for why.", err=True)

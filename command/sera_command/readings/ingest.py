"""`sera ingest`: recorded readings through the same journal and ledger as live ones."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterable, Sequence  # noqa: TC003 - Typer reads the annotations
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from sera_command.errors import BadInputError, ExitCode
from sera_command.importers.calibration_tables import read_calibration
from sera_command.installation.ingestion import give_to_owner, own_or_find_owner, take_in
from sera_command.installation.installation import Installation
from sera_command.terminal import echo, echo_json
from sera_gateway.handover import Publication
from sera_gateway.importers import RecordedMessage, Recording, read_file
from sera_gateway.importers.recording import batches, probes_message
from sera_gateway.security.embedded_broker import RIGHTS_FILE
from sera_store.registry.entities import (
    PERSON,
    Calibration,
    Community,
    Garden,
    Node,
    ProbePlace,
    RecordedSource,
)
from sera_store.release.persons import draw_counter_id, draw_id
from sera_store.store import Store
from sera_vocabulary import topics

if TYPE_CHECKING:
    from sera_store.records.completeness import NodeAccount

app = typer.Typer()

_BY: Final = "sera ingest"
_BEFORE_S: Final = 86_400
_ACCOUNTED: Final = ("stored", "undated", "dead_lettered", "repeated", "missing")
_LETTERS_MOST: Final = 1_000_000
_NOTES_MOST: Final = 20


class Placement(NamedTuple):
    """Where recorded readings belong, as far as the source does not say."""

    community: str
    garden: str | None
    latitude: float | None
    longitude: float | None
    timezone: str


@app.command()
def ingest(
    files: Annotated[
        list[Path], typer.Argument(help="Logger files, tables of FIT counts, saved device messages.")
    ],
    data: Annotated[Path, typer.Option(help="Data folder; made where there is none.")] = Path("sera-data"),
    community: Annotated[str, typer.Option(help="Community the readings belong to.")] = "recorded",
    garden: Annotated[
        str | None, typer.Option(help="One garden for all; by default one a logger or square.")
    ] = None,
    latitude: Annotated[float | None, typer.Option(help="Latitude of the loggers [degree].")] = None,
    longitude: Annotated[float | None, typer.Option(help="Longitude of the loggers [degree].")] = None,
    timezone: Annotated[
        str, typer.Option(help="Time zone of the loggers, where the file does not tell.")
    ] = "UTC",
    soil_type: Annotated[
        str | None, typer.Option(help="Soil type to ASSUME for raw moisture counts.")
    ] = None,
    calibrations: Annotated[
        Path | None, typer.Option(help="CSV of calibrations: soiltype, a, b, c, ..., ref.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Import recorded readings from files; a second time changes nothing."""
    if (soil_type is None) != (calibrations is None):
        raise BadInputError(
            "--soil-type and --calibrations are given together: the type names a row of the file"
        )
    contents = [content for path in files for content in read_file(path)]
    recordings = [content for content in contents if isinstance(content, Recording)]
    messages = [content for content in contents if isinstance(content, RecordedMessage)]
    placement = Placement(community, garden, latitude, longitude, timezone)
    coefficients = read_calibration(calibrations, soil_type) if calibrations and soil_type else None
    with ExitStack() as stack:
        runs_here = own_or_find_owner(stack, data)
        store = stack.enter_context(Store.open(data / "store"))
        recordings = [_with_node(store, recording) for recording in recordings]
        for recording in recordings:
            _register(store, recording, placement, coefficients)
        if recordings and (data / "broker" / RIGHTS_FILE).exists():
            # The gateway publishes `have` to all nodes, also to those whose records come from a file.
            Installation(data).renew_rights(store)
        publications = [*_publications(recordings, community), *_new_messages(store, messages)]
        gardens = {recording.node: _garden_of(store, recording, placement) for recording in recordings}
        before = store.dead_letters.counts()
        (give_to_owner if runs_here else take_in)(data, store, publications)
        accounts = [account for recording in recordings for account in store.completeness(recording.node)]
        refused = sum(store.dead_letters.counts().values()) - sum(before.values())
    _print(recordings, gardens, accounts, refused, json=json)
    _print_moved([message.note for message in messages if message.note])
    if any(account.missing for account in accounts):
        raise typer.Exit(ExitCode.CHECK_FAILED)
    if any(recording.refused for recording in recordings):
        raise typer.Exit(ExitCode.BAD_INPUT)


def _new_messages(store: Store, messages: Iterable[RecordedMessage]) -> list[Publication]:
    """Leave out messages that are dead letters already: they have no key by which repeats are recognised."""
    existing = {
        (letter.topic, letter.payload) for letter in store.dead_letters.list(state=None, limit=_LETTERS_MOST)
    }
    publications = (Publication(message.topic, message.payload) for message in messages)
    return [
        publication
        for publication in publications
        if (publication.topic, publication.payload) not in existing
    ]


def _with_node(store: Store, recording: Recording) -> Recording:
    """Name a recording as its source was named before, or by ids drawn now, which tell nothing of it."""
    source = store.registry.recorded_source(recording.origin)
    if source is None:
        node = draw_counter_id() if recording.detector == PERSON else draw_id("logger")
        source = RecordedSource(node, draw_id("garden"), recording.origin)
        store.registry.put(source, since_s=0, by=_BY)
    return recording.with_node(source.id)


def _garden_of(store: Store, recording: Recording, placement: Placement) -> str:
    source = store.registry.recorded_source(recording.origin)
    return placement.garden or (source.garden if source else recording.node)


def _register(
    store: Store, recording: Recording, placement: Placement, calibration: Calibration | None
) -> None:
    """Enter community, garden, node, probes and calibration of a recording, from the day before it on."""
    since_s = min(row.utc_s or 0 for row in recording.rows) - _BEFORE_S
    registry = store.registry
    if registry.community(placement.community) is None:
        registry.put(Community(placement.community, placement.community), since_s=0, by=_BY)
    garden = _garden_of(store, recording, placement)
    home = registry.garden(garden)
    if home is None:
        registry.put(_garden(recording, garden, placement), since_s=0, by=_BY)
    elif home.community != placement.community:
        raise BadInputError(
            f"garden {garden} belongs to community {home.community}; expected --community {home.community}"
        )
    registry.put(Node(recording.node, garden, recording.detector), since_s=since_s, by=_BY)
    depths = dict(recording.depths_m)
    for position, _model, serial in recording.probes:
        entered = ProbePlace(serial, recording.node, position, depths.get(position))
        registry.put(entered, since_s=since_s, by=_BY)
        if calibration is not None and position == 1:
            own = Calibration(
                id=f"{calibration.id}-{serial}",
                serial=serial,
                source=calibration.source,
                target=calibration.target,
                coefficients=calibration.coefficients,
                valid_from_s=since_s,
                reference=calibration.reference,
                assumption=calibration.assumption,
            )
            registry.put(own, since_s=since_s, by=_BY)


def _garden(recording: Recording, name: str, placement: Placement) -> Garden:
    latitude, longitude = recording.place or (placement.latitude, placement.longitude)
    if latitude is None or longitude is None:
        raise BadInputError(
            f"{recording.source} does not say where it was recorded; "
            "give --latitude and --longitude (they leave only made coarse)"
        )
    return Garden(
        name, placement.community, None, name, latitude, longitude, recording.timezone or placement.timezone
    )


def _publications(recordings: Iterable[Recording], community: str) -> Iterable[Publication]:
    for recording in recordings:
        if recording.probes:
            topic = topics.topic(community, recording.node, topics.PROBES)
            yield Publication(topic, probes_message(recording))
        topic = topics.topic(community, recording.node, topics.DATA)
        for payload in batches(recording):
            yield Publication(topic, payload)


def _print_moved(notes: Sequence[str]) -> None:
    """Print which messages could not keep their topics."""
    for note in notes[:_NOTES_MOST]:
        echo(f"  {note}", err=True)
    if len(notes) > _NOTES_MOST:
        echo(f"  and {len(notes) - _NOTES_MOST} more messages alike", err=True)


def _print(
    recordings: Sequence[Recording],
    gardens: dict[str, str],
    accounts: Sequence[NodeAccount],
    refused: int,
    *,
    json: bool,
) -> None:
    by_node = {account.node: account for account in accounts}
    rows: list[dict[str, Any]] = [
        {
            "source": recording.source,
            "node": recording.node,
            "garden": gardens[recording.node],
            "rows": len(recording.rows),
            # A node of which every message was refused as a whole has no account.
            **{name: getattr(by_node.get(recording.node), name, 0) for name in _ACCOUNTED},
            "notes": list(recording.notes),
            "refused_lines": [list(line) for line in recording.refused],
        }
        for recording in recordings
    ]
    if json:
        echo_json(json_text.dumps({"recordings": rows, "refused_messages": refused}))
        return
    for row in rows:
        echo(
            f"{row['source']}: {row['rows']} rows as {row['node']} in {row['garden']}: "
            f"{row['stored']} stored, {row['undated']} undated, {row['dead_lettered']} refused, "
            f"{row['missing']} missing, {row['repeated']} repeats so far"
        )
        for number, line, problem in row["refused_lines"]:
            echo(f"  line {number} was left out: {problem}: {line}", err=True)
    for note in dict.fromkeys(note for recording in recordings for note in recording.notes):
        echo(f"  {note}", err=True)
    if refused:
        echo(f"{refused} messages were refused; see `sera deadletters list`", err=True)

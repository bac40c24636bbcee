"""`sera ingest`: recorded readings through the same journal and ledger as live ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence  # noqa: TC003 - Typer reads the annotations
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated, Literal

import typer

from sera_command.errors import BadInputError, ExitCode
from sera_command.importers.calibration_tables import read_calibration
from sera_command.installation.ingestion import give_to_owner, own_or_find_owner, take_in
from sera_command.installation.installation import DEFAULT_FOLDER, Installation
from sera_command.readings.ingest_outcome import LETTERS_MOST, letters_of, outcomes, stored_sequences
from sera_command.readings.ingest_report import Report, check_fault_log, print_report, write_fault_log
from sera_command.readings.recorded_sources import Placement, garden_of, register, with_node
from sera_command.readings.shifted_times import shift_problem
from sera_gateway.handover import Publication
from sera_gateway.importers import (
    DateOrder,
    HalfDays,
    ReadingOptions,
    RecordedMessage,
    Recording,
    UnreadableFileError,
    parse_offset_s,
    read_file,
)
from sera_gateway.importers.recording import batches, probes_message
from sera_gateway.security.embedded_broker import RIGHTS_FILE
from sera_store.registry.entities import Calibration  # noqa: TC001 - Typer reads the annotations
from sera_store.store import Store
from sera_store.tables.numbers import DecimalMark  # noqa: TC001 - Typer reads the annotations
from sera_vocabulary import topics

app = typer.Typer()


LiesIn = Literal["air", "soil", "surface"]


@app.command()
def ingest(
    files: Annotated[
        list[Path], typer.Argument(help="Logger files, tables of FIT counts, saved device messages.")
    ],
    data: Annotated[Path, typer.Option(help="Data folder; made where there is none.")] = DEFAULT_FOLDER,
    community: Annotated[str, typer.Option(help="Community the readings belong to.")] = "recorded",
    garden: Annotated[
        str | None, typer.Option(help="One garden for all; by default one a logger or square.")
    ] = None,
    latitude: Annotated[float | None, typer.Option(help="Latitude of the loggers [degree].")] = None,
    longitude: Annotated[float | None, typer.Option(help="Longitude of the loggers [degree].")] = None,
    timezone: Annotated[
        str, typer.Option(help="Time zone of the loggers' garden, where the file does not tell.")
    ] = "UTC",
    soil_type: Annotated[
        str | None, typer.Option(help="Soil type to ASSUME for raw moisture counts.")
    ] = None,
    calibrations: Annotated[
        Path | None, typer.Option(help="CSV of calibrations: soiltype, a, b, c, ..., ref.")
    ] = None,
    logger: Annotated[str, typer.Option(help="Name or number of the logger, where no file says it.")] = "",
    lies_in: Annotated[
        LiesIn | None, typer.Option(help="Where a thermometer lies, where the file does not say it.")
    ] = None,
    date_order: Annotated[
        DateOrder | None, typer.Option(help="Order of day, month and year, where a file leaves it open.")
    ] = None,
    offset: Annotated[
        str | None, typer.Option(help="Offset of times that carry none, as +02:00; by default UTC.")
    ] = None,
    half_days: Annotated[
        str | None, typer.Option(help="What stands for AM and PM, as dop.,odp. where it is not known.")
    ] = None,
    decimal: Annotated[
        DecimalMark | None, typer.Option(help="What stands before decimals, where a file leaves it open.")
    ] = None,
    fault_log: Annotated[
        Path | None, typer.Option(help="Write all that was found in the files, as a table (CSV).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Import recorded readings from files; a second time changes nothing."""
    check_fault_log(fault_log)
    options = ReadingOptions(
        date_order, _offset_s(offset), _half_days(half_days), decimal, logger, lies_in or "", _today()
    )
    placement = Placement(community, garden, latitude, longitude, timezone)
    calibration = _calibration(soil_type, calibrations)
    recordings, messages, unreadable = _contents(files, options)
    report = Report([], {}, unreadable, [message.note for message in messages if message.note], 0)
    if recordings or messages:
        report = _take(data, recordings, messages, placement, calibration, report)
    if fault_log is not None:
        write_fault_log(fault_log, report)
    print_report(report, json=json)
    if report.is_loss:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _today() -> date:
    return datetime.now(UTC).date()


def _offset_s(offset: str | None) -> int | None:
    offset_s = None if offset is None else parse_offset_s(offset)
    if offset is not None and offset_s is None:
        raise BadInputError(f"--offset {offset!r} is no offset from UTC; expected one as +02:00, -05:30 or Z")
    return offset_s


def _half_days(words: str | None) -> HalfDays:
    if words is None:
        return HalfDays()
    before, comma, after = words.partition(",")
    if not comma or not before.strip() or not after.strip():
        raise BadInputError(
            f"--half-days {words!r}: expected the word before noon, a comma, and the word after noon, as "
            f"dop.,odp."
        )
    return HalfDays.of(before, after)


def _calibration(soil_type: str | None, calibrations: Path | None) -> Calibration | None:
    if (soil_type is None) != (calibrations is None):
        raise BadInputError(
            "--soil-type and --calibrations are given together: the type names a row of the file"
        )
    return read_calibration(calibrations, soil_type) if calibrations and soil_type else None


def _contents(
    files: Sequence[Path], options: ReadingOptions
) -> tuple[list[Recording], list[RecordedMessage], dict[str, str]]:
    """Read all files; one that cannot be read keeps none of the others out."""
    recordings: list[Recording] = []
    messages: list[RecordedMessage] = []
    unreadable: dict[str, str] = {}
    for path in files:
        try:
            contents = read_file(path, options)
        except UnreadableFileError as error:
            unreadable[str(path)] = str(error)
            continue
        recordings += [content for content in contents if isinstance(content, Recording)]
        messages += [content for content in contents if isinstance(content, RecordedMessage)]
    return recordings, messages, unreadable


def _take(
    data: Path,
    recordings: Sequence[Recording],
    messages: Sequence[RecordedMessage],
    placement: Placement,
    calibration: Calibration | None,
    report: Report,
) -> Report:
    """Register the sources, bring all through the ledger, and tell what became of it."""
    with ExitStack() as stack:
        is_owner = own_or_find_owner(stack, data)
        store = stack.enter_context(Store.open(data / "store"))
        recordings, shifted = _without_shifted(store, recordings)
        for recording in recordings:
            register(store, recording, placement, calibration)
        if recordings and (data / "broker" / RIGHTS_FILE).exists():
            # The gateway publishes `have` to all nodes, also to those whose records come from a file.
            Installation(data).renew_rights(store)
        rows = _new_batches(store, recordings, placement.community)
        publications = [*rows, *_new_messages(store, messages)]
        stored = stored_sequences(store, recordings)
        before = store.dead_letters.counts()
        (give_to_owner if is_owner else take_in)(data, store, publications)
        return report._replace(
            unreadable={**report.unreadable, **shifted},
            outcomes=outcomes(store, recordings, stored),
            gardens={recording.node: garden_of(store, recording, placement) for recording in recordings},
            refused_messages=sum(store.dead_letters.counts().values()) - sum(before.values()),
        )


def _without_shifted(store: Store, recordings: Iterable[Recording]) -> tuple[list[Recording], dict[str, str]]:
    """Name the recordings' nodes, and keep out those whose times cannot be right, with the reason."""
    right: list[Recording] = []
    problems: dict[str, str] = {}
    for recording in (with_node(store, recording) for recording in recordings):
        problem = shift_problem(store, recording)
        if problem:
            problems[recording.source] = problem
        else:
            right.append(recording)
    return right, problems


def _new_messages(store: Store, messages: Iterable[RecordedMessage]) -> list[Publication]:
    """Leave out messages that are dead letters already: they have no key by which repeats are recognised."""
    existing = {
        (letter.topic, letter.payload) for letter in store.dead_letters.list(state=None, limit=LETTERS_MOST)
    }
    publications = (Publication(message.topic, message.payload) for message in messages)
    return [
        publication
        for publication in publications
        if (publication.topic, publication.payload) not in existing
    ]


def _new_batches(store: Store, recordings: Sequence[Recording], community: str) -> list[Publication]:
    """Write recordings as batches, without those that are dead letters already: they would become more."""
    letters = letters_of(store, recordings)
    existing = {(letter.topic, letter.payload) for of_node in letters.values() for letter in of_node}
    return [
        publication
        for publication in _publications(recordings, community)
        if (publication.topic, publication.payload) not in existing
    ]


def _publications(recordings: Iterable[Recording], community: str) -> Iterable[Publication]:
    for recording in recordings:
        if recording.probes:
            topic = topics.topic(community, recording.node, topics.PROBES)
            yield Publication(topic, probes_message(recording))
        topic = topics.topic(community, recording.node, topics.DATA)
        for payload in batches(recording):
            yield Publication(topic, payload)

"""What `sera ingest` says of each file: what became of its rows, and what was found besides."""

from __future__ import annotations

import csv
import io
import json as json_text
import math
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_command.errors import BadInputError
from sera_command.terminal import echo, echo_json, quantity_text
from sera_gateway.importers.findings import KINDS, LEFT_OUT, Finding
from sera_store.atomic_file import replacing
from sera_store.plain_text import spreadsheet_text
from sera_store.tables.numbers import parse_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sera_command.readings.ingest_outcome import Outcome

FAULT_LOG_COLUMNS: Final = ("file", "row", "column", "value", "kind", "problem", "action")
_NOTES_MOST: Final = 20
_VALUE_MOST: Final = 80


class Report(NamedTuple):
    """All that one run has to say.

    Parameters
    ----------
    outcomes
        Of each logger, stream or survey square.
    gardens
        The garden of each node.
    unreadable
        Files that could not be read, with the reason.
    moved
        Messages of devices that could not keep their topics.
    refused_messages
        Dead letters that the run added.
    """

    outcomes: Sequence[Outcome]
    gardens: Mapping[str, str]
    unreadable: Mapping[str, str]
    moved: Sequence[str]
    refused_messages: int

    @property
    def is_loss(self) -> bool:
        """Whether something that should have been read was not."""
        return any(finding.is_loss for _, finding in self.findings())

    def findings(self) -> Iterator[tuple[str, Finding]]:
        """Iterate over all that was found, with the file where it stands."""
        for source, problem in self.unreadable.items():
            yield source, Finding("file_unreadable", None, "", "", problem, LEFT_OUT)
        for outcome in self.outcomes:
            for finding in (*outcome.recording.findings, *outcome.findings):
                yield outcome.recording.source, finding


def check_fault_log(path: Path | None) -> None:
    """Raise before anything is read where the fault log could not be written."""
    if path is not None and not path.parent.is_dir():
        raise BadInputError(f"--fault-log {path}: there is no folder {path.parent}; make it first")


def write_fault_log(path: Path, report: Report) -> None:
    """Write all that was found as a table, one row a thing; no cell is a formula for a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FAULT_LOG_COLUMNS)
    for source, finding in report.findings():
        row = "" if finding.row is None else str(finding.row)
        cells = (source, row, finding.column, finding.value, finding.kind, finding.problem, finding.action)
        writer.writerow([_cell(text) for text in cells])
    with replacing(path) as file:
        file.write(text.getvalue().encode())


def _cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; a number, also below 0, as it stands."""
    return spreadsheet_text(text) if math.isnan(parse_number(text)) else text


def print_report(report: Report, *, json: bool) -> None:
    """Print what became of the files: results on stdout, what was found on stderr."""
    if json:
        echo_json(json_text.dumps(_as_json(report)))
    else:
        for row in map(_row, report.outcomes):
            rows = quantity_text(row["rows"], "rows")
            echo(
                f"{row['source']}: {rows} as {row['node']} in {report.gardens[row['node']]}: "
                f"{row['new']} new, {row['already_stored']} here already, {row['conflicts']} in conflict, "
                f"{row['refused']} refused"
            )
        for line in _summary(report):
            echo(f"  {line}", err=True, most=None)
        notes = (note for outcome in report.outcomes for note in outcome.recording.notes)
        for note in dict.fromkeys(notes):
            echo(f"  {note}", err=True)
        if report.refused_messages:
            echo(f"{report.refused_messages} messages were refused; see `sera deadletters list`", err=True)
    for note in report.moved[:_NOTES_MOST]:
        echo(f"  {note}", err=True)
    if len(report.moved) > _NOTES_MOST:
        echo(f"  and {len(report.moved) - _NOTES_MOST} more messages alike", err=True)


def _row(outcome: Outcome) -> dict[str, Any]:
    recording = outcome.recording
    return {
        "source": recording.source,
        "node": recording.node,
        "stream": recording.stream,
        "rows": len(recording.rows),
        "new": outcome.new,
        "already_stored": outcome.already_stored,
        "conflicts": outcome.conflicts,
        "refused": outcome.refused,
        "notes": list(recording.notes),
    }


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "recordings": [{**row, "garden": report.gardens[row["node"]]} for row in map(_row, report.outcomes)],
        "findings": [{"file": source, **finding._asdict()} for source, finding in report.findings()],
        "refused_messages": report.refused_messages,
    }


def _summary(report: Report) -> Iterator[str]:
    """Iterate over one line a file and kind: how many, and the first of them."""
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Finding] = {}
    for source, finding in report.findings():
        counts[source, finding.kind] += 1
        first.setdefault((source, finding.kind), finding)
    for (source, kind), count in counts.items():
        finding = first[source, kind]
        if kind == "file_unreadable":
            yield f"{finding.problem}; nothing of this file was taken"
            continue
        times = "" if count == 1 else f"{count} times, the first "
        yield f"{source}: {KINDS[kind].label}: {times}{_place(finding)}{finding.problem} ({finding.action})"


def _place(finding: Finding) -> str:
    """Write where a finding stands: `row 3, column 'T1', 'x': `."""
    parts = [] if finding.row is None else [f"row {finding.row}"]
    if finding.column:
        parts.append(f"column {finding.column!r}")
    if finding.value:
        parts.append(repr(finding.value[:_VALUE_MOST]))
    return f"{', '.join(parts)}: " if parts else ""

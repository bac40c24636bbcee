"""What a recorded file holds, in the shape of the node protocol, and its batches."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sera_gateway.errors import GatewayError
from sera_vocabulary import messages, topics
from sera_vocabulary.recorded import recorded_epoch, recorded_seq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sera_gateway.importers.findings import Finding


# A recorded row comes from no boot, and its logger's flags are none of the wire's.
NO_FLAGS = 0


class UnreadableFileError(GatewayError):
    """A file is of no family we can read, or its content does not fit its family."""


class Row(NamedTuple):
    """One recorded row: when it was, and one value or None a column.

    `utc_s` is Unix time [s] and names the row; `number` is the row of the file, from 1, for messages.
    """

    utc_s: int
    uncertainty_s: int
    values: tuple[float | None, ...]
    number: int = 0

    @property
    def seq(self) -> int:
        """Sequence of its key: the second of its time, the same in every file that holds it."""
        return recorded_seq(self.utc_s)


@dataclass(frozen=True, slots=True)
class Recording:
    """The rows of one logger or survey square, as a node would have sent them.

    Parameters
    ----------
    origin
        Family and what the source calls itself, `tomst/94184102`; it may name a place, and so stays private.
    node
        The id drawn for the source; empty until `with_node`.
    detector
        What looked: `person` for counts by people, `none` for loggers.
    columns
        Wire keys of the values.
    rows
        All rows, also two of one time with other values: the ledger keeps the first, the other as a dead
        letter.
    probes
        Position, model and serial of each probe.
    depths_m
        Depth of each probe below ground [m], by position; negative is above ground.
    timezone
        IANA zone where the source states it, else None.
    place
        Latitude and longitude [degree] where the source states them, else None.
    notes
        What was inferred or left out, one sentence each.
    findings
        What the file holds besides: what was left out, read as missing, or taken for granted.
    stamp_offset_s
        The one offset from UTC [s] that all its stamps carry; 0 where they carry none, or several.
    """

    source: str
    origin: str
    detector: str
    stream: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    probes: tuple[tuple[int, str, str], ...] = ()
    depths_m: tuple[tuple[int, float], ...] = ()
    timezone: str | None = None
    place: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    stamp_offset_s: int = 0
    node: str = ""

    def with_node(self, node: str) -> Recording:
        """Return it with a node's id; the same id gives the same keys."""
        return replace(self, node=node)

    def with_findings(self, findings: Iterable[Finding], notes: Iterable[str] = ()) -> Recording:
        """Return it with what its file holds besides, and with sentences on it."""
        return replace(self, findings=(*self.findings, *findings), notes=(*self.notes, *notes))

    @property
    def epoch(self) -> str:
        """Epoch of its keys, which says that they were recorded."""
        return recorded_epoch(self.stream)

    @property
    def probe_table(self) -> str:
        """Name of the probe table: eight hexadecimal digits of its content."""
        return _digest(repr(self.probes)) if self.probes else ""


@dataclass(frozen=True, slots=True)
class RecordedMessage:
    """One saved device message, published again on its topic as it was.

    Parameters
    ----------
    note
        What was done to its topic and why, for people; empty where it is the saved one.
    """

    topic: str
    payload: bytes
    note: str = ""


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def name_node(*parts: str) -> str:
    """Make a node id from the parts of a source's name; letters that no id may hold become hyphens."""
    text = "-".join(parts).lower()
    name = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text)
    name = "-".join(part for part in name.split("-") if part)[: topics.NAME_LONGEST]
    if not topics.is_name(name):
        raise UnreadableFileError(
            f"{text!r} gives no node id; expected at least {topics.NAME_SHORTEST} letters"
        )
    return name


def batches(recording: Recording) -> Iterator[bytes]:
    """Write a recording as batches of the node protocol: at most eight rows and 1.5 kB each.

    Two rows of one time never share a batch: the dead letter that the second becomes then holds it alone.
    """
    rows = list(recording.rows)
    while rows:
        count = _distinct(rows[: messages.ROWS_MOST])
        payload = _batch(recording, rows[:count])
        while len(payload) > messages.BATCH_BYTES_MOST and count > 1:
            count -= 1
            payload = _batch(recording, rows[:count])
        yield payload
        del rows[:count]


def _distinct(rows: Sequence[Row]) -> int:
    """Count the rows up to the first whose time another one before it has."""
    seqs = [row.seq for row in rows]
    return next((index for index, seq in enumerate(seqs) if seq in seqs[:index]), len(rows))


def probes_message(recording: Recording) -> bytes:
    """Write the recording's probe table as a `probes` message."""
    return msgspec.json.encode(
        {
            messages.KEY_VERSION: messages.PROTOCOL_VERSION,
            messages.KEY_PROBES: recording.probe_table,
            messages.KEY_PROBE_TABLE: [list(probe) for probe in recording.probes],
        }
    )


def _batch(recording: Recording, rows: list[Row]) -> bytes:
    return msgspec.json.encode(
        {
            messages.KEY_VERSION: messages.PROTOCOL_VERSION,
            messages.KEY_EPOCH: recording.epoch,
            messages.KEY_LOWEST: min(row.seq for row in rows),
            messages.KEY_NEXT: max(row.seq for row in rows) + 1,
            messages.KEY_STREAM: recording.stream,
            messages.KEY_PROBES: recording.probe_table,
            messages.KEY_COLUMNS: list(recording.columns),
            messages.KEY_ROWS: [
                [row.seq, None, row.utc_s, row.uncertainty_s, NO_FLAGS, *row.values] for row in rows
            ],
        }
    )

"""What a recorded file holds, in the shape of the node protocol, and its batches."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sera_gateway.errors import GatewayError
from sera_vocabulary import messages, topics

if TYPE_CHECKING:
    from collections.abc import Iterator

# The boot of a recording: a file is read in one go and knows nothing of restarts.
RECORDED_BOOT = 1


class UnreadableFileError(GatewayError):
    """A file is of no family we can read, or its content does not fit its family."""


class Row(NamedTuple):
    """One recorded row: when it was, and one value or None a column.

    `utc_s` is Unix time [s] or None where the row cannot be dated; `flags` are the wire's flags.
    """

    seq: int
    uptime_s: int
    utc_s: int | None
    uncertainty_s: int
    flags: int
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """The rows of one logger or survey square, as a node would have sent them.

    Parameters
    ----------
    origin
        Family and what the source calls itself, `tomst/94184102`; it may name a place, and so stays private.
    node, epoch
        The id drawn for the source, and the epoch made of it; empty until `with_node`.
    detector
        What looked: `person` for counts by people, `none` for loggers.
    columns
        Wire keys of the values.
    rows
        All rows in order of their sequence.
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
    refused
        Lines that could not be read, as (line number, text, what was wrong).
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
    refused: tuple[tuple[int, str, str], ...] = ()
    node: str = ""
    epoch: str = ""

    def with_node(self, node: str) -> Recording:
        """Return it with a node's id; the same id gives the same keys."""
        return replace(self, node=node, epoch=name_epoch(node))

    @property
    def probe_table(self) -> str:
        """Name of the probe table: eight hexadecimal digits of its content."""
        return name_epoch(repr(self.probes)) if self.probes else ""


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


def name_epoch(text: str) -> str:
    """Draw an epoch from a text: the first eight hexadecimal digits of its BLAKE2 hash."""
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
    """Write a recording as batches of the node protocol: at most eight rows and 1.5 kB each."""
    if not recording.rows:
        return
    rows = list(recording.rows)
    while rows:
        count = messages.ROWS_MOST
        payload = _batch(recording, rows[:count])
        while len(payload) > messages.BATCH_BYTES_MOST and count > 1:
            count -= 1
            payload = _batch(recording, rows[:count])
        yield payload
        del rows[:count]


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
            messages.KEY_BOOT: RECORDED_BOOT,
            messages.KEY_LOWEST_HELD: recording.rows[0].seq,
            messages.KEY_NEXT: recording.rows[-1].seq + 1,
            messages.KEY_STREAM: recording.stream,
            messages.KEY_PROBES: recording.probe_table,
            messages.KEY_COLUMNS: list(recording.columns),
            messages.KEY_ROWS: [[*row[:5], *row.values] for row in rows],
        }
    )

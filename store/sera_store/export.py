"""Current records taken apart into values, one at a time, for files that other tools read."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import msgspec

from sera_store.errors import InvalidEntryError
from sera_store.plain_text import plain_json

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from sera_store.rows import Record
    from sera_store.store import Store

Format = Literal["csv", "jsonl"]
FORMATS: Final = ("csv", "jsonl")
_VALUES_A_PIECE: Final = 10_000
# Readings of a message stand near each other, so that few arrivals are asked for twice.
_ARRIVALS_KEPT: Final = 4_096


class RawValue(NamedTuple):
    """One value of one record, as it is current now.

    Parameters
    ----------
    received
        When its message arrived, ISO 8601; None where the journal no longer says.
    time
        When it was measured, ISO 8601; None while that is not known.
    name
        Measurement, with `@position` where a probe measured it.
    value
        None where the sensor failed.
    flag
        Quality flag after QARTOD.
    """

    node: str
    epoch: str
    seq: int
    received: str | None
    time: str | None
    series: str
    name: str
    value: float | None
    flag: int


def raw_values(
    store: Store,
    received_ns: Callable[[int], int | None],
    *,
    node: str | None = None,
    start_s: int | None = None,
    end_s: int | None = None,
) -> Generator[RawValue]:
    """Give all current values, by node, series and time, as of one moment, with memory for few of them.

    Parameters
    ----------
    received_ns
        Tells when a message of the journal arrived, Unix time [ns], by its number.
    node
        Only values of this one.
    start_s, end_s
        Only values measured in this span, Unix time [s], end exclusive; with either, none without a time.

    Raises
    ------
    InvalidEntryError
        When the node has no records, or the span ends before it begins.
    """
    if start_s is not None and end_s is not None and end_s <= start_s:
        raise InvalidEntryError(f"the span ends at {_iso(end_s)} and begins at {_iso(start_s)}; swap them")
    if node is not None and not store.records.knows(node):
        raise InvalidEntryError(
            f"node {node!r} has no records here; `sera completeness` lists those that have"
        )
    arrival = lru_cache(_ARRIVALS_KEPT)(received_ns)
    records = store.records.walk(node=node, start_s=start_s, end_s=end_s)
    return (value for record in records for value in _values(record, arrival(record.journal)))


def _values(record: Record, arrived_ns: int | None) -> Iterator[RawValue]:
    received = None if arrived_ns is None else _iso_ms(arrived_ns)
    time = None if record.time_s is None else _iso(record.time_s)
    head = (record.node, record.epoch, record.seq, received, time, record.series)
    for name, value, flag in zip(record.columns, record.values, record.quality, strict=True):
        yield RawValue(*head, name, value, flag)


def pieces(values: Iterator[RawValue], form: Format) -> Iterator[str]:
    """Write values as text, piece by piece.

    Parameters
    ----------
    form
        `csv` with a line of names, null as nothing; or `jsonl`, one object a line.

    Raises
    ------
    InvalidEntryError
        When the form is neither.
    """
    if form not in FORMATS:
        raise InvalidEntryError(f"format {form!r} is not known; expected {' or '.join(FORMATS)}")
    if form == "csv":
        yield ",".join(RawValue._fields) + "\n"
    while piece := list(islice(values, _VALUES_A_PIECE)):
        yield _csv(piece) if form == "csv" else _json_lines(piece)


def _csv(values: list[RawValue]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(values)
    return text.getvalue()


def _json_lines(values: list[RawValue]) -> str:
    return "".join([plain_json(msgspec.json.encode(value._asdict()).decode()) + "\n" for value in values])


def _iso(time_s: int) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%dT%H:%M:%S}Z"


def _iso_ms(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03d}Z"

"""Current records taken apart into values, for files that other tools read: as they may leave, or exact."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeVar

import msgspec
import numpy as np

from sera_store.calendar import TIME_FIRST_S, TIME_LAST_S, local_days
from sera_store.errors import InvalidEntryError
from sera_store.local_clock import NO_TIMEZONE
from sera_store.plain_text import plain_json
from sera_store.release.readings import released_readings
from sera_vocabulary.durations import SECOND_NS
from sera_vocabulary.series import STREAMS, WITHDRAWAL

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from sera_store.licence import Licence
    from sera_store.records.rows import Record
    from sera_store.release.persons import Pseudonyms
    from sera_store.store import Store

Format = Literal["csv", "jsonl"]
FORMATS: Final = ("csv", "jsonl")
# All that leaves: that somebody took something back is nobody's business.
RELEASED_SERIES: Final = tuple(name for name in STREAMS if name != WITHDRAWAL)
_VALUES_A_PIECE: Final = 10_000
# Readings of a message stand near each other, so that few arrivals are asked for twice.
CACHED_ARRIVALS: Final = 4_096


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
    simulated
        1 where a model said it, 0 where a node or a person did.
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
    simulated: int


class ReleasedValue(NamedTuple):
    """One value as it may leave; the fields are those of `ReleasedReading` but its Unix time."""

    time: str
    garden: str
    node: str
    series: str
    name: str
    value: float | None
    flag: int
    uncertainty_s: int
    simulated: int


def simulated_nodes(store: Store) -> frozenset[str]:
    """Return the ids of the simulated nodes."""
    return frozenset(node.id for node in store.registry.nodes() if node.simulated)


def released_values(
    store: Store,
    pseudonyms: Pseudonyms,
    licence: Licence,
    *,
    node: str | None = None,
    start_s: int | None = None,
    end_s: int | None = None,
) -> Generator[ReleasedValue]:
    """Iterate over all current dated values as others may have them, by garden, series and hour or day.

    Parameters
    ----------
    pseudonyms
        Those of this export.
    licence
        That of this export; what was given under a narrower one is not in it.
    node
        Only values of this one.
    start_s, end_s
        Only values of the local days that this span of Unix time [s], end exclusive, touches.

    Raises
    ------
    InvalidEntryError
        When the node has no records, or the span ends before it begins.
    """
    _check(store, node, start_s, end_s)
    return (
        ReleasedValue(*reading[1:])
        for garden, timezone in gardens_with_records(store)
        for reading in released_readings(
            store,
            garden,
            timezone,
            series=RELEASED_SERIES,
            days=days_of_span(timezone, start_s, end_s),
            pseudonyms=pseudonyms,
            licence=licence,
            node=node,
        )
    )


def gardens_with_records(store: Store) -> list[tuple[str, str]]:
    """List the gardens that ever had records, by id, each with its time zone."""
    names = {name for series in RELEASED_SERIES for name in store.records.gardens(series)}
    gardens = {garden.id: garden.timezone for garden in store.registry.gardens()}
    return [(name, gardens.get(name, NO_TIMEZONE)) for name in sorted(names)]


def days_of_span(timezone: str, start_s: int | None, end_s: int | None) -> tuple[int, int]:
    """Return the first and last local day that a span [s] touches, as days since 1970-01-01."""
    first = TIME_FIRST_S if start_s is None else max(start_s, TIME_FIRST_S)
    last = TIME_LAST_S - 1 if end_s is None else min(end_s, TIME_LAST_S) - 1
    days = local_days(timezone, np.array([first]))[0], local_days(timezone, np.array([last]))[0]
    return int(days[0]), int(days[1])


ValueT = TypeVar("ValueT", RawValue, ReleasedValue)


def raw_values(
    store: Store,
    received_ns: Callable[[int], int | None],
    *,
    node: str | None = None,
    start_s: int | None = None,
    end_s: int | None = None,
) -> Generator[RawValue]:
    """Iterate over all current values, by node, series and time, as of one moment, with memory for few.

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
    _check(store, node, start_s, end_s)
    arrival = lru_cache(CACHED_ARRIVALS)(received_ns)
    records, simulated = store.records.walk(node=node, start_s=start_s, end_s=end_s), simulated_nodes(store)
    return (
        value
        for record in records
        for value in _values(record, arrival(record.journal), int(record.node in simulated))
    )


def _check(store: Store, node: str | None, start_s: int | None, end_s: int | None) -> None:
    if start_s is not None and end_s is not None and end_s <= start_s:
        raise InvalidEntryError(f"the span ends at {_iso(end_s)} and begins at {_iso(start_s)}; swap them")
    if node is not None and not store.records.knows(node):
        raise InvalidEntryError(
            f"node {node!r} has no records here; `sera completeness` lists those that have"
        )


def _values(record: Record, arrived_ns: int | None, simulated: int) -> Iterator[RawValue]:
    received = None if arrived_ns is None else _iso_ms(arrived_ns)
    time = None if record.time_s is None else _iso(record.time_s)
    head = (record.node, record.epoch, record.seq, received, time, record.series)
    for name, value, flag in zip(record.columns, record.values, record.quality, strict=True):
        yield RawValue(*head, name, value, flag, simulated)


def pieces(values: Iterator[ValueT], form: Format, kind: type[ValueT]) -> Iterator[str]:
    """Write values as text, piece by piece.

    Parameters
    ----------
    kind
        What each value is: its fields are the columns.
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
        yield ",".join(kind._fields) + "\n"
    while piece := list(islice(values, _VALUES_A_PIECE)):
        yield _csv(piece) if form == "csv" else _json_lines(piece)


def _csv(values: Sequence[RawValue | ReleasedValue]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(values)
    return text.getvalue()


def _json_lines(values: Sequence[RawValue | ReleasedValue]) -> str:
    return "".join([plain_json(msgspec.json.encode(value._asdict()).decode()) + "\n" for value in values])


def _iso(time_s: int) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%dT%H:%M:%S}Z"


def _iso_ms(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, SECOND_NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03d}Z"

"""Try a mapping on one message, as the ledger would read it, without registry or store."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isnan
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from sera_gateway.decode import reasons
from sera_gateway.decode.decoded import IgnoredMessage, Reference, RejectedMessage
from sera_gateway.decode.envelope import Rejection, shorten
from sera_gateway.decode.mapping import REFUSED, CompiledMapping, ForeignMessage
from sera_gateway.decode.mappings import topic_parts
from sera_gateway.journal.message import Entry, Message
from sera_store.records.rows import unpack
from sera_store.registry.mapping_keys import topic_pattern
from sera_vocabulary.durations import SECOND_NS
from sera_vocabulary.quality import FAIL, GOOD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_gateway.decode.mapping import ForeignBatch
    from sera_gateway.families.examples import Example
    from sera_store.registry.mappings import Mapping

_REFUSED: Final = REFUSED + ":"


class TrialMessage(NamedTuple):
    """A message to try a mapping on; it arrives at a Unix time [s] from a garden of a time zone."""

    topic: str
    payload: bytes
    arrived_s: int
    timezone: str = "UTC"


class TrialValue(NamedTuple):
    """One value of a record: its series and wire key, the unit it has here, and its QARTOD flag.

    The value is None where the record has none.
    """

    series: str
    column: str
    unit: str
    value: float | None
    flag: int


class Trial(NamedTuple):
    """What one message becomes.

    Parameters
    ----------
    device
        The node it comes from; None where that cannot be told.
    time_s, has_time
        Time of its records, Unix time [s], and whether the message has it; else it is the arrival's.
    values
        Values of its records, record by record; empty where it becomes none.
    unread
        The first keys that hold something and that the table neither reads nor ignores.
    notes
        What the records note about values that could not be taken.
    rejection
        Why it is a dead letter.
    ignored
        Code of `reasons.IGNORED`, where it is no reading; else empty.
    alternatives
        What the further readings of one message become.
    """

    device: str | None
    time_s: int | None = None
    has_time: bool = False
    values: tuple[TrialValue, ...] = ()
    unread: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rejection: Rejection | None = None
    ignored: str = ""
    alternatives: tuple[Trial, ...] = ()

    @property
    def outcome(self) -> str:
        """What it becomes, in a word and a code: `records`, `rejected wrong_shape`, `ignored no_values`."""
        if self.rejection is not None:
            return f"rejected {self.rejection.reason}"
        return f"ignored {self.ignored}" if self.ignored else "records"


class Comparison(NamedTuple):
    """One thing that an example promises beside what came of it, as they are written."""

    what: str
    unit: str
    expected: str
    got: str

    @property
    def agrees(self) -> bool:
        """Whether both are the same to the digits that are written, six of a number."""
        return self.expected == self.got


def try_message(mapping: Mapping, message: TrialMessage) -> Trial:
    """Read one message by a mapping, as the ledger would if its node were registered.

    Parameters
    ----------
    mapping
        The table.
    message
        As its device sends it.

    Returns
    -------
    Trial
        Never an error: a message that cannot be read has a rejection.
    """
    match = topic_pattern(mapping.topic).fullmatch(message.topic)
    if match is None:
        return _without_topic(mapping, message)
    compiled, parts = CompiledMapping(mapping), topic_parts(match)
    came = Message(message.arrived_s * SECOND_NS, message.topic, message.payload)
    names = _TrialNames(ZoneInfo(message.timezone))
    decoded = compiled.read(Entry(1, *came), parts, Reference.of(message.arrived_s), names)
    unread = tuple(compiled.unread_keys(message.payload, parts.key))
    if isinstance(decoded, RejectedMessage):
        return Trial(decoded.node, unread=unread, rejection=decoded.rejection)
    if isinstance(decoded, IgnoredMessage):
        return Trial(None, unread=unread, ignored=decoded.reason)
    if isinstance(decoded, ForeignMessage):
        return _of_records(decoded, unread)
    return _of_batch(decoded, unread)


def _without_topic(mapping: Mapping, message: TrialMessage) -> Trial:
    if any(topic_pattern(topic).fullmatch(message.topic) for topic in mapping.silent):
        return Trial(None, ignored=reasons.SILENT_TOPIC)
    detail = f"topic {shorten(message.topic)}; expected {mapping.topic}"
    return Trial(None, rejection=Rejection(reasons.NO_MAPPING, detail))


class _TrialNames:
    """Takes each device for a node that goes by the device's own name, in a garden of one time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def node_of(self, name: str, mapping: str, at_s: int) -> str | None:  # noqa: ARG002 - as `DeviceNames`
        return name

    def zone_of(self, node: str, at_s: int) -> ZoneInfo | None:  # noqa: ARG002 - as `DeviceNames`
        return self._zone


def _of_batch(batch: ForeignBatch, unread: tuple[str, ...]) -> Trial:
    """Show the first reading, with the others below it, and why of some nothing comes."""
    trials = [_of_records(message, unread) for message in batch.messages]
    first = trials[0] if trials else Trial(None, unread=unread, rejection=batch.rejections[0])
    more = batch.rejections if trials else batch.rejections[1:]
    notes = tuple([f"{rejection.reason}: {rejection.detail}" for rejection in more])
    return first._replace(alternatives=tuple(trials[1:]), notes=first.notes + notes)


def _of_records(message: ForeignMessage, unread: tuple[str, ...]) -> Trial:
    values: list[TrialValue] = []
    notes = message.notes or {}
    for part in message.recipe.parts:
        [row] = part.convert(np.array([message.numbers], dtype=float))
        cells = zip(part.columns, part.layout.measurements, *unpack(row.tobytes()), strict=True)
        for column, measurement, value, flag in cells:
            refused = value is None and _REFUSED + column in notes
            values.append(TrialValue(part.series, column, measurement.unit, value, FAIL if refused else flag))
    lines = tuple([f"{name.removeprefix(_REFUSED)}: {why}" for name, why in notes.items()])
    return Trial(message.node, message.time_s, message.has_time, tuple(values), unread, lines)


def try_example(mapping: Mapping, example: Example) -> Trial:
    """Read the message of an example."""
    arrived_s = int(example.arrived.timestamp())
    return try_message(
        mapping, TrialMessage(example.topic, example.payload.encode(), arrived_s, example.timezone)
    )


def comparisons(example: Example, trial: Trial) -> list[Comparison]:
    """Lay what an example promises beside what came of its message, value by value."""
    outcome = f"rejected {example.rejected}" if example.rejected else f"ignored {example.ignored}"
    rows = [
        Comparison("outcome", "", "records" if example.records else outcome, trial.outcome),
        Comparison("keys not read", "", ", ".join(example.unread) or "-", ", ".join(trial.unread) or "-"),
    ]
    if not example.records and not trial.values:
        return rows
    time_s = None if example.time is None else int(example.time.timestamp())
    return [
        *rows[:1],
        Comparison("device", "", example.device or "-", trial.device or "-"),
        Comparison("time", "", moment(time_s), moment(trial.time_s if trial.has_time else None)),
        *_values(example, trial),
        *rows[1:],
    ]


def _values(example: Example, trial: Trial) -> Iterator[Comparison]:
    """Compare the values of both, in the order of what came, then what did not come."""
    promised = {
        (record.series, column): written(value, record.flags.get(column, GOOD))
        for record in example.records
        for column, value in record.values.items()
    }
    for series, column, unit, value, flag in trial.values:
        expected = promised.pop((series, column), "-")
        yield Comparison(f"{series} {column}", unit, expected, written(value, flag))
    for (series, column), expected in promised.items():
        yield Comparison(f"{series} {column}", "", expected, "-")


def written(value: float | None, flag: int) -> str:
    """Write a value with six digits, and its flag unless that is good."""
    text = "none" if value is None or isnan(value) else f"{value:.6g}"
    return text if flag == GOOD else f"{text} (flag {flag})"


def moment(time_s: int | None) -> str:
    """Write a Unix time [s]; `of arrival` for None."""
    return (
        "of arrival" if time_s is None else datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    )

"""Turn one journaled message into rows, or into the reason why not: pure, and it never raises."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from sera_gateway.decode import reasons
from sera_gateway.decode.decoded import (
    AHEAD_GOOD_S,
    AHEAD_MOST_S,
    AHEAD_OF_ARRIVAL,
    HASH_BYTES,
    NOT_A_NUMBER,
    DataMessage,
    DecodedRow,
    ErasedMessage,
    ExcessMessage,
    IgnoredMessage,
    ProbesMessage,
    Reference,
    RejectedMessage,
    StatusMessage,
)
from sera_gateway.decode.envelope import (
    BYTES_LOOKED_INTO,
    Rejection,
    is_seq,
    layout,
    read_envelope,
    read_json,
    seqs_of,
    shorten,
)
from sera_gateway.decode.mapping import ForeignBatch, ForeignMessage
from sera_gateway.decode.texts import is_number
from sera_gateway.decode.tombstones import read_tombstone
from sera_gateway.journal.excess import EXCESS_TOPIC, read_excess
from sera_gateway.journal.message import OWN_QOS
from sera_quality.checks import gross_range
from sera_store.records.rows import TIME_SUSPECT
from sera_vocabulary import messages as keys
from sera_vocabulary import quality, topics

if TYPE_CHECKING:
    from sera_gateway.decode.envelope import Envelope, Layout
    from sera_gateway.decode.mappings import Mappings
    from sera_gateway.journal.journal import Entry

_WHOLE_MOST: Final = 2**53
# Of each text in a status, so many characters are kept.
_WORD_MOST: Final = 200
# Twenty years, the life of a node's certificate: no node has been up, or unsure of its clock, for longer.
SPAN_MOST_S: Final = 631_152_000
_ROOT: Final = topics.ROOT + "/"
# What devices say of themselves by Home Assistant's discovery: `<component>/[<node>/]<object>/config`.
ANNOUNCEMENT: Final = re.compile(r"homeassistant/[^/]+/(?:[^/]+/)?[^/]+/config")

# A row as it stands on the wire, its cells not checked yet.
Row = list[Any]

Decoded = (
    DataMessage
    | ForeignMessage
    | ForeignBatch
    | ProbesMessage
    | StatusMessage
    | RejectedMessage
    | ErasedMessage
    | ExcessMessage
    | IgnoredMessage
)


class _Probes(msgspec.Struct):
    version: int = msgspec.field(name=keys.KEY_VERSION)
    table: str = msgspec.field(name=keys.KEY_PROBES)
    probes: list[tuple[int, str, str]] = msgspec.field(name=keys.KEY_PROBE_TABLE)


class _Status(msgspec.Struct):
    version: int = msgspec.field(name=keys.KEY_VERSION)
    state: str = msgspec.field(name=keys.KEY_STATE)
    # What is beyond the state is told or not, and none of it makes a status unreadable.
    next_contact_s: Any = msgspec.field(name=keys.KEY_NEXT_CONTACT_S, default=None)
    firmware: Any = msgspec.field(name=keys.KEY_FIRMWARE, default=None)
    config: Any = msgspec.field(name=keys.KEY_CONFIG, default=None)
    refused: Any = msgspec.field(name=keys.KEY_REFUSED, default=None)


_Kind = TypeVar("_Kind", _Probes, _Status)


def decode(entry: Entry, mappings: Mappings | None = None, reference: Reference | None = None) -> Decoded:
    """Read one message of the journal.

    Parameters
    ----------
    entry
        The message; a time is judged by when it arrived, so that a replay judges alike.
    mappings
        How other makers' devices are read.
    reference
        By what its times are judged; its arrival where it is not named.
    """
    if entry.qos == OWN_QOS:
        return read_tombstone(entry.payload)
    reference = reference or Reference.of(entry.received_s)
    if not entry.topic.startswith(_ROOT):
        return _excess(entry) if entry.topic == EXCESS_TOPIC else _foreign(entry, mappings, reference)
    place = topics.parse(entry.topic)
    if place is None:
        return _outside(entry)
    community, node, channel = place
    if channel in (topics.DATA, topics.PEOPLE):
        return _data(entry, community, node, reference)._replace(channel=channel)
    if channel not in topics.UP_CHANNELS:
        return IgnoredMessage(reasons.DOWN_CHANNEL)
    if not entry.payload:
        return IgnoredMessage(reasons.CLEARED)
    return _probes(entry, community, node) if channel == topics.PROBES else _status(entry, community, node)


def _outside(entry: Entry) -> Decoded:
    rejection = Rejection(
        reasons.TOPIC_OUTSIDE_SCHEME,
        f"topic {shorten(entry.topic)}; expected {topics.topic('<community>', '<node>', '<channel>')}",
    )
    return RejectedMessage(None, None, rejection)


def _excess(entry: Entry) -> Decoded:
    excess = read_excess(entry.payload)
    return _outside(entry) if excess is None else ExcessMessage(excess)


def _foreign(entry: Entry, mappings: Mappings | None, reference: Reference) -> Decoded:
    if not entry.payload:
        return IgnoredMessage(reasons.CLEARED)
    if entry.retain:
        return IgnoredMessage(reasons.FOREIGN_RETAINED)
    decoded = mappings.read(entry, reference) if mappings is not None else None
    if decoded is not None:
        return decoded
    if ANNOUNCEMENT.fullmatch(entry.topic):
        return IgnoredMessage(reasons.ANNOUNCEMENT)
    rejection = Rejection(
        reasons.NO_MAPPING, f"topic {shorten(entry.topic)}; no mapping of a device family fits it"
    )
    return RejectedMessage(None, None, rejection)


def _data(entry: Entry, community: str, node: str, reference: Reference) -> DataMessage | RejectedMessage:
    envelope = read_envelope(entry.payload)
    if isinstance(envelope, Rejection):
        return RejectedMessage(community, node, envelope)
    columns = layout(envelope.stream, envelope.columns)
    if isinstance(columns, Rejection):
        rejection = columns._replace(epoch=envelope.epoch, seqs=seqs_of(envelope.rows))
        return RejectedMessage(community, node, rejection, envelope)
    head = msgspec.json.encode((envelope.stream, envelope.columns, envelope.probes))
    rows: list[DecodedRow] = []
    rejections: list[Rejection] = []
    for row in envelope.rows:
        problem = _problem_of(row, columns, envelope, reference.latest_s + AHEAD_MOST_S)
        if problem is None:
            rows.append(_row(row, columns, head, reference.arrived_s))
        else:
            rejections.append(problem._replace(epoch=envelope.epoch, seqs=seqs_of([row])))
    return DataMessage(community, node, envelope, columns, rows, rejections)


def _problem_of(row: Row, columns: Layout, envelope: Envelope, latest_s: int) -> Rejection | None:
    if type(row) is not list or len(row) != keys.ROW_VALUES + len(columns.columns):
        expected = keys.ROW_VALUES + len(columns.columns)
        return Rejection(reasons.WRONG_SHAPE, f"row {shorten(row)}; expected a list of {expected}")
    seq, uptime_s, utc_s, uncertainty_s, flags = row[: keys.ROW_VALUES]
    if not is_seq(seq):
        return Rejection(reasons.WRONG_TYPE, f"sequence {shorten(seq)}; expected 1 to {keys.SEQ_MOST}")
    if seq >= envelope.next_seq:
        return Rejection(reasons.WRONG_SHAPE, f"sequence {seq} is not below next {envelope.next_seq}")
    if uptime_s is not None and not (type(uptime_s) is int and 0 <= uptime_s <= SPAN_MOST_S):
        detail = f"uptime {shorten(uptime_s)}; expected whole seconds up to {SPAN_MOST_S}, or null"
        return Rejection(reasons.WRONG_TYPE, detail)
    if not (
        (type(uncertainty_s) is int and 0 <= uncertainty_s <= SPAN_MOST_S)
        and (type(flags) is int and 0 <= flags <= _WHOLE_MOST)
    ):
        return Rejection(
            reasons.WRONG_TYPE,
            f"uncertainty {shorten(uncertainty_s)}, flags {shorten(flags)}; expected whole numbers from 0",
        )
    if utc_s is None:
        return None
    if type(utc_s) is not int:
        return Rejection(
            reasons.WRONG_TYPE, f"time {shorten(utc_s)}; expected Unix time in whole seconds or null"
        )
    if not keys.UTC_FIRST_S <= utc_s <= latest_s:
        return Rejection(
            reasons.TIME_OUT_OF_RANGE, f"time {shorten(utc_s)}; expected {keys.UTC_FIRST_S} to {latest_s}"
        )
    return None


def _row(row: Row, columns: Layout, head: bytes, arrived_s: int) -> DecodedRow:
    values: list[float | None] = row[keys.ROW_VALUES :]
    flags: list[int] = []
    notes = None
    for index, (value, measurement) in enumerate(zip(values, columns.measurements, strict=True)):
        if value is not None and not is_number(value):
            notes = notes or {}
            notes[f"refused:{columns.columns[index]}"] = NOT_A_NUMBER
            values[index] = None
            flags.append(quality.FAIL)
        else:
            flags.append(gross_range(value, measurement))
    seq, uptime_s, utc_s, uncertainty_s, wire_flags = row[: keys.ROW_VALUES]
    content_hash = blake2b(head + _canonical(row, notes), digest_size=HASH_BYTES).digest()
    if utc_s is not None and utc_s > arrived_s + uncertainty_s + AHEAD_GOOD_S:
        notes = {**(notes or {}), TIME_SUSPECT: AHEAD_OF_ARRIVAL}
    return DecodedRow(
        seq,
        uptime_s,
        utc_s,
        uncertainty_s,
        wire_flags,
        tuple(values),
        tuple(flags),
        content_hash,
        notes,
    )


def _canonical(row: Row, notes: dict[str, str] | None) -> bytes:
    # Without notes all cells are numbers and nulls. Only Python's own writer tells NaN from null, and only
    # it writes whole numbers beyond 64 bits.
    if notes is None:
        try:
            return msgspec.json.encode(row)
        except OverflowError:
            pass
    return repr(row).encode()


def _probes(entry: Entry, community: str, node: str) -> Decoded:
    table = _typed(entry.payload, _Probes)
    if isinstance(table, Rejection):
        return RejectedMessage(community, node, table)
    return ProbesMessage(community, node, table.table, table.probes)


def _status(entry: Entry, community: str, node: str) -> Decoded:
    status = _typed(entry.payload, _Status)
    if isinstance(status, Rejection):
        return RejectedMessage(community, node, status)
    return StatusMessage(
        community,
        node,
        status.state[:_WORD_MOST],
        _span(status.next_contact_s),
        _word(status.firmware),
        _span(status.config),
        _word(status.refused),
    )


def _span(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= SPAN_MOST_S else None


def _word(value: object) -> str:
    return value[:_WORD_MOST] if isinstance(value, str) else ""


def _typed(payload: bytes, kind: type[_Kind]) -> _Kind | Rejection:
    if len(payload) > BYTES_LOOKED_INTO:
        return Rejection(reasons.TOO_LARGE, f"{len(payload)} bytes; expected a short message")
    try:
        message = msgspec.json.decode(payload, type=kind)
    except (msgspec.ValidationError, RecursionError) as error:
        return Rejection(reasons.WRONG_SHAPE, str(error))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        unreadable = read_json(payload)
        return unreadable if isinstance(unreadable, Rejection) else Rejection(reasons.NOT_JSON, str(error))
    if message.version != keys.PROTOCOL_VERSION:
        return Rejection(
            reasons.UNKNOWN_VERSION, f"version {message.version}; expected {keys.PROTOCOL_VERSION}"
        )
    return message

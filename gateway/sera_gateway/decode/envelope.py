"""Read the envelope of a data message: strictly and fast, or, where that fails, key by key to say why."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from sera_gateway.decode import reasons
from sera_vocabulary import messages as keys
from sera_vocabulary.measurements import COLUMNS, Measurement
from sera_vocabulary.recorded import is_own, recorded_epoch
from sera_vocabulary.series import SERIES_BY_NAME

# What no envelope is looked for in; MQTT would allow 256 MB.
BYTES_LOOKED_INTO: Final = 65_536
# More stands in no field of a record; beyond it a double has no neighbours that mean anything.
HUGE: Final = 1e300
_TEXT_MOST: Final = 80
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")

_Seq = Annotated[int, msgspec.Meta(ge=keys.SEQ_FIRST, le=keys.SEQ_MOST + 1)]
_Boot = Annotated[int, msgspec.Meta(ge=0, le=keys.SEQ_MOST)]


class Rejection(NamedTuple):
    """Why a message, or some of its rows, cannot become records."""

    reason: str
    detail: str
    epoch: str | None = None
    seqs: tuple[int, ...] = ()


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """A batch as it stands on the wire; cells of its rows are not checked yet."""

    version: int = msgspec.field(name=keys.KEY_VERSION)
    epoch: str = msgspec.field(name=keys.KEY_EPOCH)
    lowest_seq: _Seq = msgspec.field(name=keys.KEY_LOWEST)
    next_seq: _Seq = msgspec.field(name=keys.KEY_NEXT)
    stream: str = msgspec.field(name=keys.KEY_STREAM)
    columns: tuple[str, ...] = msgspec.field(name=keys.KEY_COLUMNS)
    rows: list[list[int | float | None]] = msgspec.field(name=keys.KEY_ROWS)
    boot: _Boot | None = msgspec.field(name=keys.KEY_BOOT, default=None)
    probes: str | None = msgspec.field(name=keys.KEY_PROBES, default=None)


class Layout(NamedTuple):
    """The columns of a stream, looked up once: wire keys, names, positions and measurements."""

    stream: str
    columns: tuple[str, ...]
    names: tuple[str, ...]
    positions: tuple[int, ...]
    measurements: tuple[Measurement, ...]


_decode = msgspec.json.Decoder(Envelope).decode


def read_envelope(payload: bytes) -> Envelope | Rejection:
    """Read the envelope of a data message.

    Returns
    -------
    Envelope or Rejection
        A rejection names the sequences where epoch and rows could be read all the same.
    """
    if len(payload) > BYTES_LOOKED_INTO:
        return Rejection(
            reasons.TOO_LARGE, f"{len(payload)} bytes; at most {keys.BATCH_BYTES_MOST} are allowed"
        )
    try:
        envelope = _decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        content = _read_slowly(payload)
        if isinstance(content, Rejection):
            return content
        envelope = content
    problem = _first_problem(envelope, len(payload))
    return problem or envelope


def read_json(payload: bytes) -> Any | Rejection:
    """Read any JSON, also NaN and Infinity, which are not JSON but which devices write."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        return Rejection(reasons.NOT_UTF8, f"byte {error.start} is no UTF-8; expected UTF-8 JSON")
    try:
        content = json.loads(text)
    except RecursionError:
        return Rejection(reasons.TOO_DEEP, "nested deeper than any message of the protocol")
    except ValueError as error:
        return Rejection(reasons.NOT_JSON, f"{str(error)[:_TEXT_MOST]}; expected one JSON object")
    return half_character(text, content) or content


def half_character(text: str, content: object) -> Rejection | None:
    """Refuse JSON with half a character of two, which can be written as JSON alone, and nowhere as text."""
    if _HALF.search(text) is None:
        return None
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return Rejection(reasons.NOT_UTF8, "a text has half a character; expected whole ones")
    return None


@lru_cache(maxsize=1024)
def layout(stream: str, columns: tuple[str, ...]) -> Layout | Rejection:
    """Look up a stream and its columns, or say which of them is not known."""
    series = SERIES_BY_NAME.get(stream)
    if series is None or not series.columns:
        return Rejection(
            reasons.UNKNOWN_STREAM, f"{shorten(stream)} is no stream; expected one of the vocabulary's"
        )
    if len(columns) > keys.COLUMNS_MOST:
        return Rejection(
            reasons.TOO_LARGE, f"{len(columns)} columns; at most {keys.COLUMNS_MOST} are allowed"
        )
    if len(set(columns)) != len(columns):
        return Rejection(reasons.WRONG_SHAPE, "a column stands twice; expected each once")
    names, positions = [], []
    for text in columns:
        parsed = keys.parse_column(text)
        if parsed is None:
            return Rejection(
                reasons.WRONG_SHAPE, f"{shorten(text)} is no column; expected name or name@position"
            )
        name, position = parsed
        if name not in COLUMNS:
            return Rejection(
                reasons.UNKNOWN_MEASUREMENT, f"{shorten(name)} is no measurement of the vocabulary"
            )
        if name not in series.columns:
            return Rejection(
                reasons.WRONG_STREAM, f"{shorten(name)} does not belong to the stream {shorten(stream)}"
            )
        names.append(name)
        positions.append(position)
    measurements = tuple(COLUMNS[name] for name in names)
    return Layout(stream, columns, tuple(names), tuple(positions), measurements)


def shorten(value: object) -> str:
    """Show what was found, shortened, so that a letter's detail stays a line."""
    text = repr(value)
    return text if len(text) <= _TEXT_MOST else text[:_TEXT_MOST] + "..."


def seqs_of(rows: object) -> tuple[int, ...]:
    """Read the sequences of rows as far as they are sequences."""
    if not isinstance(rows, list):
        return ()
    firsts = [row[keys.ROW_SEQ] for row in rows if isinstance(row, list) and row]
    return tuple(dict.fromkeys(seq for seq in firsts if is_seq(seq)))


def is_seq(value: object) -> bool:
    """Return whether a value can be a sequence."""
    return type(value) is int and keys.SEQ_FIRST <= value <= keys.SEQ_MOST


def _first_problem(envelope: Envelope, size: int) -> Rejection | None:
    if envelope.version != keys.PROTOCOL_VERSION:
        return Rejection(
            reasons.UNKNOWN_VERSION, f"version {envelope.version}; expected {keys.PROTOCOL_VERSION}"
        )
    if not keys.is_epoch(envelope.epoch) and envelope.epoch != recorded_epoch(envelope.stream):
        return Rejection(
            reasons.WRONG_SHAPE, f"epoch {shorten(envelope.epoch)}; expected eight hexadecimal digits"
        )
    if envelope.next_seq < envelope.lowest_seq:
        detail = f"next {envelope.next_seq} is below lowest held {envelope.lowest_seq}"
        return Rejection(reasons.WRONG_SHAPE, detail, envelope.epoch, seqs_of(envelope.rows))
    if len(envelope.rows) > keys.ROWS_MOST or size > keys.BATCH_BYTES_MOST:
        detail = (
            f"{len(envelope.rows)} rows, {size} bytes; at most {keys.ROWS_MOST} and {keys.BATCH_BYTES_MOST}"
        )
        return Rejection(reasons.TOO_LARGE, detail, envelope.epoch, seqs_of(envelope.rows))
    return None


def _read_slowly(payload: bytes) -> Envelope | Rejection:
    content = read_json(payload)
    if isinstance(content, Rejection):
        return content
    if not isinstance(content, dict):
        return Rejection(reasons.WRONG_SHAPE, f"{shorten(content)}; expected one JSON object")
    version = content.get(keys.KEY_VERSION)
    if version != keys.PROTOCOL_VERSION:
        return Rejection(
            reasons.UNKNOWN_VERSION, f"version {shorten(version)}; expected {keys.PROTOCOL_VERSION}"
        )
    epoch = content.get(keys.KEY_EPOCH)
    epoch = epoch if isinstance(epoch, str) and is_own(epoch) else None
    rows = content.get(keys.KEY_ROWS)
    try:
        # The rows' cells are checked one by one later, so that one bad value spoils nothing but itself.
        envelope = msgspec.convert({**content, keys.KEY_ROWS: []}, Envelope)
    except (msgspec.ValidationError, OverflowError) as error:
        return Rejection(
            reasons.WRONG_SHAPE, str(error)[: 2 * _TEXT_MOST], epoch, seqs_of(rows) if epoch else ()
        )
    if not isinstance(rows, list):
        return Rejection(reasons.WRONG_SHAPE, f"rows are {shorten(rows)}; expected a list of rows", epoch)
    return msgspec.structs.replace(envelope, rows=rows)

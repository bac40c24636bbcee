"""How results are kept: what many share, once in the table of forms; what is a figure's own, in its row.

A row's body is one byte, `PACKED`, the numbers of its form and of its names as little-endian 32-bit integers,
and its own fields in MessagePack. A body that begins with a brace is a whole result in JSON: earlier versions
wrote those, and they stay as they are.
"""

from __future__ import annotations

import re
import struct
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    FormOf: TypeAlias = Callable[[int], str]

PACKED: Final = 1
_HEAD: Final = struct.Struct("<BII")
_NUMBER: Final = re.compile(r"\d")
# Stands in a form for a sentence that is the figure's own.
_ELSEWHERE: Final = ""

HeadKey: TypeAlias = tuple[str, str, int, str, str]
"""Index, period, start, group and target: what names a figure of one place, in the order of its head."""

Row: TypeAlias = tuple[str, str, int, str, str, int, int, bytes]
"""The five of `HeadKey`, places of form and names among the texts, and the own fields."""


class Packed(NamedTuple):
    """Figures of one place, each key once and in order of it, with the texts of their forms and names."""

    texts: list[str]
    rows: list[Row]


class Form(msgspec.Struct, frozen=True, array_like=True):
    """What figures of many places and windows share; `said` is reason, interval_reason and notes."""

    scope: str
    index: str
    period: str
    group: str
    target: str
    unit: str
    method: str
    version: str
    reference: str
    confidence: float
    n_of: str
    said: tuple[str | None, ...]


class _Own(msgspec.Struct, frozen=True, array_like=True):
    scope_id: str
    start_s: int
    end_s: int
    value: float | None
    low: float | None
    high: float | None
    effort_h: float | None
    n: int
    coverage: float | None
    good_share: float | None
    seed: int | None
    said: list[str]
    parts: list[float | None]
    inputs: list[int | float | str]


_SHARED: Final = Form.__struct_fields__[:-1]
_OWN: Final = _Own.__struct_fields__[:-3]
_key: Final = attrgetter("index", "period", "start_s", "group", "target")
_shared: Final = attrgetter(*_SHARED)
_own: Final = attrgetter(*_OWN)
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Own).decode


def pack(results: Iterable[Any]) -> Packed:
    """Write results of one place down as they are kept; of one key given twice the last holds."""
    places: dict[tuple[object, ...], int] = {}
    orders: dict[tuple[str, ...], tuple[str, ...]] = {}
    rows: dict[HeadKey, Row] = {}
    for result in results:
        said, own_said = _said((result.reason, result.interval_reason, *result.notes))
        parts, inputs = _ordered(result.parts, orders), _ordered(result.inputs, orders)
        values = [result.parts[name] for name in parts]
        key: HeadKey = _key(result)
        rows[key] = (
            *key,
            places.setdefault((*_shared(result), said), len(places)),
            places.setdefault((parts, inputs), len(places)),
            _encode((*_own(result), own_said, values, [result.inputs[name] for name in inputs])),
        )
    return Packed([msgspec.json.encode(shared).decode() for shared in places], sorted(rows.values()))


def _ordered(
    values: dict[str, float | None] | dict[str, int | float | str],
    orders: dict[tuple[str, ...], tuple[str, ...]],
) -> tuple[str, ...]:
    """Sort names, so that the same figure is the same bytes in whatever order its parts were given."""
    names = tuple(values)
    found = orders.get(names)
    if found is None:
        found = orders[names] = tuple(sorted(names))
    return found


def _said(sentences: tuple[str | None, ...]) -> tuple[tuple[str | None, ...], list[str]]:
    """Part what many figures say from sentences with numbers, which are seldom said twice."""
    own = [text for text in sentences if text is not None and _has_number(text)]
    if not own:
        return sentences, own
    return tuple([_ELSEWHERE if text is not None and _has_number(text) else text for text in sentences]), own


@lru_cache(maxsize=4096)
def _has_number(text: str) -> bool:
    # An empty sentence could not be told from one that is kept elsewhere.
    return not text or _NUMBER.search(text) is not None


def body(form: int, names: int, own: bytes) -> bytes:
    """Put a row's body together from the numbers that its texts have in the table of forms."""
    return _HEAD.pack(PACKED, form, names) + own


def fields(body: bytes, form_of: FormOf) -> dict[str, Any]:
    """Read the fields of a result back from its row's body."""
    _, form_number, names_number = _HEAD.unpack_from(body)
    shared, said = _form(form_of(form_number))
    parts, inputs = _names(form_of(names_number))
    own = _decode(body[_HEAD.size :])
    if own.said:
        sentences = iter(own.said)
        said = tuple([next(sentences) if text == _ELSEWHERE else text for text in said])
    reason, interval_reason, *notes = said
    return {
        **shared,
        **dict(zip(_OWN, _own(own), strict=True)),
        "reason": reason,
        "interval_reason": interval_reason,
        "notes": tuple(notes),
        "parts": dict(zip(parts, own.parts, strict=True)),
        "inputs": dict(zip(inputs, own.inputs, strict=True)),
    }


@lru_cache(maxsize=4096)
def _form(text: str) -> tuple[dict[str, Any], tuple[str | None, ...]]:
    """Read the fields that a form has for all its figures, and what they say."""
    form = msgspec.json.decode(text, type=Form)
    return dict(zip(_SHARED, _shared(form), strict=True)), form.said


@lru_cache(maxsize=4096)
def _names(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return msgspec.json.decode(text, type=tuple[tuple[str, ...], tuple[str, ...]])

"""Rows of the table `results`: a column for each number and name, and one JSON column for what varies.

The JSON column `detail` has `reason`, `interval_reason`, `interval_method`, `notes`, `parts` and `inputs`;
the table's column `reason` is the reason's code, taken from it.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from sera_store.results.result import Result
from sera_vocabulary import series
from sera_words.statements import IntervalMethod, Note, Reason  # noqa: TC001 - msgspec reads annotations

if TYPE_CHECKING:
    from collections.abc import Iterable

HeadKey: TypeAlias = tuple[str, str, int, str, str]
"""Index, period, start, group and target: what names a figure of one place, in the order of its head."""

Row: TypeAlias = tuple[Any, ...]
"""A result as the columns of `COLUMNS`."""

# Fields of a result, in the order of the columns.
_FIELDS: Final = (
    series.TAG_SCOPE,
    series.TAG_SCOPE_ID,
    "index",
    "period",
    "start_s",
    "group",
    "target",
    "end_s",
    "value",
    "low",
    "high",
    "unit",
    "confidence",
    "effort_h",
    "n",
    "n_of",
    "coverage",
    "good_share",
    "method",
    "version",
    "seed",
)
# The fields of a head's key stand together.
_KEY: Final = slice(2, 7)
# `index` and `group` are words of SQL.
_RENAMED: Final = {"index": "index_name", "group": "group_name"}
COLUMNS: Final = (*[_RENAMED.get(name, name) for name in _FIELDS], "detail")
COLUMN_LIST: Final = ", ".join(COLUMNS)


class Detail(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of a result stands in the JSON column; what is empty is left out."""

    reason: Reason | None = None
    interval_reason: Reason | None = None
    interval_method: IntervalMethod | None = None
    notes: tuple[Note, ...] = ()
    parts: dict[str, float | None] = msgspec.field(default_factory=dict)
    inputs: dict[str, int | float | str] = msgspec.field(default_factory=dict)


_DETAIL_FIELDS: Final = Detail.__struct_fields__
_columns: Final = attrgetter(*_FIELDS)
_details: Final = attrgetter(*_DETAIL_FIELDS)
_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_decode: Final = msgspec.json.Decoder(Detail).decode


def rows(results: Iterable[Result]) -> list[Row]:
    """Write results as rows in order of their keys; of one key given twice the last holds."""
    by_key = {key(row): row for row in map(row_of, results)}
    return [by_key[name] for name in sorted(by_key)]


def row_of(result: Result) -> Row:
    """Write a result as its row: the same row for the same figure."""
    return (*_columns(result), _encode(Detail(*_details(result))).decode())


def key(row: Row) -> HeadKey:
    """Return what names the figure of a row among those of its place."""
    return row[_KEY]


def result_of(row: Row) -> Result:
    """Read a result from its row."""
    detail = _decode(row[-1])
    return Result(
        **dict(zip(_FIELDS, row[:-1], strict=True)),
        **{name: getattr(detail, name) for name in _DETAIL_FIELDS},
    )

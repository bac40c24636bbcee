"""Records and results as points of a time series database: pure functions from rows to line protocol.

The form is InfluxDB's line protocol: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from sera_store.results.results import StoredResult
from sera_vocabulary import series
from sera_vocabulary.durations import SECOND_NS
from sera_vocabulary.measurements import AWAKE_S, COLUMNS, INSECT_GROUPS
from sera_vocabulary.messages import NO_POSITION, POSITION_MARK, column, parse_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.records.rows import Record, StoredRecord
    from sera_store.results.results import Result
    from sera_words.statements import Statement

# From here on a time's uncertainty is said: no board draws a finer step than a minute.
UNCERTAIN_S: Final = 60

_encode: Final = msgspec.json.Encoder().encode
_GROUPS: Final = frozenset(group.name for group in INSECT_GROUPS)
_UNCERTAINTY: Final = "uncertainty_s"
_FLAGS: Final = "flags"
# In the record and not in its points: the registry knows which table was in force.
_MAPPING: Final = "mapping"
_NAME_ESCAPES: Final = str.maketrans({",": r"\,", " ": r"\ "})
_TAG_ESCAPES: Final = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\="})
_TEXT_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\""})
# Line protocol has no escape for these in names and tags.
_CONTROL: Final = dict.fromkeys(range(32), " ")
# A server takes the backslash for the separator's own.
_BEFORE_SEPARATOR: Final = re.compile(r"\\+(?=[,= ]|$)")
_DEPTH_M: Final = series.TAG_DEPTH + "_m"
_TAGS: Final = (series.TAG_COMMUNITY, series.TAG_GARDEN, series.TAG_NODE, series.TAG_GROUP, series.TAG_DEPTH)
_NOT_FIELDS: Final = frozenset({series.TAG_PROBE, _DEPTH_M, _MAPPING})
# One field for all notes about what no table of ours names, and one for the parts of a result: names from
# outside, or of gardens, would each be a field for ever.
_NOTES: Final = "notes"
_PARTS: Final = "parts"
_ABOUT: Final = ":"
_OWN_FIELDS: Final = frozenset({_UNCERTAINTY, _FLAGS, series.FIELD_COUNT, "time", _NOTES, *_TAGS})
# Whatever else could stand in the name of a field, no query would have to quote these.
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_:.@-]")
_DETAIL_SUFFIX: Final = "_detail"
_RESULT_FIELDS: Final = (
    "value",
    "low",
    "high",
    "confidence",
    "effort_h",
    "coverage",
    "good_share",
    "n",
    "seed",
    "end_s",
)
_RESULT_TEXTS: Final = ("unit", "n_of", "method", "version", "reference")
# Codes, each with its arguments as JSON in a field beside it.
_STATEMENTS: Final = ("reason", "interval_reason", "interval_method")
_ARGUMENTS: Final = "_arguments"

Fields = dict[str, float | str]


class PointKey(NamedTuple):
    """What names a point: measurement, tags in order of their names, and time [ns]."""

    measurement: str
    tags: tuple[tuple[str, str], ...]
    time_ns: int


class Point(NamedTuple):
    """One point with its fields."""

    key: PointKey
    fields: Fields


class _Cell(NamedTuple):
    """One column of a record: measurement, position, value, quality flag."""

    name: str
    position: int
    value: float | None
    flag: int


def points(stored: StoredRecord | StoredResult) -> list[Point]:
    """Return the points of a row of the table of records; an undated record has none.

    Parameters
    ----------
    stored
        A record or a result.

    Returns
    -------
    list of Point
        One a result; of a record one a position of its columns. For counts one a group, one for the effort,
        and one without group for what else was noted.
    """
    if isinstance(stored, StoredResult):
        return [_result_point(stored.result)]
    record = stored.record
    if record.time_s is None:
        return []
    cells = _cells(record)
    if record.series == series.COUNTS:
        return _count_points(record, cells)
    positions = sorted({cell.position for cell in cells}) or [NO_POSITION]
    return [
        _point(record, record.series, at, [cell for cell in cells if cell.position == at]) for at in positions
    ]


def encode(point: Point) -> str:
    r"""Write a point as one line.

    Examples
    --------
    >>> point = Point(PointKey("air", (("garden", "elm yard"),), 5), {"rainfall": 0.2, "method": 'a "b"'})
    >>> print(encode(point))
    air,garden=elm\ yard rainfall=0.2,method="a \"b\"" 5
    """
    key = point.key
    tags = "".join([f",{_name(name)}={escaped}" for name, value in key.tags if (escaped := _tag(value))])
    fields = ",".join([f"{_name(name)}={_field(value)}" for name, value in point.fields.items()])
    return f"{clean_name(key.measurement).translate(_NAME_ESCAPES)}{tags} {fields} {key.time_ns}"


def time_ns(time_s: int, seq: int) -> int:
    """Return the time of a record's points: its second, told apart by its sequence.

    Examples
    --------
    >>> time_ns(1_780_000_000, 4711)
    1780000000000004711
    """
    return time_s * SECOND_NS + seq % SECOND_NS


def _cells(record: Record) -> list[_Cell]:
    return [
        _Cell(*(parse_column(key) or (key, NO_POSITION)), value, flag)
        for key, value, flag in zip(record.columns, record.values, record.quality, strict=True)
    ]


def _count_points(record: Record, cells: list[_Cell]) -> list[Point]:
    points = [
        _point(record, series.COUNTS, NO_POSITION, [cell._replace(name=series.FIELD_COUNT)], cell.name)
        for cell in cells
        if cell.name in _GROUPS
    ]
    # The effort stands once, beside the groups and not in each.
    effort = [cell for cell in cells if cell.name == AWAKE_S]
    other_cells = [cell for cell in cells if cell.name not in _GROUPS and cell.name != AWAKE_S]
    if effort:
        points.append(_point(record, series.VISITS, NO_POSITION, effort))
    if other_cells:
        points.append(_point(record, series.COUNTS, NO_POSITION, other_cells))
    return points


def _point(record: Record, measurement: str, position: int, cells: list[_Cell], group: str = "") -> Point:
    detail = record.detail or {}
    tags = {
        series.TAG_COMMUNITY: record.community,
        series.TAG_GARDEN: record.garden,
        series.TAG_NODE: record.node,
        series.TAG_GROUP: group,
    }
    if position != NO_POSITION:
        tags[series.TAG_PROBE] = detail.get(column(series.TAG_PROBE, position), str(position))
        tags[series.TAG_DEPTH] = detail.get(column(_DEPTH_M, position), "")
    fields = _texts(detail, position)
    for cell in cells:
        fields[cell.name + series.FLAG_SUFFIX] = float(cell.flag)
        if cell.value is not None and isfinite(cell.value):
            fields[cell.name] = float(cell.value)
    if record.uncertainty_s >= UNCERTAIN_S:
        fields[_UNCERTAINTY] = float(record.uncertainty_s)
    if record.flags:
        fields[_FLAGS] = float(record.flags)
    return Point(PointKey(measurement, _tags(tags), time_ns(record.time_s or 0, record.seq)), fields)


def _texts(detail: dict[str, str], position: int) -> Fields:
    """Return the notes of a record, and those of one position without its mark, as fields of text."""
    fields: Fields = {}
    if notes := [f"{key}: {text}" for key, text in detail.items() if not _is_about_ours(key)]:
        fields[_NOTES] = "; ".join(notes)
    for key, text in detail.items():
        if not _is_about_ours(key):
            continue
        plain = _NOT_IN_NAMES.sub("_", key)
        name, at = parse_column(plain) or (plain.replace(POSITION_MARK, "_"), NO_POSITION)
        if not name or at not in (NO_POSITION, position) or name in _NOT_FIELDS:
            continue
        # A text where numbers belong would make the server refuse every point of the field.
        if name in COLUMNS or name.endswith(series.FLAG_SUFFIX) or name in _OWN_FIELDS:
            name += _DETAIL_SUFFIX
        fields[name] = text
    return fields


def _is_about_ours(key: str) -> bool:
    """Return whether a note is about a record as a whole or a measurement of the vocabulary."""
    _, about, name = key.rpartition(_ABOUT)
    return not about or (parse_column(name) or ("", NO_POSITION))[0] in COLUMNS


def _result_point(result: Result) -> Point:
    tags = {
        series.TAG_SCOPE: result.scope,
        series.TAG_SCOPE_ID: result.scope_id,
        series.TAG_INDEX: result.index,
        series.TAG_PERIOD: result.period,
        series.TAG_GROUP: result.group,
        series.TAG_TARGET: result.target,
    }
    numbers = {name: getattr(result, name) for name in _RESULT_FIELDS}
    fields: Fields = {
        name: float(value) for name, value in numbers.items() if value is not None and isfinite(value)
    }
    # Texts are always there, empty or not: a field that goes would have to be deleted with its whole point.
    fields.update({name: getattr(result, name) or "" for name in _RESULT_TEXTS})
    for name in _STATEMENTS:
        statement: Statement | None = getattr(result, name)
        fields[name] = statement.code if statement is not None else ""
        fields[name + _ARGUMENTS] = _json(statement.arguments) if statement is not None else ""
    fields[_NOTES] = _json(result.notes)
    fields[_PARTS] = _json(result.parts)
    fields["inputs"] = _json(result.inputs)
    return Point(PointKey(series.INDEX, _tags(tags), result.start_s * SECOND_NS), fields)


def _json(value: object) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def _tags(tags: dict[str, str]) -> tuple[tuple[str, str], ...]:
    cleaned = sorted((name, clean(value)) for name, value in tags.items())
    return tuple((name, value) for name, value in cleaned if value)


@lru_cache(maxsize=1 << 14)
def clean(text: str) -> str:
    """Leave out what no tag can hold: control characters, and backslashes at the end."""
    return text.translate(_CONTROL).rstrip("\\")


@lru_cache(maxsize=1 << 14)
def clean_name(text: str) -> str:
    """Leave out what no name can hold: as in a tag, and double quotes, and backslashes before a separator."""
    return _BEFORE_SEPARATOR.sub("", text.translate(_CONTROL).replace('"', "'"))


@lru_cache(maxsize=1 << 14)
def _tag(text: str) -> str:
    return clean(text).translate(_TAG_ESCAPES)


@lru_cache(maxsize=1 << 14)
def _name(text: str) -> str:
    return clean_name(text).translate(_TAG_ESCAPES)


def _field(value: float | str) -> str:
    if isinstance(value, str):
        return f'"{value.translate(_TEXT_ESCAPES)}"'
    return write_numbers([value])[0]


def write_numbers(numbers: Sequence[float]) -> list[str]:
    """Write finite numbers, each with the fewest digits that are the same number again.

    All at once, for Python's own writer takes most of the time of a line.

    Examples
    --------
    >>> write_numbers([21.166666666666668, -0.5, 1e16, 1_780_000_000_000_004_711])
    ['21.166666666666668', '-0.5', '1e16', '1780000000000004711']
    """
    return _encode(numbers)[1:-1].decode().split(",") if numbers else []

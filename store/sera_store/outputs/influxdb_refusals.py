"""What an InfluxDB that refused lines holds of them all the same, and which fields it takes no more."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from sera_store.outputs.line_protocol import clean, clean_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from influxdb_client.client.influxdb_client import InfluxDBClient

    from sera_store.outputs.line_protocol import Point, PointKey

_CONFLICT: Final = re.compile(
    r'input field "(?P<field>.+?)" on measurement "(?P<measurement>.+?)" is type (?P<ours>\w+), '
    r"already exists as type (?P<theirs>\w+)"
)


class Line(NamedTuple):
    """A line with the change number of the row and the point it came from."""

    record: int
    text: str
    point: Point | None = None


class Rejection(NamedTuple):
    """Lines that were refused together, and the answer."""

    lines: list[Line]
    answer: ApiException


def without_stored(rejections: Iterable[Rejection], client: InfluxDBClient, bucket: str) -> list[Rejection]:
    """Leave lines out of rejections whose points the bucket holds with all their fields.

    A line that is older than a bucket's retention is stored where a newer one of the same request has its
    shard made, and refused when it is sent again alone. Where the bucket cannot be read, all stay.
    """
    rejection_list = list(rejections)
    stored = _stored_points(
        client, bucket, [line.point for rejection in rejection_list for line in rejection.lines if line.point]
    )
    left = [
        rejection._replace(
            lines=[line for line in rejection.lines if line.point is None or line.point.key not in stored]
        )
        for rejection in rejection_list
    ]
    return [rejection for rejection in left if rejection.lines]


def _stored_points(client: InfluxDBClient, bucket: str, points: Iterable[Point]) -> set[PointKey]:
    series: dict[tuple[str, tuple[tuple[str, str], ...]], list[Point]] = {}
    for point in points:
        series.setdefault((point.key.measurement, point.key.tags), []).append(point)
    stored: set[PointKey] = set()
    # Reading only keeps a list short: nothing of it may hold up the writing.
    with suppress(ApiException, HTTPError, OSError, LookupError, TypeError, ValueError):
        for members in series.values():
            rows = {row["time"]: row for row in _rows(client, bucket, members)}
            stored.update(point.key for point in members if _is_in(point, rows.get(point.key.time_ns, {})))
    return stored


def _rows(client: InfluxDBClient, bucket: str, members: list[Point]) -> Iterator[dict[str, Any]]:
    key, times = members[0].key, [point.key.time_ns for point in members]
    tags = "".join(f" AND {_identifier(name)}={_text(clean(value))}" for name, value in key.tags)
    query = (
        f"SELECT * FROM {_identifier(clean_name(key.measurement))} "  # noqa: S608 - quoted, and no SQL
        f"WHERE time>={min(times)} AND time<={max(times)}{tags}"
    )
    answer = client.api_client.call_api(  # type: ignore[no-untyped-call]
        "/query",
        "GET",
        query_params=[("db", bucket), ("epoch", "ns"), ("q", query)],
        header_params={"Accept": "application/json"},
        response_type="object",
        _return_http_data_only=True,
    )
    for series in answer["results"][0].get("series", ()):
        for values in series["values"]:
            yield dict(zip(series["columns"], values, strict=True))


def _is_in(point: Point, row: dict[str, Any]) -> bool:
    return bool(row) and all(row.get(clean_name(name)) == value for name, value in point.fields.items())


def _identifier(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class FieldKey(NamedTuple):
    """A field of a measurement."""

    measurement: str
    field: str


class FieldConflicts:
    """The fields of which a server refuses every new point, since it holds them as another type.

    A step whose points of a field were all refused makes a conflict; the first one that is taken ends it.
    """

    def __init__(self) -> None:
        self._lasting: dict[FieldKey, str] = {}
        self._refused: dict[FieldKey, str] = {}
        self._accepted: set[FieldKey] = set()

    @property
    def is_watched(self) -> bool:
        """Whether it matters now which points are accepted."""
        return bool(self._lasting or self._refused)

    def refuse(self, message: str) -> None:
        """Note the answer to refused lines; one about something else than a field's type changes nothing."""
        if match := _CONFLICT.search(message):
            key = FieldKey(match["measurement"], match["field"])
            self._refused[key] = (
                f"field {key.field} of {key.measurement} is {match['theirs']} in the bucket and "
                f"{match['ours']} here, so that no new point of it is taken"
            )

    def accept(self, points: Iterable[Point]) -> None:
        """Note points that were taken."""
        for point in points:
            self._accepted.update(FieldKey(point.key.measurement, name) for name in point.fields)

    def end_step(self) -> None:
        """Weigh what a step has brought."""
        self._lasting |= self._refused
        self._lasting = {key: why for key, why in self._lasting.items() if key not in self._accepted}
        self._refused.clear()
        self._accepted.clear()

    def __str__(self) -> str:
        """Return what is wrong and what to do, or an empty text."""
        if not self._lasting:
            return ""
        whats = "; ".join(self._lasting[key] for key in sorted(self._lasting))
        return f"{whats}; give Sera a bucket of its own, or rename what others write there"

"""History from a bucket of InfluxDB 2, asked in InfluxQL: a series after another, in pages."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sera_gateway.errors import HistoryAwayError
from sera_gateway.handover import Publication
from sera_gateway.importers.history import HistoryRow
from sera_gateway.importers.recording import UnreadableFileError
from sera_vocabulary.durations import SECOND_NS
from sera_vocabulary.topic_filters import topic_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TOPIC: Final = "influxdb"
ROWS_A_PAGE: Final = 2_000
_TIMEOUT_S: Final = 60.0
# Of a page; a point of a hundred fields has some kilobytes.
_ANSWER_BYTES_MOST: Final = 64 * 1024 * 1024
_SPLIT: Final = re.compile(r"(?<!\\),")
_SHOWN: Final = 200
_PAGE: Final = "SELECT *::field FROM {} WHERE {} ORDER BY time LIMIT {}"


@dataclass(frozen=True, slots=True)
class InfluxBucket:
    """A bucket, and what lets us read it; the token is never shown."""

    url: str
    bucket: str
    token: str = field(repr=False)


class InfluxHistory:
    """The points of some measurements.

    A point becomes one message on `influxdb/<measurement>/<device>`: `{"time" [ns], "measurement", "tags",
    "fields"}`. Fields without a value at a time are left out, so that a gap stays one.

    Parameters
    ----------
    bucket
        Where to ask.
    measurements
        Which of its measurements.
    device_tag
        The tag that tells devices apart; series without it are passed over and listed in `left_out`.
    between_s
        From when to when, Unix time [s]; None for no end.
    """

    def __init__(
        self,
        bucket: InfluxBucket,
        measurements: Sequence[str],
        device_tag: str,
        between_s: tuple[int | None, int | None] = (None, None),
    ) -> None:
        self._bucket = bucket
        self._measurements = measurements
        self._device_tag = device_tag
        self._between_s = between_s
        self.gaps = 0
        self.left_out: list[str] = []

    @property
    def name(self) -> str:
        """Server and bucket."""
        return f"{self._bucket.url.rstrip('/')}/{self._bucket.bucket}"

    def rows(self, after: dict[str, int]) -> Iterator[HistoryRow]:
        """Iterate over the points behind the positions of their series."""
        for measurement in self._measurements:
            series = self._query(f"SHOW SERIES FROM {_name(measurement)}")
            for (key,) in (row for table in series for row in table["values"]):
                tags = parse_tags(key)
                topic = f"{TOPIC}/{measurement}/{tags.get(self._device_tag, '')}"
                if self._device_tag not in tags or topic_problem(topic) or topic.count("/") != 2:
                    self.left_out.append(key)
                else:
                    yield from self._points(measurement, key, tags, topic, after.get(key))

    def _points(
        self, measurement: str, key: str, tags: Mapping[str, str], topic: str, after_ns: int | None
    ) -> Iterator[HistoryRow]:
        conditions = [f"{_name(tag)} = {_text(value)}" for tag, value in tags.items()]
        begin_s, end_s = self._between_s
        if end_s is not None:
            conditions.append(f"time < {end_s}s")
        begin_ns = None if begin_s is None else begin_s * SECOND_NS - 1
        behind_ns = max((value for value in (after_ns, begin_ns) if value is not None), default=None)
        while True:
            since = [] if behind_ns is None else [f"time > {behind_ns}"]
            where = " AND ".join([*conditions, *since])
            page = self._query(_PAGE.format(_name(measurement), where, ROWS_A_PAGE))
            rows = [(table["columns"], row) for table in page for row in table["values"]]
            for columns, row in rows:
                behind_ns = row[0]
                fields = {
                    name: value for name, value in zip(columns[1:], row[1:], strict=True) if value is not None
                }
                self.gaps += len(columns) - 1 - len(fields)
                content = {"time": row[0], "measurement": measurement, "tags": tags, "fields": fields}
                yield HistoryRow(key, row[0], Publication(topic, msgspec.json.encode(content)))
            if len(rows) < ROWS_A_PAGE:
                return

    def _query(self, text: str) -> list[dict[str, Any]]:
        """Ask, and return the tables of the answer; none where nothing is there."""
        question = urllib.parse.urlencode({"db": self._bucket.bucket, "q": text, "epoch": "ns"})
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked
            f"{_checked(self._bucket.url).rstrip('/')}/query?{question}",
            headers={"Authorization": f"Token {self._bucket.token}", "Accept": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - as above
                content = answer.read(_ANSWER_BYTES_MOST + 1)
        except urllib.error.HTTPError as error:
            reason = error.read(_SHOWN).decode(errors="replace").strip()
            raise HistoryAwayError(f"{self.name}: {error.code} {reason}; see url, bucket and token") from None
        except OSError as error:
            raise HistoryAwayError(
                f"{self.name} does not answer ({error}); begin again once it does: nothing is taken twice"
            ) from None
        if len(content) > _ANSWER_BYTES_MOST:
            raise HistoryAwayError(
                f"{self.name}: a page of more than {_ANSWER_BYTES_MOST} bytes; name fewer fields"
            )
        return self._tables(content)

    def _tables(self, content: bytes) -> list[dict[str, Any]]:
        try:
            [result] = json.loads(content)["results"]
            problem = result.get("error")
            tables: list[dict[str, Any]] = result.get("series") or []
        except (ValueError, KeyError, TypeError, AttributeError):
            problem, tables = "no answer of InfluxDB's", []
        if problem:
            raise HistoryAwayError(
                f"{self.name}: {str(problem)[:_SHOWN]}; expected a bucket that can be asked"
            )
        return tables


def parse_tags(key: str) -> dict[str, str]:
    r"""Read the tags of a series as `SHOW SERIES` lists it.

    Examples
    --------
    >>> parse_tags(r"soil,node=bed-1,place=a\ b\,c")
    {'node': 'bed-1', 'place': 'a b,c'}
    """
    tags: dict[str, str] = {}
    for part in _SPLIT.split(key)[1:]:
        name, _, value = re.split(r"((?<!\\)=)", part, maxsplit=1)
        tags[_plain(name)] = _plain(value)
    return tags


def _plain(text: str) -> str:
    return re.sub(r"\\([ ,=\\])", r"\1", text)


def _name(text: str) -> str:
    """Quote a name of InfluxQL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _text(text: str) -> str:
    """Quote a text of InfluxQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _checked(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise UnreadableFileError(
            "the url names no server of InfluxDB; expected http://host:8086, and the token in its file"
        )
    return url

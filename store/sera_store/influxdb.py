"""InfluxDB 2 as a follower of the table of records: it writes what is new and takes back what was revised."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from sera_store.errors import FollowerAwayError, FollowerPausedError
from sera_store.line_protocol import encode, points
from sera_store.point_changes import changes_of
from sera_store.refused_lines import RefusedLine
from sera_store.results import StoredResult
from sera_vocabulary import series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sera_store.line_protocol import Point
    from sera_store.point_changes import Deletion, Row
    from sera_store.store import Store

CURSOR: Final = "influxdb"
LINES_A_WRITE: Final = 5_000
_ROWS_A_STEP: Final = 2_000
_TIMEOUT_MS: Final = 30_000
_NS: Final = 1_000_000_000
_REASON_LONGEST: Final = 300
# What a smaller or better batch may still be taken: 400 malformed, 413 too large, 422 some refused.
_SPLIT_ON: Final = frozenset({400, 413, 422})
_DROPPED: Final = re.compile(r"dropped=(\d+)")
_PAUSE_ON: Final = {
    401: "the token is not accepted; give a valid one",
    403: "the token may not write to this bucket; give it the right",
    404: "the organisation or bucket does not exist; make it, or correct its name",
}


@dataclass(frozen=True, slots=True)
class InfluxTarget:
    """Where a server is and what proves us to it; the token is never shown."""

    url: str
    org: str
    bucket: str
    token: str = field(repr=False)


class _Line(NamedTuple):
    """A line with the change number of the row it came from."""

    record: int
    text: str


class InfluxFollower:
    """Follows a store into one bucket; its cursor is saved last, so a crash repeats and never leaves out.

    Parameters
    ----------
    store
        What is followed.
    target
        Server, organisation, bucket and token.
    cursor
        Name of its cursor, one for each target.
    """

    def __init__(self, store: Store, target: InfluxTarget, *, cursor: str = CURSOR) -> None:
        self._store = store
        self._target = target
        self._cursor = cursor
        self._client = InfluxDBClient(
            target.url, target.token, org=target.org, timeout=_TIMEOUT_MS, enable_gzip=True, retries=False
        )
        self._writer = self._client.write_api(write_options=SYNCHRONOUS)
        self._deleter = self._client.delete_api()

    def step(self) -> int:
        """Bring the next rows over and return how many; 0 where it is up to date.

        Raises
        ------
        FollowerPausedError
            The server refuses us altogether (401, 403, 404).
        FollowerAwayError
            The server is away or overloaded: try again later, nothing is left out.
        """
        after = self._store.cursors.position(self._cursor)
        rows = self._store.records.changes(after, _ROWS_A_STEP)
        if not rows:
            return 0
        changes = changes_of(self._with_superseded(rows))
        self._write(changes.writes.values())
        deletions = changes.deletions(self._holds_nothing_else)
        for deletion in deletions:
            self._delete(deletion)
        self._write(changes.rewrites(deletions))
        self._write(self._other_results(deletions))
        self._store.cursors.move(self._cursor, rows[-1].id)
        return len(rows)

    def close(self) -> None:
        """Close the connections."""
        self._writer.close()  # type: ignore[no-untyped-call]
        self._client.close()  # type: ignore[no-untyped-call]

    def _with_superseded(self, rows: list[Row]) -> Iterable[tuple[Row, Row | None]]:
        here = {row.id: row for row in rows}
        for row in rows:
            old = row.supersedes
            yield row, None if old is None else here.get(old) or self._store.records.row(old)

    def _holds_nothing_else(self, deletion: Deletion) -> bool:
        """Tell whether no current record has points in a span, so that it may be deleted at once."""
        tags = dict(deletion.tags)
        if deletion.measurement == series.INDEX:
            return False
        names = [deletion.measurement]
        if deletion.measurement == series.VISITS:
            # The effort of a count stands among the visits.
            names.append(series.COUNTS)
        return not any(
            self._store.records.any_current(
                series=name,
                start_s=deletion.first_ns // _NS,
                end_s=deletion.last_ns // _NS + 1,
                node=tags[series.TAG_NODE],
                garden=tags.get(series.TAG_GARDEN, ""),
                community=tags.get(series.TAG_COMMUNITY, ""),
            )
            for name in names
        )

    def _other_results(self, deletions: Iterable[Deletion]) -> Iterable[tuple[int, Point]]:
        """Give the current results that deletions without group or target have taken with their own."""
        for deletion in deletions:
            if deletion.measurement != series.INDEX:
                continue
            tags, start_s = dict(deletion.tags), deletion.first_ns // _NS
            for result in self._store.results.current(
                scope=tags.get(series.TAG_SCOPE),
                scope_id=tags.get(series.TAG_SCOPE_ID),
                index=tags.get(series.TAG_INDEX),
                period=tags.get(series.TAG_PERIOD),
                start_s=start_s,
                end_s=start_s + 1,
            ):
                [point] = points(StoredResult(deletion.record, None, result))
                yield deletion.record, point

    def _write(self, made: Iterable[tuple[int, Point]]) -> None:
        lines = [_Line(record, encode(point)) for record, point in made]
        for start in range(0, len(lines), LINES_A_WRITE):
            self._write_some(lines[start : start + LINES_A_WRITE])

    def _write_some(self, lines: list[_Line]) -> None:
        """Write lines in one request; where some are refused, halve until they are found."""
        body = "\n".join(line.text for line in lines).encode()
        refusal = self._ask(lambda: self._writer.write(self._target.bucket, self._target.org, body))
        if refusal is None:
            return
        if len(lines) == 1 or _dropped(refusal) == len(lines):
            for line in lines:
                self._refuse(line.record, line.text, refusal)
            return
        middle = len(lines) // 2
        self._write_some(lines[:middle])
        self._write_some(lines[middle:])

    def _delete(self, deletion: Deletion) -> None:
        """Delete a span; the server takes its stop with it."""
        tags = "".join(f' AND "{name}"="{_quoted(text)}"' for name, text in deletion.tags)
        predicate = f'_measurement="{deletion.measurement}"{tags}'
        first, last = _rfc3339(deletion.first_ns), _rfc3339(deletion.last_ns)
        refusal = self._ask(
            lambda: self._deleter.delete(first, last, predicate, self._target.bucket, self._target.org)
        )
        if refusal is not None:
            self._refuse(deletion.record, f"deletion from {first} to {last}: {predicate}", refusal)

    def _ask(self, request: Callable[[], object]) -> ApiException | None:
        """Send a request; give back the answer where the request itself is at fault."""
        try:
            request()
        except ApiException as error:
            if error.status in _SPLIT_ON:
                return error
            raise self._failure(error) from error
        except (HTTPError, OSError) as error:
            raise FollowerAwayError(self._cursor, f"{self._target.url} does not answer: {error}") from error
        return None

    def _failure(self, error: ApiException) -> FollowerPausedError | FollowerAwayError:
        target, status = self._target, error.status
        where = f"{target.url} answers {status} for bucket {target.bucket}"
        if status in _PAUSE_ON:
            return FollowerPausedError(self._cursor, f"{where}: {_PAUSE_ON[status]}")
        return FollowerAwayError(self._cursor, f"{where}: {_message(error)}")

    def _refuse(self, record: int, text: str, error: ApiException) -> None:
        reason = f"{error.status} {_message(error)}"
        self._store.refused_lines.add(RefusedLine(self._cursor, record, reason, text))


def _dropped(error: ApiException) -> int | None:
    found = _DROPPED.search(str(error.message or ""))
    return int(found[1]) if found and error.status == 422 else None


def _rfc3339(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, _NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _message(error: ApiException) -> str:
    return " ".join(str(error.message or error.reason or "").split())[:_REASON_LONGEST]

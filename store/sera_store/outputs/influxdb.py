"""InfluxDB 2 as a follower of the table of records: it writes what is new and takes back what was revised."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_store.database.cursors import LateCursor
from sera_store.database.rejected_lines import RejectedLine
from sera_store.errors import StoreUnusableError
from sera_store.outputs.influxdb_refusals import FieldConflicts, Line, Rejection, without_stored
from sera_store.outputs.influxdb_server import (
    TIMEOUT_S,
    InfluxServer,
    InfluxTarget,
    answer_text,
    pack,
)
from sera_store.outputs.line_protocol import encode, points
from sera_store.outputs.line_templates import LineTemplates
from sera_store.outputs.point_changes import changes_of
from sera_store.results.results import StoredResult
from sera_vocabulary import series
from sera_vocabulary.durations import SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from concurrent.futures import Future

    from influxdb_client.rest import ApiException

    from sera_store.outputs.line_protocol import Point
    from sera_store.outputs.point_changes import Deletion, Row
    from sera_store.store import Store

__all__ = ["CURSOR", "LINES_A_WRITE", "TIMEOUT_S", "InfluxFollower", "InfluxTarget"]

CURSOR: Final = "influxdb"
# The more lines of one series a request has, the less each of them costs the server (bench_influxdb).
LINES_A_WRITE: Final = 20_000
# Rows that only add are written as they are read; rows that revise are weighed against one another.
_ROWS_A_STEP: Final = 40_000
_REVISED_ROWS_A_STEP: Final = 2_000
# The server handles one request on one core (bench_influxdb).
_WRITES_AT_ONCE: Final = 2
_DROPPED: Final = re.compile(r"dropped=(\d+)")


class _Body(NamedTuple):
    """Lines packed for one request, and the first and last change number that they came from.

    The rows are read again where some are refused: kept, they would be most of what a step holds.
    """

    packed: bytes
    first: int
    last: int


class _Batch(NamedTuple):
    """What follows a change number: rows that only add, packed; or rows of which some revise others.

    Parameters
    ----------
    row_count, last
        How many rows these are, and the change number of the last one.
    bodies, revising
        What is written; one of them is empty.
    """

    row_count: int
    last: int
    bodies: Sequence[_Body]
    revising: Sequence[tuple[Any, ...]] = ()


class InfluxFollower:
    """Follows a store into one bucket; its cursor is saved last, so a crash repeats and never leaves out.

    While the server takes one batch, the next one is read and packed: rows never change, so that what was
    made ahead stays true.

    Parameters
    ----------
    store
        What is followed.
    target
        Server, organisation, bucket and token.
    cursor
        Name of its cursor, one for each target.
    timeout_s
        How long a request may take [s].
    """

    def __init__(
        self, store: Store, target: InfluxTarget, *, cursor: str = CURSOR, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._store = store
        self._target = target
        self._cursor = cursor
        self._late = LateCursor(store.cursors, cursor)
        self._server = InfluxServer(target, cursor, timeout_s)
        self._templates = LineTemplates(store.names)
        self._conflicts = FieldConflicts()
        self._ahead: tuple[int, Future[_Batch]] | None = None
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="influxdb-reader")
        self._senders = ThreadPoolExecutor(_WRITES_AT_ONCE, thread_name_prefix="influxdb-sender")

    def step(self) -> int:
        """Write the next rows and return how many; 0 where it is up to date.

        Raises
        ------
        FollowerPausedError
            The server refuses us altogether (401, 403, 404).
        FollowerAwayError
            The server is away or overloaded: try again later, nothing is left out.
        """
        after = self._late.position()
        batch = self._batch_after(after)
        if not batch.row_count:
            self._late.save()
            return 0
        self._revise(self._store.records.stored(batch.revising))
        self._write_bodies(batch.bodies)
        self._conflicts.end_step()
        self._late.reach(batch.last)
        return batch.row_count

    def problem(self) -> str:
        """Return what a person has to mend although everything else arrives, or an empty text."""
        return str(self._conflicts)

    def rest(self) -> None:
        """Save how far it has come, for it may be a while until the next step.

        Raises
        ------
        StoreUnusableError
            The store cannot be written now; what was brought over since the last save is brought again.
        """
        self._late.save()

    def close(self) -> None:
        """Close the connections."""
        with suppress(StoreUnusableError):
            self.rest()
        self._reader.shutdown(cancel_futures=True)
        self._senders.shutdown()
        self._server.close()

    def _batch_after(self, after: int) -> _Batch:
        """Return the batch that was prepared ahead, or prepare it; and start preparing the next one."""
        ahead, self._ahead = self._ahead, None
        batch = ahead[1].result() if ahead is not None and ahead[0] == after else self._read(after)
        if batch.row_count >= _REVISED_ROWS_A_STEP:
            self._ahead = (batch.last, self._reader.submit(self._read, batch.last))
        return batch

    def _read(self, after: int) -> _Batch:
        rows = self._store.records.line_rows(after, _ROWS_A_STEP)
        adding, bodies = 0, []
        for piece in self._templates.pieces(rows, LINES_A_WRITE):
            bodies.append(_Body(pack(piece.text), rows[adding][0], rows[piece.end - 1][0]))
            adding = piece.end
        if adding == len(rows) or adding >= _REVISED_ROWS_A_STEP:
            return _Batch(adding, rows[adding - 1][0] if rows else after, bodies)
        revising = self._store.records.rows(after, _REVISED_ROWS_A_STEP)
        return _Batch(len(revising), revising[-1][0] if revising else after, (), revising)

    def _write_bodies(self, bodies: Sequence[_Body]) -> None:
        """Write bodies, some at once: what only adds needs no order. None is under way when this ends."""
        sent = [self._senders.submit(self._write_body, body) for body in bodies]
        wait(sent)
        for future in sent:
            future.result()

    def _write_body(self, body: _Body) -> None:
        refusal = self._server.write(body.packed)
        if refusal is None and not self._conflicts.is_watched:
            return
        lines = [
            Line(row.id, encode(point), point)
            for row in self._store.records.changes_in(body.first, body.last)
            for point in points(row)
        ]
        self._settle(lines, refusal)

    def _revise(self, rows: list[Row]) -> None:
        """Write what rows say, delete what they revise, and write again what a deletion took along."""
        changes = changes_of(self._with_superseded(rows))
        self._write(changes.writes.values())
        deletions = changes.deletions(self._is_exclusive)
        for deletion in deletions:
            self._delete(deletion)
        self._write(changes.rewrites(deletions))
        self._write(self._other_results(deletions))

    def _with_superseded(self, rows: list[Row]) -> Iterable[tuple[Row, Row | None]]:
        fetched = {row.id: row for row in rows}
        for row in rows:
            old = row.supersedes
            # What a policy has removed was taken back when the row that supersedes it first came over.
            yield row, None if old is None else fetched.get(old) or self._store.records.row_or_none(old)

    def _is_exclusive(self, deletion: Deletion) -> bool:
        """Return whether no current record has points in a span, so that it may be deleted at once."""
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
                start_s=deletion.first_ns // SECOND_NS,
                end_s=deletion.last_ns // SECOND_NS + 1,
                node=tags[series.TAG_NODE],
                garden=tags.get(series.TAG_GARDEN, ""),
                community=tags.get(series.TAG_COMMUNITY, ""),
            )
            for name in names
        )

    def _other_results(self, deletions: Iterable[Deletion]) -> Iterable[tuple[int, Point]]:
        """Return the current results that deletions without group or target have taken with their own."""
        for deletion in deletions:
            if deletion.measurement != series.INDEX:
                continue
            tags, start_s = dict(deletion.tags), deletion.first_ns // SECOND_NS
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

    def _write(self, points: Iterable[tuple[int, Point]]) -> None:
        lines = [Line(record, encode(point), point) for record, point in points]
        for start in range(0, len(lines), LINES_A_WRITE):
            some = lines[start : start + LINES_A_WRITE]
            self._settle(some, self._send(some))

    def _send(self, lines: list[Line]) -> ApiException | None:
        return self._server.write(pack("\n".join([line.text for line in lines])))

    def _settle(self, lines: list[Line], refusal: ApiException | None) -> None:
        """Note what became of the lines of a request; where some were rejected, halve to isolate them."""
        rejections = [] if refusal is None else self._divide(lines, refusal)
        # What was refused whole is not there; of a mixed request some may be, and refused when sent again.
        if rejections and len(rejections[0].lines) < len(lines):
            rejections = without_stored(rejections, self._server.client, self._target.bucket)
        rejected = {line.text for rejection in rejections for line in rejection.lines}
        if self._conflicts.is_watched or rejections:
            self._conflicts.accept(line.point for line in lines if line.point and line.text not in rejected)
        for rejection in rejections:
            self._refuse(rejection.lines, rejection.answer)

    def _divide(self, lines: list[Line], refusal: ApiException) -> list[Rejection]:
        if len(lines) == 1 or _dropped(refusal) == len(lines):
            return [Rejection(lines, refusal)]
        middle = len(lines) // 2
        rejections: list[Rejection] = []
        for half in (lines[:middle], lines[middle:]):
            answer = self._send(half)
            if answer is not None:
                rejections += self._divide(half, answer)
        return rejections

    def _delete(self, deletion: Deletion) -> None:
        """Delete a span; the server takes its stop with it."""
        tags = "".join(f' AND "{name}"="{_quoted(text)}"' for name, text in deletion.tags)
        predicate = f'_measurement="{deletion.measurement}"{tags}'
        first, last = _rfc3339(deletion.first_ns), _rfc3339(deletion.last_ns)
        refusal = self._server.delete(first, last, predicate)
        if refusal is not None:
            self._refuse([Line(deletion.record, f"deletion from {first} to {last}: {predicate}")], refusal)

    def _refuse(self, lines: list[Line], error: ApiException) -> None:
        self._conflicts.refuse(str(error.message or ""))
        reason = f"{error.status} {answer_text(error)}"
        self._store.rejected_lines.add(
            [RejectedLine(self._cursor, line.record, reason, line.text) for line in lines]
        )


def _dropped(error: ApiException) -> int | None:
    match = _DROPPED.search(str(error.message or ""))
    return int(match[1]) if match and error.status == 422 else None


def _rfc3339(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, SECOND_NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')

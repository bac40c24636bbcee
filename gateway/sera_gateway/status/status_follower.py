"""Write how things stand into InfluxDB, again and again: nodes that send nothing have no series otherwise."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

from sera_gateway.journal.journal import JournalReader
from sera_gateway.status.fleet_points import fleet_points
from sera_gateway.status.gateway_points import gateway_points
from sera_gateway.status.place_points import class_points, event_points, place_points
from sera_gateway.status.sharing_points import sharing_points
from sera_gateway.status.spread_points import spread_points
from sera_gateway.status.status_points import hour_s
from sera_store.database.cursors import LEDGER_CURSOR
from sera_store.database.rejected_lines import RejectedLine
from sera_store.fleet.node_facts import fleet_facts
from sera_store.outputs.influxdb_server import InfluxServer, answer_text, pack
from sera_store.outputs.line_protocol import Point, encode
from sera_vocabulary import status_series as s
from sera_vocabulary.durations import DAY_S, HOUR_S, SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from sera_store.fleet.node_facts import CertificateState
    from sera_store.outputs.influxdb_server import InfluxTarget
    from sera_store.outputs.line_protocol import PointKey
    from sera_store.store import Store

NAME: Final = "influxdb_status"
# Facts change by the contact of a node, of which none comes more often.
INTERVAL_S: Final = 300.0
_LINES_A_WRITE: Final = 5_000
# Points at times of their own: where one is no more, all of its series are written again.
_AT_THEIR_TIMES: Final = (s.SHARING, s.LORENZ, s.EVENTS)
# Longer than any alert waits for it to be well again [s].
_ZEROS_S: Final = 4 * DAY_S
# Further back than any board looks for what is wrong now [s].
_BOARDS_READ_S: Final = 4 * HOUR_S
_FIRST, _LAST = "1970-01-01T00:00:00Z", "2261-01-01T00:00:00Z"
_RELEASE_CURSOR: Final = "release "


class StatusFollower:
    """Writes what is expected, what is wrong and how far the gateway is, as it is at the moment of a step.

    Parameters
    ----------
    store
        What is looked at.
    journal, folder
        Folder of the journal's months, and the data folder, whose disk is looked at.
    target
        Server, organisation, bucket and token.
    certificates
        Returns by node what is known of its certificate, which the store does not know.
    clock
        Unix time [s].
    """

    def __init__(
        self,
        store: Store,
        journal: Path,
        folder: Path,
        target: InfluxTarget,
        *,
        certificates: Callable[[], Mapping[str, CertificateState]] = dict,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._journal = journal
        self._folder = folder
        self._certificates = certificates
        self._clock = clock
        self._server = InfluxServer(target, NAME)
        self._standing: dict[str, set[PointKey]] = {}
        self._nonzero_s: dict[PointKey, int] = {}
        self._wrong: set[PointKey] | None = None

    def step(self) -> int:
        """Write all points; return 0, since there is nothing to go on with at once.

        Raises
        ------
        FollowerPausedError
            The server refuses us altogether (401, 403, 404).
        FollowerAwayError
            The server is away or overloaded: the next step writes what is then.
        """
        position = max(
            [status.position + status.behind for status in self._store.followers.statuses()] or [0]
        )
        at_s = int(self._clock())
        points = self._worth_writing(self.points(at_s), at_s)
        problems = self._problems(points, at_s)
        points += problems
        for measurement in _AT_THEIR_TIMES:
            self._clear_where_less(measurement, points)
        lines = [encode(point) for point in points]
        for start in range(0, len(lines), _LINES_A_WRITE):
            self._write(lines[start : start + _LINES_A_WRITE])
        self._wrong = {point.key for point in problems if point.fields[s.SEVERITY]}
        self._store.cursors.move(NAME, position)
        return 0

    def points(self, at_s: int) -> list[Point]:
        """Return all points as things are at a time [s]."""
        store = self._store
        fleet = fleet_facts(store, at_s, self._certificates())
        release, since_s = self._release(at_s)
        with JournalReader(self._journal) as journal:
            last = journal.last_number()
        nodes = fleet_points(fleet, at_s)
        return [
            *nodes,
            *spread_points(nodes),
            *place_points(store.registry, fleet, at_s),
            *class_points(store.registry, at_s),
            *event_points(store.registry, release, since_s),
            *gateway_points(store, last, store.cursors.position(LEDGER_CURSOR), self._folder, at_s),
            *sharing_points(store.registry, store.results),
        ]

    def close(self) -> None:
        """Close the connections."""
        self._server.close()

    def _release(self, at_s: int) -> tuple[str, int]:
        """Return the version of Sera, and since when it runs here [s]."""
        try:
            release = version("sera-gardens")
        except PackageNotFoundError:
            release = "of a checkout"
        name = _RELEASE_CURSOR + release
        since_s = self._store.cursors.position(name)
        if not since_s:
            self._store.cursors.move(name, at_s)
        return release, since_s or at_s

    def _worth_writing(self, points: list[Point], at_s: int) -> list[Point]:
        """Leave out findings that are well and were so for days, and end those that are looked at no more.

        A year of zeros of all rules and nodes would be most of what InfluxDB holds. They are needed while an
        alert waits for it to be well for long enough, and after a start, when nobody knows what was before.
        A node that moved, or a probe that is gone, leaves a series of which the last point must be a 0.
        """
        findings = {point.key: point for point in points if point.key.measurement == s.FINDINGS}
        if not findings:
            return points
        time_ns = max(key.time_ns for key in findings)
        by_series = {key._replace(time_ns=0): point for key, point in findings.items()}
        for key, point in by_series.items():
            if point.fields[s.SEVERITY] or key not in self._nonzero_s:
                self._nonzero_s[key] = at_s
        self._nonzero_s = {
            key: last_s
            for key, last_s in self._nonzero_s.items()
            if key in by_series or at_s < last_s + _ZEROS_S
        }
        written = [
            by_series.get(key, Point(key, {s.SEVERITY: 0.0}))
            for key, last_s in self._nonzero_s.items()
            if at_s < last_s + _ZEROS_S
        ]
        rest = [point for point in points if point.key.measurement != s.FINDINGS]
        return rest + [Point(point.key._replace(time_ns=time_ns), point.fields) for point in written]

    def _problems(self, points: Sequence[Point], at_s: int) -> list[Point]:
        """Return what is not well, and with 0 what was not well when this wrote last.

        A board lists these alone: it would read a series for each rule and node otherwise. After a start
        nobody knows what was wrong before, so what boards still read is deleted; points follow at once.
        """
        time_ns = hour_s(at_s) * SECOND_NS
        wrong = {
            point.key._replace(measurement=s.PROBLEMS, time_ns=time_ns): point
            for point in points
            if point.key.measurement == s.FINDINGS and point.fields[s.SEVERITY]
        }
        if self._wrong is None:
            begin = datetime.fromtimestamp(at_s - _BOARDS_READ_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            self._server.delete(begin, _LAST, f'_measurement="{s.PROBLEMS}"')
        ended = {key._replace(time_ns=time_ns) for key in self._wrong or ()} - wrong.keys()
        return [
            *[Point(key, {s.SEVERITY: point.fields[s.SEVERITY]}) for key, point in wrong.items()],
            *[Point(key, {s.SEVERITY: 0.0}) for key in ended],
        ]

    def _clear_where_less(self, measurement: str, points: list[Point]) -> None:
        """Delete a series that holds what is no more, at the first step too; its points follow at once."""
        keys = {point.key for point in points if point.key.measurement == measurement}
        before = self._standing.get(measurement)
        if before is None or not before <= keys:
            self._server.delete(_FIRST, _LAST, f'_measurement="{measurement}"')
        self._standing[measurement] = keys

    def _write(self, lines: list[str]) -> None:
        refusal = self._server.write(pack("\n".join(lines)))
        if refusal is not None:
            reason = f"{refusal.status} {answer_text(refusal)}"
            self._store.rejected_lines.add([RejectedLine(NAME, 0, reason, lines[0])])

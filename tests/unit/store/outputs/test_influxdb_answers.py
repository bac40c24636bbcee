"""What the follower does with each answer a server may give, on a stand-in that answers as it is told."""

from __future__ import annotations

import gzip
import json
import re
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from real_parts import at_work, free_port, wait_until
from sera_store.database.follower_status import FollowerState
from sera_store.errors import FollowerAwayError, FollowerPausedError
from sera_store.outputs import influxdb
from sera_store.outputs.influxdb import InfluxFollower, InfluxTarget
from sera_store.outputs.line_protocol import encode, points
from store_parts import AIR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sera_store.records.records import Record
    from sera_store.store import Store

    Append = Callable[..., list[int]]

TOKEN = "a-secret-token"


class StandIn(ThreadingHTTPServer):
    """Takes requests, keeps their bodies, and answers as `answer` says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: Callable[[str, str], tuple[int, str]] = lambda _path, _body: (204, "")
        self.bodies: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self.plain = 0
        self.hangs = threading.Event()
        self.hangs.set()
        self.cuts_after: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: StandIn
    protocol_version: ClassVar[str] = "HTTP/1.1"

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        packed = self.headers.get("Content-Encoding") == "gzip"
        self.server.plain += not packed
        body = (gzip.decompress(sent) if packed else sent).decode()
        path = self.path.partition("?")[0]
        status, message = self.server.answer(path, body)
        self.server.requests.append((path, body))
        if status == 204:
            self.server.bodies.append(body)
        self.server.hangs.wait(120)
        if self.server.cuts_after is not None:
            self.wfile.write(
                b"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n"[: self.server.cuts_after]
            )
            self.close_connection = True
            return
        answer = json.dumps({"code": "x", "message": message}).encode() if message else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[StandIn]:
    """A stand-in on a port of its own."""
    running = StandIn()
    with at_work(running):
        yield running


@pytest.fixture
def follower(store: Store, server: StandIn) -> Iterator[InfluxFollower]:
    """A follower of the store into the stand-in."""
    following = InfluxFollower(store, InfluxTarget(server.url, "sera", "garden", TOKEN))
    yield following
    following.close()


def many(count: int) -> list[Record]:
    return [replace(AIR, seq=seq) for seq in range(1, count + 1)]


def test_lines_go_packed_and_only_so_many_at_once(
    store: Store,
    append: Append,
    server: StandIn,
    follower: InfluxFollower,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(influxdb, "LINES_A_WRITE", 5_000)
    groups = tuple(f"air_temperature@{position}" for position in range(1, 9))
    append(*[replace(record, columns=groups, values=(1.0,) * 8, quality=(1,) * 8) for record in many(1500)])

    assert follower.step() == 1500

    assert server.plain == 0
    assert sorted(body.count("\n") + 1 for body in server.bodies) == [2_000, 5_000, 5_000]


def test_no_write_is_under_way_any_more_when_another_has_failed(
    store: Store,
    append: Append,
    server: StandIn,
    follower: InfluxFollower,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(influxdb, "LINES_A_WRITE", 500)
    append(*many(1_000))
    failed, late = threading.Event(), threading.Event()

    def answer(_path: str, body: str) -> tuple[int, str]:
        if body.endswith(f"{500:09}"):
            failed.set()
            return 503, "too busy"
        assert failed.wait(120)
        assert not late.wait(0.3)
        late.set()
        return 204, ""

    server.answer = answer
    with pytest.raises(FollowerAwayError):
        follower.step()
    assert late.is_set()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_overloaded_server_is_tried_again_from_the_same_row(
    store: Store, append: Append, server: StandIn, follower: InfluxFollower, status: int
) -> None:
    append(*many(3))
    server.answer = lambda _path, _body: (status, "too busy")
    for _ in range(2):
        with pytest.raises(FollowerAwayError, match=f"{status}.*too busy"):
            follower.step()
    assert store.cursors.position("influxdb") == 0

    server.answer = lambda _path, _body: (204, "")

    assert follower.step() == 3
    assert store.cursors.position("influxdb") == 3


def test_a_server_that_does_not_answer_is_named_without_the_token(store: Store, append: Append) -> None:
    append(*many(1))
    url = f"http://127.0.0.1:{free_port()}"
    following = InfluxFollower(store, InfluxTarget(url, "sera", "garden", TOKEN))

    with pytest.raises(FollowerAwayError, match=f"{re.escape(url)} does not answer") as away:
        following.step()
    following.close()

    assert TOKEN not in str(away.value)
    assert TOKEN not in repr(away.value.__cause__)
    assert store.cursors.position("influxdb") == 0


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_server_that_refuses_us_pauses_the_follower_until_it_takes_us(
    store: Store, append: Append, server: StandIn, follower: InfluxFollower, status: int
) -> None:
    append(*many(2))
    server.answer = lambda _path, _body: (status, "no")
    with pytest.raises(FollowerPausedError, match=f"{status}.*garden") as paused:
        follower.step()
    assert TOKEN not in str(paused.value)

    server.answer = lambda _path, _body: (204, "")

    assert follower.step() == 2


def test_a_bad_line_is_found_by_halving_and_all_others_arrive(
    store: Store, append: Append, server: StandIn, follower: InfluxFollower
) -> None:
    append(*many(100))
    server.answer = lambda _path, body: (400, "unable to parse") if "0000000037" in body else (204, "")

    assert follower.step() == 100

    [refused] = store.rejected_lines.list("influxdb")
    assert (refused.record, refused.reason) == (37, "400 unable to parse")
    assert refused.line.startswith("air,")
    assert sum(body.count("\n") + 1 for body in server.bodies) == 99
    assert len(server.requests) <= 2 * 7 + 1


def test_a_body_that_is_too_large_goes_in_halves(
    store: Store, append: Append, server: StandIn, follower: InfluxFollower
) -> None:
    append(*many(100))
    server.answer = lambda _path, body: (413, "too large") if body.count("\n") >= 30 else (204, "")

    follower.step()

    assert store.rejected_lines.list() == []
    assert sum(body.count("\n") + 1 for body in server.bodies) == 100


def test_a_batch_of_which_all_was_dropped_is_refused_in_one_request(
    store: Store, append: Append, server: StandIn, follower: InfluxFollower
) -> None:
    append(*many(64))

    def beyond_retention(_path: str, body: str) -> tuple[int, str]:
        return 422, f"partial write: beyond retention policy dropped={body.count('air,')}"

    server.answer = beyond_retention

    assert follower.step() == 64
    assert len(server.requests) == 1
    assert len(store.rejected_lines.list()) == 64


def test_a_crash_between_writing_and_the_cursor_repeats_the_batch(
    store: Store, append: Append, server: StandIn, follower: InfluxFollower
) -> None:
    [old] = append(AIR)
    with store.ledger() as writes:
        writes.records.supersede(old, replace(AIR, garden="rose-court"))
    server.answer = lambda path, _body: (503, "gone") if path.endswith("delete") else (204, "")
    with pytest.raises(FollowerAwayError):
        follower.step()
    assert [path for path, _ in server.requests] == ["/api/v2/write", "/api/v2/delete"]
    assert store.cursors.position("influxdb") == 0

    server.answer = lambda _path, _body: (204, "")
    follower.step()

    assert [path for path, _ in server.requests[2:]] == ["/api/v2/write", "/api/v2/delete"]
    assert store.cursors.position("influxdb") == 2


def test_a_deletion_the_server_cannot_read_is_kept_and_holds_nothing_up(
    store: Store, append: Append, server: StandIn, follower: InfluxFollower
) -> None:
    [old] = append(AIR)
    with store.ledger() as writes:
        writes.records.supersede(old, replace(AIR, time_s=1_780_000_900))
    server.answer = lambda path, _body: (400, "bad predicate") if path.endswith("delete") else (204, "")

    assert follower.step() == 2

    [refused] = store.rejected_lines.list()
    assert refused.line.startswith("deletion from 2026-05-28T20:26:40.000000001Z")
    assert store.cursors.position("influxdb") == 2


def test_a_server_that_hangs_is_left_after_the_timeout_and_tried_again(
    store: Store, append: Append, server: StandIn
) -> None:
    append(*many(3))
    server.hangs.clear()
    following = InfluxFollower(store, InfluxTarget(server.url, "sera", "garden", TOKEN), timeout_s=0.2)
    with pytest.raises(FollowerAwayError, match="does not answer"):
        following.step()
    server.hangs.set()

    wait_until(lambda: following_takes(following) == 3, label="the server")
    following.close()
    assert store.cursors.position("influxdb") == 3


def following_takes(following: InfluxFollower) -> int:
    try:
        return following.step()
    except FollowerAwayError:
        return 0


@pytest.mark.parametrize("after", [0, 4, 12, 27])
def test_half_an_answer_is_none(
    store: Store, append: Append, server: StandIn, follower: InfluxFollower, after: int
) -> None:
    append(*many(3))
    server.cuts_after = after
    with pytest.raises(FollowerAwayError, match="does not answer"):
        follower.step()
    assert store.cursors.position("influxdb") == 0

    server.cuts_after = None
    assert follower.step() == 3
    assert sum(body.count("\n") + 1 for body in server.bodies) == 6


@pytest.mark.parametrize("status", [302, 408, 418, 507])
def test_an_answer_that_nobody_foresaw_loses_nothing(
    store: Store, append: Append, server: StandIn, follower: InfluxFollower, status: int
) -> None:
    append(*many(2))
    server.answer = lambda _path, _body: (status, "what")
    with pytest.raises(FollowerAwayError, match=str(status)):
        follower.step()
    server.answer = lambda _path, _body: (204, "")

    assert follower.step() == 2
    assert store.rejected_lines.list() == []


def test_lines_refused_out_of_a_batch_of_templates_are_found_and_kept(
    store: Store, append: Append, server: StandIn, follower: InfluxFollower
) -> None:
    append(*many(300))
    server.answer = lambda _path, body: (
        (422, "partial write: field type conflict dropped=1") if "0000000111" in body else (204, "")
    )

    assert follower.step() == 300

    [refused] = store.rejected_lines.list()
    assert (refused.record, refused.reason[:3]) == (111, "422")
    assert {line for body in server.bodies for line in body.split("\n")} >= {
        encode(point) for row in store.records.changes(0, 300) if row.id != 111 for point in points(row)
    }


CONFLICT = (
    'partial write: field type conflict: input field "air_temperature" on measurement "air" is type float, '
    "already exists as type integer dropped=1"
)


def test_a_field_of_which_every_new_point_is_refused_is_a_problem_until_one_is_taken(
    store: Store, append: Append, server: StandIn, follower: InfluxFollower
) -> None:
    soil = replace(AIR, series="soil", columns=("soil_temperature@1",), values=(9.5,), quality=(1,))
    append(AIR)
    server.answer = lambda _path, body: (422, CONFLICT) if body.startswith("air,") else (204, "")
    follower.step()
    assert "field air_temperature of air is integer in the bucket and float here" in follower.problem()
    append(replace(soil, seq=2))
    follower.step()
    follower.step()
    assert "air_temperature" in follower.problem()
    server.answer = lambda _path, _body: (204, "")
    append(replace(AIR, seq=3))
    follower.step()
    assert follower.problem() == ""
    assert [line.record for line in store.rejected_lines.list()] == [1]


def test_a_field_of_which_some_points_are_taken_is_no_problem(
    store: Store, append: Append, server: StandIn, follower: InfluxFollower
) -> None:
    append(*many(100))
    server.answer = lambda _path, body: (422, CONFLICT) if "0000000037" in body else (204, "")
    follower.step()
    assert [line.record for line in store.rejected_lines.list()] == [37]
    assert follower.problem() == ""


@pytest.mark.slow
def test_a_batch_made_ahead_is_not_used_after_a_replay_was_asked_for(
    store: Store,
    append: Append,
    server: StandIn,
    follower: InfluxFollower,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(influxdb, "_ROWS_A_STEP", 20_000)
    append(*many(25_000))
    store.followers.note("influxdb", FollowerState.FOLLOWING, "", 0)
    assert follower.step() == 20_000
    store.followers.rewind("influxdb", 0)
    while follower.step():
        pass

    lines = [line for body in server.bodies for line in body.split("\n")]
    assert len(lines) == 45_000
    assert len(set(lines)) == 25_000


def test_rows_that_revise_are_met_in_order_among_rows_that_only_add(
    store: Store, append: Append, server: StandIn, follower: InfluxFollower
) -> None:
    numbers = append(*many(4_000))
    with store.ledger() as writes:
        for number in numbers[:3]:
            writes.records.supersede(number, replace(AIR, seq=number, values=(99.0, 1.0)))
    append(replace(AIR, seq=5_000))

    assert [follower.step(), follower.step(), follower.step()] == [4_000, 4, 0]
    assert server.bodies[-1].count("=99.0") == 3

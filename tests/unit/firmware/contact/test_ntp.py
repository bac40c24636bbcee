"""Time from stand-in servers on loopback: right, lying, silent and rubbish ones."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from brokers.time_server import EPOCH_1900_S, UTC_S, TimeServer, answer
from sera_firmware import BUILT_S, ntp
from sera_firmware.errors import TimeServersDifferError

if TYPE_CHECKING:
    from collections.abc import Callable

YEAR_S = 365 * 86400


def test_the_time_of_a_good_server_is_taken_with_its_uncertainty() -> None:
    with TimeServer(answer) as server:
        utc_ms, uncertainty_ms, _ = ntp.utc([server.address], timeout_ms=5000)
        assert server.queries == 4
    assert abs(utc_ms - (UTC_S * 1000 + 500)) < 200
    assert 1 <= uncertainty_ms < 200


def test_the_quickest_of_four_answers_is_believed() -> None:
    seconds = iter((1, 0, 2, 3))

    def uneven(request: bytes) -> bytes:
        late = next(seconds)
        time.sleep(0.08 if late else 0)
        return answer(request, UTC_S + 1000 * late)

    with TimeServer(uneven) as server:
        utc_ms, _, _ = ntp.utc([server.address], timeout_ms=1000)
    assert abs(utc_ms // 1000 - UTC_S) <= 1


def test_the_second_server_is_asked_when_the_first_is_silent() -> None:
    with TimeServer(lambda request: None) as silent, TimeServer(answer) as good:
        utc_ms, _, is_certain = ntp.utc([silent.address, good.address], timeout_ms=400)
    assert abs(utc_ms // 1000 - UTC_S) <= 1
    assert not is_certain


def test_the_time_is_certain_once_two_servers_or_one_and_a_certain_clock_agree() -> None:
    with TimeServer(answer) as server, TimeServer(answer) as other:
        assert ntp.utc([server.address, other.address], timeout_ms=5000)[2]
        assert other.queries == 4
        assert ntp.utc([server.address, other.address], UTC_S - 4000, timeout_ms=5000)[2]
        assert other.queries == 4
        assert not ntp.utc([server.address], timeout_ms=5000)[2]


def no_time(request: bytes) -> bytes:
    """An answer that is right but for an empty transmit time."""
    return answer(request)[:40] + bytes(8)


def test_a_server_that_sends_no_time_leaves_the_field_to_the_other() -> None:
    with TimeServer(no_time) as empty, TimeServer(answer) as good:
        utc_ms, _, is_certain = ntp.utc([empty.address, good.address], timeout_ms=1000)
    assert abs(utc_ms // 1000 - UTC_S) <= 1
    assert not is_certain


def test_no_time_after_the_end_of_the_own_certificate_is_believed() -> None:
    with TimeServer(answer) as server:
        assert ntp.utc([server.address], None, 20000, UTC_S + 5, 5000)
        with pytest.raises(OSError, match="no time from"):
            ntp.utc([server.address], None, 20000, UTC_S - 5, 5000)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda request: None,
        lambda request: b"rubbish",
        lambda request: answer(request)[:40],
        lambda request: answer(request, stratum=0),
        lambda request: answer(request, stratum=16),
        lambda request: answer(request, leap=3),
        lambda request: answer(request, mode=3),
        lambda request: answer(bytes(48)),
        lambda request: answer(request, utc_s=0),
        lambda request: answer(request, utc_s=1500000000),
        no_time,
        lambda request: answer(request, utc_s=BUILT_S + 10 * YEAR_S + 5 * 86400),
        lambda request: answer(request, utc_s=2840140800),
    ],
    ids=[
        "silent",
        "rubbish",
        "short",
        "kiss",
        "unsynchronised",
        "alarm",
        "client",
        "replay",
        "1970",
        "2017",
        "no time",
        "ten years after the build",
        "2060",
    ],
)
def test_a_wrong_server_is_not_believed(wrong: Callable[[bytes], bytes | None]) -> None:
    with TimeServer(wrong) as server, pytest.raises(OSError, match="no time from"):
        ntp.utc([server.address], timeout_ms=100)


def test_the_last_of_ten_years_is_believed() -> None:
    last_s = BUILT_S + 10 * YEAR_S
    with TimeServer(lambda request: answer(request, utc_s=last_s)) as server:
        assert ntp.utc([server.address], timeout_ms=5000)[0] // 1000 - last_s <= 1


def test_the_era_after_february_2036_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ntp, "BUILT_S", BUILT_S + 5 * YEAR_S)
    after = 2**32 - EPOCH_1900_S + 86400
    with TimeServer(lambda request: answer(request, utc_s=after)) as server:
        utc_ms, _, _ = ntp.utc([server.address], timeout_ms=5000)
    assert abs(utc_ms // 1000 - after) <= 1


def test_a_jump_over_a_day_is_believed_only_if_both_servers_tell_of_it() -> None:
    known_s = UTC_S - 3 * 86400
    with TimeServer(answer) as server, TimeServer(answer) as other:
        utc_ms, _, _ = ntp.utc([server.address, other.address], known_s, timeout_ms=5000)
        assert abs(utc_ms // 1000 - UTC_S) <= 1
        assert (server.queries, other.queries) == (4, 4)
        with pytest.raises(OSError, match="alone tells of a jump"):
            ntp.utc([server.address], known_s, timeout_ms=5000)


def test_a_lying_first_server_is_outvoted_by_the_second_and_the_own_clock() -> None:
    def later(request: bytes) -> bytes:
        return answer(request, UTC_S + 30 * 86400)

    with TimeServer(later) as liar, TimeServer(answer) as honest:
        utc_ms, _, _ = ntp.utc([liar.address, honest.address], UTC_S - 60, timeout_ms=5000)
    assert abs(utc_ms // 1000 - UTC_S) <= 1


def test_servers_that_differ_set_no_new_clock() -> None:
    def later(request: bytes) -> bytes:
        return answer(request, UTC_S + 3600)

    with (
        TimeServer(later) as liar,
        TimeServer(answer) as honest,
        pytest.raises(TimeServersDifferError, match="differ"),
    ):
        ntp.utc([liar.address, honest.address], timeout_ms=5000)


def test_a_small_step_is_believed_of_one_server() -> None:
    with TimeServer(answer) as server:
        utc_ms, _, _ = ntp.utc([server.address], UTC_S - 4000, timeout_ms=5000)
    assert abs(utc_ms // 1000 - UTC_S) <= 1


def test_asking_ends_in_its_budget_although_servers_are_silent() -> None:
    began = time.monotonic()
    with TimeServer(lambda request: None) as server, TimeServer(lambda request: None) as other:
        with pytest.raises(OSError, match="no time from"):
            ntp.utc([server.address, other.address], budget_ms=200, timeout_ms=120_000)
    assert time.monotonic() - began < 120

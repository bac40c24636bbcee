"""Uptime never jumps and UTC may be unknown; runs on CPython and on MicroPython."""

from firmware.stand_ins import Ticks
from sera_firmware.clock import Clock, datetime_of

_UTC_MS = 1780000000123


def test_a_new_clock_knows_uptime_but_no_utc() -> None:
    board = Ticks(5000)
    clock = Clock(board, 50)
    board.now_ms += 12345
    assert (clock.uptime_s(), clock.utc_s(), clock.uncertainty_s(), clock.is_set) == (12, None, 0, False)


def test_uptime_goes_on_over_the_wrap_of_the_counter() -> None:
    board = Ticks((1 << 30) - 1000)
    clock = Clock(board, 50)
    for _ in range(5):
        board.now_ms += 900_000_000
        clock.uptime_ms()
    assert clock.uptime_ms() == 4_500_000_000


def test_utc_follows_the_sync() -> None:
    board = Ticks()
    clock = Clock(board, 50)
    assert clock.set(_UTC_MS, 40) is None
    board.now_ms += 60_000
    assert clock.utc_s() == 1780000060


def test_uncertainty_grows_with_drift_and_shrinks_with_a_sync() -> None:
    board = Ticks()
    clock = Clock(board, 50)
    clock.set(_UTC_MS, 40)
    assert clock.uncertainty_s() == 1
    board.now_ms += 86_400_000
    assert clock.uncertainty_s() == 5
    clock.set(_UTC_MS + 86_400_000, 40)
    assert clock.uncertainty_s() == 1


def test_a_sync_says_by_how_much_the_clock_moved() -> None:
    board = Ticks()
    clock = Clock(board, 50)
    clock.set(_UTC_MS, 40)
    board.now_ms += 1000
    assert clock.set(_UTC_MS + 1000 - 2500, 40) == -2500


def test_a_lost_clock_keeps_its_uptime_and_tells_no_utc() -> None:
    board = Ticks()
    clock = Clock(board, 50)
    clock.set(_UTC_MS, 40)
    board.now_ms += 7000
    clock.forget()
    assert (clock.uptime_s(), clock.utc_s(), clock.since_sync_s()) == (7, None, None)


def test_a_sleep_in_which_the_counter_stood_still_is_added() -> None:
    board = Ticks()
    clock = Clock(board, 50)
    clock.set(_UTC_MS, 40)
    clock.add_sleep(900_000)
    assert (clock.uptime_s(), clock.utc_s()) == (900, 1780000900)


def test_deep_sleep_continues_uptime_and_utc() -> None:
    before = Clock(Ticks(77), 50)
    before.set(_UTC_MS, 40)
    after = Clock(Ticks(3), 50)
    after.resume(before.state())
    after.add_sleep(60_000)
    assert (after.uptime_s(), after.utc_s()) == (60, 1780000060)


def test_a_sleep_by_a_poor_oscillator_makes_the_time_less_certain() -> None:
    clock = Clock(Ticks(), 50, 50000)
    clock.set(_UTC_MS, 40)
    clock.add_sleep(900_000)
    assert 45 <= clock.uncertainty_s() <= 46


def test_a_time_is_written_as_a_clock_chip_takes_it() -> None:
    for utc_s, expected in (
        (0, (1970, 1, 1, 3, 0, 0, 0, 0)),
        (951782400, (2000, 2, 29, 1, 0, 0, 0, 0)),
        (1780000000, (2026, 5, 28, 3, 20, 26, 40, 0)),
        ((1 << 31) - 1, (2038, 1, 19, 1, 3, 14, 7, 0)),
        (1 << 31, (2038, 1, 19, 1, 3, 14, 8, 0)),
        (4102444799, (2099, 12, 31, 3, 23, 59, 59, 0)),
        (4107542400, (2100, 3, 1, 0, 0, 0, 0, 0)),
    ):
        assert datetime_of(utc_s) == expected

"""Watchdog, clock and sleep on stand-ins of the three boards; runs on CPython and on MicroPython."""

from firmware.board_modules import ESP32, PICO_2_W, PICO_W, Machine
from firmware.board_parts import KINDS, ResetError, World, started_on
from firmware.powered import SENSORS, Powered, files, live_until, on
from firmware.stand_ins import Scratch, rows
from sera_firmware import atomic_file, time_setting

# The watchdog.


def test_a_picos_watchdog_is_armed_with_what_it_takes_and_outlives_a_day_of_waiting() -> None:
    for kind in (PICO_W, PICO_2_W):
        with Scratch() as folder:
            powered = on(kind, folder)
            assert powered.world.dog.timeout_ms <= 8388
            powered.board.sleep_ms(3_600_000)
            assert powered.world.resets == []


def test_looking_up_a_name_may_block_for_longer_than_the_watchdog_waits() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = on(kind, folder)
            powered.board.note_step(4)
            powered.world.wait_us(40_000_000)
            assert powered.world.resets == []


def hang(powered: Powered) -> None:
    """Let a driver never return."""
    powered.node.sensors[2].read = lambda: powered.world.wait_us(10**12)


def test_a_driver_that_never_returns_is_ended_by_the_watchdog_after_the_budget() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = on(kind, folder, budget_s=60)
            hang(powered)
            began = powered.world.now_us
            try:
                powered.wake()
            except ResetError:
                pass
            assert powered.world.resets == ["watchdog"]
            assert powered.world.now_us - began <= 90_000_000


def test_the_step_and_the_count_outlive_the_watchdog_and_flag_the_first_records() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = on(kind, folder)
            hang(powered)
            try:
                powered.wake()
            except ResetError:
                pass
            powered.start = started_on(powered.world)
            powered.boot()
            powered.wake()
            powered.wake()
            assert powered.node.start_cause == (3, 1), kind
            assert powered.node.persistent.watchdog_resets == 1
            flags = {}
            for stream, row in rows(powered.node.store).values():
                flags.setdefault(stream, []).append(row[3] & 4)
            assert flags["soil"] == [4, 0], kind


def test_a_restart_on_purpose_is_not_taken_for_the_watchdog() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = on(kind, folder)
            try:
                powered.board.restart()
            except ResetError:
                pass
            powered.start = started_on(powered.world)
            powered.boot()
            assert powered.board.start_cause() == ((5, None), False), kind


def test_contacts_that_have_no_memory_any_more_end_in_a_restart_and_an_outage_between_them_mends_none() -> (
    None
):
    def fails_with(error: Exception) -> object:
        def network_up(*_: object) -> None:
            raise error

        return network_up

    short, away = MemoryError("memory allocation failed, allocating 1868 bytes"), OSError(118)
    for kind in KINDS:
        with Scratch() as folder:
            powered = on(kind, folder)
            for error in (short, away, short, away):
                powered.node.contact_in_s = 0
                powered.board.network_up = fails_with(error)
                powered.wake()
            assert powered.world.resets == [], kind
            powered.node.contact_in_s = 0
            powered.board.network_up = fails_with(short)
            try:
                powered.wake()
            except ResetError:
                pass
            assert powered.world.resets == ["reset"], kind


def test_power_on_tells_no_step() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = on(kind, folder)
            powered.board.note_step(6)
            powered.world.power_off()
            powered.start = started_on(powered.world)
            powered.boot()
            assert powered.board.start_cause() == ((1, None), False), kind


# The clock.


def test_the_clock_for_tls_is_never_one_of_a_reset() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = on(kind, folder)
            powered.wake()
            assert powered.world.joins == 1
            assert powered.world.rtc_us() // 1000000 >= 1780000000, kind
            assert powered.world.set_to[0][:3] == (2026, 5, 28)


def test_a_certain_time_outlives_the_reset_that_sets_the_clock_back() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = on(kind, folder)
            time_setting.take(powered.node, (1790000000_000, 40, True))
            try:
                powered.board.restart()
            except ResetError:
                pass
            powered.start = started_on(powered.world)
            powered.boot()
            assert powered.node.clock.utc_s() is None
            powered.wake()
            assert powered.world.rtc_us() // 1000000 >= 1790000000, kind


def test_a_year_after_2038_is_set_right() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = on(kind, folder)
            powered.board.set_rtc((1 << 31) + 5)
            assert powered.world.rtc_us() // 1000000 == (1 << 31) + 5


def test_uptime_goes_on_over_the_wrap_of_the_counter() -> None:
    with Scratch() as folder:
        powered = on(PICO_W, folder)
        powered.world.ticks_from_us -= ((1 << 30) - 60_000) * 1000
        powered.node.clock.add_sleep(0)
        for _ in range(3):
            powered.board.sleep_ms(powered.wake())
        assert abs(powered.node.clock.uptime_s() - 2700) <= 1


# Sleep.


def test_a_sleeping_esp32_continues_its_boot_and_its_uptime() -> None:
    with Scratch() as folder:
        files(folder)
        powered = Powered(World(ESP32), folder)
        assert live_until(powered, lambda: len(powered.world.slept_ms) >= 20) == "deepsleep"
        node = powered.boot()
        assert node.store.boot == 1
        assert node.wakes == 20
        # Uptime counts from when the first clock was made; starting up is part of every later pause.
        assert abs(node.clock.uptime_ms() - (powered.world.now_us - 2_300_000) // 1000) <= 20
        uptimes = [row[0] for stream, row in rows(node.store).values() if stream == "soil"]
        assert all(abs(uptime - 900 * number) <= 1 for number, uptime in enumerate(sorted(uptimes)))


def test_a_power_cut_in_deep_sleep_is_a_new_boot() -> None:
    with Scratch() as folder:
        files(folder)
        powered = Powered(World(ESP32), folder)
        live_until(powered, lambda: len(powered.world.slept_ms) >= 2)
        powered.world.power_off()
        powered.start = started_on(powered.world)
        assert powered.boot().store.boot == 2


def test_a_pico_and_a_mains_node_and_a_counting_one_never_sleep_deeply() -> None:
    beam = SENSORS + [{"model": "break-beam", "pin": 15}]
    for kind, changes, expected in (
        (ESP32, {}, True),
        (ESP32, {"power": "mains"}, False),
        (ESP32, {"power": "solar"}, False),
        (ESP32, {"sensors": beam}, False),
        (PICO_W, {}, False),
        (PICO_2_W, {"power": "battery"}, False),
    ):
        with Scratch() as folder:
            powered = on(kind, folder, **changes)
            assert powered.start.sleeps_deeply(powered.board._settings) is expected, (kind, changes)


def test_light_sleep_would_stop_a_picos_clock_and_end_in_the_watchdog() -> None:
    for kind in (PICO_W, PICO_2_W):
        with Scratch() as folder:
            powered = on(kind, folder)
            machine = Machine(powered.world)
            before_us = powered.world.rtc_us()
            machine.lightsleep(1000)
            assert powered.world.rtc_us() == before_us
            try:
                machine.lightsleep(10_000)
            except ResetError:
                pass
            assert powered.world.resets == ["watchdog"]


def test_a_pico_lives_on_from_wake_to_wake() -> None:
    with Scratch() as folder:
        files(folder)
        powered = Powered(World(PICO_W), folder)
        observed = []

        def counted(*arguments: object) -> int:
            observed.append(powered.world.now_us // 1_000_000)
            if len(observed) > 5:
                powered.world.reset(5, "enough")
            return one_wake(*arguments)

        one_wake, powered.start.run_wake = powered.start.run_wake, counted
        try:
            assert live_until(powered, lambda: True) == "enough"
        finally:
            powered.start.run_wake = one_wake
        assert [round((observed[index + 1] - observed[index]) / 10) for index in range(4)] == [90] * 4


def test_an_error_nobody_expected_costs_a_wake_and_the_third_in_a_row_a_restart() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = on(kind, folder)

            def fail() -> int:
                raise ZeroDivisionError("password sesame")

            good, powered.node.wake = powered.node.wake, fail
            assert powered.wake() > 800_000
            powered.wake()
            assert atomic_file.read(folder + "/last_error") == b"ZeroDivisionError"
            powered.node.wake = good
            powered.wake()
            powered.node.wake = fail
            try:
                for _ in range(3):
                    powered.wake()
            except ResetError:
                pass
            assert powered.world.resets == ["reset"]


def test_a_hold_file_keeps_the_node_from_starting() -> None:
    with Scratch() as folder:
        powered = on(PICO_W, folder)
        assert not powered.start.is_held(folder)
        with open(folder + "/hold", "w"):
            pass
        assert powered.start.is_held(folder)

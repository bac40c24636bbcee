"""What a wake holds to: budget, battery, probes, starts, time; runs on CPython and on MicroPython."""

from firmware.stand_ins import Scratch, batches, raises
from firmware.wake_board import SENSORS, Board, new_node, soil, wakes
from sera_firmware import rtc_memory, time_setting
from sera_firmware.errors import ConfigError, TimeServersDifferError
from sera_firmware.sensors.soil import crc8_reflected
from sera_firmware.transport import Transport

# 2026-01-01, before which no clock is believed.
BUILT_S = 1767225600

# The budget.


class SlowBoard(Board):
    """A board whose converter takes ten seconds for a sample, and whose network never answers."""

    def read_u16(self) -> int:
        self.now_ms += 10_000
        return 1800

    def network_up(self, budget_ms: int) -> None:
        self.now_ms += budget_ms
        raise OSError(110)


def test_a_wake_ends_in_its_budget_whatever_sensors_and_network_do() -> None:
    slow = [{"model": "capacitive", "position": number, "pin": number} for number in range(1, 9)]
    with Scratch() as folder:
        board = SlowBoard()
        node = new_node(folder, board, slow)
        for _ in range(3):
            began = board.now_ms
            node.wake()
            # The last sensor that was begun is let finish: one median of 15 samples.
            assert board.now_ms - began <= 120_000 + 150_000
            board.now_ms = began + 900_000
        assert [row[4:] for row in soil(node)] == [[1800] + [None] * 7] * 3


def test_no_contact_is_begun_with_too_little_of_the_budget() -> None:
    with Scratch() as folder:
        board = SlowBoard()
        node = new_node(folder, board, SENSORS[:1])
        node.wake()
        assert board.joined == 0
        assert node.failures == 0


def test_a_wake_is_never_longer_than_the_pause_between_wakes() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board)
        node.settings.values["interval_s"] = 60
        calls = []
        board.network_up = calls.append
        node.wake()
        assert 0 < calls[0] <= 60_000


def test_the_steps_of_a_wake_are_marked_in_order() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board)
        wakes(node, board, 1)
        assert board.steps == [1, 2, 3, 0]
        board.time = (1780000000_000, 40, True)
        node.reach_out()
        assert board.steps[4:] == [3, 4, 5]


# Memory.


def test_three_contacts_without_memory_ask_for_a_restart_and_one_that_works_ends_the_count() -> None:
    def speak(*_: object) -> None:
        if causes.pop():
            raise MemoryError

    with Scratch() as folder:
        board = Board()
        board.time = (1780000000_000, 40, True)
        node = new_node(folder, board, SENSORS[:1])
        node._speak = speak
        causes = [True, True, True, False, True, True]
        asked = []
        while causes:
            node.reach_out()
            asked.append(node.needs_restart)
        assert asked == [False] * 5 + [True]


def test_memory_for_tls_that_was_had_in_part_is_taken_whole_the_next_time() -> None:
    transport = Transport()
    transport.reserve()
    sizes = [len(room) for room in transport._rooms]
    transport._rooms.pop()
    transport.reserve()
    transport.reserve()
    assert [len(room) for room in transport._rooms] == sizes
    assert len(sizes) == 2


# The battery.


def powered(board: Board, volts: float) -> None:
    """Let the converter show a battery's voltage over its divider."""
    board.samples = int(volts * 65535 / 9.9)


BATTERY = SENSORS + [{"model": "battery", "pin": 29, "low_v": 3.5, "empty_v": 3.3}]


def test_an_empty_battery_allows_no_contact_until_it_is_back() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board, BATTERY)
        powered(board, 3.2)
        wakes(node, board, 40)
        assert board.joined == 0
        assert len(soil(node)) == 40
        powered(board, 3.9)
        wakes(node, board, 1)
        assert board.joined == 1


def test_a_low_battery_makes_contacts_rare() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board, BATTERY)
        powered(board, 3.4)
        node.reach_out = lambda budget_ms: True
        attempts = []
        for number in range(60):
            due = node.contact_in_s <= 900
            wakes(node, board, 1)
            if due:
                attempts.append(number)
        assert [attempts[index + 1] - attempts[index] for index in range(len(attempts) - 1)] == [24] * (
            len(attempts) - 1
        )


def test_a_battery_that_cannot_be_read_stops_no_contact() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board, BATTERY)
        board.samples = None
        wakes(node, board, 1)
        assert board.joined == 1


# Probes.


class Swapping(Board):
    """A board with a DS18B20 whose ROM code the test chooses; it converts nothing."""

    rom = b"\x28\x64\x1d\x8f\xdf\x18\xc1"

    def reset(self, required: bool = False) -> None:
        self.command = b""

    def write(self, data: bytes) -> None:
        self.command = data

    def readinto(self, buffer: bytearray) -> None:
        if self.command == b"\x33":
            buffer[:] = self.rom + bytes([crc8_reflected(self.rom)])
        else:
            raise OSError(5)


def test_a_swapped_probe_is_flagged_once_and_named_by_the_next_batch() -> None:
    with Scratch() as folder:
        board = Swapping()
        node = new_node(folder, board)
        wakes(node, board, 2)
        board.rom = b"\x28\x65\x1d\x8f\xdf\x18\xc1"
        wakes(node, board, 2)
        assert [row[3] & 16 for row in soil(node)] == [0, 0, 16, 0]
        tables = {}
        for message in batches(node.store):
            for row in message["r"]:
                tables[row[0]] = message["p"]
        assert len(set(tables.values())) == 2
        assert node.probes.id == tables[max(tables)]
        assert len(node.probes.unsent()) == 2


def test_every_batch_names_the_table_in_force() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board)
        wakes(node, board, 1)
        assert {message["p"] for message in batches(node.store)} == {node.probes.id}
        assert node.probes.id


def test_two_sensors_for_one_column_stop_the_node_with_a_message() -> None:
    twice = [SENSORS[0], dict(SENSORS[0], pin=27)]
    with Scratch() as folder:
        assert "soil_moisture_raw@1" in raises((ConfigError,), new_node, folder, Board(), twice)


# Starts.


def test_the_first_records_after_the_watchdog_are_flagged() -> None:
    with Scratch() as folder:
        board = Board()
        board.start = ((3, 5), True)
        node = new_node(folder, board)
        wakes(node, board, 2)
        assert [row[3] & 4 for row in soil(node)] == [4, 0]
        [first] = [batch for batch in batches(node.store) if batch["s"] == "health"]
        health = dict([pair for pair in zip(first["k"], first["r"][0][5:])])  # noqa: B905, C416
        assert (health["reset_cause"], health["last_step"], health["watchdog_resets"]) == (3, 5, 1)


def test_health_knows_how_long_the_oldest_record_has_waited() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board)
        assert node.queue_age_s() == 0
        wakes(node, board, 3)
        assert node.queue_age_s() == 2700
        memory = rtc_memory.remember(node, 0)
        again = new_node(folder, board, new_boot=False)
        rtc_memory.resume(again, memory, 900_000, 900_000, 0)
        assert again.queue_age_s() == 3600


def test_a_sleep_is_measured_by_the_clock_that_ran_where_it_can_be_believed() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board)
        memory = rtc_memory.remember(node, 1_000_000)
        for rtc_ms, uptime_ms in (
            (1_904_500, 904_500),  # the sleep and the start that nobody had planned
            (1_940_000, 940_000),  # a slow oscillator
            (2_900_000, 903_000),  # set meanwhile by somebody
            (0, 903_000),  # lost
        ):
            again = new_node(folder, board, new_boot=False)
            rtc_memory.resume(again, memory, 900_000, rtc_ms, 3_000)
            assert again.clock.uptime_ms() == uptime_ms, rtc_ms


def test_the_clock_for_tls_is_the_last_certain_time_and_never_before_the_build() -> None:
    with Scratch() as folder:
        board = Board()
        board.network_up = lambda budget_ms: None
        node = new_node(folder, board)
        node.reach_out()
        assert board.rtc_s == BUILT_S
        board.time = (1790000000_000, 40, True)
        node.reach_out()
        assert board.rtc_s == 1790000000
        board.time = None
        again = new_node(folder, board)
        again.reach_out()
        assert board.rtc_s == 1790000000


def test_a_time_that_has_become_uncertain_is_asked_for_again_early() -> None:
    with Scratch() as folder:
        board = Board()
        board.time = (1790000000_000, 40, True)
        node = new_node(folder, board)
        node.reach_out()
        assert not time_setting.is_due(node)
        node.clock.add_sleep(900_000)
        assert time_setting.is_due(node)


def test_what_one_server_alone_told_is_used_but_never_kept_and_put_right_by_two() -> None:
    with Scratch() as folder:
        board = Board()
        board.time = (2090000000_000, 40, False)
        node = new_node(folder, board)
        node.reach_out()
        assert node.clock.utc_s() == board.rtc_s == 2090000000
        assert (node.persistent.utc_s, new_node(folder, board).persistent.utc_s) == (0, 0)
        assert time_setting.is_due(node)
        board.time = (1790000000_000, 40, True)
        node.reach_out()
        assert board.known_s is None  # nothing that a right answer could be a jump from
        assert node.clock.utc_s() == board.rtc_s == node.persistent.utc_s == 1790000000
        assert not time_setting.is_due(node)


def test_a_doubtful_time_is_given_up_where_two_servers_differ_and_a_certain_one_is_not() -> None:
    with Scratch() as folder:
        board = Board()
        for output, left in (((2090000000_000, 40, False), None), ((1790000000_000, 40, True), 1790000000)):
            node = new_node(folder, board)
            board.time = output
            node.reach_out()
            board.time = TimeServersDifferError("differ")
            node.clock._synced_at_ms -= 86_400_000  # due again
            node.reach_out()
            assert node.clock.utc_s() == left


def test_a_doubtful_time_before_the_last_certain_one_is_none_for_tls() -> None:
    with Scratch() as folder:
        board = Board()
        board.time = (1790000000_000, 40, True)
        new_node(folder, board).reach_out()
        board.time = (1770000000_000, 40, False)
        new_node(folder, board).reach_out()
        assert board.rtc_s == 1790000000


def test_certainty_outlives_deep_sleep_and_doubt_too() -> None:
    with Scratch() as folder:
        board = Board()
        for is_certain in (True, False):
            node = new_node(folder, board)
            node.clock.set(1790000000_000, 40, is_certain)
            again = new_node(folder, board, new_boot=False)
            rtc_memory.resume(again, rtc_memory.remember(node, 0), 0, 0, 0)
            assert again.clock.is_certain is is_certain
            assert again.clock.certain_s() == (1790000000 if is_certain else None)


def test_a_sleeper_remembers_what_it_was_asked_for() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board)
        node.contact.last_have, node.contact.have_repeats = (4711, 4720), 5
        again = new_node(folder, board, new_boot=False)
        rtc_memory.resume(again, rtc_memory.remember(node, 0), 0, 0, 0)
        assert (again.contact.last_have, again.contact.have_repeats) == ((4711, 4720), 5)
        node.contact.last_have = (10**20, -1)
        assert rtc_memory.is_whole(rtc_memory.remember(node, 0))

"""One wake at a time: failed sensors, full flash, backing off, health; runs on CPython and on MicroPython."""

from firmware.stand_ins import Scratch, batches, raises, rows
from firmware.wake_board import SENSORS, Board, new_node, soil, wakes
from sera_firmware import lazy_modules, rtc_memory
from sera_firmware.errors import StoreError


def test_a_failed_sensor_is_a_null_beside_the_others_values() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board)
        wakes(node, board, 1)
        assert soil(node) == [[0, None, 0, 2, 1800, None]]
        [message] = [batch for batch in batches(node.store) if batch["s"] == "soil"]
        assert message["k"] == ["soil_moisture_raw@1", "soil_temperature@2"]
        assert message["p"] == node.probes.id


def test_a_wake_without_any_working_sensor_is_still_a_record() -> None:
    with Scratch() as folder:
        board = Board()
        board.samples = None
        node = new_node(folder, board)
        wakes(node, board, 3)
        assert [row[4:] for row in soil(node)] == [[None, None]] * 3


def test_a_node_without_network_backs_off_but_measures_on() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board)
        joined = []
        for _ in range(120):
            before = board.joined
            wakes(node, board, 1)
            joined.append(board.joined - before)
        tries = [number for number, attempts in enumerate(joined) if attempts]
        pauses = [tries[index + 1] - tries[index] for index in range(len(tries) - 1)]
        assert pauses[:5] == sorted(pauses[:5])
        assert pauses[0] <= 2
        assert all(24 <= pause <= 36 for pause in pauses[5:])
        assert len(pauses) >= 7
        assert len(soil(node)) == 120


def test_two_nodes_do_not_back_off_in_step() -> None:
    def tries(name: str) -> list:
        with Scratch() as folder:
            board = Board()
            node = new_node(folder, board)
            node.settings.values["node"] = name
            results = []
            for number in range(80):
                before = board.joined
                wakes(node, board, 1)
                if board.joined > before:
                    results.append(number)
            return results

    assert len({tuple(tries("elm-%d" % number)) for number in range(6)}) > 1


def test_the_first_sync_writes_an_anchor_and_dates_what_follows() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board)
        wakes(node, board, 2)
        board.time = (1780001800_000, 40, True)
        node.reach_out()
        wakes(node, board, 1)
        result = rows(node.store)
        anchors = [row for stream, row in result.values() if stream == "clock"]
        assert anchors == [[1800, 1780001800, 1, 0, None]]
        assert [row[1] for row in soil(node)] == [None, None, 1780001800]
        assert [row[3] for row in soil(node)] == [2, 2, 0]


def test_a_later_sync_says_how_far_the_clock_was_moved() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board)
        board.time = (1780000000_000, 40, True)
        node.reach_out()
        board.now_ms += 22_000_000
        board.time = (1780022003_000, 40, True)
        node.reach_out()
        result = rows(node.store)
        assert [result[seq][1][4] for seq in sorted(result)] == [None, 3]


def test_health_comes_every_so_many_wakes_and_knows_the_queue() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board)
        wakes(node, board, 9)
        messages = [batch for batch in batches(node.store) if batch["s"] == "health"]
        assert sum([len(batch["r"]) for batch in messages]) == 3
        place = messages[0]["k"].index("queue_length") + 5
        assert [row[place] for batch in messages for row in batch["r"]] == [0, 5, 10]


def test_a_low_battery_is_flagged_on_every_record() -> None:
    with Scratch() as folder:
        board = Board()
        board.samples = 20000
        node = new_node(folder, board, SENSORS + [{"model": "battery", "pin": 29, "low_v": 3.3}])
        wakes(node, board, 1)
        assert all(row[3] & 8 for _, row in rows(node.store).values())


def test_a_flash_that_takes_nothing_does_not_stop_the_node() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board)

        def refuse(_rows: list) -> int:
            raise StoreError("full")

        good, node.store.append = node.store.append, refuse
        wakes(node, board, 2)
        node.store.append = good
        wakes(node, board, 1)
        assert len(soil(node)) == 1
        assert node.store.skipped == 3


def test_a_module_that_cannot_be_loaded_costs_no_record_of_the_sensors() -> None:
    def lost(*_arguments: object) -> None:
        raise OSError(5)

    battery = SENSORS + [{"model": "battery", "pin": 29, "low_v": 3.3}]
    with Scratch() as folder:
        board = Board()
        board.samples = 26214
        node = new_node(folder, board, battery)
        arguments, lazy_modules.call = lazy_modules.call, lost
        try:
            wakes(node, board, 1)
        finally:
            lazy_modules.call = arguments
        result = sorted([stream for stream, _ in rows(node.store).values()])
        assert result == ["health", "soil"]
        [health] = [batch for batch in batches(node.store) if batch["s"] == "health"]
        assert health["k"] == ["battery_voltage"]


def test_a_module_that_is_not_there_is_an_error_of_the_flash() -> None:
    assert "copy the firmware" in raises((OSError,), lazy_modules.call, "gone", "act")


def test_deep_sleep_continues_the_boot_and_a_power_cut_does_not() -> None:
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board)
        board.time = (1780000000_000, 40, True)
        node.reach_out()
        wakes(node, board, 1)
        memory = rtc_memory.remember(node, 5_000)
        assert rtc_memory.is_whole(memory)
        board.now_ms = 5
        again = new_node(folder, board, new_boot=False)
        rtc_memory.resume(again, memory, 900_000, 905_000, 5)
        assert (again.store.boot, again.wakes) == (node.store.boot, 1)
        assert again.clock.uptime_s() == 1800
        assert again.clock.utc_s() == 1780001800
        for damaged in (b"", memory[:-1], memory[:10] + b"\xff" + memory[11:]):
            assert not rtc_memory.is_whole(damaged)
        assert new_node(folder, board).store.boot == node.store.boot + 1


def test_the_wait_is_that_of_the_slowest_sensor_and_comes_once() -> None:
    class Answering(Board):
        def reset(self, required: bool = False) -> None:
            pass

        def readinto(self, buffer: bytearray) -> None:
            buffer[:] = bytes(len(buffer))

    with Scratch() as folder:
        board = Answering()
        wakes(new_node(folder, board), board, 1)
        assert board.waited_ms == 750

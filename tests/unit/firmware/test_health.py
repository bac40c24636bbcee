"""What a node knows of itself and of its past; runs on CPython and on MicroPython."""

from firmware.stand_ins import Scratch, content, rewrite
from sera_firmware import atomic_file
from sera_firmware.health import largest_block
from sera_firmware.persistent_state import PersistentState


def test_watchdog_resets_are_counted_over_all_starts() -> None:
    with Scratch() as folder:
        for after_watchdog in (False, True, False, True):
            state = PersistentState(folder + "/past", after_watchdog)
        assert state.watchdog_resets == 2


def test_the_last_certain_time_outlives_a_restart() -> None:
    with Scratch() as folder:
        PersistentState(folder + "/past", False).remember(1780000000)
        assert PersistentState(folder + "/past", True).utc_s == 1780000000
        assert PersistentState(folder + "/past", False).watchdog_resets == 1


def test_a_damaged_past_begins_anew() -> None:
    with Scratch() as folder:
        PersistentState(folder + "/past", True).remember(1780000000)
        whole = content(folder + "/past")
        for damaged in (b"", whole[:-1], whole[:5] + b"X" + whole[6:], b"[1,2]"):
            rewrite(folder + "/past", damaged)
            state = PersistentState(folder + "/past", False)
            assert (state.watchdog_resets, state.utc_s) == (0, 0)


def test_the_largest_block_is_found_in_steps_up_to_what_tls_needs() -> None:
    assert 16 * 1024 <= largest_block() <= 32 * 1024


def test_a_kept_file_is_read_as_it_was_written_or_not_at_all() -> None:
    with Scratch() as folder:
        path = folder + "/file"
        assert atomic_file.read(path) is None
        for text in (b"", b"one", bytes(300)):
            atomic_file.write(path, text)
            assert atomic_file.read(path) == text
        whole = content(path)
        for size in (0, 3, 100, len(whole) - 1):
            rewrite(path, whole[:size])
            assert atomic_file.read(path) is None

"""What was appended stays, under one sequence; runs on CPython and on MicroPython."""

import os

from firmware.flash_cuts import BLOCK_BYTES, BLOCKS, new_flash, powered
from firmware.stand_ins import (
    Scratch,
    air_row,
    content,
    filled,
    new_store,
    raises,
    rewrite,
    rows,
    segment_path,
    soil_row,
)
from sera_firmware import store as store_module
from sera_firmware.errors import StoreError
from sera_firmware.store import Store


def test_records_get_consecutive_sequences_from_one() -> None:
    with Scratch() as folder:
        store = new_store(folder)
        assert store.append([soil_row(0), air_row(0)]) == 1
        assert store.append([soil_row(1)]) == 3
        assert sorted(rows(store)) == [1, 2, 3]


def test_a_new_boot_goes_on_with_epoch_and_sequence_and_counts_itself() -> None:
    with Scratch() as folder:
        before = filled(folder, 60)
        after = new_store(folder)
        assert (after.epoch, after.next, after.boot) == (before.epoch, before.next, before.boot + 1)
        assert rows(after) == rows(before)


def test_a_wake_from_deep_sleep_continues_its_boot() -> None:
    with Scratch() as folder:
        before = filled(folder, 2)
        after = Store(folder + "/records", 1 << 20, os.urandom, False)
        assert after.boot == before.boot


def test_a_boot_without_records_leaves_no_number_behind() -> None:
    with Scratch() as folder:
        filled(folder, 1)
        assert new_store(folder).boot == 2
        assert new_store(folder).boot == 2


def test_a_wiped_store_draws_another_epoch() -> None:
    with Scratch() as scratch, Scratch() as other:
        assert filled(scratch, 1).epoch != filled(other, 1).epoch


def test_one_wake_is_one_write_to_one_file() -> None:
    with Scratch() as folder:
        store = filled(folder, 3)
        before = len(content(segment_path(store)))
        store.append([soil_row(7), air_row(7)])
        assert len(store.firsts) == 1
        assert len(content(segment_path(store))) > before


def test_segments_stay_within_one_block() -> None:
    with Scratch() as folder:
        store = filled(folder, 200)
        assert len(store.firsts) > 3
        for index in range(len(store.firsts)):
            assert len(content(segment_path(store, index))) <= 4096


def test_an_append_that_fits_no_segment_is_refused_and_costs_no_number() -> None:
    with Scratch() as folder:
        store = filled(folder, 1)
        message = raises((StoreError,), store.append, [soil_row(number) for number in range(200)])
        assert "one segment" in message
        assert store.append([soil_row(2)]) == 3
        assert sorted(rows(store)) == [1, 2, 3]


def test_any_flipped_byte_of_a_segment_costs_only_the_record_it_hits() -> None:
    with Scratch() as folder:
        store = filled(folder, 12)
        whole = rows(store)
        path = segment_path(store)
        good = content(path)
        for index in range(0, len(good), 5):
            bad = bytearray(good)
            bad[index] ^= 0x5A
            rewrite(path, bad)
            rows_read = rows(store)
            assert sorted(rows_read) == sorted(whole)
            changed = [seq for seq in whole if rows_read[seq] != whole[seq]]
            assert len(changed) <= 1
            for seq in changed:
                assert rows_read[seq][1][3] == 1
                assert rows_read[seq][1][4:] == [None]


def test_a_segment_torn_anywhere_loses_no_whole_record_and_reuses_no_number() -> None:
    with Scratch() as folder:
        store = filled(folder, 9)
        whole, following = rows(store), store.next
        path = segment_path(store)
        good = content(path)
        for size in range(20, len(good), 7):
            rewrite(path, good[:size])
            again = new_store(folder)
            rows_read = rows(again)
            sound_sequences = sorted([seq for seq in rows_read if rows_read[seq][1][3] != 1])
            assert all(rows_read[seq] == whole[seq] for seq in sound_sequences)
            assert sound_sequences == list(range(1, len(sound_sequences) + 1))
            assert again.next > max(sound_sequences, default=0)
            assert again.next <= following + 8


def test_after_damage_at_the_end_no_number_that_may_have_been_sent_comes_again() -> None:
    with Scratch() as folder:
        store = filled(folder, 6)
        sent, boot = store.next, store.boot
        path = segment_path(store)
        good = content(path)
        good[-3] ^= 0xFF
        rewrite(path, good)
        again = new_store(folder)
        assert again.next >= sent
        assert again.boot > boot
        first = again.append([soil_row(99)])
        assert first >= sent
        assert sorted(rows(again)) == list(range(1, first + 1))


def test_the_acknowledged_position_survives_and_is_never_ahead() -> None:
    with Scratch() as folder:
        store = filled(folder, 4)
        store.acknowledge(5)
        store.acknowledge(3)
        assert new_store(folder).acknowledged == 5


def test_a_damaged_acknowledged_position_means_sending_all_again() -> None:
    with Scratch() as folder:
        filled(folder, 4).acknowledge(5)
        path = folder + "/records/acknowledged"
        damaged = content(path)
        damaged[9] ^= 1
        rewrite(path, damaged)
        assert new_store(folder).acknowledged == 0


def test_a_position_of_another_epoch_is_not_believed() -> None:
    with Scratch() as folder:
        filled(folder, 4).acknowledge(5)
        for name in os.listdir(folder + "/records"):
            if name.endswith(".seg"):
                os.remove(folder + "/records/" + name)
        assert filled(folder, 4).acknowledged == 0


def test_a_full_flash_frees_the_oldest_first_and_counts_what_was_unsent() -> None:
    with Scratch() as folder:
        store = filled(folder, 30, 64 * 1024)
        store.acknowledge(40)
        number = 30
        while store.lowest < 150:
            store.append([soil_row(number), air_row(number)])
            number += 1
        assert store.freed_unsent == store.lowest - 41
        assert sorted(rows(store)) == list(range(store.lowest, store.next))
        assert new_store(folder, 64 * 1024).lowest == store.lowest


def test_nothing_is_freed_while_there_is_room() -> None:
    with Scratch() as folder:
        store = filled(folder, 100)
        store.acknowledge(store.next - 1)
        assert store.lowest == 1


def test_a_segment_created_but_never_written_is_made_anew() -> None:
    with Scratch() as folder:
        store = filled(folder, 60)
        following = store.next
        rewrite("%s/%010d.seg" % (store.folder, following), b"")
        again = new_store(folder)
        assert again.append([soil_row(60), air_row(60)]) == following
        assert again.firsts == sorted(set(again.firsts))
        assert sorted(rows(new_store(folder))) == list(range(1, following + 2))


def test_other_files_in_the_folder_are_left_alone() -> None:
    with Scratch() as folder:
        store = filled(folder, 2)
        for name in ("notes.seg", "0000000001.seg.new", "acknowledged.new"):
            rewrite(store.folder + "/" + name, b"not a segment")
        assert sorted(rows(new_store(folder))) == [1, 2, 3, 4]


def test_the_epoch_survives_as_long_as_any_copy_of_it() -> None:
    with Scratch() as folder:
        store = filled(folder, 60)
        assert len(store.firsts) > 1
        for index in range(len(store.firsts)):
            damaged = content(segment_path(store, index))
            damaged[8] ^= 0xFF
            rewrite(segment_path(store, index), damaged)
        again = new_store(folder)
        assert again.epoch == store.epoch
        assert rows(again) == rows(store)


def test_records_behind_a_damaged_start_keep_their_layout_when_older_segments_go() -> None:
    with Scratch() as folder:
        store = filled(folder, 60)
        damaged = content(segment_path(store))
        for position in range(18, 130):
            damaged[position] ^= 0xFF  # the start and both layouts
        rewrite(segment_path(store), damaged)
        again = new_store(folder)
        first = again.append([soil_row(70), air_row(70)])
        for index in range(len(again.firsts) - 1):
            os.remove(segment_path(again, index))
        single = rows(new_store(folder))
        assert (single[first][0], single[first + 1][0]) == ("soil", "air")
        assert single[first][1][3] == 0


def test_a_newest_segment_without_any_good_record_takes_no_boot_back() -> None:
    with Scratch() as folder:
        filled(folder, 10)
        for _ in range(5):
            store = new_store(folder)
            store.append([soil_row(1)])
        store._seal()
        store.append([soil_row(2)])
        damaged = content(segment_path(store))
        for index in range(20, len(damaged)):
            damaged[index] ^= 0xFF
        rewrite(segment_path(store), damaged)
        again = new_store(folder)
        assert again.boot > store.boot
        assert again.next >= store.next


def test_a_segment_that_cannot_be_read_costs_its_records_and_blocks_nothing() -> None:
    with Scratch() as folder:
        store = filled(folder, 120)
        path = segment_path(store, 1)
        os.remove(path)
        os.mkdir(path)
        rows_read = rows(new_store(folder))
        assert sorted(rows_read) == list(range(1, store.next))
        damaged = [seq for seq in rows_read if rows_read[seq][1][3] == 1]
        assert damaged == list(range(store.firsts[1], store.firsts[2]))


def test_numbers_that_were_acknowledged_are_not_used_again_though_their_segment_is_gone() -> None:
    with Scratch() as folder:
        store = filled(folder, 60)
        store.acknowledge(store.next - 1)
        os.remove(segment_path(store))
        assert new_store(folder).append([soil_row(1)]) == store.next


def test_a_flash_that_fails_an_append_uses_no_number_and_takes_the_next_one() -> None:
    with Scratch() as folder:
        store = filled(folder, 1)
        path = segment_path(store)
        good = content(path)
        os.remove(path)
        os.mkdir(path)
        assert "took no record" in raises((StoreError,), store.append, [soil_row(1)])
        os.rmdir(path)
        rewrite(path, good)
        assert store.append([soil_row(2)]) == 3
        assert sorted(rows(new_store(folder))) == [1, 2, 3]


def test_a_heap_without_room_to_open_a_file_costs_the_record_and_no_number() -> None:
    def refuse(_path: str, _mode: str) -> object:
        raise MemoryError

    with Scratch() as folder:
        store = filled(folder, 1)
        store_module.open = refuse
        try:
            assert "no memory" in raises((StoreError,), store.append, [soil_row(1)])
        finally:
            del store_module.open
        assert store.append([soil_row(2)]) == 3
        assert sorted(rows(new_store(folder))) == [1, 2, 3]


def test_what_a_failed_append_left_behind_is_never_sent() -> None:
    with Scratch() as folder:
        store = filled(folder, 1)
        store._seal()
        # An append that wrote all of its record and then failed: its name is the next segment's.
        ghost = new_store(folder)
        ghost._seal()
        ghost.append([soil_row(77)])
        assert store.append([soil_row(2)]) == 3
        assert rows(new_store(folder))[3][1][4] == 2


def test_a_record_too_long_for_a_message_is_refused_before_it_can_block_the_queue() -> None:
    with Scratch() as folder:
        store = filled(folder, 1)
        layout, row = soil_row(1)
        assert "no message" in raises((StoreError,), store.append, [(layout, row + b"," + b"1" * 1500)])
        assert store.append([soil_row(1)]) == 3


def test_a_position_that_cannot_be_written_only_means_sending_again() -> None:
    with Scratch() as folder:
        store = filled(folder, 4)
        os.mkdir(store.folder + "/acknowledged.new")
        store.acknowledge(5)
        assert store.acknowledged == 5
        assert new_store(folder).acknowledged == 0


def test_a_flash_fuller_than_the_store_believes_frees_the_oldest_and_takes_the_record() -> None:
    def live(folder: str) -> None:
        store = Store(folder + "/records", 4 * BLOCKS * BLOCK_BYTES, os.urandom)
        number = 0
        while store.freed_unsent < 100:
            store.append([soil_row(number), air_row(number)])
            number += 1
        store.acknowledge(store.lowest)
        assert store.lowest == store.freed_unsent + 1
        again = Store(folder + "/records", 4 * BLOCKS * BLOCK_BYTES, os.urandom)
        assert (again.lowest, again.next, again.acknowledged) == (store.lowest, store.next, store.lowest)
        for first in (store.lowest, store.next - 60):
            assert sorted(rows(again, first, first + 59)) == list(range(first, first + 60))

    with Scratch() as folder:
        flash = new_flash(folder + "/flash")
        powered(flash, live)
        flash.close()

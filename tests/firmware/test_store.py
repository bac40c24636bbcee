"""What was appended stays, under one sequence; runs on CPython and on MicroPython."""

import os

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
    with Scratch() as one, Scratch() as other:
        assert filled(one, 1).epoch != filled(other, 1).epoch


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
        said = raises((StoreError,), store.append, [soil_row(number) for number in range(200)])
        assert "one segment" in said
        assert store.append([soil_row(2)]) == 3
        assert sorted(rows(store)) == [1, 2, 3]


def test_any_flipped_byte_of_a_segment_costs_only_the_record_it_hits() -> None:
    with Scratch() as folder:
        store = filled(folder, 12)
        whole = rows(store)
        path = segment_path(store)
        good = content(path)
        for place in range(0, len(good), 5):
            bad = bytearray(good)
            bad[place] ^= 0x5A
            rewrite(path, bad)
            seen = rows(store)
            assert sorted(seen) == sorted(whole)
            changed = [seq for seq in whole if seen[seq] != whole[seq]]
            assert len(changed) <= 1
            for seq in changed:
                assert seen[seq][1][3] == 1
                assert seen[seq][1][4:] == [None]


def test_a_segment_torn_anywhere_loses_no_whole_record_and_reuses_no_number() -> None:
    with Scratch() as folder:
        store = filled(folder, 9)
        whole, following = rows(store), store.next
        path = segment_path(store)
        good = content(path)
        for size in range(20, len(good), 7):
            rewrite(path, good[:size])
            again = new_store(folder)
            seen = rows(again)
            kept = sorted([seq for seq in seen if seen[seq][1][3] != 1])
            assert all(seen[seq] == whole[seq] for seq in kept)
            assert kept == list(range(1, len(kept) + 1))
            assert again.next > max(kept, default=0)
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

"""Batches say exactly what was stored; runs on CPython and on MicroPython."""

import json

from firmware.stand_ins import (
    Scratch,
    batches,
    content,
    filled,
    new_store,
    rewrite,
    rows,
    segment_path,
    soil_row,
)
from sera_firmware import batch


def test_a_batch_has_the_keys_of_the_protocol() -> None:
    with Scratch() as folder:
        store = filled(folder, 2)
        message = batches(store)[0]
        assert sorted(message) == ["b", "e", "f", "k", "n", "p", "r", "s", "v"]
        assert (message["v"], message["e"], message["b"], message["f"], message["n"]) == (
            1,
            store.epoch,
            1,
            1,
            5,
        )
        assert (message["s"], message["p"]) == ("soil", "a1b2c3d4")
        assert message["r"] == [[1, 0, 1780000000, 2, 0, 0, 0], [3, 900, 1780000900, 2, 0, 1, 0.25]]


def test_rows_of_one_stream_go_together_although_others_lie_between() -> None:
    with Scratch() as folder:
        result = batches(filled(folder, 8))
        assert [(message["s"], len(message["r"])) for message in result] == [("soil", 8), ("air", 8)]


def test_boots_are_never_mixed_in_a_batch() -> None:
    with Scratch() as folder:
        filled(folder, 2)
        store = new_store(folder)
        store.append([soil_row(5)])
        result = [(message["b"], message["s"], len(message["r"])) for message in batches(store)]
        assert sorted(result) == [(1, "air", 2), (1, "soil", 2), (2, "soil", 1)]


def test_a_span_is_packed_and_nothing_else() -> None:
    with Scratch() as folder:
        store = filled(folder, 100)
        assert sorted(rows(store, 37, 150)) == list(range(37, 151))


def test_a_record_has_the_same_bytes_each_time_it_is_sent() -> None:
    with Scratch() as folder:
        store = filled(folder, 30)
        before = rows(store)
        again = new_store(folder)
        again.append([soil_row(31)])
        assert {seq: row for seq, row in rows(again).items() if seq < 61} == before


def test_long_rows_fill_batches_without_ever_passing_the_limit() -> None:
    with Scratch() as folder:
        store = new_store(folder)
        columns = ["column_%d" % number for number in range(32)]
        text = batch.layout_text("counts", "", columns)
        for number in range(20):
            values = [10000 + number] * 32
            store.append([(text, batch.row_text(number, 1780000000, 1, 0, values, [0] * 32))])
        assert len(rows(store)) == 20


def test_a_damaged_layout_is_known_from_another_segment() -> None:
    with Scratch() as folder:
        store = filled(folder, 60)
        whole = rows(store)
        path = segment_path(store, 0)
        damaged = content(path)
        damaged[30] ^= 0xFF
        rewrite(path, damaged)
        assert rows(new_store(folder)) == whole


def test_values_that_are_not_finite_become_null() -> None:
    for value in (None, float("nan"), float("inf"), float("-inf")):
        assert batch.number(value, 2) == "null"


def test_numbers_keep_their_places_and_no_more() -> None:
    cases = ((14.6187, 2, "14.62"), (14.0, 2, "14"), (-0.001, 2, "0"), (1843.4, 0, "1843"), (100, 0, "100"))
    for value, decimals, text in cases:
        assert batch.number(value, decimals) == text


def test_every_written_number_is_json_within_half_a_place_of_the_value() -> None:
    for step in range(-4000, 4000, 37):
        value = step / 7.3
        for decimals in (0, 1, 2, 3):
            read = json.loads(batch.number(value, decimals))
            # Boards have single precision: seven digits.
            assert abs(read - value) <= 0.5 * 10**-decimals + 1e-4


def test_decimals_come_from_the_vocabulary_whatever_the_position() -> None:
    assert batch.decimals_of(["soil_moisture_raw@1", "soil_temperature@12", "bumblebees", "unknown"]) == [
        0,
        2,
        0,
        0,
    ]


def test_whole_numbers_pass_through_no_float() -> None:
    for value in (0, -7, (1 << 24) + 1, (1 << 53) + 1, -1780000001):
        assert batch.number(value, 0) == batch.number(value, 2) == str(value)

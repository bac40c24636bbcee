"""A node's flash is read without its firmware: images and folders, whole and damaged."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from littlefs import LittleFS

from firmware.node_process import BEAM, cpython, lived, micropython_command, write_plan
from sera_firmware import batch
from sera_firmware.store import Store
from sera_simulator.errors import UnreadableFlashError
from sera_simulator.flash import keys_on_flash

if TYPE_CHECKING:
    from pathlib import Path

SOIL = batch.layout_text("soil", "a1b2c3d4", ["soil_moisture_raw@1"])
AIR = batch.layout_text("air", "", ["air_temperature"])


def filled(folder: Path, wakes: int, capacity: int = 1 << 20) -> Store:
    store = Store(str(folder / "records"), capacity, os.urandom)
    for number in range(wakes):
        row = batch.row_text(number, None, 0, 2, [number], [0])
        store.append([(SOIL, row), (AIR, row)])
    return store


def test_every_key_is_found_with_its_series(tmp_path: Path) -> None:
    store = filled(tmp_path, 150)
    result = keys_on_flash(tmp_path)
    assert (result.epoch, result.lowest, result.next_seq, result.freed) == (store.epoch, 1, 301, 0)
    assert result.keys == {seq: "soil" if seq % 2 else "air" for seq in range(1, 301)}


def test_a_damaged_record_keeps_its_key_and_is_named(tmp_path: Path) -> None:
    filled(tmp_path, 10)
    [segment] = (tmp_path / "records").glob("*.seg")
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 0xFF
    segment.write_bytes(content)
    result = keys_on_flash(tmp_path)
    assert len(result.damaged) == 1
    assert sorted(result.keys) == list(range(1, 21))


def test_freed_records_are_counted(tmp_path: Path) -> None:
    store = filled(tmp_path, 600, 64 * 1024)
    result = keys_on_flash(tmp_path)
    assert store.lowest > 1
    assert (result.lowest, result.freed) == (store.lowest, store.lowest - 1)


def test_an_unused_flash_has_no_keys(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    assert keys_on_flash(tmp_path).keys == {}


def test_what_is_no_flash_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFlashError, match="expected a littlefs image"):
        keys_on_flash(tmp_path / "missing.img")
    (tmp_path / "rubbish.img").write_bytes(os.urandom(65536))
    with pytest.raises(UnreadableFlashError):
        keys_on_flash(tmp_path / "rubbish.img")


def test_segments_of_two_stores_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    filled(tmp_path / "one", 2)
    (tmp_path / "two").mkdir()
    other = filled(tmp_path / "two", 150)
    shutil.move(
        other.folder + f"/{other.firsts[-1]:010d}.seg",
        tmp_path / "one" / "records" / f"{other.firsts[-1]:010d}.seg",
    )
    with pytest.raises(UnreadableFlashError, match="2 epochs"):
        keys_on_flash(tmp_path / "one")


def test_an_image_of_real_littlefs_and_a_folder_hold_the_same(micropython: Path, tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "one", 1, 3, BEAM, deliver=False)
    other = write_plan(tmp_path / "other", 1, 3, BEAM, deliver=False)
    lived(micropython_command(micropython), plan)
    lived(cpython(), other)
    image, folder = keys_on_flash(tmp_path / "one" / "flash"), keys_on_flash(tmp_path / "other" / "flash")
    assert (tmp_path / "one" / "flash").is_file()
    assert image.keys == folder.keys
    assert len(image.keys) > 800


def test_the_reader_agrees_with_a_second_littlefs(micropython: Path, tmp_path: Path) -> None:
    lived(micropython_command(micropython), write_plan(tmp_path, 1, 1, BEAM, deliver=False))
    image = (tmp_path / "flash").read_bytes()
    system = LittleFS(block_size=4096, block_count=len(image) // 4096, mount=False)
    system.context.buffer = bytearray(image)
    system.mount()
    names = [name for name in system.listdir("/records") if name.endswith(".seg")]
    assert min(int(name[:10]) for name in names) == keys_on_flash(tmp_path / "flash").lowest

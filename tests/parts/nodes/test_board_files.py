"""What is copied to a board is whole, small, and runs as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.shipped import board_folder, build, retained_heap

BOARDS = ("pico_w", "pico2_w", "esp32")
# With the sensors that firmware/README.md wires; 39,600 and 7,168 byte when this was written.
FIRMWARE_MOST = 40_000
DEVICE_MOST = 7_500
# CPython's half of `portable`.
FOR_HOSTS = {"cpython"}


@pytest.mark.parametrize("board", BOARDS)
def test_a_boards_folder_holds_the_start_and_every_module(root: Path, board: str, tmp_path: Path) -> None:
    output = build(board, tmp_path / "board")
    there = {path.relative_to(tmp_path / "board").as_posix() for path in (tmp_path / "board").rglob("*.*py")}
    assert {"main.py", "boot.py", "board.mpy", "start.mpy", "sera_vocabulary/messages.mpy"} <= there
    modules = {path.stem for path in (root / "firmware" / "sera_firmware").rglob("*.py")}
    assert modules - FOR_HOSTS == {Path(name).stem for name in there if name.startswith("sera_firmware/")}
    assert not any("meanings" in name for name in there)
    assert board in output


def test_no_path_of_the_machine_is_in_the_bytecode(root: Path, tmp_path: Path) -> None:
    build("pico_w", tmp_path / "board")
    for path in (tmp_path / "board").rglob("*.mpy"):
        assert str(root).encode() not in path.read_bytes()


def test_what_stays_in_the_heap_is_within_its_budget(micropython: Path, tmp_path: Path) -> None:
    message = retained_heap(micropython, board_folder(), tmp_path)
    assert 20_000 < message["firmware"] < FIRMWARE_MOST
    assert 2_000 < message["device"] < DEVICE_MOST


def test_no_module_stays_in_the_heap_that_was_not_measured(micropython: Path, tmp_path: Path) -> None:
    assert retained_heap(micropython, board_folder(), tmp_path)["uncounted"] == []

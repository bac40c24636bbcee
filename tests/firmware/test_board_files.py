"""What is copied to a board is whole, small, and runs as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BOARDS = ("pico_w", "pico2_w", "esp32")
# All modules that stay loaded on a node with soil and air sensors; 63,600 byte when this was written.
HEAP_MOST = 67_000
_MODULES = (
    "frames store batch transport mqtt kept config probes contact clock health sensing node retained ntp "
    "sensors.soil sensors.air"
).split()
_PROGRAM = f"""
import gc, sys
sys.path[:] = [sys.argv[1]]
gc.collect()
before = gc.mem_free()
for name in {_MODULES!r}:
    __import__("sera_firmware." + name)
    gc.collect()
print(before - gc.mem_free())
"""


def built(root: Path, board: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, root / "deploy" / "board_files.py", board, folder],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("board", BOARDS)
def test_a_boards_folder_holds_the_start_and_every_module(root: Path, board: str, tmp_path: Path) -> None:
    said = built(root, board, tmp_path / "board")
    there = {path.relative_to(tmp_path / "board").as_posix() for path in (tmp_path / "board").rglob("*.*py")}
    assert {"main.py", "boot.py", "board.mpy", "start.mpy", "sera_vocabulary/messages.mpy"} <= there
    modules = {path.stem for path in (root / "firmware" / "sera_firmware").rglob("*.py")}
    assert modules == {Path(name).stem for name in there if name.startswith("sera_firmware/")}
    assert not any("meanings" in name for name in there)
    assert board in said


def test_no_path_of_the_machine_is_in_the_bytecode(root: Path, tmp_path: Path) -> None:
    built(root, "pico_w", tmp_path / "board")
    for path in (tmp_path / "board").rglob("*.mpy"):
        assert str(root).encode() not in path.read_bytes()


def test_what_stays_in_the_heap_after_the_import_is_within_its_budget(
    root: Path, micropython: Path, tmp_path: Path
) -> None:
    built(root, "pico_w", tmp_path / "board")
    program = tmp_path / "program.py"
    program.write_text(_PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [micropython, "-X", "heapsize=196K", program, tmp_path / "board"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert 20_000 < int(done.stdout) < HEAP_MOST

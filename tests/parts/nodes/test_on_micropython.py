"""The same tests once more on real 32-bit MicroPython, with the heap of a board."""

import os
import subprocess
from pathlib import Path

import pytest

from firmware.shipped import ROOT, board_folder, under_test

RUNNER = ROOT / "tests" / "support" / "firmware" / "run.py"
HEAP = "heapsize=196K"
FILES = sorted(
    path
    for path in (ROOT / "tests").rglob("test_*.py")
    if path.read_text(encoding="utf-8").partition("\n")[0].endswith('runs on CPython and on MicroPython."""')
)


def run(micropython: Path, file: Path, folder: Path, **environment: str) -> None:
    """Run a test file on MicroPython and show what it said if a test failed."""
    done = subprocess.run(
        [micropython, "-X", HEAP, RUNNER, ":".join([*under_test(), str(ROOT / "simulator")]), file],
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
        env=os.environ | {"SERA_SCRATCH": str(folder), "SERA_DEVICE": str(board_folder())} | environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_tests_to_run() -> None:
    assert len(FILES) >= 6


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_passes_on_micropython(micropython: Path, file: Path, tmp_path: Path) -> None:
    run(micropython, file, tmp_path)


def test_the_runner_notices_a_failure(micropython: Path, tmp_path: Path) -> None:
    failing = tmp_path / "test_failing.py"
    failing.write_text("def test_fails():\n    assert 1 == 2\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="1 failed"):
        run(micropython, failing, tmp_path)

"""A node's bytecode stays within its budget, and a part that outgrows it is noticed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def run_script(script: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_every_part_of_the_firmware_is_within_its_budget(root: Path) -> None:
    done = run_script(root / "bench" / "code_size.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(processor in done.stdout for processor in ("armv6m", "armv7emsp", "xtensawin"))


@pytest.mark.slow
def test_a_part_above_its_budget_is_named(root: Path, tmp_path: Path) -> None:
    text = (root / "bench" / "code_size.py").read_text(encoding="utf-8")
    script = tmp_path / "code_size.py"
    small = text.replace('{config,probes,clock}", 2700)', '{config,probes,clock}", 270)')
    assert small != text
    script.write_text(
        small.replace("Path(__file__).resolve().parents[1]", f"Path({str(root)!r})"), encoding="utf-8"
    )
    done = run_script(script)
    assert done.returncode == 1
    assert next(line for line in done.stdout.splitlines() if "ABOVE" in line).startswith("settings")


def test_no_module_of_a_node_is_left_out_of_the_budget(root: Path) -> None:
    text = (root / "bench" / "code_size.py").read_text(encoding="utf-8")
    modules = {path.stem for path in (root / "firmware" / "sera_firmware").glob("*.py")} - {"cpython"}
    listed = {
        word
        for line in text.splitlines()
        if "{" in line
        for word in line.split("{")[1].split("}")[0].split(",")
    }
    assert modules <= listed

"""What boards answer otherwise than hosts, where no test on a host could find it, is not called."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
FILES = [*(ROOT / "firmware").rglob("*.py"), *(ROOT / "vocabulary").glob("*/messages.py")]
# The epoch is 1970 or 2000 by board and `gmtime` is wrong from 2038 on; a Pico's clock stands still in light
# sleep; `setblocking(True)` clears a timeout on boards only.
NAMES = {"time", "gmtime", "localtime", "mktime", "lightsleep", "settime"}


def calls_of(text: str) -> set[str]:
    """Name the methods and functions that a module calls, and the finalisers that it defines."""
    result = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            blocks = node.func.attr == "setblocking" and ast.unparse(node.args[0]) not in ("0", "False")
            result.add("setblocking(True)" if blocks else node.func.attr)
        elif isinstance(node, ast.FunctionDef) and node.name == "__del__":
            result.add(node.name)  # runs with the heap locked
    return result & (NAMES | {"setblocking(True)", "__del__"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_called_that_boards_answer_otherwise(path: Path) -> None:
    assert calls_of(path.read_text(encoding="utf-8")) == set()


def test_such_calls_are_noticed() -> None:
    text = "time.gmtime(0)\nmachine.lightsleep(5)\nlink.setblocking(True)\nlink.setblocking(0)"
    assert calls_of(text) == {"gmtime", "lightsleep", "setblocking(True)"}

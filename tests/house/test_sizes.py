"""Functions and files stay short enough to be read at one look."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING

import pytest

from tree import ROOT, modules, package_folders, place, text_of, tree_of

if TYPE_CHECKING:
    from pathlib import Path

LINES_OF_NINE_IN_TEN = 27
LINES_MOST = 40
MODULE_LINES_MOST = 600

FOLDERS = [*package_folders(), ROOT / "firmware" / "device", ROOT / "deploy", ROOT / "bench", ROOT / "tests"]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def functions(folder: Path) -> list[tuple[int, str]]:
    """Each function's length and place."""
    return [
        (body_lines(node), f"{place(path, node.lineno)} {node.name}")
        for path in modules(folder)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: one.name)
def test_no_function_is_longer_than_a_look(folder: Path) -> None:
    assert [found for found in functions(folder) if found[0] > LINES_MOST] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: one.name)
def test_nine_of_ten_functions_are_short(folder: Path) -> None:
    lengths = sorted(length for length, _ in functions(folder))
    if lengths:
        assert lengths[math.ceil(0.9 * len(lengths)) - 1] < LINES_OF_NINE_IN_TEN


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: one.name)
def test_no_module_is_longer_than_six_hundred_lines(folder: Path) -> None:
    lengths = {path.relative_to(ROOT): len(text_of(path).splitlines()) for path in modules(folder)}
    assert {path: length for path, length in lengths.items() if length >= MODULE_LINES_MOST} == {}


def test_a_long_function_is_measured_without_its_docstring() -> None:
    source = 'def f():\n    """Say.\n\n    More.\n    """\n    a = 1\n\n    return a\n'
    [function] = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    assert body_lines(function) == 3

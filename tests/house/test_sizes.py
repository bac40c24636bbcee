"""Functions, files and folders stay small enough to be read at one look."""

from __future__ import annotations

import ast
import math
import warnings
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tree import ROOT, modules, package_folders, place, text_of, tree_of

if TYPE_CHECKING:
    from pathlib import Path

LINES_OF_NINE_IN_TEN = 27
LINES_MOST = 40
MODULE_LINES_LISTED = 400
MODULE_LINES_MOST = 600
FOLDER_MODULES_MOST = 16

# Folders that may stay flat, and why.
FLAT = {
    "firmware/sera_firmware": "each package costs a board's heap a module object and its namespace",
}

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


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_function_is_longer_than_a_look(folder: Path) -> None:
    assert [function for function in functions(folder) if function[0] > LINES_MOST] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_nine_of_ten_functions_are_short(folder: Path) -> None:
    lengths = sorted(length for length, _ in functions(folder))
    if lengths:
        assert lengths[math.ceil(0.9 * len(lengths)) - 1] < LINES_OF_NINE_IN_TEN


def long_modules(folder: Path) -> dict[str, int]:
    """Return the lines of each module below a folder that is longer than it should be, by its path."""
    lengths = {str(path.relative_to(ROOT)): len(text_of(path).splitlines()) for path in modules(folder)}
    return {path: length for path, length in lengths.items() if length >= MODULE_LINES_LISTED}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_module_has_six_hundred_lines_and_one_of_four_hundred_is_printed(
    folder: Path,
) -> None:
    lengths = long_modules(folder)
    for path, length in lengths.items():
        if length < MODULE_LINES_MOST:
            warnings.warn(
                f"{path} has {length} lines; under {MODULE_LINES_LISTED} reads better", stacklevel=1
            )
    assert {path: length for path, length in lengths.items() if length >= MODULE_LINES_MOST} == {}


def crowded(folder: Path, root: Path) -> dict[str, int]:
    """Return the number of modules in each folder that holds too many, by its path; `__init__` is none."""
    counts = Counter(path.parent for path in modules(folder) if path.name != "__init__.py")
    return {
        path.relative_to(root).as_posix(): count
        for path, count in counts.items()
        if count > FOLDER_MODULES_MOST
    }


def test_no_folder_of_a_package_or_of_tests_has_more_than_sixteen_modules() -> None:
    counts: dict[str, int] = {}
    for folder in (*package_folders(), ROOT / "tests"):
        counts |= crowded(folder, ROOT)
    assert {path: count for path, count in counts.items() if path not in FLAT} == {}
    assert FLAT.keys() <= counts.keys(), "an exception that is none any more"


def test_a_seventeenth_module_is_one_too_many(tmp_path: Path) -> None:
    folder = tmp_path / "room" / "sera_room"
    (folder / "inner").mkdir(parents=True)
    for number in range(FOLDER_MODULES_MOST):
        (folder / "inner" / f"module_{number}.py").touch()
    (folder / "inner" / "__init__.py").touch()
    assert crowded(folder, tmp_path) == {}
    (folder / "inner" / "last.py").touch()
    assert crowded(folder, tmp_path) == {"room/sera_room/inner": 17}


def test_a_long_function_is_measured_without_its_docstring() -> None:
    source = 'def f():\n    """Say.\n\n    More.\n    """\n    a = 1\n\n    return a\n'
    [function] = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    assert body_lines(function) == 3

"""What the newcomer's page says is where it says."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tree import ROOT, text_of, tree_of

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [line for line in text_of(ROOT / "docs/newcomer.md").splitlines() if line.startswith("| ")]
ROWS = [row for row in ROWS if "`" in row]
PATH = re.compile(r"sera_[a-z]+/[\w/]*(?:\.py)?")


def where(path: str) -> Path:
    """Return the place of `sera_x/y.py` in the room of its package."""
    return ROOT / path.partition("/")[0].removeprefix("sera_") / path


def names_of(module: Path) -> set[str]:
    """Return the names that a module defines, and those of its classes as `Class.name`."""
    names: set[str] = set()
    for node in tree_of(module).body:
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_folder_module_and_name_of_a_row_is_there(row: str) -> None:
    answer = row.split("|")[2]
    codes = re.findall(r"`([^`]+)`", answer)
    rooms = [code for code in codes if re.fullmatch(r"[a-z]+/", code)]
    paths = [code for code in codes if PATH.fullmatch(code)]
    assert [room for room in rooms if not (ROOT / room / "README.md").is_file()] == []
    assert [path for path in paths if not where(path).exists()] == []
    names = [code for code in codes if re.fullmatch(r"[A-Za-z_]+(?:\.[a-z_]+)?", code)]
    defined_names = {name for path in paths if path.endswith(".py") for name in names_of(where(path))}
    assert set(names) - defined_names == set()


@pytest.mark.parametrize(
    "row", [row for row in ROWS if "?" in row], ids=lambda row: row.split("|")[1].strip()
)
def test_the_page_of_the_room_leads_to_the_folder(row: str) -> None:
    """A path is found by READMEs alone: the room's page names the folder, or the module at its root."""
    [room] = re.findall(r"`([a-z]+)/`", row)
    for path in PATH.findall(row):
        inside = path.split("/")[1:]
        step = f"`{inside[0]}/`" if len(inside) > 1 else f"`{inside[0]}`"
        assert step in text_of(ROOT / room / "README.md"), step

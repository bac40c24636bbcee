"""What is in the project's tree, for tests that look at the house itself."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]

# Pinned lists and checksums, which no person wrote.
MACHINE_WRITTEN = ("deploy/locks/", "deploy/parts/influxd/go.sum", "deploy/parts/influxd/go.mod")


def package_folders() -> list[Path]:
    """The folder of each package, `x/sera_x`."""
    return sorted(path for path in ROOT.glob("*/sera_*") if path.is_dir() and "." not in path.name)


def modules(folder: Path) -> list[Path]:
    """All Python files below a folder."""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


@cache
def tree_of(path: Path) -> ast.Module:
    """The parsed source of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def string_literals(path: Path) -> Iterator[tuple[int, str]]:
    """Each string in a file's code with its line, docstrings left out."""
    tree = tree_of(path)
    output = {id(statement.value) for statement in ast.walk(tree) if isinstance(statement, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in output:
            yield node.lineno, node.value


def committed_files() -> list[Path]:
    """All files that are committed or about to be, written by people."""
    listed = subprocess.run(
        ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name for name in listed.stdout.split("\0") if name and not name.startswith(MACHINE_WRITTEN)]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """A file's text, empty where it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def place(path: Path, line: int) -> str:
    """How a finding is named: `folder/file.py:12`."""
    return f"{path.relative_to(ROOT)}:{line}"

"""Whoever comes into a room finds a page that names its folders, and no page names what is not there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tree import ROOT, committed_files, package_folders, place, text_of, tree_of

FILES = committed_files()
PAGES = [path for path in FILES if path.suffix == ".md"]
# Pages that say what was, in the names of their time.
HISTORY = ("CHANGELOG.md", "docs/adr/")
WITHOUT_PACKAGE = ("bench", "deploy", "docs", "tests")
ROOMS = sorted({folder.parent.name for folder in package_folders()} | set(WITHOUT_PACKAGE))

CODE = re.compile(r"`([^`\n]+)`")
FILE_NAME = re.compile(r"[\w./-]+\.(?:py|toml|sqlite|j2)")
DOTTED = re.compile(r"sera_[a-z]+(?:\.\w+)+")


def subfolders(folder: Path) -> set[str]:
    """Return the names of a folder's own folders that hold committed files."""
    inside = [path.relative_to(folder).parts for path in FILES if path.is_relative_to(folder)]
    return {parts[0] for parts in inside if len(parts) > 1}


def folders_of_room(room: str) -> set[str]:
    """Return the folders that a room's page has to name: its own, and those of its package."""
    own = subfolders(ROOT / room)
    packages = {name for name in own if name.startswith("sera_")}
    return (own - packages).union(*(subfolders(ROOT / room / name) for name in packages))


@pytest.mark.parametrize("room", ROOMS)
def test_the_page_of_a_room_names_all_its_folders_and_where_to_start_reading(room: str) -> None:
    text = text_of(ROOT / room / "README.md")
    readme_folders = {word.strip("/").rpartition("/")[2] for word in CODE.findall(text) if word.endswith("/")}
    linked = {target.strip("/") for target in re.findall(r"\]\(([\w./-]+)\)", text)}
    readme_folders |= {part for target in linked for part in Path(target).parts[:1]}
    assert folders_of_room(room) - readme_folders == set()
    assert "start reading" in text.lower()


@pytest.mark.parametrize("room", sorted(set(ROOMS) - {"docs", "tests"}))
def test_the_page_of_a_room_names_the_modules_at_its_root(room: str) -> None:
    """What lies in a folder is described by the folder; what lies at the root has only this page."""
    packages = [folder for folder in package_folders() if folder.parent.name == room] or [ROOT / room]
    roots = [path for folder in packages for path in folder.glob("*.py") if not path.name.startswith("__")]
    codes = set(CODE.findall(text_of(ROOT / room / "README.md")))
    named = {Path(code).name for code in codes} | {f"{code}.py" for code in codes}
    assert {path.name for path in roots} - named - {"errors.py"} == set()


@pytest.mark.parametrize("room", ROOMS)
def test_the_project_page_and_the_architecture_lead_to_every_room(room: str) -> None:
    assert f"]({room}/README.md)" in text_of(ROOT / "README.md")
    assert f"`{room}/`" in text_of(ROOT / "docs/architecture.md")


@cache
def defined_names(module: Path) -> set[str]:
    """Return the names that a module defines or imports at its top level."""
    names: set[str] = set()
    for node in tree_of(module).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def dotted_name_exists(name: str) -> bool:
    """Return whether `sera_x.y.z` is a module, or a name of one."""
    parts = name.split(".")
    folder = ROOT / parts[0].removeprefix("sera_") / parts[0]
    for index, part in enumerate(parts[1:], 1):
        if (folder / f"{part}.py").is_file():
            rest = parts[index + 1 :]
            return not rest or rest[0] in defined_names(folder / f"{part}.py")
        if not (folder / part).is_dir():
            return index == len(parts) - 1 and part in defined_names(folder / "__init__.py")
        folder /= part
    return True


def file_exists(name: str, page: Path, names: frozenset[str]) -> bool:
    """Return whether a file of this name, or with this end of its path, is there."""
    beside = (page.parent / name).resolve()
    return beside.is_file() or any(path == name or path.endswith(f"/{name}") for path in names)


def missing(page: Path) -> list[str]:
    """Return what a page names as code and is not in the project."""
    names = frozenset(path.relative_to(ROOT).as_posix() for path in FILES)
    lost = []
    for number, line in enumerate(text_of(page).splitlines(), 1):
        for code in CODE.findall(line):
            wrong = [name for name in DOTTED.findall(code) if not dotted_name_exists(name)]
            if FILE_NAME.fullmatch(code) and code.endswith(".py") and not file_exists(code, page, names):
                wrong.append(code)
            lost += [f"{place(page, number)}: {name}" for name in wrong]
    return lost


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if not page.relative_to(ROOT).as_posix().startswith(HISTORY)],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_every_module_that_a_page_names_exists(page: Path) -> None:
    assert missing(page) == []


def test_a_module_that_is_not_there_is_missing() -> None:
    assert dotted_name_exists("sera_store.release.places")
    assert dotted_name_exists("sera_store.results.results.Result")
    assert not dotted_name_exists("sera_store.places")
    assert not dotted_name_exists("sera_store.results.results.Outcome")
    names = frozenset(("store/sera_store/store.py",))
    assert file_exists("store.py", ROOT / "README.md", names)
    assert not file_exists("shop.py", ROOT / "README.md", names)

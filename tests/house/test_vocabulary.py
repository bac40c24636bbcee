"""The names that all parts share are spelled in the vocabulary and nowhere else."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from sera_vocabulary import indices, measurements, messages, series, topics
from tree import ROOT, modules, package_folders, place, string_literals, tree_of

VOCABULARY = ROOT / "vocabulary" / "sera_vocabulary"

# Plain words that also mean something else, each with its other meaning.
PLAIN_WORDS = {
    "passages": "also the display word",
    "other": "any remainder",
    "effort": "a word of every sentence on figures",
    "surveys": "what the units of a figure are",
}
# Readers of other people's files spell those people's column names, some of which are the same.
FOREIGN_NAMES = "gateway/sera_gateway/importers/"


def spelled_names() -> set[str]:
    """The names that are long enough to be nobody else's."""
    rows = (*measurements.MEASUREMENTS, *measurements.INSECT_GROUPS, *indices.INDICES)
    constants = [
        value for module in (messages, series) for name, value in vars(module).items() if name.isupper()
    ]
    marked = {
        value for value in constants if isinstance(value, str) and "_" in value and value.isidentifier()
    }
    return ({row.name for row in rows} | marked) - PLAIN_WORDS.keys()


def misspelled(folder: Path) -> list[str]:
    names, root = spelled_names(), f"{topics.ROOT}/{topics.VERSION}"
    return [
        f"{place(path, line)}: {text!r}"
        for path in modules(folder)
        if not path.is_relative_to(ROOT / FOREIGN_NAMES)
        for line, text in string_literals(path)
        if text in names or root in text
    ]


@pytest.mark.parametrize(
    "folder", [item for item in package_folders() if item != VOCABULARY], ids=lambda item: item.name
)
def test_a_part_takes_every_name_from_the_vocabulary(folder: Path) -> None:
    assert misspelled(folder) == []


def test_the_search_finds_a_name_that_is_spelled_out() -> None:
    assert {measurements.SOIL_MOISTURE, "bumblebees", "next_contact_s", "scope_id"} <= spelled_names()
    assert misspelled(VOCABULARY)


def test_the_vocabulary_imports_nothing_but_itself_and_what_micropython_has() -> None:
    allowed = {"sera_vocabulary", "collections", "micropython"}
    for path in modules(VOCABULARY):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Import):
                assert {name.name.split(".")[0] for name in node.names} <= allowed, place(path, node.lineno)
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] in allowed, place(path, node.lineno)


def test_the_import_rule_holds() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

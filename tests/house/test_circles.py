"""No file imports itself by way of others, not even for annotations only."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tree import ROOT, modules, package_folders, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Graph = dict[str, set[str]]


def names_of(folder: Path) -> dict[str, Path]:
    """The modules of a folder that stands on the path, by the name they are imported by."""
    names = {}
    for path in modules(folder):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def imports(path: Path, existing: set[str]) -> set[str]:
    """The modules that a file imports, wherever in it: at the top, for annotations, or inside a function."""
    imported = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                imported.add(inner if inner in existing else node.module)
    return imported & existing


def circles(graph: Graph) -> Iterator[list[str]]:
    """Each shortest way from a module back to itself, once."""
    observed: set[frozenset[str]] = set()
    for start in sorted(graph):
        ways = {start: [start]}
        frontier = [start]
        while frontier and start not in graph[frontier[0]]:
            module = frontier.pop(0)
            for imported in sorted(graph[module] - ways.keys()):
                ways[imported] = [*ways[module], imported]
                frontier.append(imported)
        if frontier and frozenset(ways[frontier[0]]) not in observed:
            observed.add(frozenset(ways[frontier[0]]))
            yield [*ways[frontier[0]], start]


def graph_of(names: dict[str, Path]) -> Graph:
    """Who imports whom."""
    return {name: imports(path, set(names)) - {name} for name, path in names.items()}


def test_no_circle_of_modules_is_in_the_packages() -> None:
    names: dict[str, Path] = {}
    for folder in package_folders():
        names |= names_of(folder)
    assert len(names) > 300
    assert [" -> ".join(circle) for circle in circles(graph_of(names))] == []


@pytest.mark.parametrize("folder", ["firmware/device", "deploy", "deploy/parts", "bench", "tests/support"])
def test_no_circle_of_files_is_beside_the_packages(folder: str) -> None:
    # Files that stand on the path themselves, without a package around them.
    below = ROOT / folder
    names = {".".join(path.relative_to(below).with_suffix("").parts): path for path in modules(below)}
    assert [" -> ".join(circle) for circle in circles(graph_of(names))] == []


def test_a_circle_of_two_and_one_of_three_are_seen(tmp_path: Path) -> None:
    folder = tmp_path / "house"
    folder.mkdir()
    texts = {
        "a": "from house import b",
        "b": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.a import A",
        "c": "def later():\n    import house.d",
        "d": "from house.e import thing",
        "e": "from house.c import other",
        "f": "from house import a",
    }
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    result = [" -> ".join(circle) for circle in circles(graph_of(names_of(folder)))]
    assert result == ["house.a -> house.b -> house.a", "house.c -> house.d -> house.e -> house.c"]

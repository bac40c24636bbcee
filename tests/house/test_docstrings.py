"""A docstring lists as parameters what can be passed, and begins with what is done, in plain words."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from tree import ROOT, modules, package_folders, place, text_of, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

HEADING = "Parameters\n----------\n"
NEXT_HEADING = re.compile(r"\n[A-Z][A-Za-z ]+\n-{4,}\n")
# They say that something happens and not what: "Have it checked", "Hold it against the rules".
VAGUE = re.compile(
    r"(Be|Bring|Give|Have|Lead|Let|Mind|Reckon|Say|Speak|Tell)\b|Hold .*\bagainst\b"
    r"|Look\b(?! (up|for|through)\b)"
)
# Nobody speaks so: "written anew", "for who has no link", "None where it is none".
STIFF = re.compile(
    r"(?<=\w) anew\b|\b([Ff]or|[Oo]f|[Tt]o|[Bb]y|from|than) who\b|\b[Ii]t is none\b|None where it is none"
)
SAMPLE = '''
class Base:
    depth: float

class Probe(Base):
    """A probe.

    Parameters
    ----------
    depth, length : float
        Both [m].
    colour
        Gone.

    Notes
    -----
    material
        No parameter.
    """

    length: float

def read(probe, *, times=1):
    """Read.

    Parameters
    ----------
    probes
        Renamed.
    *times
        How often.
    """
'''


def listed(docstring: str) -> list[str]:
    """The names that a docstring lists as parameters."""
    if HEADING not in docstring:
        return []
    section = NEXT_HEADING.split(docstring.split(HEADING, 1)[1])[0]
    lines = [line for line in section.splitlines() if line and not line.startswith(" ")]
    return [name.strip().lstrip("*") for line in lines for name in line.split(":")[0].split(",")]


def passed(arguments: ast.arguments) -> set[str]:
    """The names of a function's parameters."""
    further = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *further)
    return {argument.arg for argument in every}


def fields_of(node: ast.ClassDef, classes: Mapping[str, list[ast.ClassDef]]) -> set[str]:
    """The fields and parameters of a class and of those of its bases that are ours."""
    names: set[str] = set()
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            names.add(item.target.id)
        elif isinstance(item, ast.FunctionDef) and item.name in {"__init__", "__new__"}:
            names |= passed(item.args)
    bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
    # Classes of one name in two files may each be a base of the other's.
    others = {**classes, node.name: []}
    return names.union(*(fields_of(base, others) for name in bases for base in others.get(name, ())))


def strangers(trees: Mapping[str, ast.Module]) -> list[str]:
    """Each parameter that a docstring lists and nobody can pass, with its place."""
    classes: dict[str, list[ast.ClassDef]] = defaultdict(list)
    documented: list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]] = []
    for path, module in trees.items():
        for node in ast.walk(module):
            if isinstance(node, ast.ClassDef):
                classes[node.name].append(node)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                documented.append((path, node))
    found: list[str] = []
    for path, node in documented:
        real = fields_of(node, classes) if isinstance(node, ast.ClassDef) else passed(node.args)
        wrong = [name for name in listed(ast.get_docstring(node) or "") if name not in real]
        found += [f"{path}:{node.lineno}: {node.name} has no {name}" for name in wrong]
    return found


def parsed(folders: Iterable[Path]) -> dict[str, ast.Module]:
    """All modules of some folders."""
    return {str(path.relative_to(ROOT)): tree_of(path) for folder in folders for path in modules(folder)}


def test_a_renamed_parameter_is_noticed() -> None:
    assert strangers({"sample.py": ast.parse(SAMPLE)}) == [
        "sample.py:5: Probe has no colour",
        "sample.py:23: read has no probes",
    ]


@pytest.mark.parametrize(
    "folders",
    [pytest.param(package_folders(), id="rooms"), pytest.param([ROOT / "tests", ROOT / "bench"], id="tests")],
)
def test_docstrings_list_what_can_be_passed(folders: list[Path]) -> None:
    assert strangers(parsed(folders)) == []


def vague(trees: Mapping[str, ast.Module]) -> list[str]:
    """Each docstring that begins with a vague verb, with its place."""
    documented = [
        (path, node, ast.get_docstring(node) or "")
        for path, module in trees.items()
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    return [
        f"{path}:{node.lineno}: {docstring.splitlines()[0]}"
        for path, node, docstring in documented
        if VAGUE.match(docstring)
    ]


def test_a_vague_verb_is_noticed() -> None:
    source = 'def a():\n    """Hold a role against its rules."""\n\ndef b():\n    """Look up a role."""\n'
    assert vague({"sample.py": ast.parse(source)}) == ["sample.py:1: Hold a role against its rules."]


@pytest.mark.parametrize(
    "folders",
    [
        pytest.param(package_folders(), id="rooms"),
        pytest.param(
            [ROOT / "tests/support", ROOT / "bench", ROOT / "deploy", ROOT / "firmware"], id="others"
        ),
    ],
)
def test_docstrings_begin_with_what_is_done(folders: list[Path]) -> None:
    assert vague(parsed(folders)) == []


def stiff(source: str) -> list[int]:
    """Return the lines of a source whose comments and texts have a phrase that nobody speaks."""
    readable = (tokenize.COMMENT, tokenize.STRING)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.start[0] for token in tokens if token.type in readable and STIFF.search(token.string)]


def test_a_stiff_phrase_is_noticed() -> None:
    assert stiff('"""Asked for who has none."""\nanew = 1  # written anew\n') == [1, 2]


def test_comments_and_docstrings_are_plain_english() -> None:
    paths = [path for folder in package_folders() for path in modules(folder)]
    assert [place(path, line) for path in paths for line in stiff(text_of(path))] == []

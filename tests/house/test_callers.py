"""What a package defines has a caller: no function, class or constant is there for nothing."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tree import ROOT, committed_files, modules, package_folders, place, text_of, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PACKAGES = [path for folder in package_folders() for path in modules(folder)]
# What runs on a board, and the installer: they use packages, and are started from outside.
PROGRAMS = [path for folder in ("firmware/device", "deploy") for path in modules(ROOT / folder)]
TESTS = [path for folder in ("tests", "bench") for path in modules(ROOT / folder)]
WORD = re.compile(r"[A-Za-z_]\w*")
# Texts that name code: `sera_gateway.worker:main`, an annotation in quotation marks, a field.
CODE_TEXT = re.compile(r"[\w.:]+|[A-Z]\w+\[.*\]")
# Other files that may name code: templates, settings, scripts of pages, documentation.
OTHER_FILES = (".j2", ".toml", ".js", ".jsx", ".md", ".ipynb")
HISTORY = "docs/adr/"

# Called by a library, by a name that it gives.
BY_LIBRARY = re.compile(
    r"__\w+__|visit_\w+|dispatch|main_loop|list_commands|format_commands|log_message|ioctl|(read|write)blocks"
)
# Methods that only tests and benchmarks call, and why they stand in the package.
FOR_TESTS = {
    "squash": "a kill is tried at each of its statements",
    "refused_subscriptions": "what the log says of filters that a broker refuses",
}


class Definition(NamedTuple):
    """A function, class, method or constant of a module."""

    name: str
    line: int
    is_constant: bool = False
    is_method: bool = False


class Uses(NamedTuple):
    """What some files use: names imported by module, and attributes and texts of whatever object."""

    imported: frozenset[tuple[str, str]]
    attributes: frozenset[str]


def definitions(tree: ast.Module) -> Iterator[Definition]:
    """Iterate over what a module defines; what a decorator with arguments registers has its caller there."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for body in (tree.body, *(node.body for node in classes)):
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                if not any(isinstance(decorator, ast.Call) for decorator in node.decorator_list):
                    yield Definition(node.name, node.lineno, is_method=body is not tree.body)
            elif body is tree.body:
                yield from (Definition(name, node.lineno, is_constant=True) for name in bound_names(node))


def bound_names(node: ast.stmt) -> list[str]:
    """Return the names that an assignment binds; a tuple's are one table, of which not each has a reader."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def read_names(tree: ast.Module) -> set[str]:
    """Return the names that a module reads itself."""
    return {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def uses_of(trees: Iterable[ast.Module]) -> Uses:
    """Return what modules use of others."""
    imported, attributes = set(), set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.ImportFrom):
            imported |= {(node.module or "", alias.name) for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            attributes.add(node.attr)
        elif isinstance(node, ast.Constant) and CODE_TEXT.fullmatch(str(node.value)):
            attributes |= set(WORD.findall(str(node.value)))
    return Uses(frozenset(imported), frozenset(attributes))


@cache
def uses() -> tuple[Uses, Uses]:
    """Return what packages and documentation use, and what tests and benchmarks use."""
    pages = [path for path in committed_files() if path.suffix in OTHER_FILES]
    pages = [path for path in pages if HISTORY not in str(path)]
    words = {word for path in pages for word in WORD.findall(text_of(path))}
    packages = uses_of(map(tree_of, PACKAGES + PROGRAMS))
    return packages._replace(attributes=packages.attributes | words), uses_of(map(tree_of, TESTS))


def module_name(path: Path) -> str:
    """Return the name that a module is imported by."""
    parts = path.relative_to(ROOT).with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_used(definition: Definition, module: str, used: Uses) -> bool:
    """Return whether others use what a module defines."""
    return definition.name in used.attributes or (module, definition.name) in used.imported


def without_caller(path: Path) -> list[str]:
    """List what a module defines and no package or page reads; what a constant lists may be for tests."""
    by_packages, by_tests = uses()
    own, module = read_names(tree_of(path)), module_name(path)
    return [
        place(path, definition.line)
        for definition in definitions(tree_of(path))
        if not (BY_LIBRARY.fullmatch(definition.name) or definition.name in FOR_TESTS)
        and not (definition.name in own and not definition.is_method)
        and not is_used(definition, module, by_packages)
        and not (definition.is_constant and is_used(definition, module, by_tests))
    ]


def test_a_definition_without_a_caller_would_be_found() -> None:
    tree = ast.parse("A = 1\n@app.command()\ndef verb(): pass\nclass B:\n    def c(self): return A\n")
    assert [definition.name for definition in definitions(tree)] == ["A", "B", "c"]
    assert read_names(tree) == {"app", "A"}
    assert is_used(Definition("B", 4), "x", Uses(frozenset({("x", "B")}), frozenset()))
    assert not is_used(Definition("B", 4), "y", Uses(frozenset({("x", "B")}), frozenset()))


def test_everything_in_a_package_has_a_caller() -> None:
    assert [line for path in PACKAGES for line in without_caller(path)] == []


def test_no_constant_of_a_module_is_bound_twice() -> None:
    twice = [
        f"{path.relative_to(ROOT)} {name}"
        for path in PACKAGES
        for name, count in Counter(name for node in tree_of(path).body for name in bound_names(node)).items()
        if count > 1
    ]
    assert twice == []

"""Folds constants into the modules that use them, for boards, where a name costs more heap than its value.

The sources spell every name of the protocol once, in the vocabulary, and give every constant a name of its
own. On a board each of these would be an entry of a module's table, a name in the pool that is never freed,
and code that looks it up. Here the values take the places of the names, and what has no use then is
left out: constants, imports, and all of the vocabulary that only hosts use. Parameters without a default
that no call names are called by letters. Nothing else is changed.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections import Counter
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN_PACKAGES: Final = ("sera_firmware", "sera_vocabulary")
_VOCABULARY: Final = "sera_vocabulary."
# The modules of `firmware/device` import what only boards have; their constants need no more than this.
_NAMES_ON_BOARDS: Final = {"const": lambda value: value, "bytes": bytes}
# MicroPython's compiler puts texts up to this length into the pool of names.
_INTERNED_MOST: Final = 10
_CONSTANT: Final = re.compile("_?[A-Z][A-Z0-9_]*")
_Place = tuple[str, str]
_Trees = dict[str, ast.Module]


def fold(sources: dict[str, str]) -> dict[str, str]:
    """Fold a whole program.

    Parameters
    ----------
    sources
        The text of every module, by its dotted name.

    Returns
    -------
    dict of str
        The same modules, without those of the vocabulary of which nothing is left.
    """
    trees = {name: _Bare().visit(ast.parse(text)) for name, text in sources.items()}
    values = dict(constant for name, tree in trees.items() for constant in _constants(name, tree))
    for name, tree in trees.items():
        _put_in(
            name,
            tree,
            trees,
            {at: value for at, value in values.items() if _may_stand_often(value, at[0] == name)},
        )
    _leave_out(trees)
    uses: Counter[_Place] = Counter()
    for name, tree in trees.items():
        uses += _put_in(name, tree, trees, {})
    for name, tree in trees.items():
        _put_in(name, tree, trees, {at: value for at, value in values.items() if uses[at] == 1})
    _leave_out(trees)
    keywords = {
        node.arg for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.keyword)
    }
    for tree in trees.values():
        _Letters(keywords).visit(tree)
    texts = {name: ast.unparse(ast.fix_missing_locations(tree)) + "\n" for name, tree in trees.items()}
    return {name: text for name, text in texts.items() if text.strip() or not name.startswith(_VOCABULARY)}


def _may_stand_often(value: Any, in_its_module: bool) -> bool:
    """Return whether a value may take the place of its name everywhere.

    A tuple is an object in each place, and so is a text that is not interned; of the latter one a module
    costs less than a name.
    """
    is_long = isinstance(value, str | bytes) and len(value) > _INTERNED_MOST
    return _is_scalar(value) and not (is_long and in_its_module)


class _Letters(ast.NodeTransformer):
    """Gives parameters letters for names: those without a default that no call names."""

    def __init__(self, keywords: set[str | None]) -> None:
        self._reserved = keywords | {"self"}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        positional = [
            inner_node.arg for inner_node in node.args.args[: len(node.args.args) - len(node.args.defaults)]
        ]
        inner = {
            inner_node.arg
            for inner_node in ast.walk(node)
            if isinstance(inner_node, ast.arg) and inner_node not in node.args.args
        }
        names = {inner_node.id for inner_node in ast.walk(node) if isinstance(inner_node, ast.Name)} | inner
        free = (letter for letter in ascii_lowercase if letter not in names)
        letters = {name: next(free) for name in positional if name not in self._reserved | inner}
        for inner_node in ast.walk(node):
            if isinstance(inner_node, ast.Name):
                inner_node.id = letters.get(inner_node.id, inner_node.id)
        for argument in node.args.args:
            argument.arg = letters.get(argument.arg, argument.arg)
        return node


class _Bare(ast.NodeTransformer):
    """Takes away what is for readers and checkers: docstrings and annotations."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        self._fill_body(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self._fill_body(node)
        return node

    def _fill_body(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.Assign | None:
        return ast.Assign([node.target], node.value, lineno=node.lineno) if node.value else None

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if isinstance(node.value, ast.Constant) else node


def _constants(name: str, tree: ast.Module) -> Iterator[tuple[_Place, Any]]:
    """Find a module's constants, and their values as CPython has them."""
    own = name.partition(".")[0] in _OWN_PACKAGES
    names = vars(importlib.import_module(name)) if own else dict(_NAMES_ON_BOARDS)
    for constant, node in _assignments(tree):
        try:
            # Of our own sources alone, which this very program imports.
            value = eval(compile(ast.Expression(node.value), name, "eval"), names)  # noqa: S307 - as said
        except NameError:
            continue
        if not own:
            names[constant] = value
        if _is_literal(value):
            node.value = _literal(value)
            yield (name, constant), value


def _assignments(tree: ast.Module) -> Iterator[tuple[str, ast.Assign]]:
    """Find the assignments at a module's top to a single name in capitals."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if _CONSTANT.fullmatch(name):
                yield name, node


def _is_scalar(value: Any) -> bool:
    return isinstance(value, int | float | str | bytes | None)


def _is_literal(value: Any) -> bool:
    return _is_scalar(value) or (type(value) is tuple and all(map(_is_literal, value)))


def _literal(value: Any) -> ast.expr:
    return ast.parse(repr(value), mode="eval").body


def _put_in(name: str, tree: ast.Module, trees: _Trees, values: dict[_Place, Any]) -> Counter[_Place]:
    """Put values in the places of names in one module; count how often each name is used."""
    fold = _Fold(name, tree, trees, values)
    fold.visit(tree)
    return fold.uses


class _Fold(ast.NodeTransformer):
    """Puts values in the places of names, in one module."""

    def __init__(self, name: str, tree: ast.Module, trees: _Trees, values: dict[_Place, Any]) -> None:
        self.uses: Counter[_Place] = Counter()
        self._name, self._values = name, values
        self._modules: dict[str, str] = {}
        self._imported: dict[str, _Place] = {}
        for node in tree.body:
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    if inner in trees:
                        self._modules[alias.asname or alias.name] = inner
                    else:
                        self._imported[alias.asname or alias.name] = (str(node.module), alias.name)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._value(node, self._imported.get(node.id, (self._name, node.id)))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        module = self._modules.get(node.value.id) if isinstance(node.value, ast.Name) else None
        return self._value(node, (module, node.attr)) if module else node

    def _value(self, node: ast.Name | ast.Attribute, place: _Place) -> ast.expr:
        if not isinstance(node.ctx, ast.Load):
            return node
        self.uses[place] += 1
        return _literal(self._values[place]) if place in self._values else node


def _leave_out(trees: _Trees) -> None:
    """Remove definitions without a use, and then those that only they used."""
    used = {name: set(_used_names(tree)) for name, tree in trees.items()}
    inside = {
        name: {
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        for name, tree in trees.items()
    }
    before = sum(len(tree.body) for tree in trees.values())
    everywhere = set().union(*used.values())
    for name, tree in trees.items():
        tree.body = [
            node for node in tree.body if not _is_idle(node, name, inside[name], inside[name] | everywhere)
        ]
    if sum(len(tree.body) for tree in trees.values()) < before:
        _leave_out(trees)


def _used_names(tree: ast.Module) -> Iterator[str]:
    """Iterate over all names that a module uses of others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)


def _is_idle(node: ast.stmt, module: str, inside: set[str], anywhere: set[str]) -> bool:
    """Return whether a statement only defines names without a use; remove such names from imports."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        node.names = [alias for alias in node.names if (alias.asname or alias.name) in inside]
        return not node.names
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        is_plain = not any(isinstance(part, ast.Call) for part in ast.walk(node))
        return (is_plain or module.startswith(_VOCABULARY)) and node.targets[0].id not in anywhere
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return module.startswith(_VOCABULARY) and node.name not in anywhere
    return False

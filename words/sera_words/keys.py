"""Keys of the numbers that a figure was made from, and of what went into it: codes, no words."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - as in `statements`
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Self

from sera_vocabulary import figure_codes
from sera_vocabulary.figure_codes import COUNT
from sera_vocabulary.meanings import MEANINGS
from sera_words.statements import Statement

if TYPE_CHECKING:
    from sera_words.coded import Argument
    from sera_words.words import Words

_SEPARATOR: Final = ":"


@dataclass(frozen=True, slots=True)
class Key(Statement):
    """What a number under a key is; a key is `code`, or `code:argument`."""

    @property
    def key(self) -> str:
        """The key under which the number stands."""
        return _SEPARATOR.join([self.code, *map(str, self.arguments.values())])

    @classmethod
    def read(cls, key: str) -> Self | None:
        """Read a key; None for one that is no code of its table, such as the id of a node.

        Examples
        --------
        >>> Part.read("week_of:2026-06-01")
        Part(code='week_of', arguments={'monday': '2026-06-01'})
        >>> Part.read("elm-yard-1")
        """
        code, separator, argument = key.partition(_SEPARATOR)
        kinds = cls.TABLE.get(code)
        if kinds is None or bool(separator) != bool(kinds):
            return None
        return cls(code, {name: _read(argument, kind) for name, kind in kinds.items()})


def _read(argument: str, kind: str) -> Argument:
    return int(argument) if kind == COUNT and argument.isdecimal() else argument


@dataclass(frozen=True, slots=True)
class Part(Key):
    """A number that a figure was made from, or that stands beside it."""

    TABLE: ClassVar[Mapping[str, Mapping[str, str]]] = figure_codes.PARTS
    KIND: ClassVar[str] = "part"


@dataclass(frozen=True, slots=True)
class Input(Key):
    """What went into a figure: a number of records, a change number, hours, an id."""

    TABLE: ClassVar[Mapping[str, Mapping[str, str]]] = figure_codes.INPUTS
    KIND: ClassVar[str] = "input"


def part_words(words: Words, key: str) -> str:
    """Write what a number in the parts of a figure is; ids and names stand for themselves."""
    part = Part.read(key)
    if part is not None:
        return words.statement(part)
    return words.name(key) if key in MEANINGS else key


def input_words(words: Words, key: str) -> str:
    """Write what a number in the inputs of a figure is; a key that is not known stands for itself."""
    statement = Input.read(key)
    return key if statement is None else words.statement(statement)

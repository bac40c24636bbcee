"""What a figure says beside its number: a code of the vocabulary with its arguments, no sentence."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotations
from dataclasses import dataclass, field
from typing import ClassVar, Self

from sera_vocabulary import alert_rules, figure_codes
from sera_vocabulary.figure_codes import OPTIONAL
from sera_words.coded import Argument  # noqa: TC001 - msgspec reads the annotations
from sera_words.errors import UnknownCodeError


@dataclass(frozen=True, slots=True)
class Statement:
    """A code and its arguments; made by `of`, which checks both against the vocabulary's table."""

    code: str
    arguments: dict[str, Argument] = field(default_factory=dict)

    TABLE: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    KIND: ClassVar[str] = ""

    @classmethod
    def of(cls, code: str, /, **arguments: Argument | None) -> Self:
        """Make a statement; an argument of None is left out.

        Raises
        ------
        UnknownCodeError
            The code, or an argument, is not in the table of this kind of statement, or one is missing.

        Examples
        --------
        >>> Reason.of("weeks_too_few", weeks=2, needed=8)
        Reason(code='weeks_too_few', arguments={'weeks': 2, 'needed': 8})
        """
        present = {name: _plain(value) for name, value in arguments.items() if value is not None}
        expected = cls.TABLE.get(code)
        if expected is None:
            raise UnknownCodeError(
                f"{cls.KIND} {code!r} is not in the vocabulary's table; add its row and its words"
            )
        # All that there can be is the common case, and there are tens of thousands in a run.
        if present.keys() != expected.keys() and not _needed(expected) <= present.keys() <= expected.keys():
            raise UnknownCodeError(
                f"{cls.KIND} {code!r} has the arguments {sorted(present)}; expected {sorted(expected)}"
            )
        return cls(code, present)

    def __str__(self) -> str:
        """Write the statement in English, for logs and tests."""
        from sera_words.words import words  # noqa: PLC0415 - Babel takes 40 ms, and few print statements

        return words().statement(self)


def _needed(expected: Mapping[str, str]) -> set[str]:
    return {name for name, kind in expected.items() if not kind.endswith(OPTIONAL)}


def _plain(value: Argument) -> Argument:
    """Turn a number of numpy into Python's own, floats to twelve digits."""
    if isinstance(value, str) or type(value) is int:
        return value
    if isinstance(value, (list, tuple)):
        return list(value)
    number = float(value)
    return int(number) if number.is_integer() else float(f"{number:.12g}")


@dataclass(frozen=True, slots=True)
class Reason(Statement):
    """Why a figure has no value, or a value no interval."""

    TABLE: ClassVar[Mapping[str, Mapping[str, str]]] = figure_codes.REASONS
    KIND: ClassVar[str] = "reason"


@dataclass(frozen=True, slots=True)
class TableReason(Statement):
    """Why a figure of any table, which needs no store, has no value."""

    TABLE: ClassVar[Mapping[str, Mapping[str, str]]] = figure_codes.TABLE_REASONS
    KIND: ClassVar[str] = "table_reason"


@dataclass(frozen=True, slots=True)
class TableNote(Statement):
    """What a reader of a figure of any table must know of how the table was read."""

    TABLE: ClassVar[Mapping[str, Mapping[str, str]]] = figure_codes.TABLE_NOTES
    KIND: ClassVar[str] = "table_note"


@dataclass(frozen=True, slots=True)
class Note(Statement):
    """What a reader of a figure must know: an assumption, an inference, what was left out."""

    TABLE: ClassVar[Mapping[str, Mapping[str, str]]] = figure_codes.NOTES
    KIND: ClassVar[str] = "note"


@dataclass(frozen=True, slots=True)
class IntervalMethod(Statement):
    """How an interval was made."""

    TABLE: ClassVar[Mapping[str, Mapping[str, str]]] = figure_codes.INTERVAL_METHODS
    KIND: ClassVar[str] = "interval_method"


@dataclass(frozen=True, slots=True)
class Finding(Statement):
    """What is wrong with a node."""

    TABLE: ClassVar[Mapping[str, Mapping[str, str]]] = alert_rules.FINDINGS
    KIND: ClassVar[str] = "finding"

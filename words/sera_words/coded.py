"""What words are found for: a code, its arguments, and the table that both are checked against."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Argument: TypeAlias = int | float | str | list[str]


class Coded(Protocol):
    """A code with arguments; `TABLE` has the arguments of each code, `KIND` the name of the table."""

    TABLE: ClassVar[Mapping[str, Mapping[str, str]]]
    KIND: ClassVar[str]

    @property
    def code(self) -> str:
        """The code."""

    @property
    def arguments(self) -> Mapping[str, Argument]:
        """Its arguments by name."""

"""Fields that people fill in and the chronicle keeps: read and checked, each with one kind of error."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from sera_store.plain_text import text_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sera_store.errors import FieldError

_Entry = TypeVar("_Entry", bound=msgspec.Struct)
_Error = TypeVar("_Error", bound=Exception)


def decode_entry(body: bytes, kind: type[_Entry], name: str, error_class: type[FieldError]) -> _Entry:
    """Read what a person entered from the body of an entry of the chronicle.

    Parameters
    ----------
    kind, name
        What it has to be, and what people call it, as `story`.
    error_class
        What to raise where it is not valid.

    Raises
    ------
    FieldError
        It is not valid; the message says at which field.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise error_class(name, "unreadable", f"is no {name} of this Sera: {error}") from error


def check_form(form: int, known: int, error_class: type[FieldError]) -> None:
    """Raise an error unless the form of what was entered is the one that this Sera writes."""
    if form != known:
        raise error_class("form", "unreadable", f"form {form} is not known; this Sera knows {known}")


def check_text(
    field: str,
    text: str,
    most: int,
    error_class: type[FieldError],
    *,
    is_needed: bool = False,
    has_lines: bool = False,
) -> None:
    """Raise an error unless a text is short enough, visible, and there if it has to be.

    Parameters
    ----------
    most
        Number of characters that it may have.
    is_needed, has_lines
        Whether it may not be empty; whether line ends and tabs may be in it.
    """
    code = text_problem(text, most, is_needed=is_needed, has_lines=has_lines)
    if code == "empty":
        raise error_class(field, code, "is empty; write a few words")
    if code == "too_long":
        raise error_class(field, code, f"has {len(text)} characters, at most {most}; shorten it", most=most)
    if code:
        raise error_class(field, code, "has characters that cannot be seen; type it again")


def problems_of(checks: Iterable[Callable[[], None]], kind: type[_Error]) -> list[_Error]:
    """Do every check, and return what each of them raises of a kind, in order, to be said at once."""
    problems = []
    for check in checks:
        try:
            check()
        except kind as error:
            problems.append(error)
    return problems

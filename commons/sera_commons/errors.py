"""What can go wrong with what people know, plan and give."""

from __future__ import annotations

from typing import Any


class CommonsError(Exception):
    """Any error of this room; its message says where, what was expected and what to do."""


class PlantTableError(CommonsError):
    """A cell of the table of plants has another form than its column, or no source."""


class InvalidItemError(CommonsError):
    """A story, recipe, consent or audience is not what it may be.

    Parameters
    ----------
    field
        The field, as `title`.
    code
        What is wrong, as `too_long`: pages have a sentence for it.
    message
        The same in a sentence, with what was expected and what to do.
    arguments
        What stands in the pages' sentence.
    """

    def __init__(self, field: str, code: str, message: str, **arguments: Any) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.code = code
        self.arguments = arguments


class InvalidMediaError(CommonsError):
    """A picture or a sound that cannot be kept.

    Parameters
    ----------
    code
        `type`, `too_large`, `damaged` or `too_long`: pages have a sentence for it.
    message
        The same in a sentence, with what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class InvalidFolderError(CommonsError):
    """A folder of an export that cannot come in; the message names the file and what was expected."""


class DesignError(CommonsError):
    """A drawing, or an update of one, cannot be used."""


class DesignFullError(DesignError):
    """A drawing, or one message of it, is larger than a drawing may be."""


class OtherGenerationError(DesignError):
    """A copy belongs to a drawing that was begun again since, or erased."""

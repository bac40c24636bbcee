"""What can go wrong with what people know, plan and give."""

from __future__ import annotations

from sera_store.errors import FieldError


class CommonsError(Exception):
    """Any error of this room; its message says where, what was expected and what to do."""


class PlantTableError(CommonsError):
    """A cell of the table of plants has another form than its column, or no source."""


class InvalidItemError(FieldError, CommonsError):
    """A story, recipe, consent or audience is not what it may be."""


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


class DamagedSoundError(InvalidMediaError):
    """A sound whose parts do not fit together."""

    def __init__(self) -> None:
        super().__init__("damaged", "the sound is damaged; record or choose it again")


class InvalidFolderError(CommonsError):
    """A folder of an export that cannot come in; the message names the file and what was expected."""


class DesignError(CommonsError):
    """A drawing, or an update of one, cannot be used."""


class DesignFullError(DesignError):
    """A drawing, or one message of it, is larger than a drawing may be."""


class OtherGenerationError(DesignError):
    """A copy belongs to a drawing that was begun again since, or erased."""

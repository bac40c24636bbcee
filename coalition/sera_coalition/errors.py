"""What can go wrong with what neighbours agree."""

from __future__ import annotations


class CoalitionError(Exception):
    """Any error of this room; its message says where, what was expected and what to do."""


class InvalidAgreementError(CoalitionError):
    """An agreement is not what it may be, or contradicts itself.

    Parameters
    ----------
    field
        The field, as `review`; several are joined by `, `.
    message
        What stands there, what was expected and what to do.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class InvalidEnvelopeError(CoalitionError):
    """A signed document cannot be read, or is not signed by whom it must be."""


class KeyMissingError(CoalitionError):
    """A community has no signing key here, or not the one that is needed."""


class RefusedDocumentError(CoalitionError):
    """A signed document is whole, and yet cannot be taken in; the message says why and what to do."""

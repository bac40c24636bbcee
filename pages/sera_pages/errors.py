"""What can go wrong in the web application, each with its status and the id of its sentence."""

from __future__ import annotations

from typing import Any


class PagesError(Exception):
    """Base of the application's own errors."""


class RefusedRequestError(PagesError):
    """A request that gets a page with a sentence in place of what it asked for.

    Parameters
    ----------
    status
        Status of HTTP.
    sentence
        Id of a sentence of the pages' catalogue, which says what to do next.
    arguments
        What stands in the sentence.
    """

    def __init__(self, status: int, sentence: str, **arguments: Any) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.arguments = arguments


class AnsweredFormError(PagesError):
    """A form was taken before.

    Parameters
    ----------
    address
        Where it led.
    """

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class InvalidFieldError(PagesError):
    """A field of a form holds what it cannot.

    Parameters
    ----------
    field
        Name of the field.
    sentence
        Id of the sentence beside the field, which says what is expected.
    arguments
        What stands in the sentence.
    """

    def __init__(self, field: str, sentence: str, **arguments: Any) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field = field
        self.sentence = sentence
        self.arguments = arguments


class NotSentError(PagesError):
    """A message did not reach the journal; it may be sent again under the same key."""

"""What can go wrong with what neighbours agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_store.errors import FieldError

if TYPE_CHECKING:
    from collections.abc import Sequence


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


class RuleFileError(CoalitionError):
    """A rule file is not what it must be, or contradicts itself.

    Parameters
    ----------
    name
        The file.
    problems
        What is wrong, each with its line and what to do.
    """

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        super().__init__("\n".join(f"{name}: {problem}" for problem in problems))
        self.name = name
        self.problems = tuple(problems)


class InvalidStepError(FieldError, CoalitionError):
    """What somebody wrote for a proposal, a comment or an objection cannot be kept."""


class StepRefusedError(CoalitionError):
    """A step that cannot follow where a decision is, or not by this person.

    Parameters
    ----------
    code
        Why, as `closed`: pages have a sentence for it.
    message
        The same in a sentence.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class InvalidReportError(CoalitionError):
    """A file is no open report; the message names it and how it is made again."""


class InvalidClaimError(CoalitionError):
    """A claim cannot be checked as it is written.

    Parameters
    ----------
    message
        File and line, what stands there, what was expected.
    line, field
        Which line from 1, and which of its fields; 0 and empty where it is the whole.
    """

    def __init__(self, message: str, line: int = 0, field: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.field = field


class NoBundleError(CoalitionError):
    """A bundle cannot be made: nothing is agreed, the days are outside the agreement, nothing may leave."""


class RefusedBundleError(CoalitionError):
    """A bundle that comes in is not taken; nothing of it is used.

    Parameters
    ----------
    reason
        Code of `sera_coalition.bundles.refusals.Refusal`: pages have a sentence for each.
    message
        File and row, what stands there, what was expected and what to do.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message


class InvalidSurplusError(FieldError, CoalitionError):
    """An offer, a reservation, a wish or a word is not what it may be."""


class SurplusMissingError(CoalitionError):
    """An offer or a reservation is not there any more: handed over, taken back, ended, or never there."""

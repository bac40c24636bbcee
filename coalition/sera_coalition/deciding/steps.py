"""What is said in a decision: each step is a version of one item of the chronicle, these are the bodies."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from sera_coalition.errors import InvalidStepError
from sera_store.entry_fields import check_form, check_text, decode_entry, problems_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FORM: Final = 1
TITLE_LONGEST: Final = 120
TEXT_LONGEST: Final = 20_000
WORDS_LONGEST: Final = 5_000
NAME_LONGEST: Final = 60


class StepKind(StrEnum):
    """What a step is; the name of its entry in the chronicle."""

    PROPOSAL = "proposal"
    COMMENT = "comment"
    OBJECTION = "objection"
    LIFTING = "lifting"
    RESULT = "result"


class State(StrEnum):
    """Where a decision is; all but the first are for good."""

    OPEN = "open"
    DECIDED = "decided"
    REJECTED = "rejected"
    NO_QUORUM = "no_quorum"
    NOT_AGREED = "not_agreed"
    WITHDRAWN = "withdrawn"


class Choice(StrEnum):
    """What a vote can be; who objects does so in words, as a step."""

    AGREE = "agree"
    ASIDE = "aside"


class Proposal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A proposal, or its text as it was changed.

    Parameters
    ----------
    title, text, reasons
        What it is called, what shall be done, and why.
    name
        How its author wants to be named; empty for not at all.
    rule
        Text of the rule file with which it began; empty in a changed text.
    """

    form: int = FORM
    title: str
    text: str
    reasons: str
    name: str = ""
    rule: str = ""


class Comment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A comment, and how its author wants to be named."""

    form: int = FORM
    text: str
    name: str = ""


class Objection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An objection: why, which change would lift it, and how its author wants to be named."""

    form: int = FORM
    reason: str
    change: str
    name: str = ""


class Lifting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That an objection is lifted by whoever raised it: its position in the decision, and a word to it."""

    form: int = FORM
    objection: int
    text: str = ""


class Result(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a decision ended. Of votes it has sums, and none from few.

    Parameters
    ----------
    outcome
        `decided`, `rejected`, `no_quorum` or `not_agreed`.
    title, text
        What was decided, which is the community's from then on; empty where nothing was.
    text_version
        Which text, from 1.
    rule
        Text of the rule that held.
    eligible, quorum
        How many persons could take part, and how many were needed.
    took_part, agree, aside
        How many did; None where they are too few to say.
    objecting
        How many persons had an objection that stood: their words are steps, for everybody here to read.
    """

    form: int = FORM
    outcome: State
    title: str = ""
    text: str = ""
    text_version: int
    rule: str
    eligible: int
    quorum: int
    took_part: int | None
    agree: int | None
    aside: int | None
    objecting: int


Body = Proposal | Comment | Objection | Lifting | Result
_BODIES: Final[Mapping[StepKind, type[Body]]] = {
    StepKind.PROPOSAL: Proposal,
    StepKind.COMMENT: Comment,
    StepKind.OBJECTION: Objection,
    StepKind.LIFTING: Lifting,
    StepKind.RESULT: Result,
}


class Step(NamedTuple):
    """One step of a decision, as the chronicle has it.

    Parameters
    ----------
    position
        1, 2, 3 within its decision.
    number
        Of its entry in the chronicle.
    kind
        What it is.
    day
        Day in UTC, which stays when its contents are erased.
    at_s
        When, Unix time [s]; 0 where its contents were erased.
    author
        Drawn id of its author; empty where its contents were erased.
    body
        What was said; None where it was erased.
    is_hidden
        Whether a moderator hides it.
    """

    position: int
    number: int
    kind: StepKind
    day: str
    at_s: int
    author: str
    body: Body | None
    is_hidden: bool = False


def texts_of(step: Step) -> dict[str, str]:
    """Return what was said in a step by field, as who wrote it; nothing where it was erased."""
    body = step.body
    if isinstance(body, Proposal):
        return {"title": body.title, "text": body.text, "reasons": body.reasons}
    if isinstance(body, Objection):
        return {"reason": body.reason, "change": body.change}
    return {"text": body.text} if isinstance(body, Comment | Lifting) else {}


def encode_body(body: Body) -> bytes:
    """Return a body as the chronicle keeps it."""
    return msgspec.json.encode(body)


def decode_body(kind: StepKind, content: bytes) -> Body:
    """Read the body of a step.

    Raises
    ------
    InvalidStepError
        It is not a step of this Sera.
    """
    body = decode_entry(content, _BODIES[kind], "step", InvalidStepError)
    check_form(body.form, FORM, InvalidStepError)
    return body


def check_body(body: Body) -> None:
    """Check what a person wrote.

    Raises
    ------
    InvalidStepError
        It names the field, what was expected and what to do.
    """
    for check in _checks(body):
        check()


def body_problems(body: Body) -> list[InvalidStepError]:
    """Return everything that is wrong with what somebody wrote, in the order of its fields."""
    return problems_of(_checks(body), InvalidStepError)


def _checks(body: Body) -> list[Callable[[], None]]:
    checks = []
    if isinstance(body, Proposal):
        checks = [_long("text", body.text, TEXT_LONGEST), _long("reasons", body.reasons, TEXT_LONGEST)]
        checks.insert(0, _line("title", body.title, TITLE_LONGEST, is_needed=True))
    elif isinstance(body, Objection):
        checks = [_long("reason", body.reason, WORDS_LONGEST), _long("change", body.change, WORDS_LONGEST)]
    elif isinstance(body, Comment | Lifting):
        checks = [_long("text", body.text, WORDS_LONGEST, is_needed=isinstance(body, Comment))]
    if isinstance(body, Proposal | Objection | Comment):
        checks.append(_line("name", body.name, NAME_LONGEST))
    return checks


def _line(field: str, text: str, most: int, *, is_needed: bool = False) -> Callable[[], None]:
    return partial(check_text, field, text, most, InvalidStepError, is_needed=is_needed)


def _long(field: str, text: str, most: int, *, is_needed: bool = True) -> Callable[[], None]:
    return partial(check_text, field, text, most, InvalidStepError, is_needed=is_needed, has_lines=True)

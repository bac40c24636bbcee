"""Where a decision is, told from its steps alone: a pure fold, so that nothing depends on who looks when.

A decision is open until a result is among its steps, or until its author has taken the proposal back. A step
that may not follow where it stands changes nothing; so no step behind the end does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sera_coalition.deciding.rule import DecidingRule, read_deciding_rule
from sera_coalition.deciding.steps import Lifting, Proposal, Result, State, Step, StepKind
from sera_coalition.errors import RuleFileError, StepRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Why a step may not follow, by code.
REFUSALS: Final = {
    "closed": "this decision has ended",
    "days_over": "the days of this proposal are over; its result comes within the hour",
    "not_proposer": "only who made the proposal changes it",
    "late_change": "too little time is left for others to read another text; propose it again",
    "not_objector": "only whoever raised an objection lifts it",
    "no_objection": "this objection does not stand",
    "objects": "an objection of this person stands already; lift it, or take it back",
    "no_part": "by its rule this person takes no part in this decision",
    "not_yours": "only whoever gave it takes it back",
}


@dataclass(frozen=True, slots=True)
class StandingObjection:
    """An objection, as it is now.

    Parameters
    ----------
    step
        Of kind `objection`; without a body where its author took it back.
    lifted_by
        Position of the step that lifted it; 0 while it stands.
    """

    step: Step
    lifted_by: int = 0

    @property
    def stands(self) -> bool:
        """Whether it was neither lifted nor taken back."""
        return self.lifted_by == 0 and self.step.body is not None


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a decision is.

    Parameters
    ----------
    id
        Drawn; the item of the chronicle whose versions its steps are.
    state
        Open, or how it ended.
    steps
        Those that counted, in order.
    rule
        The one with which it began; None where it was erased.
    proposer
        Drawn id of whoever made it; empty where it was taken back.
    text, text_version
        The text that counts, None where it was taken back; and which one, from 1.
    begun_s, changed_s, last_s
        When it began, when its text was changed last, when something was said last, Unix time [s].
    objections
        All of them, by position.
    result
        How it ended; None before, and where it was taken back.
    """

    id: str
    state: State
    steps: tuple[Step, ...]
    rule: DecidingRule | None
    proposer: str
    text: Proposal | None
    text_version: int
    begun_s: int
    changed_s: int
    last_s: int
    objections: tuple[StandingObjection, ...] = ()
    result: Result | None = None

    @property
    def ends_s(self) -> int:
        """When its days are over, Unix time [s]; 0 where nobody knows any more."""
        return self.rule.ends_s(self.begun_s, self.changed_s) if self.rule is not None else 0

    @property
    def standing(self) -> tuple[StandingObjection, ...]:
        """The objections that stand."""
        return tuple(objection for objection in self.objections if objection.stands)

    @property
    def objectors(self) -> frozenset[str]:
        """Drawn ids of persons of whom an objection stands."""
        return frozenset(objection.step.author for objection in self.standing)


def decision_of(id_: str, steps: Iterable[Step]) -> Decision | None:
    """Work out where a decision is from its steps, given in any order.

    A position counts once, so that a step that is told twice changes nothing.

    Returns
    -------
    Decision or None
        None where they begin with no proposal, or with a rule that this Sera cannot read.
    """
    ordered = sorted({step.position: step for step in steps}.items())
    if not ordered or ordered[0][0] != 1 or ordered[0][1].kind is not StepKind.PROPOSAL:
        return None
    decision = _begun(id_, ordered[0][1])
    if decision is None:
        return None
    for _, step in ordered[1:]:
        decision = _after(decision, step)
    is_taken_back = decision.state is State.OPEN and decision.rule is None
    return replace(decision, state=State.WITHDRAWN) if is_taken_back else decision


def refusal_of(
    decision: Decision, kind: StepKind, author: str, at_s: int, *, objection: int = 0, has_body: bool = True
) -> str:
    """Return why a step may not follow where a decision is, one of `REFUSALS`; empty where it may.

    Parameters
    ----------
    author
        Drawn id of whoever takes the step; empty of one that was erased.
    at_s
        When, Unix time [s].
    objection
        Position of the objection that is lifted.
    has_body
        False for a step whose contents were erased: then its author is unknown.
    """
    if decision.state is not State.OPEN:
        return "closed"
    if kind is StepKind.RESULT:
        return ""
    if decision.rule is not None and at_s >= decision.ends_s:
        return "days_over"
    if not has_body:
        return ""
    if kind is StepKind.PROPOSAL:
        return _change_refusal(decision, author, at_s)
    if kind is StepKind.OBJECTION:
        return "objects" if author in decision.objectors else ""
    if kind is StepKind.LIFTING:
        of_number = {standing.step.position: standing.step.author for standing in decision.standing}
        if objection not in of_number:
            return "no_objection"
        return "" if of_number[objection] == author else "not_objector"
    return ""


def _change_refusal(decision: Decision, author: str, at_s: int) -> str:
    if author != decision.proposer:
        return "not_proposer"
    is_late = decision.rule is not None and not decision.rule.may_change(decision.begun_s, at_s)
    return "late_change" if is_late else ""


def require(code: str) -> None:
    """Raise what a refusal's code stands for; nothing where it is empty.

    Raises
    ------
    StepRefusedError
        With the sentence of `REFUSALS`.
    """
    if code:
        raise StepRefusedError(code, REFUSALS[code])


def _begun(id_: str, step: Step) -> Decision | None:
    text, rule = (step.body if isinstance(step.body, Proposal) else None), None
    if text is not None:
        try:
            rule = read_deciding_rule(text.rule, "the rule of a proposal")
        except RuleFileError:
            return None
    return Decision(id_, State.OPEN, (step,), rule, step.author, text, 1, step.at_s, step.at_s, step.at_s)


def _after(decision: Decision, step: Step) -> Decision:
    """Return a decision after a step; the same where it may not follow."""
    lifted = step.body.objection if isinstance(step.body, Lifting) else 0
    # A clock that was put back, or an erased second, makes no step come before the one ahead of it.
    at_s, has_body = max(step.at_s, decision.last_s), step.body is not None
    if refusal_of(decision, step.kind, step.author, at_s, objection=lifted, has_body=has_body):
        return decision
    decision = replace(decision, steps=(*decision.steps, step), last_s=at_s)
    if step.kind is StepKind.RESULT:
        result = step.body if isinstance(step.body, Result) else None
        return replace(
            decision, result=result, state=result.outcome if result is not None else State.WITHDRAWN
        )
    if step.kind is StepKind.PROPOSAL:
        text = step.body if isinstance(step.body, Proposal) else None
        version = decision.text_version + 1
        return replace(decision, text=text, text_version=version, changed_s=at_s)
    if step.kind is StepKind.OBJECTION:
        return replace(decision, objections=(*decision.objections, StandingObjection(step)))
    return replace(decision, objections=_lifted(decision, lifted, step.position)) if lifted else decision


def _lifted(decision: Decision, position: int, by: int) -> tuple[StandingObjection, ...]:
    return tuple(
        replace(objection, lifted_by=by) if objection.step.position == position else objection
        for objection in decision.objections
    )

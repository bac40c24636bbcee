"""Decisions in words: the rule, where a decision is, its sums, and each of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sera_coalition.deciding.steps import Comment, Lifting, Objection, Proposal, State, StepKind, texts_of
from sera_vocabulary.durations import HOUR_S
from sera_words.isolates import isolated

if TYPE_CHECKING:
    from sera_coalition.deciding.decision import Decision
    from sera_coalition.deciding.rule import DecidingRule
    from sera_coalition.deciding.steps import Result, Step
    from sera_words.sentences import Sentences


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step in words.

    Parameters
    ----------
    position, number
        In its decision, and in the chronicle.
    kind
        What it is.
    parts
        What was said, by field: empty where it is hidden or was taken back.
    notice
        The sentence that stands in its place then; empty where it is to be read.
    by
        Who gave it and when.
    status
        Of an objection: that it stands, or when it was lifted and with which words.
    is_own, stands
        Whether its reader gave it; whether it is an objection that stands.
    """

    position: int
    number: int
    kind: str
    parts: dict[str, str]
    notice: str
    by: str
    status: str = ""
    is_own: bool = False
    stands: bool = False


def rule_sentences(words: Sentences, rule: DecidingRule) -> list[str]:
    """Write a rule as sentences, in the order in which people ask."""
    say = words.say
    quorum = (
        say("decide.rule_quorum_number", count=rule.quorum)
        if isinstance(rule.quorum, int)
        else say("decide.rule_quorum_share", share=words.figures.share(rule.quorum_percent / 100))
    )
    again = (
        say("decide.rule_begins_again", count=rule.days_most)
        if rule.days_most is not None
        else say("decide.rule_never_again")
    )
    return [
        say("decide.rule_take_part", roles=_roles(words, rule.take_part)),
        say("decide.rule_propose", roles=_roles(words, rule.propose)),
        say("decide.rule_newcomers" if rule.newcomers else "decide.rule_no_newcomers"),
        say("decide.rule_days", count=rule.days),
        again,
        say("decide.rule_reading", hours=rule.reading_s // HOUR_S),
        quorum,
        say("decide.rule_stop", count=rule.objections_stop),
        say("decide.rule_votes"),
    ]


def _roles(words: Sentences, roles: tuple[str, ...]) -> str:
    return words.figures.listed(words.say(f"role.{role}") for role in roles)


def state_sentence(words: Sentences, decision: Decision, until: str) -> str:
    """Write where a decision is.

    Parameters
    ----------
    until
        When its days are over, in words; empty where they are.
    """
    if decision.state is State.OPEN:
        return words.say("decide.until", moment=until) if until else words.say("decide.counted")
    if decision.state is State.WITHDRAWN:
        return words.say("decide.is_withdrawn")
    return words.say(f"decide.is_{decision.state.value}", day=day_of(words, decision.steps[-1]))


def title_of(words: Sentences, decision: Decision) -> str:
    """Return what a decision is called: by its text, else by what was decided, else that it is gone."""
    if decision.text is not None and not decision.steps[0].is_hidden:
        return decision.text.title
    if decision.result is not None and decision.result.title:
        return decision.result.title
    return words.say("decide.hidden" if decision.text is not None else "decide.taken_back")


def sums_of(words: Sentences, result: Result) -> list[str]:
    """Write how many took part, were needed, agreed, stood aside and objected, as far as that may be told."""
    say = words.say
    sums = [
        say("decide.sum_few")
        if result.took_part is None
        else say("decide.sum_took_part", count=result.took_part, eligible=result.eligible),
        say("decide.sum_needed", count=result.quorum),
    ]
    if result.agree is not None and result.aside is not None:
        sums.append(say("decide.sum_agree", count=result.agree))
        sums.append(say("decide.sum_aside", count=result.aside))
    elif result.took_part is not None:
        sums.append(say("decide.sum_apart_few"))
    return [*sums, say("decide.sum_objecting", count=result.objecting)]


def day_of(words: Sentences, step: Step) -> str:
    """Write the day of a step."""
    return words.figures.date(date.fromisoformat(step.day))


def step_row(words: Sentences, decision: Decision, step: Step, reader: str = "") -> StepRow:
    """Put a step into words, for one reader by drawn id."""
    is_gone = step.body is None or step.is_hidden
    notice = words.say("decide.hidden" if step.body is not None else "decide.taken_back") if is_gone else ""
    body, day = step.body, day_of(words, step)
    name = body.name if isinstance(body, Proposal | Comment | Objection) and not is_gone else ""
    by = words.say("decide.by", name=isolated(name), day=day) if name else words.say("decide.on", day=day)
    objection = next((one for one in decision.objections if one.step.position == step.position), None)
    lifted = _lifted(words, decision, objection.lifted_by) if objection is not None else ""
    stands = objection is not None and objection.stands
    return StepRow(
        position=step.position,
        number=step.number,
        kind=step.kind.value,
        parts={} if is_gone else texts_of(step),
        notice=notice,
        by=by,
        status=words.say("decide.stands") if stands else lifted,
        is_own=bool(reader) and step.author == reader,
        stands=stands,
    )


def _lifted(words: Sentences, decision: Decision, position: int) -> str:
    """Write when an objection was lifted, and with which words; empty where it was not."""
    step = next((step for step in decision.steps if step.position == position), None)
    if step is None:
        return ""
    day = words.say("decide.lifted", day=day_of(words, step))
    text = step.body.text if isinstance(step.body, Lifting) and not step.is_hidden else ""
    return words.say("form.problem_at", label=day, problem=isolated(text)) if text else day


def rows_of(words: Sentences, decision: Decision, kind: StepKind, reader: str = "") -> list[StepRow]:
    """Put all steps of a kind into words, in order."""
    return [step_row(words, decision, step, reader) for step in decision.steps if step.kind is kind]

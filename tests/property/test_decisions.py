"""Where a decision is hangs on its steps alone: no order of telling, no repeat, nothing behind the end."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deciding.councils import BEGUN_S, RULE, first_step, steps
from sera_coalition.deciding.decision import decision_of
from sera_coalition.deciding.outcome import SMALLEST_CELL, Count, outcome_of, released_sums
from sera_coalition.deciding.rule import read_deciding_rule, sample_text
from sera_coalition.deciding.steps import State, StepKind
from sera_vocabulary.durations import DAY_S
from strategies import examples

ID = "d" * 32
numbers = st.integers(0, 40)
counts = st.tuples(numbers, numbers, numbers, numbers).map(
    lambda drawn: Count(drawn[0] + sum(drawn[1:]), *drawn[1:])
)
rules = st.builds(
    lambda quorum, stop: msgspec.structs.replace(
        read_deciding_rule(sample_text("oak"), "rule.toml"), quorum=quorum, objections_stop=stop
    ),
    st.one_of(st.integers(1, 60), st.integers(1, 100).map(lambda share: f"{share} %")),
    st.integers(1, 10),
)


@settings(max_examples=examples(300))
@given(steps(), st.randoms(use_true_random=False), st.integers(1, 3))
def test_the_order_of_telling_and_repeats_change_nothing(steps, random, times) -> None:
    whole = [first_step(), *steps]
    mixed = whole * times
    random.shuffle(mixed)
    assert decision_of(ID, mixed) == decision_of(ID, whole)


@pytest.mark.slow
@settings(max_examples=examples(300))
@given(steps(), steps())
def test_no_step_behind_the_end_changes_it(steps, late) -> None:
    ended = decision_of(ID, [first_step(), *steps])
    assert ended is not None
    moved = [step._replace(position=step.position + 100, number=step.number + 100) for step in late]
    after = decision_of(ID, [first_step(), *steps, *moved])
    if ended.state is not State.OPEN:
        assert after == ended


@settings(max_examples=examples(300))
@given(steps())
def test_a_decision_ends_within_its_limit_and_its_clock_never_runs_back(steps) -> None:
    decision = decision_of(ID, [first_step(), *steps])
    assert decision is not None
    assert BEGUN_S + 7 * DAY_S <= decision.ends_s <= BEGUN_S + 28 * DAY_S
    assert decision.begun_s <= decision.changed_s <= decision.last_s
    own_steps = [step for step in decision.steps if step.kind is not StepKind.RESULT]
    assert all(step.at_s < decision.ends_s for step in own_steps)


@pytest.mark.slow
@settings(max_examples=examples(300))
@given(steps())
def test_an_objection_is_lifted_by_its_author_alone_and_a_person_has_one(steps) -> None:
    decision = decision_of(ID, [first_step(), *steps])
    assert decision is not None
    authors = [objection.step.author for objection in decision.standing]
    assert len(authors) == len(set(authors))
    by_position = {step.position: step for step in decision.steps}
    for objection in decision.objections:
        if objection.lifted_by and objection.step.body is not None:
            assert by_position[objection.lifted_by].author == objection.step.author
    texts = [step for step in decision.steps if step.kind is StepKind.PROPOSAL]
    assert decision.text_version == len(texts)
    assert {step.author for step in texts} <= {decision.proposer, ""}


@settings(max_examples=examples(300))
@given(rules, counts)
def test_one_objection_more_never_makes_a_decision(rule, count) -> None:
    objected = count._replace(objecting=count.objecting + 1, agree=max(0, count.agree - 1))
    if outcome_of(rule, count) is State.REJECTED:
        assert outcome_of(rule, objected) is not State.DECIDED
    if outcome_of(rule, count) is State.DECIDED:
        assert count.objecting < rule.objections_stop
        assert count.took_part >= rule.quorum_of(count.eligible)
        assert count.agree > 0


@settings(max_examples=examples(300))
@given(counts)
def test_no_sum_of_few_is_told_and_none_follows_from_the_others(count) -> None:
    sums = released_sums(count)
    votes = count.agree + count.aside
    assert sums.took_part in (None, count.took_part)
    if votes < SMALLEST_CELL:
        assert sums == (None, None, None)
    elif min(count.agree, count.aside) < SMALLEST_CELL:
        assert (sums.agree, sums.aside) == (None, None)
    else:
        assert sums == (count.took_part, count.agree, count.aside)


def test_steps_that_begin_with_no_proposal_or_a_rule_of_another_day_are_no_decision() -> None:
    assert decision_of(ID, []) is None
    assert decision_of(ID, [first_step()._replace(position=2)]) is None
    assert decision_of(ID, [first_step("form = 9")]) is None
    withdrawn = first_step(RULE)._replace(body=None, author="", at_s=0)
    decision = decision_of(ID, [withdrawn])
    assert decision is not None
    assert decision.state is State.WITHDRAWN

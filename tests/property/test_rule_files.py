"""Any rule file is a rule without contradictions, or refused with lines that hold what is wrong."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from deciding.councils import RULE
from sera_coalition.deciding.rule import DecidingRule, read_deciding_rule
from sera_coalition.errors import RuleFileError
from sera_coalition.surplus.rule import SurplusRule, read_surplus_rule
from sera_store.registry.persons import ROLES
from sera_vocabulary.durations import DAY_S
from sharing.surplus import HEAD
from strategies import examples

NAME = "rule.toml"
_AT = re.compile(r"line (\d+) \(`([\w.]+)`\)")
roles = st.lists(st.sampled_from(sorted(ROLES)), min_size=1, max_size=5, unique=True)
quorums = st.one_of(st.integers(1, 12), st.integers(1, 100).map(lambda share: f"{share} %"))
deciding = st.fixed_dictionaries(
    {
        "take_part": roles,
        "propose": roles,
        "newcomers": st.booleans(),
        "days": st.integers(1, 366),
        "quorum": quorums,
        "objections_stop": st.integers(1, 12),
        "change_begins_again": st.booleans(),
    },
    optional={"days_most": st.integers(1, 366)},
)
days = st.dates().map(lambda day: day.isoformat())
surplus = st.fixed_dictionaries(
    {},
    optional={
        "offer": st.fixed_dictionaries({}, optional={"days_most": st.integers(1, 31)}),
        "reservation": st.fixed_dictionaries({}, optional={"hold_hours": st.integers(1, 168)}),
        "sharing": st.fixed_dictionaries(
            {"way": st.sampled_from(["equal", "rotation", "need"]), "members": st.integers(2, 200)},
            optional={"begins": days},
        ),
    },
)


def toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(toml(one) for one in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    is_day = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)
    return f'"{value}"' if isinstance(value, str) and not is_day else str(value)


def lines_of(fields: dict[str, object]) -> list[str]:
    return [f"{key} = {toml(value)}" for key, value in fields.items()]


def read(text: str) -> DecidingRule | list[str]:
    try:
        return read_deciding_rule(text, NAME, "oak")
    except RuleFileError as error:
        return list(error.problems)


def held(text: str) -> SurplusRule | list[str]:
    try:
        return read_surplus_rule(text, NAME, "oak")
    except RuleFileError as error:
        return list(error.problems)


def check_lines(problems: list[str], text: str) -> None:
    """Each line that is named is there, and holds the key that is named with it."""
    lines = text.splitlines()
    for number, key in _AT.findall("\n".join(problems)):
        assert lines[int(number) - 1].strip().startswith(key.rpartition(".")[2]), (number, key)


def contradicting(fields: dict[str, object]) -> set[frozenset[str]]:
    """The pairs of keys of a rule that cannot both hold, found in another way than the rule does."""
    most, again, quorum = fields.get("days_most"), fields["change_begins_again"], fields["quorum"]
    pairs = {
        ("propose", "take_part"): not set(fields["propose"]) <= set(fields["take_part"]),
        ("days_most", "days"): most is not None and most < fields["days"],
        ("days_most", "change_begins_again"): (most is not None) != again,
        ("quorum", "objections_stop"): isinstance(quorum, int) and quorum < fields["objections_stop"],
    }
    return {frozenset(pair) for pair, is_so in pairs.items() if is_so}


@settings(max_examples=examples(300))
@given(deciding, st.randoms(use_true_random=False))
def test_a_rule_of_deciding_holds_or_each_contradiction_is_named_with_both_lines(fields, random) -> None:
    lines = ["form = 1", 'purpose = "deciding"', 'community = "oak"', *lines_of(fields), "# a remark", ""]
    text = "\n".join(lines)
    random.shuffle(lines)
    answer, mixed = read(text), read("\n".join(lines))
    pairs = contradicting(fields)
    if isinstance(answer, DecidingRule):
        assert not pairs
        # The order of the lines says nothing.
        assert mixed == answer
        assert all(1 <= answer.quorum_of(count) <= max(count, 12) for count in range(40))
        assert answer.ends_s(0, 400 * DAY_S) <= 366 * DAY_S
        return
    assert isinstance(mixed, list)
    for problems, written in ((answer, text), (mixed, "\n".join(lines))):
        assert {frozenset(re.findall(r"`(\w+)`", problem)[:2]) for problem in problems} == pairs
        check_lines(problems, written)


@settings(max_examples=examples(300))
@given(surplus)
def test_a_rule_of_a_table_holds_or_is_refused_with_both_keys(sections) -> None:
    parts = [f"[{name}]\n" + "\n".join(lines_of(fields)) for name, fields in sections.items()]
    text = HEAD + "\n\n".join(parts)
    answer = held(text)
    hold = sections.get("reservation", {}).get("hold_hours", 48)
    sharing = sections.get("sharing", {"way": "equal"})
    pairs = {
        frozenset({"reservation.hold_hours", "offer.days_most"}): hold
        > 24 * sections.get("offer", {}).get("days_most", 14),
        frozenset({"sharing.way", "sharing.begins"}): (sharing["way"] == "rotation") != ("begins" in sharing),
    }
    wrong = {pair for pair, is_so in pairs.items() if is_so}
    if isinstance(answer, SurplusRule):
        assert not wrong
    else:
        assert {frozenset(re.findall(r"`([\w.]+)`", problem)[:2]) for problem in answer} == wrong
        check_lines(answer, text)


@settings(max_examples=examples(300))
@given(st.data())
def test_a_file_that_was_changed_anywhere_is_a_rule_or_refused_and_never_breaks_a_reader(data) -> None:
    sample = data.draw(st.sampled_from([RULE, HEAD + '[sharing]\nway = "need"\nmembers = 12\n']))
    place = data.draw(st.integers(0, len(sample)))
    gone = data.draw(st.integers(0, 30))
    text = sample[:place] + data.draw(st.text(max_size=30)) + sample[place + gone :]
    for problems in (read(text), held(text)):
        if isinstance(problems, list):
            assert problems
            assert all(problem.strip() for problem in problems)
            numbers = [int(number) for number, _ in _AT.findall("\n".join(problems))]
            assert all(1 <= number <= len(text.splitlines()) for number in numbers)

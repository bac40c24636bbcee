"""A rule file is read by line, and one that contradicts itself is refused with both keys named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deciding.councils import RULE, ruled
from sera_coalition.deciding.rule import PURPOSE, read_deciding_rule, rule_text_of, sample_text
from sera_coalition.errors import RuleFileError
from sera_coalition.rule_files import digest_of, purpose_of, read_rule_text, rule_path
from sera_coalition.surplus.rule import read_surplus_rule
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from pathlib import Path

NAME = "deciding-oak.toml"


def line_of(text: str, key: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(f"{key} ="))


def problems(text: str, community: str = "oak") -> list[str]:
    with pytest.raises(RuleFileError) as caught:
        read_deciding_rule(text, NAME, community)
    return list(caught.value.problems)


def test_the_sample_is_a_rule_and_says_what_its_comments_say() -> None:
    rule = read_deciding_rule(RULE, NAME, "oak")
    assert (rule.days, rule.quorum, rule.objections_stop, rule.days_most) == (7, "50 %", 1, 28)
    assert read_deciding_rule(sample_text("elm"), NAME).community == "elm"
    assert purpose_of(RULE, NAME) == PURPOSE


@pytest.mark.parametrize(
    ("changes", "first", "second"),
    [
        ({"days": "40"}, "days_most", "days"),
        ({"change_begins_again": "false"}, "days_most", "change_begins_again"),
        ({"propose": '["steward", "host"]', "take_part": '["steward"]'}, "propose", "take_part"),
        ({"quorum": "2", "objections_stop": "3"}, "quorum", "objections_stop"),
    ],
)
def test_two_keys_that_contradict_each_other_are_named_with_their_lines(
    changes: dict[str, str], first: str, second: str
) -> None:
    text = ruled(**changes)
    [problem] = problems(text)
    for key in (first, second):
        assert f"line {line_of(text, key)} (`{key}`)" in problem
    assert problem.endswith("change one of them")


def test_days_that_begin_again_without_an_end_are_refused() -> None:
    text = "\n".join(line for line in RULE.splitlines() if not line.startswith("days_most"))
    assert "`days_most`" in problems(text)[0]
    assert "open for ever" in problems(text)[0]


@pytest.mark.parametrize(
    "limits",
    [
        "[offer]\ndays_most = 1\n[reservation]\nhold_hours = 99\n",
        "offer.days_most = 1\nreservation.hold_hours = 99\n",
        "offer = {days_most = 1}\nreservation = {hold_hours = 99}\n",
    ],
)
def test_keys_are_named_by_line_in_each_way_that_toml_writes_them(limits: str) -> None:
    text = f'form = 1\npurpose = "surplus"\ncommunity = "oak"\n{limits}'
    with pytest.raises(RuleFileError) as caught:
        read_surplus_rule(text, "surplus-oak.toml", "oak")
    [problem] = caught.value.problems
    lines = text.splitlines()
    for key, value in (("reservation.hold_hours", "99"), ("offer.days_most", "days_most = 1")):
        number = next(number for number, line in enumerate(lines, 1) if value in line)
        assert f"line {number} (`{key}`)" in problem


def test_several_contradictions_are_all_said_at_once() -> None:
    assert len(problems(ruled(days="40", quorum="1", objections_stop="2"))) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"days": '"soon"'}, "expected `int`, got `str`"),
        ({"days": "0"}, "expected `int` >= 1"),
        ({"days": "367"}, "expected `int` <= 366"),
        ({"quorum": '"half"'}, "another form"),
        ({"quorum": '"0 %"'}, "another form"),
        ({"quorum": '"101 %"'}, "another form"),
        ({"quorum": "0"}, "expected `int` >= 1"),
        ({"objections_stop": "-1"}, "expected `int` >= 1"),
        ({"take_part": "[]"}, "length >= 1"),
        ({"take_part": '["king"]'}, "'king'"),
        ({"newcomers": '"no"'}, "expected `bool`"),
        ({"purpose": '"surplus"'}, "'surplus'"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_line(changes: dict[str, str], words: str) -> None:
    text = ruled(**changes)
    [(key, _)] = changes.items()
    [problem] = problems(text)
    assert problem.startswith(f"line {line_of(text, key)} (`{key}`): ")
    assert words in problem


def test_a_key_that_no_rule_has_a_missing_one_and_another_community_are_named() -> None:
    assert problems(RULE + "\ndayz = 3\n")[0].startswith(
        f"line {len(RULE.splitlines()) + 2} (`dayz`): no rule"
    )
    assert "missing required field `days`" in problems(RULE.replace("\ndays = 7", ""))[0]
    assert "another community" in problems(RULE, "elm")[0]
    assert "form" in problems(ruled(form="2"))[0]


@pytest.mark.parametrize("text", ["days = [", "= 3", "\x00", "a = " + "[" * 5_000])
def test_what_is_no_toml_is_an_answer_and_no_fault(text: str) -> None:
    assert problems(text)


def test_a_file_is_read_with_its_bounds(tmp_path: Path) -> None:
    path = rule_path(tmp_path, PURPOSE, "oak")
    path.parent.mkdir()
    assert rule_text_of(tmp_path, "oak") == sample_text("oak")
    path.write_text(RULE, encoding="utf-8")
    assert digest_of(rule_text_of(tmp_path, "oak")) == digest_of(RULE)
    path.write_bytes(b"form = 1\n# \xff")
    with pytest.raises(RuleFileError, match="line 2"):
        read_rule_text(path)
    path.write_bytes(b"#" * 70_000)
    with pytest.raises(RuleFileError, match="longer"):
        read_rule_text(path)


def test_a_share_is_rounded_up_and_never_nobody() -> None:
    rule = read_deciding_rule(RULE, NAME)
    assert [rule.quorum_of(count) for count in (0, 1, 2, 7, 100)] == [1, 1, 1, 4, 50]


def test_days_begin_again_up_to_their_limit() -> None:
    rule = read_deciding_rule(RULE, NAME)
    assert rule.ends_s(0, 0) == 7 * DAY_S
    assert rule.ends_s(0, 5 * DAY_S) == 12 * DAY_S
    assert rule.ends_s(0, 27 * DAY_S) == 28 * DAY_S

"""A rule file is read whole, or refused by line; a contradiction names both of its sides."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

import sera_coalition.surplus
from sera_coalition.errors import RuleFileError
from sera_coalition.rule_files import rule_path
from sera_coalition.surplus.rule import PURPOSE, SAMPLE, load_rule, read_surplus_rule, rule_without_file
from sharing.surplus import HEAD, RULE
from tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """
[offer]
days_most = 7
forget_hours = 12

[reservation]
hold_hours = 24
portions_most = 2

[looking]
days = 10

[sharing]
way = "rotation"
members = 12
portions_most = 3
begins = 2026-06-01
"""


def test_the_sample_says_what_holds_without_a_file_and_the_documentation_shows_it() -> None:
    sample = resources.files(sera_coalition.surplus).joinpath(SAMPLE).read_text(encoding="utf-8")
    rule = read_surplus_rule(sample, SAMPLE, "oak")
    assert rule.sharing is not None
    assert structs.replace(rule, sharing=None) == rule_without_file("oak")
    assert f"```toml\n{sample}```" in (ROOT / "docs/surplus.md").read_text(encoding="utf-8")


def test_a_file_holds_for_its_community_alone(tmp_path: Path) -> None:
    assert load_rule(tmp_path, "oak") == RULE
    path = rule_path(tmp_path, PURPOSE, "oak")
    path.parent.mkdir()
    path.write_text(HEAD + WHOLE, encoding="utf-8")
    rule = load_rule(tmp_path, "oak")
    assert (rule.offer.days_most, rule.reservation.portions_most, rule.looking.days) == (7, 2, 10)
    assert rule.sharing is not None
    assert (rule.sharing.way, rule.sharing.members) == ("rotation", 12)
    assert load_rule(tmp_path, "elm") == rule_without_file("elm")
    path.rename(rule_path(tmp_path, PURPOSE, "elm"))
    with pytest.raises(RuleFileError, match="'oak' is another community"):
        load_rule(tmp_path, "elm")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[offer]\ndays_most = 0", ["line 5", "offer.days_most", ">= 1"]),
        ("[offer]\nforget_hours = 1000", ["line 5", "<= 168"]),
        ("[offer]\ndays = 3", ["line 5", "offer.days", "no rule has this key"]),
        ("[prices]\neuro = 3", ["prices", "no rule has this key"]),
        ('[offer]\ndays_most = "long"', ["line 5", "int"]),
        ('[sharing]\nway = "need"', ["sharing", "members"]),
        ('[sharing]\nway = "luck"\nmembers = 3', ["line 5", "luck"]),
        (
            "[offer]\ndays_most = 2\n[reservation]\nhold_hours = 60",
            ["line 7 (`reservation.hold_hours`) and line 5 (`offer.days_most`)", "change one"],
        ),
        (
            "[offer]\ndays_most = 1",
            ["`reservation.hold_hours` and line 5 (`offer.days_most`)", "48 hours"],
        ),
        (
            '[sharing]\nway = "equal"\nmembers = 3\nbegins = 2026-06-01',
            ["line 5 (`sharing.way`) and line 7 (`sharing.begins`)", "the way is equal"],
        ),
        ('[sharing]\nway = "rotation"\nmembers = 3', ["line 5 (`sharing.way`) and `sharing.begins`"]),
        ("[offer", ["no TOML"]),
    ],
)
def test_what_cannot_hold_is_refused_by_line(text: str, words: list[str]) -> None:
    with pytest.raises(RuleFileError) as caught:
        read_surplus_rule(HEAD + text, "surplus-oak.toml")
    for word in ("surplus-oak.toml", *words):
        assert word in str(caught.value)


def test_a_file_that_is_no_text_is_refused_with_its_name(tmp_path: Path) -> None:
    path = rule_path(tmp_path, PURPOSE, "oak")
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RuleFileError, match=r"surplus-oak\.toml"):
        load_rule(tmp_path, "oak")

"""A rule file is checked by command: its lines named where it contradicts itself, its digest where not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deciding.councils import RULE, ruled
from sera_coalition.rule_files import digest_of
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path


def checked(path: Path, text: str) -> int:
    path.write_text(text, encoding="utf-8")
    return main(["rules", "check", str(path)])


def test_a_rule_without_contradictions_is_said_to_be_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(tmp_path / "deciding-oak.toml", RULE) == 0
    printed = capsys.readouterr().out
    assert "deciding-oak.toml: a rule of oak for deciding" in printed
    assert digest_of(RULE) in printed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ruled(days="40"), "line 29 (`days_most`) and line 19 (`days`)"),
        (ruled(purpose='"dancing"'), "'dancing' is not known; expected one of deciding"),
        ("days = 7", "`purpose` is missing"),
        ("days = [", "no TOML"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    assert checked(tmp_path / "deciding-oak.toml", text) == 3
    printed = capsys.readouterr().err
    assert "deciding-oak.toml" in printed
    assert words in printed
    assert "Traceback" not in printed

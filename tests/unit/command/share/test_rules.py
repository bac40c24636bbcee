"""A rule file is checked by command: its lines named where it contradicts itself, its digest where not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deciding.councils import RULE, ruled
from sera_coalition.rule_files import digest_of, rule_path
from sera_coalition.surplus.rule import SharingRule, load_rule, read_surplus_rule, rule_without_file
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


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a community of another name than the samples have."""
    assert main(["community", "new", "elm", "--title", "Elm Side", "--data", str(tmp_path)]) == 0
    return tmp_path


def test_a_rule_is_begun_as_it_holds_without_a_file_and_nothing_is_overwritten(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for purpose in ("deciding", "surplus"):
        assert main(["rules", "new", purpose, "--data", str(data)]) == 0
        path = rule_path(data, purpose, "elm")
        assert main(["rules", "check", str(path)]) == 0
        path.write_text("mine", encoding="utf-8")
        assert main(["rules", "new", purpose, "--data", str(data)]) == 3
        assert path.read_text(encoding="utf-8") == "mine"
        assert "change that file" in capsys.readouterr().err
        path.unlink()
        assert main(["rules", "new", purpose, "--data", str(data), "--community", "elm"]) == 0
    assert load_rule(data, "elm") == rule_without_file("elm")
    text = rule_path(data, "surplus", "elm").read_text(encoding="utf-8")
    # What stands there behind # is a rule, too.
    shared = text.replace("# [sharing]", "[sharing]").replace("# way", "way").replace("# members", "members")
    assert read_surplus_rule(shared, "surplus-elm.toml", "elm").sharing == SharingRule(way="need", members=12)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rules", "new", "dancing"], "expected one of deciding, surplus"),
        (["rules", "new", "deciding", "--community", "oak"], "has no community 'oak'; there are: elm"),
        (
            ["surplus", "list"],
            "has no surplus table yet: it begins with the first thing that somebody enters",
        ),
        (["decision", "list"], "has no chronicle yet"),
        (["story", "list"], "has no chronicle yet"),
    ],
)
def test_what_is_not_there_yet_is_said_with_what_to_do(
    data: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main([*arguments, "--data", str(data)]) == 3
    assert words in capsys.readouterr().err


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

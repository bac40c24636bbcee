"""Decisions by command: listed, shown without votes, and as minutes that are no markup."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from deciding.councils import ANNA, BO, PEOPLE, Community, objection, proposal
from sera_coalition.deciding.steps import Choice
from sera_command.main import main
from sera_store.chronicle.head_words import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def oak(tmp_path: Path) -> Iterator[Community]:
    community = Community(tmp_path / "data")
    yield community
    community.close()


def decided(oak: Community) -> str:
    id_ = oak.council.propose(proposal(title="# Not *a* heading"), ANNA)
    oak.council.raise_objection(id_, objection(name="By Bo, "), BO)
    for person in PEOPLE[2:]:
        oak.council.vote(id_, Choice.AGREE, person)
    oak.end()
    return id_


def run(oak: Community, *words: str) -> int:
    return main(["decision", *words, "--data", str(oak.data)])


def test_decisions_are_listed_and_shown_with_sums_and_without_votes(
    oak: Community, capsys: pytest.CaptureFixture[str]
) -> None:
    id_ = decided(oak)
    assert run(oak, "list") == 0
    assert f"{id_}  " in capsys.readouterr().out
    assert run(oak, "list", "--json") == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["state"], row["title"]) == ("rejected", "# Not *a* heading")
    assert run(oak, "show", id_[:8]) == 0
    printed = capsys.readouterr().out
    for words in ("11 of 12 took part.", "The path grows over.", "This objection stands.", "By Bo, "):
        assert words in printed, words
    assert not any(person in printed for person in PEOPLE)
    assert run(oak, "show", id_, "--json") == 0
    assert [step["kind"] for step in json.loads(capsys.readouterr().out)["steps"]] == [
        "proposal", "objection", "result",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Words of those who objected"), ("de", "Worte derer")]
)
def test_minutes_are_written_in_the_language_that_was_named(
    oak: Community, tmp_path: Path, language: str, words: str
) -> None:
    id_, out = decided(oak), tmp_path / "minutes.md"
    assert run(oak, "export", id_, str(out), "--language", language) == 0
    text = out.read_text(encoding="utf-8")
    assert text.startswith("# \\# Not \\*a\\* heading\n")
    head = oak.chronicle.head()
    assert head is not None
    assert words in text
    assert words_of(head) in text
    oak.council.take_back([2], BO)
    assert run(oak, "export", id_, str(out)) == 0
    assert "path grows over" not in out.read_text(encoding="utf-8")


def test_what_names_no_decision_or_no_file_is_said(
    oak: Community, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    id_ = decided(oak)
    assert run(oak, "show", "123456") == 3
    assert "names 0 decisions" in capsys.readouterr().err
    assert run(oak, "show", id_[:2]) == 3
    assert run(oak, "export", id_, str(tmp_path / "nowhere" / "minutes.md")) == 5
    assert run(oak, "export", id_, str(tmp_path / "m.md"), "--language", "tlh") == 3
    assert main(["decision", "list", "--data", str(tmp_path / "empty")]) == 3

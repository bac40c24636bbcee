"""`sera chronicle` shows, verifies and hands on the chain, and no word of what was given."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import Attachment, Draft, draw_item
from sera_store.chronicle.schema import chronicle_folder

if TYPE_CHECKING:
    from pathlib import Path

Out = pytest.CaptureFixture[str]


def draft(body: bytes = b"the green door", **fields: object) -> Draft:
    return Draft(
        **{"kind": "story", "item": draw_item(), "version": 1, "author": "p-1", "body": body, **fields}
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with Chronicle.open(chronicle_folder(tmp_path, "elm"), clock=lambda: 1_780_000_000) as chronicle:
        chronicle.append([draft(attachments=(Attachment(b"png", "image/png"),)), draft(b"two"), draft()])
        chronicle.erase([2], "withdrawn")
    return tmp_path


def run(out: Out, *words: object, expect: ExitCode = ExitCode.DONE) -> str:
    assert main([str(word) for word in words]) == expect
    captured = out.readouterr()
    return captured.out + captured.err


def head_in(text: str) -> str:
    return text.rpartition("head: ")[2].strip()


def test_what_is_shown_has_no_word_of_what_was_given(data: Path, capsys: Out) -> None:
    text = run(capsys, "chronicle", "show", "--data", data)
    lines = text.splitlines()
    assert lines[0].startswith("     1  2026-05-28  story")
    assert lines[0].endswith("version 1  1 attached")
    assert lines[1].endswith("version 1  erased")
    assert lines[3] == "     4  2026-05-28  erasure     of 2: withdrawn"
    assert lines[4].startswith("head: 4 ")
    assert len(lines[4].split()) == 14
    assert "green" not in text
    listing = json.loads(run(capsys, "chronicle", "show", "--data", data, "--json", "--last", "2"))
    assert [entry["number"] for entry in listing["entries"]] == [3, 4]
    assert listing["head"] == head_in(text)


def test_a_whole_chain_is_verified_with_the_heads_that_were_noted(data: Path, capsys: Out) -> None:
    head = head_in(run(capsys, "chronicle", "show", "--data", data))
    with Chronicle.open(chronicle_folder(data, "elm")) as chronicle:
        chronicle.append([draft()])
    output = run(capsys, "chronicle", "verify", "--data", data, "--head", head)
    assert output == "5 entries: the chain is whole, and 1 noted heads are in it\n"


def test_a_chain_in_a_file_is_verified_by_anybody(data: Path, tmp_path: Path, capsys: Out) -> None:
    chain = tmp_path / "chain.jsonl"
    output = run(capsys, "chronicle", "export", chain, "--data", data)
    assert output.startswith(f"{chain}: 4 entries\nhead: 4 ")
    assert b"green" not in chain.read_bytes()
    assert b"p-1" not in chain.read_bytes()
    head = head_in(output)
    assert run(capsys, "chronicle", "verify", chain, "--head", head).startswith(
        "4 entries: the chain is whole"
    )
    lines = chain.read_text().splitlines(keepends=True)
    chain.write_text("".join([lines[0], lines[2], lines[1], lines[3]]))
    output = run(capsys, "chronicle", "verify", chain, expect=ExitCode.CHECK_FAILED)
    assert "where entry 2 should stand there is entry 3" in output
    chain.write_text("".join(lines[:2]))
    output = run(capsys, "chronicle", "verify", chain, "--head", head, expect=ExitCode.CHECK_FAILED)
    assert "the chain ends at entry 2, and a head of entry 4 was noted" in output


def test_two_histories_part_at_an_entry(data: Path, tmp_path: Path, capsys: Out) -> None:
    chain, other = tmp_path / "chain.jsonl", tmp_path / "other.jsonl"
    run(capsys, "chronicle", "export", other, "--data", data)
    for path in (chain, other):
        with Chronicle.open(chronicle_folder(data, "elm")) as chronicle:
            chronicle.append([draft()])
        run(capsys, "chronicle", "export", path, "--data", data)
    lines = other.read_text().splitlines(keepends=True)
    other.write_text("".join([*lines[:4], lines[5]]))
    report = json.loads(
        run(
            capsys,
            "chronicle",
            "verify",
            chain,
            "--against",
            other,
            "--json",
            expect=ExitCode.CHECK_FAILED,
        )
    )
    assert report["entries"] == 5
    assert [(problem["number"], problem["code"]) for problem in report["problems"]] == [(5, "fork")]


def test_what_was_exchanged_behind_our_back_is_named(data: Path, capsys: Out) -> None:
    connection = sqlite3.connect(chronicle_folder(data, "elm") / "chronicle.sqlite")
    connection.execute("UPDATE bodies SET body=x'00' WHERE number=3")
    connection.commit()
    connection.close()
    output = run(capsys, "chronicle", "verify", "--data", data, expect=ExitCode.CHECK_FAILED)
    assert output == "entry 3: its body is not what was entered\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("show", "--community", "oak"), "no chronicle of oak; there are: elm"),
        (("verify", "--head", "4 abandon"), "there are 1 words"),
        (("verify", "no-such-file"), "cannot be read"),
        (("verify", "notes.txt"), "line 1 is none of a chain"),
    ],
)
def test_bad_input_is_named(
    data: Path,
    tmp_path: Path,
    capsys: Out,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("Dear neighbours,\n")
    assert says in run(capsys, "chronicle", *words, "--data", data, expect=ExitCode.BAD_INPUT)


def test_a_folder_without_a_chronicle_says_so(tmp_path: Path, capsys: Out) -> None:
    output = run(capsys, "chronicle", "show", "--data", tmp_path, expect=ExitCode.BAD_INPUT)
    assert "has no chronicle yet" in output
    Chronicle.open(chronicle_folder(tmp_path, "elm")).close()
    assert run(capsys, "chronicle", "show", "--data", tmp_path) == "Nothing was given yet.\n"

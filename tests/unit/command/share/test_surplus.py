"""`sera surplus` lists, exports and forgets a table, checks its rule and shares by it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from sera_coalition.rule_files import rule_path
from sera_command.main import main
from sera_vocabulary.durations import DAY_S
from sharing.surplus import HEAD, all_bytes, offer, open_table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder, now_s = tmp_path / "data", int(time.time())
    table = open_table(folder, time.time)
    table.give(offer(from_s=now_s, until_s=now_s + DAY_S), "member-ada-0001")
    table.close()
    return folder


def test_the_list_is_what_everybody_sees(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["surplus", "list", "--data", str(data)]) == 0
    line = capsys.readouterr().out
    for words in ("vegetables", "Courgettes", "3 x 2 kg", "behind the library", "UTC"):
        assert words in line, words
    assert main(["surplus", "list", "--data", str(data), "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["left"], row["amount"], row["allergens"]) == (3, 6.0, None)
    assert "giver" not in row


def test_an_export_is_written_and_a_wrong_place_is_said(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "offers.jsonld"
    assert main(["surplus", "export", str(out), "--data", str(data)]) == 0
    assert len(json.loads(out.read_text(encoding="utf-8"))["@graph"]) == 4
    assert "1 offers, Data Food Consortium 2.0.0" in capsys.readouterr().err
    assert main(["surplus", "export", str(tmp_path / "no" / "place"), "--data", str(data)]) == 5


def test_forgetting_deletes_what_is_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended_s = int(time.time()) - 3 * DAY_S
    table = open_table(tmp_path, lambda: ended_s - 60)
    table.give(offer(from_s=ended_s - DAY_S, until_s=ended_s), "ada")
    table.close()
    assert b"Courgettes" in all_bytes(tmp_path)
    assert main(["surplus", "forget", "--data", str(tmp_path)]) == 0
    assert "1 row deleted" in capsys.readouterr().out
    assert b"Courgettes" not in all_bytes(tmp_path)


def test_a_table_that_is_not_there_is_named_with_those_that_are(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["surplus", "list", "--data", str(data), "--community", "elm"]) == 3
    assert "there are: oak" in capsys.readouterr().err


def test_a_rule_is_printed_whole_or_refused_by_line(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["surplus", "rule", "--community", "oak", "--data", str(data)]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["reservation"] == {"hold_hours": 48, "portions_most": 4}
    assert "is not there" in printed.err
    path = rule_path(data, "surplus", "oak")
    path.parent.mkdir()
    path.write_text(HEAD + "[offer]\ndays_most = 99\n", encoding="utf-8")
    assert main(["surplus", "rule", "--community", "oak", "--data", str(data)]) == 3
    assert "line 5" in capsys.readouterr().err


RULE = HEAD + '[sharing]\nway = "need"\nmembers = 3\n'
TURNS = HEAD + '[sharing]\nway = "rotation"\nmembers = 3\nbegins = 2026-06-01\n'


def share(folder: Path, rule: str, table: str, *more: str) -> int:
    (folder / "rule.toml").write_text(rule, encoding="utf-8")
    (folder / "asks.csv").write_text(table, encoding="utf-8")
    words = [
        "surplus",
        "share",
        str(folder / "asks.csv"),
        "--rule",
        str(folder / "rule.toml"),
        "--portions",
        "8",
    ]
    return main([*words, "--seed", "a seed", *more])


def test_shares_are_the_same_in_whatever_order_rows_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = []
    for rows in ("a1,1\nb2,5\nc3,3\n", "c3,3\na1,1\nb2,5\n"):
        assert share(tmp_path, RULE, f"ticket,asks\n{rows}") == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert sorted(line.split() for line in outputs[0].splitlines()) == [["a1", "1"], ["b2", "4"], ["c3", "3"]]


def test_turns_follow_numbers_and_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = "ticket,asks,number\nada,9,1\nbo,9,2\ncy,9,3\n"
    assert share(tmp_path, TURNS, table, "--day", "2026-06-02") == 0
    assert capsys.readouterr().out.split() == ["bo", "3", "cy", "3", "ada", "2"]


@pytest.mark.parametrize(
    ("rule", "table", "words"),
    [
        (RULE, "ticket,asks\na,0\n", "a whole number from 1 to 200"),
        (RULE, "ticket,asks\na,many\n", "a whole number"),
        (RULE, f"ticket,asks\na,{'9' * 5_000}\n", "a whole number from 1 to 200"),
        (RULE, "ticket,asks\na,1\n,2\n", "expected a ticket, or the name of whoever asks"),
        (RULE, "ticket,asks\na,1\na,2\n", "'a' stands twice"),
        (RULE, "ticket\na\n", "no column 'asks'"),
        (RULE, "ticket,asks\na,1\nb,1\nc,1\nd,1\n", "4 ask, the rule has 3 members"),
        (TURNS, "ticket,asks,number\na,1,4\n", "from 1 to 3"),
        (TURNS, "ticket,asks,number\na,1,2\nb,1,2\n", "number '2' stands twice"),
        (HEAD + "[offer]\ndays_most = 1\n", "ticket,asks\na,1\n", "contradict each other"),
        (HEAD + "[offer]\n", "ticket,asks\na,1\n", "no table [sharing]"),
    ],
)
def test_what_cannot_be_shared_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rule: str, table: str, words: str
) -> None:
    code = share(tmp_path, rule, table)
    error = capsys.readouterr().err
    assert (code, words in error) == (3, True), error


def test_a_day_that_is_none_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert share(tmp_path, RULE, "ticket,asks\na,1\n", "--day", "soon") == 3
    assert "--day 'soon'" in capsys.readouterr().err

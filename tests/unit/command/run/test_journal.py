"""`sera journal`: status, verify, pack and export of a journal of two months."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gateway_parts import message
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_gateway.journal.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with three messages in June and two in July."""
    for month, payloads in ((6, [b"one", b"\xff\xfe", b"three"]), (7, [b"vier", b"five"])):
        at_s = int(datetime(2026, month, 5, tzinfo=UTC).timestamp())
        with Journal(tmp_path / "journal", lambda at_s=at_s: at_s * 1_000_000_000) as journal:
            journal.append(
                [message("sera/v1/avon/node-a/data", payload, received_s=at_s) for payload in payloads]
            )
    return tmp_path


def test_status_says_what_each_month_holds(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "status", "--data", str(data)]) == ExitCode.DONE
    june, july, total = capsys.readouterr().out.splitlines()
    assert june.startswith("2026-06  plain   3 messages  1 to 3  ")
    assert july.endswith("2026-07-05T00:00:00Z to 2026-07-05T00:00:00Z")
    assert total.startswith("2 months, 5 messages, ")
    assert main(["journal", "status", "--data", str(data), "--json"]) == ExitCode.DONE
    months = json.loads(capsys.readouterr().out)["months"]
    assert [(month["month"], month["messages"], month["packed"]) for month in months] == [
        ("2026-06", 3, False),
        ("2026-07", 2, False),
    ]


def test_verify_ends_with_1_and_names_what_is_broken(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["journal", "verify", "--data", str(data)]
    assert main(words) == ExitCode.DONE
    assert capsys.readouterr().out == "5 messages, numbers 1 to 5: whole\n"
    with closing(sqlite3.connect(data / "journal" / "2026-06.sqlite")) as month, month:
        month.execute("UPDATE message SET topic = 'x' WHERE number = 2")
    assert main(words) == ExitCode.CHECK_FAILED
    assert capsys.readouterr().out.splitlines() == [
        "2026-06.sqlite: message 2 is not what was written",
        "5 messages, numbers 1 to 5: damaged: 1 problems",
    ]
    assert main([*words, "--month", "2026-07", "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["problems"] == []


def test_pack_packs_what_is_closed_and_nothing_is_lost(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["journal", "export", "--data", str(data)])
    before = capsys.readouterr().out
    assert main(["journal", "pack", "--data", str(data)]) == ExitCode.DONE
    packed, last = capsys.readouterr().out.splitlines()
    assert packed.startswith("2026-06  3 messages  ")
    assert last == "1 months packed; the newest month stays open"
    assert not (data / "journal" / "2026-06.sqlite").exists()
    main(["journal", "export", "--data", str(data)])
    assert capsys.readouterr().out == before
    assert main(["journal", "pack", "--data", str(data), "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out) == {"packed": []}


def test_export_writes_json_lines_of_the_numbers_asked_for(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["journal", "export", "--from", "2", "--to", "4", "--data", str(data)]) == ExitCode.DONE
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [item["number"] for item in lines] == [2, 3, 4]
    assert lines[0]["payload_base64"] == "//4="
    assert lines[1]["payload"] == "three"
    assert lines[1]["retain"] is False
    out = tmp_path / "journal.jsonl"
    assert main(["journal", "export", "--out", str(out), "--data", str(data)]) == ExitCode.DONE
    assert len(out.read_text(encoding="utf-8").splitlines()) == 5


@pytest.mark.parametrize(
    ("words", "report"),
    [
        (["status", "--data", "nowhere"], "nowhere holds no journal"),
        (["verify", "--month", "2026-05"], "no such month '2026-05' here; expected 2026-06, 2026-07"),
        (["pack", "--month", "2026-07"], "no such month '2026-07' here; expected 2026-06"),
        (["export", "--from", "3", "--to", "2"], "no numbers from 3 to 2; expected some of 1 to 5"),
        (["export", "--from", "6"], "no numbers from 6 to 5; expected some of 1 to 5"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_was_expected(
    words: list[str], report: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = [] if "--data" in words else ["--data", str(data)]
    assert main(["journal", *words, *place]) == ExitCode.BAD_INPUT
    assert report in capsys.readouterr().err


def test_where_no_month_is_closed_it_is_said_why_none_can_be_packed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journal").mkdir()
    words = ["journal", "pack", "--month", "2026-07", "--data", str(tmp_path)]
    assert main(words) == ExitCode.BAD_INPUT
    assert "no such month '2026-07' here; there is none; the newest stays open" in capsys.readouterr().err


def test_an_export_that_cannot_be_written_says_where(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = data / "journal"
    assert main(["journal", "export", "--out", str(out), "--data", str(data)]) == ExitCode.CANNOT_WRITE
    assert "name another file with --out" in capsys.readouterr().err

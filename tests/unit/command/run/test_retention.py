"""`sera retention`: nothing goes unless it is asked for, and unless the journal could make it again."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main
from sera_gateway.journal.journal import Journal, Message
from sera_store.store import Store
from store_parts import AIR, seqs_in

if TYPE_CHECKING:
    from pathlib import Path

DAY_S = 86_400


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two records of two years ago and one of now, each with its message."""
    now_s = int(time.time())
    with Journal(tmp_path / "journal", time.time_ns) as journal:
        journal.append([Message(time.time_ns(), "sera/v1/avon/node-a/data", b"{}")] * 3)
    with Store.open(tmp_path / "store") as store, store.ledger() as writes:
        times = (now_s - 800 * DAY_S, now_s - 700 * DAY_S, now_s)
        writes.records.append(
            [
                (replace(AIR, seq=seq, time_s=time_s, journal=seq), b"hash")
                for seq, time_s in enumerate(times, 1)
            ]
        )
    return tmp_path


def run(data: Path, *words: str) -> int:
    return main(["retention", "--data", str(data), *words])


def seqs(data: Path) -> list[int]:
    with Store.open(data / "store") as store:
        return seqs_in(store)


def test_a_plan_is_shown_and_done_only_when_it_is_said_again(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, "--values-days", "500") == ExitCode.DONE
    output = capsys.readouterr().out
    assert "2 values' rows of records measured before" in output
    assert "nothing was removed; say --apply to do it" in output
    assert seqs(data) == [1, 2, 3]

    assert run(data, "--values-days", "500", "--apply", "--json") == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["removed"] == 2
    assert seqs(data) == [3]
    assert run(data, "--values-days", "500", "--apply") == ExitCode.DONE
    assert "0 rows removed" in capsys.readouterr().out


def test_nothing_goes_that_the_journal_could_not_make_again(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for month in (data / "journal").glob("2*.sqlite*"):
        month.unlink()
    assert run(data, "--values-days", "500", "--apply") == ExitCode.CHECK_FAILED
    assert "in the way: the journal begins with message 0" in capsys.readouterr().out
    assert seqs(data) == [1, 2, 3]


def test_closed_months_are_packed_first(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    later_ns = time.time_ns() + 40 * DAY_S * 1_000_000_000
    with Journal(data / "journal", lambda: later_ns) as journal:
        journal.append([Message(later_ns, "sera/v1/avon/node-a/data", b"{}")])
    assert run(data, "--values-days", "500", "--apply") == ExitCode.CHECK_FAILED
    assert "are not packed" in capsys.readouterr().out

    assert main(["journal", "pack", "--data", str(data)]) == ExitCode.DONE
    assert run(data, "--values-days", "500", "--apply") == ExitCode.DONE
    assert seqs(data) == [3]


@pytest.mark.parametrize("words", [(), ("--values-days", "30"), ("--superseded-days", "0")])
def test_a_policy_that_keeps_too_little_is_refused(data: Path, words: tuple[str, ...]) -> None:
    assert run(data, *words) == ExitCode.BAD_INPUT

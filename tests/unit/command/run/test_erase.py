"""`sera erase`: what a person asks to be erased is nowhere any more, and the accounts still close."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from erase_parts import (
    COUNTER,
    MONTH_S,
    OTHER,
    account,
    assert_erased,
    contents_by_file,
    erase,
    installation,
    journaled,
    of_counter,
    read_on,
    rebuilt,
    settings_file,
)
from gateway_parts import COMMUNITY, GARDEN, NOW_NS, NOW_S, batch, data_topic, message, row
from sera_coalition.bundles.contents import pseudonyms_of
from sera_coalition.bundles.given.salts import Salts
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_gateway.journal.journal import Journal, JournalReader
from sera_gateway.ledger.ledger import LEFT_OUT
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    installation(folder)
    return folder


@pytest.fixture
def data(planted: Path, tmp_path: Path) -> Path:
    shutil.copytree(planted, tmp_path, dirs_exist_ok=True)
    return tmp_path / "data"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return settings_file(tmp_path)


def test_what_was_planted_is_there_before(data: Path, tmp_path: Path) -> None:
    # A packed month is compressed: what it holds is read through the journal.
    assert {"lines.jsonl", "records.sqlite"} <= contents_by_file(tmp_path).keys()
    assert journaled(data) == [1, 2, 3, 4, 5, 6, 7, 11, 12, 13]
    assert account(data, COUNTER).stored == 8


def test_salts_of_what_bundles_rested_on_are_thrown_away(data: Path, settings: Path) -> None:
    salts = Salts.open(data, COMMUNITY)
    person = pseudonyms_of(COMMUNITY).of(COUNTER)
    before = [salts.garden(GARDEN), salts.person(person), salts.garden("another-yard")]
    salts.save()
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE
    after = Salts.open(data, COMMUNITY)
    tokens = [after.garden(GARDEN), after.person(person), after.garden("another-yard")]
    assert [new == old for new, old in zip(tokens, before, strict=True)] == [False, False, True]


def test_everything_of_a_counter_is_gone_from_every_file_and_stays_gone(
    data: Path, tmp_path: Path, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", str(tmp_path / "backup"), "--data", str(data)]) == ExitCode.DONE
    capsys.readouterr()
    assert erase(data, "--node", COUNTER, "--config", settings, apply=False) == ExitCode.DONE
    assert "nothing was erased" in capsys.readouterr().out
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE

    out = capsys.readouterr().out
    assert f"still in backup {backup_id(data)} of" in out
    assert str(tmp_path / "backup") in out
    (tmp_path / "backup").unlink()
    assert_erased(data, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "lines.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == sorted({line["id"] for line in lines})
    assert sum("erased" in line for line in lines) == 8
    with Store.open(data / "store") as store:
        [done] = store.erasures.history()
        assert (done.reason, done.by, done.records) == ("asked for", "steward", 8)
    assert main(["journal", "verify", "--data", str(data)]) == ExitCode.DONE
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE


def backup_id(data: Path) -> str:
    with Store.open(data / "store") as store:
        [noted] = store.backups.list()
    return noted.id


def test_what_was_deleted_carelessly_before_is_gone_from_the_files_too(
    data: Path, tmp_path: Path, settings: Path
) -> None:
    for path in (data / "store" / "records.sqlite", data / "journal" / "2026-07.sqlite"):
        with closing(sqlite3.connect(path)) as raw:
            raw.execute("PRAGMA secure_delete = OFF")
            raw.execute("CREATE TABLE notes (text TEXT)")
            raw.executemany("INSERT INTO notes VALUES (?)", [("planted-note " * 50,)] * 50)
            raw.commit()
            raw.execute("DROP TABLE notes")
            raw.commit()
    assert "2026-07.sqlite" in contents_by_file(data / "journal")
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE
    assert_erased(data, tmp_path)


def test_what_a_node_sends_again_after_that_is_a_repeat(data: Path, tmp_path: Path, settings: Path) -> None:
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE
    with Journal(data / "journal", lambda: (NOW_S + MONTH_S) * 1_000_000_000) as journal:
        journal.append([message(data_topic(COUNTER), of_counter(seq)) for seq in (2, 9)])
    for folder in (data, rebuilt(data, tmp_path / "rebuilt")):
        read_on(folder)
        result = account(folder, COUNTER)
        assert (result.stored, result.erased, result.repeated) == (1, 8, 1)


def test_what_the_ledger_has_not_read_yet_is_erased_too(data: Path, tmp_path: Path, settings: Path) -> None:
    later_s = NOW_S + MONTH_S
    with Journal(data / "journal", lambda: later_s * 1_000_000_000) as journal:
        journal.append([message(data_topic(COUNTER), of_counter(9, utc_s=later_s), later_s)])
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE
    assert (account(data, COUNTER).erased, account(data, COUNTER).next) == (8, 9)
    read_on(data)
    for folder in (data, rebuilt(data, tmp_path / "rebuilt")):
        result = account(folder, COUNTER)
        assert (result.stored, result.erased, result.missing, result.next) == (0, 9, 0, 10)
    assert journaled(data) == []


def test_a_span_of_a_counter_goes_and_the_rest_stays(data: Path, tmp_path: Path, settings: Path) -> None:
    words = ("--node", COUNTER, "--from", "2026-06-15", "--config", settings)
    assert erase(data, *words) == ExitCode.DONE
    for folder in (data, rebuilt(data, tmp_path / "rebuilt")):
        result = account(folder, COUNTER)
        assert (result.stored, result.erased, result.missing) == (6, 2, 0)


def test_some_messages_go_by_number_with_all_that_hold_their_records(
    data: Path, tmp_path: Path, settings: Path
) -> None:
    # Message 6 came again with what message 5 had brought.
    assert erase(data, "--journal", "1-2,6", "--config", settings) == ExitCode.DONE
    for folder in (data, rebuilt(data, tmp_path / "rebuilt")):
        result = account(folder, COUNTER)
        assert (result.stored, result.erased, result.repeated, result.missing) == (5, 3, 0, 0)
        with JournalReader(folder / "journal") as journal:
            entries = journal.read(0, 20)
        assert [entry.number for entry in entries if entry.topic == "erased"] == [1, 2, 5, 6]


def test_a_follower_that_cannot_be_reached_is_named_and_the_next_call_finishes(
    data: Path, tmp_path: Path, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert erase(data, "--node", COUNTER) == ExitCode.PART_MISSING
    assert "follower json_lines still has what is to be erased" in capsys.readouterr().err
    assert erase(data, "--journal", "9999", "--config", settings) == ExitCode.DONE
    assert "erasure 1, which was begun before, is finished" in capsys.readouterr().err
    assert_erased(data, tmp_path)


def test_a_gateway_that_runs_has_to_be_stopped_first(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Journal(data / "journal", lambda: NOW_NS):
        assert erase(data, "--node", COUNTER) == ExitCode.CANNOT_WRITE
    assert "stop that one first" in capsys.readouterr().err
    assert account(data, COUNTER).stored == 8


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "name either a node"),
        (("--node", "a", "--journal", "1"), "name either a node"),
        (("--journal", "1-"), "are no numbers"),
        (("--journal", "1", "--from", "2026-01-01"), "name either a node"),
        (("--node", COUNTER, "--from", "soon"), "is no time"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    data: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], problem: str
) -> None:
    assert erase(data, *words) == ExitCode.BAD_INPUT
    assert problem in capsys.readouterr().err


def test_what_an_erased_clock_record_has_dated_has_no_time_any_more(
    data: Path, tmp_path: Path, settings: Path
) -> None:
    undated = batch([row(20, 14.5, utc_s=None, uptime_s=100)])
    anchor = batch([row(21, 0.0, uptime_s=200)], ["clock_step_s"], s="clock")
    with Journal(data / "journal", lambda: NOW_NS) as journal:
        journal.append([message(data_topic(OTHER), payload) for payload in (undated, anchor)])
    read_on(data)
    assert (account(data, OTHER).stored, account(data, OTHER).undated) == (6, 0)
    with JournalReader(data / "journal") as journal:
        number = journal.last_number()
    assert erase(data, "--journal", number, "--config", settings) == ExitCode.DONE
    for folder in (data, rebuilt(data, tmp_path / "rebuilt")):
        read_on(folder)
        assert (account(folder, OTHER).stored, account(folder, OTHER).undated) == (4, 1)
        with Store.open(folder / "store") as store:
            assert store.cursors.position(LEFT_OUT) == 0

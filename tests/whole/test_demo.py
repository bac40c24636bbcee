"""`sera demo`: the accounts close, and they notice a row that is gone or stands twice."""

import json
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sera_command.start.demo.accounting import accounts
from sera_simulator.flash import keys_on_flash
from sera_store.store import Store

# One row that is current; a superseded one is nobody's record any more.
# The last that was never revised: with a revision gone, what it superseded would stand in its place.
_CURRENT = "SELECT max(id) FROM records WHERE supersedes IS NULL AND id IN (SELECT record FROM keys)"
_COLUMNS = (
    "supersedes, origin, layout, seq, boot, uptime_s, time_s, uncertainty_s, flags, body, probe_table, "
    "journal, detail"
)


def demo(out: Path, *words: str) -> tuple[int, dict[str, Any], str]:
    ran = subprocess.run(
        [sys.executable, "-m", "sera_command", "demo", "--out", str(out), "--no-serve", "--json", *words],
        capture_output=True,
        text=True,
        timeout=240,
    )
    return ran.returncode, json.loads(ran.stdout or "{}"), ran.stderr


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("demo") / "out"
    code, outcome, errors = demo(out, "--days", "2", "--nodes", "3", "--seed", "7")
    assert code == 0, errors
    return out, outcome


@pytest.fixture
def copied(two_days: tuple[Path, dict[str, Any]], tmp_path: Path) -> Iterator[tuple[Store, dict[str, Any]]]:
    """The store of a finished demo, copied so that it can be harmed."""
    out, _ = two_days
    with Store.open(out / "data/store") as store:
        store.backup(tmp_path / "store")
    flashes = {path.name.split(".")[0]: keys_on_flash(path) for path in (out / "nodes").glob("*.flash*")}
    with Store.open(tmp_path / "store") as store:
        yield store, flashes


def harm(store: Store, statement: str) -> None:
    """Change the table of records behind the store's back, without its triggers."""
    connection = sqlite3.connect(store.folder / "records.sqlite")
    with connection:
        connection.execute("DROP TRIGGER records_never_go")
        connection.execute("DROP TRIGGER records_never_change")
        connection.execute(statement)
    connection.close()


def test_the_end_names_three_commands_that_work_as_they_stand(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "sera_command", "demo", "--days", "1", "--nodes", "4", "--no-serve"]
    ran = subprocess.run([*words, "--out", "out"], cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stderr
    commands = ran.stdout.splitlines()[-3:]
    assert all(command.endswith("--data out/data") for command in commands)
    for command in commands:
        answer = subprocess.run(
            shlex.split(command), cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
        assert answer.returncode == 0, (command, answer.stderr)
        assert answer.stdout


def test_everything_made_is_home_once_and_one_reading_was_refused(
    two_days: tuple[Path, dict[str, Any]],
) -> None:
    _out, outcome = two_days

    assert outcome["made"] == outcome["stored"] + outcome["undated"] + outcome["dead_lettered"]
    assert outcome["made"] > 1000
    assert outcome["dead_lettered"] == 1
    assert [outcome[name] for name in ("missing", "lost", "duplicated")] == [0, 0, 0]
    assert {"journal", "store", "pack", "mural", "page"} <= outcome["files"].keys()
    assert all(Path(path).exists() for path in outcome["files"].values())
    assert (outcome["days"], outcome["nodes"]) == (2, 3)


def test_the_same_seed_gives_the_same_figures(two_days: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    _, first = two_days
    code, second, errors = demo(tmp_path / "again", "--days", "2", "--nodes", "3", "--seed", "7")
    assert code == 0, errors

    unlike = {"repeated", "seconds", "files"}
    assert {k: v for k, v in first.items() if k not in unlike} == {
        k: v for k, v in second.items() if k not in unlike
    }


def test_figures_have_an_interval_or_say_why_not(two_days: tuple[Path, dict[str, Any]]) -> None:
    _, outcome = two_days

    assert {"garden", "name", "value", "low", "high", "effort_h", "n", "reason"} <= outcome["indices"][
        0
    ].keys()
    assert all(row["reason"] for row in outcome["indices"] if row["value"] is None or row["low"] is None)


def test_the_accounts_of_an_unharmed_copy_close(copied: tuple[Store, dict[str, Any]]) -> None:
    store, flashes = copied

    assert accounts(flashes, store).closes


def test_a_row_that_is_gone_is_missing(copied: tuple[Store, dict[str, Any]]) -> None:
    store, flashes = copied
    harm(store, f"DELETE FROM records WHERE id = ({_CURRENT})")

    result = accounts(flashes, store)

    assert result.missing == 1
    assert not result.closes


def test_a_row_that_stands_twice_is_duplicated(copied: tuple[Store, dict[str, Any]]) -> None:
    store, flashes = copied
    harm(store, f"INSERT INTO records ({_COLUMNS}) SELECT {_COLUMNS} FROM records WHERE id = ({_CURRENT})")

    result = accounts(flashes, store)

    assert result.duplicated == 1
    assert not result.closes


def test_a_record_that_neither_store_nor_flash_holds_is_lost(copied: tuple[Store, dict[str, Any]]) -> None:
    store, flashes = copied
    connection = sqlite3.connect(store.folder / "records.sqlite")
    [(node, seq)] = connection.execute(
        f"SELECT s.node, k.seq FROM keys k JOIN sources s ON s.id = k.source WHERE k.record = ({_CURRENT})"
    ).fetchall()
    connection.close()
    harm(store, f"DELETE FROM records WHERE id = ({_CURRENT})")
    remaining_keys = {number: series for number, series in flashes[node].keys.items() if number != seq}

    result = accounts({**flashes, node: replace(flashes[node], keys=remaining_keys)}, store)

    assert (result.lost, result.missing) == (1, 0)
    assert not result.closes


def test_a_folder_that_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")

    code, _, errors = demo(tmp_path, "--days", "1")

    assert code == 5
    assert "no demo" in errors
    assert (tmp_path / "letter.txt").is_file()


def test_without_micropython_the_same_firmware_runs_under_cpython(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERA_MICROPYTHON", "none")

    code, outcome, errors = demo(tmp_path / "out", "--days", "1", "--nodes", "2")

    assert code == 0, errors
    assert outcome["interpreter"].startswith("CPython")
    assert outcome["made"] == outcome["stored"] + outcome["undated"] + outcome["dead_lettered"]

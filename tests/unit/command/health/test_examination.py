"""`sera doctor` on an installation: a fault that is planted is named, with what to do; nothing else is."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gateway_parts import NOW_NS, NOW_S, batch, data_topic, message, months, plant, row
from ledger_parts import read_on
from sera_command.backups.creation import back_up
from sera_command.backups.drill import Drill, note_drill
from sera_command.errors import ExitCode
from sera_command.health.check import Check, State, worst
from sera_command.health.examination import EXAMINATIONS, examine, examined
from sera_command.health.limits import LIMITS
from sera_command.main import main
from sera_gateway.journal.journal import Journal
from sera_gateway.process.ownership import OWNER_FILE
from sera_gateway.security.authority import Authority
from sera_pages.accounts.schema import open_accounts
from sera_store.store import DATABASES, Store
from sera_vocabulary.durations import DAY_S
from tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NODES = ("node-a", "node-b", "node-c")


def send(data: Path, node: str, seq: int, utc_s: int = NOW_S, received_s: int = NOW_S) -> None:
    with Journal(data / "journal", lambda: NOW_NS) as journal:
        journal.append([message(data_topic(node), batch([row(seq, 14.5, utc_s=utc_s)]), received_s)])


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that does not run, with records, keys and certificates."""
    folder = tmp_path_factory.mktemp("heard") / "data"
    folder.mkdir(mode=0o700)
    with Store.open(folder / "store") as store:
        plant(store, NODES)
    for node in NODES:
        send(folder, node, 1)
    read_on(folder)
    Authority.open(folder / "authority", lambda: datetime.fromtimestamp(NOW_S, UTC))
    return folder


@pytest.fixture
def data(heard: Path, tmp_path: Path) -> Path:
    """A sound one, with a backup and a drill of today, too."""
    folder = shutil.copytree(heard, tmp_path / "data")
    back_up(folder, tmp_path / "a.backup", NOW_S - 3600)
    note_drill(
        folder, Drill(backup="a", at_s=NOW_S, created_s=NOW_S, messages=3, records=3, entries=5, read_on=0)
    )
    return folder


def look(data: Path, now_s: float = NOW_S, *, quick: bool = False) -> dict[str, Check]:
    """The worst check of each name."""
    checks = examine(examined(data, now_s), quick=quick)
    return {check.name: check for check in sorted(checks, key=lambda check: list(State).index(check.state))}


def bad(checks: dict[str, Check]) -> dict[str, State]:
    """What is not well, but for what every test here shares: nothing runs, and root may run the tests."""
    shared = ("processes", "user")
    return {
        name: check.state
        for name, check in checks.items()
        if check.state is not State.OK and name not in shared
    }


def test_a_sound_installation_has_nothing_to_do(data: Path) -> None:
    assert bad(look(data)) == {}


def test_looking_changes_nothing(data: Path) -> None:
    def state() -> dict[str, bytes]:
        return {
            str(path): path.read_bytes()
            for path in data.rglob("*")
            if path.is_file() and not path.name.endswith(("-wal", "-shm"))
        }

    before = state()
    look(data)
    assert state() == before


def test_every_bad_check_says_what_to_do(data: Path) -> None:
    (data / "gateway.toml").write_text("[broker]\nurl = 7\n")
    for check in examine(examined(data, NOW_S + 4_000 * DAY_S)):
        assert check.state is State.OK or check.next_step, check


def test_settings_that_cannot_be_read_fail(data: Path) -> None:
    (data / "gateway.toml").write_text('[broker]\nurl = "mqtt://127.0.0.1:1883"\nuser_name = "x"\n')
    assert bad(look(data)) == {"configuration": State.FAIL}
    assert "user_name" in look(data)["configuration"].finding


@pytest.mark.parametrize("name", [name for name, *_ in DATABASES])
def test_a_damaged_database_fails(data: Path, name: str) -> None:
    path = data / "store" / name
    content = bytearray(path.read_bytes())
    # From the second page on: the head stays that of a database of ours.
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    assert bad(look(data))[name] is State.FAIL


def test_a_damaged_database_of_sessions_fails(data: Path) -> None:
    open_accounts(data).close()
    assert look(data)["sessions.sqlite"].state is State.OK
    (data / "people" / "sessions.sqlite").write_bytes(b"no database")
    assert bad(look(data)) == {"sessions.sqlite": State.FAIL}


def test_a_database_of_a_newer_version_asks_for_that_version(data: Path) -> None:
    with closing(sqlite3.connect(data / "store" / "registry.sqlite")) as connection:
        connection.execute("PRAGMA user_version=99")
    check = look(data)["registry.sqlite"]
    assert check.state is State.FAIL
    assert "install that version" in check.next_step


def test_a_database_that_the_next_start_changes_asks_for_a_backup(data: Path) -> None:
    with closing(sqlite3.connect(data / "store" / "records.sqlite")) as connection:
        connection.execute("PRAGMA user_version=0")
    check = look(data)["records.sqlite"]
    assert check.state is State.WARN
    assert "sera backup" in check.next_step


def test_a_hole_in_the_journal_fails(data: Path) -> None:
    [month] = months(data / "journal")
    with closing(sqlite3.connect(month)) as connection, connection:
        connection.execute("DELETE FROM message WHERE number=2")
    assert bad(look(data)) == {"journal": State.FAIL}


def test_a_store_that_is_ahead_of_its_journal_fails(data: Path) -> None:
    with closing(sqlite3.connect(data / "store" / "records.sqlite")) as connection, connection:
        connection.execute("UPDATE cursors SET position=position+9 WHERE name='ledger'")
    assert bad(look(data)) == {"ledger": State.FAIL}


def test_keys_that_others_may_read_fail(data: Path) -> None:
    [key, *_] = (data / "authority").glob("*.key")
    key.chmod(0o644)
    assert bad(look(data)) == {"file rights": State.FAIL}
    key.chmod(0o600)
    data.chmod(0o755)
    assert bad(look(data)) == {"file rights": State.FAIL}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_fails(data: Path) -> None:
    os.chown(data / "store" / "records.sqlite", 4321, 4321)
    assert bad(look(data)) == {"file rights": State.FAIL}
    assert "chown" in look(data)["file rights"].next_step


def test_certificates_are_told_of_half_a_year_before_their_end(data: Path) -> None:
    ends = Authority.open(data / "authority", lambda: datetime.fromtimestamp(NOW_S, UTC)).expiries()[0].ends
    for left, state in ((timedelta(days=200), State.OK), (timedelta(days=170), State.WARN)):
        assert look(data, (ends - left).timestamp())["certificates"].state is state
    assert look(data, ends.timestamp() + 60)["certificates"].state is State.FAIL


@pytest.mark.parametrize(("behind_s", "state"), [(5, State.OK), (20, State.WARN), (90, State.FAIL)])
def test_a_clock_behind_the_journal_is_found(data: Path, behind_s: int, state: State) -> None:
    assert look(data, NOW_S - behind_s)["clock"].state is state


def test_a_clock_behind_most_nodes_is_this_machines(data: Path) -> None:
    for node in NODES[:2]:
        send(data, node, 2, utc_s=NOW_S + 300)
    read_on(data)
    check = look(data)["clock"]
    assert check.state is State.FAIL
    assert "behind the clocks of 2 of 3 nodes" in check.finding


def test_a_node_whose_clock_is_ahead_is_named(data: Path) -> None:
    send(data, "node-b", 2, utc_s=NOW_S + 300)
    read_on(data)
    check = look(data)["clock"]
    assert check.state is State.WARN
    assert "node-b" in check.finding


@pytest.mark.parametrize(("days", "state"), [(1, State.OK), (3, State.WARN), (20, State.FAIL)])
def test_the_age_of_the_newest_backup_is_judged(data: Path, days: int, state: State) -> None:
    assert look(data, NOW_S + days * DAY_S)["backups"].state is state


def test_a_backup_that_is_gone_is_asked_about(data: Path) -> None:
    (data.parent / "a.backup").unlink()
    assert bad(look(data)) == {"backups": State.WARN}


def test_a_drill_long_ago_is_asked_for(data: Path) -> None:
    (data / "backup-drill.json").unlink()
    assert bad(look(data)) == {"restore drill": State.WARN}


def test_rejected_messages_wait_for_a_person(data: Path) -> None:
    send(data, "node-unknown", 1)
    read_on(data)
    assert bad(look(data)) == {"dead letters": State.WARN}


@pytest.mark.parametrize(("words", "state"), [(["sera_command"], State.OK), ([], State.FAIL)])
def test_an_owner_that_lives_is_well_and_a_number_that_another_program_has_is_not(
    data: Path, words: list[str], state: State
) -> None:
    waiting = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", *words]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        # Until then it may not have a command line yet.
        process.stdout.readline()
        (data / OWNER_FILE).write_text(json.dumps({"verb": "up", "pid": process.pid}))
        try:
            assert look(data)["processes"].state is state
        finally:
            process.kill()


def test_an_owner_that_was_killed_is_named(data: Path) -> None:
    (data / OWNER_FILE).write_text(json.dumps({"verb": "up", "pid": 2**22 + 5}))
    assert "`sera up` was killed" in look(data)["processes"].finding


def test_a_broker_that_does_not_answer_is_no_failure_while_nothing_runs(data: Path) -> None:
    (data / "gateway.toml").write_text('[broker]\nurl = "mqtt://127.0.0.1:1"\n')
    assert bad(look(data)) == {"broker": State.WARN}


def test_a_health_check_fails_where_nothing_runs_and_reads_no_database_through(data: Path) -> None:
    checks = look(data, quick=True)
    assert checks["processes"].state is State.FAIL
    assert not {"journal", "records.sqlite", "disk", "file rights"} & checks.keys()


@pytest.mark.slow
def test_a_full_look_ends_with_1_where_a_check_failed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["doctor", "--data", str(data), "--json"]
    assert main(words) in (ExitCode.CHECK_FAILED, ExitCode.PART_MISSING)
    report = json.loads(capsys.readouterr().out)
    # Its backup is from 2026-05-28, the day of the tests.
    if time.time() > NOW_S + LIMITS["backup"].fail * DAY_S:
        assert "backups" in report["failed"]
    names = Counter(check["name"] for check in report["checks"])
    assert {"configuration", "journal", "clock", "backups", "restore drill"} <= names.keys()


def test_a_folder_that_holds_no_installation_is_refused(tmp_path: Path) -> None:
    assert main(["doctor", "--data", str(tmp_path / "typo"), "--quick"]) == ExitCode.BAD_INPUT
    assert not (tmp_path / "typo").exists()


def test_the_worst_state_counts() -> None:
    assert worst([]) is State.OK
    assert worst([Check("a", State.WARN, ""), Check("b", State.FAIL, ""), Check("c", State.OK, "")]) == "fail"


def test_the_page_names_every_check_and_every_limit() -> None:
    page = (ROOT / "docs/how-to/doctor.md").read_text(encoding="utf-8")
    for examination in EXAMINATIONS:
        assert f"| {examination.name} |" in page
    for name, limit in LIMITS.items():
        assert f"| {name} | {limit.warn:,.0f} | {limit.fail:,.0f} | {limit.unit} | {limit.reason} |" in page

"""`sera backup drill`: what comes back of a backup is read, counted, compared, and removed again."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from gateway_parts import NOW_NS, batch, data_topic, message, plant, row
from ledger_parts import read_on
from sera_command.backups.drill import DRILL_FILE, read_drill
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_gateway.journal.journal import Journal
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

NODE = "node-a"


def send(data: Path, *seqs: int, value: float = 14.5) -> None:
    with Journal(data / "journal", lambda: NOW_NS) as journal:
        journal.append([message(data_topic(NODE), batch([row(seq, value)])) for seq in seqs])


def installation(folder: Path) -> Path:
    """20 messages, of which the ledger has read 18."""
    with Store.open(folder / "store") as store:
        plant(store, [NODE])
    send(folder, *range(1, 19))
    read_on(folder)
    send(folder, 19, 20)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return installation(tmp_path / "data")


@pytest.fixture
def backup(data: Path, tmp_path: Path) -> Path:
    path = tmp_path / "monday.backup"
    assert main(["backup", str(path), "--data", str(data)]) == ExitCode.DONE
    return path


def contents(data: Path) -> set[str]:
    return {
        str(path.relative_to(data)) for path in data.rglob("*") if not path.name.endswith(("-wal", "-shm"))
    }


def test_a_backup_comes_back_is_read_on_and_agrees(
    data: Path, backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(data)
    send(data, 21)
    read_on(data)
    capsys.readouterr()
    assert main(["backup", "drill", str(backup), "--data", str(data), "--json"]) == ExitCode.DONE
    drill = json.loads(capsys.readouterr().out)
    assert (drill["messages"], drill["records"], drill["read_on"]) == (20, 18, 2)
    assert drill["entries"] == 3
    assert drill["differences"] == []
    assert contents(data) - before == {DRILL_FILE}
    noted = read_drill(data)
    assert noted is not None
    assert noted.backup == drill["backup"]


def test_a_backup_of_another_installation_is_found_out(
    backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    with Store.open(other / "store") as store:
        plant(store, [NODE])
    send(other, *range(1, 30), value=3.25)
    read_on(other)
    words = ["backup", "drill", str(backup), "--data", str(other)]
    assert main(words) == ExitCode.CHECK_FAILED
    assert "message 20 of the journal is another one" in capsys.readouterr().err
    assert read_drill(other) is None


def test_rows_that_the_backup_lacks_are_counted(
    data: Path, backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A backup of a store from which rows had gone: the installation, brought back otherwise, has them."""
    poorer = tmp_path / "poorer"
    assert main(["restore", str(backup), "--data", str(poorer)]) == ExitCode.DONE
    with closing(sqlite3.connect(poorer / "store" / "records.sqlite")) as connection, connection:
        connection.execute("DROP TRIGGER records_never_go")
        connection.execute("DELETE FROM records WHERE id=3")
    again = tmp_path / "again.backup"
    assert main(["backup", str(again), "--data", str(poorer)]) == ExitCode.DONE
    assert main(["backup", "drill", str(again), "--data", str(data)]) == ExitCode.CHECK_FAILED
    assert "the installation has 18 rows, the backup 17" in capsys.readouterr().err


def test_a_backup_with_a_changed_byte_does_not_come_back(data: Path, backup: Path) -> None:
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 1
    backup.write_bytes(content)
    before = contents(data)
    assert main(["backup", "drill", str(backup), "--data", str(data)]) == ExitCode.BAD_INPUT
    assert contents(data) == before


def test_what_a_killed_drill_left_goes_with_the_next_one(data: Path, backup: Path) -> None:
    (data / ".drill-old").mkdir()
    (data / ".drill-old" / "rest").write_text("exact places")
    assert main(["backup", "drill", str(backup), "--data", str(data)]) == ExitCode.DONE
    assert not (data / ".drill-old").exists()


def test_on_another_machine_nothing_is_compared(backup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "drill", str(backup)]) == ExitCode.DONE
    output = capsys.readouterr().out
    assert "comes back whole: 20 messages" in output
    assert "agrees" not in output


def test_of_a_folder_the_newest_backup_is_tried(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nights = tmp_path / "nights"
    nights.mkdir()
    words = ["backup", "drill", str(nights), "--data", str(data)]
    assert main(words) == ExitCode.BAD_INPUT
    (nights / "sera-2026-01-01T000000Z.backup").write_text("an older one, which nobody reads")
    assert main(["backup", "rotate", str(nights), "--data", str(data)]) == ExitCode.DONE
    assert main(words) == ExitCode.DONE
    assert "20 messages" in capsys.readouterr().out


def test_a_mistyped_data_folder_is_refused(backup: Path, tmp_path: Path) -> None:
    assert main(["backup", "drill", str(backup), "--data", str(tmp_path / "typo")]) == ExitCode.BAD_INPUT
    assert not (tmp_path / "typo").exists()

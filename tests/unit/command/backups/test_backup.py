"""`sera backup` while a gateway works, and `sera restore`: tried, not only written."""

from __future__ import annotations

import sqlite3
import stat
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from gateway_parts import EPOCH, NOW_NS, batch, data_topic, message, plant, row
from ledger_parts import read_on
from real_parts import wait_until
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_gateway.journal.journal import Journal, JournalReader
from sera_gateway.ledger.ledger import Ledger
from sera_pages.accounts.names import Names
from sera_pages.accounts.schema import open_accounts
from sera_pages.accounts.sessions import Sessions
from sera_pages.sending.messages import GardenAction
from sera_pages.sending.outbox import Outbox
from sera_store.alert_book import BOOK_FOLDER, Silence, State, open_book
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

NODE = "node-a"


def seqs(store: Store) -> list[int]:
    return [key.seq for key in store.records.keys(NODE)]


def send(journal: Journal, seq: int) -> None:
    journal.append([message(data_topic(NODE), batch([row(seq, 14.5)]))])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An installation of 20 messages, of which the ledger has read all but the last."""
    folder = tmp_path / "data"
    with Journal(folder / "journal", lambda: NOW_NS) as journal, Store.open(folder / "store") as store:
        plant(store, [NODE])
        for seq in range(1, 20):
            send(journal, seq)
        store.rollups.catch_up()
        read_on(folder)
        send(journal, 20)
    (folder / "authority").mkdir(mode=0o700)
    (folder / "authority" / "key").write_text("a key")
    (folder / "authority" / "key").chmod(0o600)
    return folder


def back_up(data: Path, to: Path) -> int:
    return main(["backup", str(to), "--data", str(data)])


def restore(backup: Path, data: Path, *words: str) -> int:
    return main(["restore", str(backup), "--data", str(data), *words])


def test_a_backup_while_messages_come_has_each_of_them_once_after_restoring(
    data: Path, tmp_path: Path
) -> None:
    stop, sent = threading.Event(), [20]

    def work() -> None:
        with (
            Journal(data / "journal", lambda: NOW_NS) as journal,
            Store.open(data / "store") as store,
            JournalReader(data / "journal") as reader,
        ):
            ledger = Ledger(store, reader, lambda _: None)
            while not stop.is_set():
                sent[0] += 1
                send(journal, sent[0])
                ledger.step()

    working = threading.Thread(target=work)
    working.start()
    try:
        wait_until(lambda: sent[0] > 40, label="messages")
        codes = [back_up(data, tmp_path / f"backup-{number}") for number in range(3)]
    finally:
        stop.set()
        working.join()

    assert codes == [ExitCode.DONE] * 3
    for number in range(3):
        again = tmp_path / f"again-{number}"
        assert restore(tmp_path / f"backup-{number}", again) == ExitCode.DONE
        read_on(again)
        with Store.open(again / "store") as store, JournalReader(again / "journal") as journal:
            assert seqs(store) == list(range(1, journal.last_number() + 1))
            assert len(seqs(store)) > 40
            assert not journal.verify().problems


@pytest.mark.parametrize("words", [(), ("--without-records",)])
def test_what_comes_back_is_the_whole_installation(
    data: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    again = tmp_path / "again"
    assert back_up(data, tmp_path / "backup") == ExitCode.DONE
    assert restore(tmp_path / "backup", again, *words) == ExitCode.DONE
    read_on(again)

    with Store.open(again / "store") as store:
        assert seqs(store) == list(range(1, 21))
        assert store.registry.node(NODE) is not None
        assert store.completeness()[0].epoch == EPOCH
        store.rollups.catch_up()
        assert store.rollups.behind() == 0
        [noted] = store.backups.list()
        assert (noted.path, noted.holds, noted.is_encrypted) == (str(tmp_path / "backup"), "all", False)
    key = again / "authority" / "key"
    assert key.read_text() == "a key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


def test_packed_months_come_along(data: Path, tmp_path: Path) -> None:
    later_ns = NOW_NS + 40 * 86_400 * 1_000_000_000
    with Journal(data / "journal", lambda: later_ns) as journal:
        send(journal, 21)
    assert main(["journal", "pack", "--data", str(data)]) == ExitCode.DONE
    assert back_up(data, tmp_path / "backup") == ExitCode.DONE
    assert restore(tmp_path / "backup", tmp_path / "again", "--without-records") == ExitCode.DONE
    read_on(tmp_path / "again")

    with Store.open(tmp_path / "again" / "store") as store:
        assert seqs(store) == list(range(1, 22))


def test_a_spoiled_or_cut_backup_is_refused_and_leaves_nothing(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup, again = tmp_path / "backup", tmp_path / "new" / "again"
    back_up(data, backup)
    whole = backup.read_bytes()
    place = whole.index(b"journal/2026-05.sqlite") + 5000
    backup.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    assert restore(backup, again) == ExitCode.BAD_INPUT
    assert "journal/2026-05.sqlite is not what was backed up" in capsys.readouterr().err
    for length, problem in (
        (len(whole) - 1, "cut off"),
        (len(whole) // 2, "cut off"),
        (20, "no end"),
        (5, "no backup"),
        (0, "no backup"),
    ):
        backup.write_bytes(whole[:length])
        assert restore(backup, again) == ExitCode.BAD_INPUT
        assert problem in capsys.readouterr().err
    backup.write_bytes(whole + b"x")
    assert restore(backup, again) == ExitCode.BAD_INPUT

    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data"]


def test_a_store_that_is_ahead_of_its_journal_is_refused_with_the_way_out(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = tmp_path / "backup"
    with closing(sqlite3.connect(data / "store" / "records.sqlite")) as raw:
        raw.execute("UPDATE cursors SET position = 99 WHERE name = 'ledger'")
        raw.commit()
    back_up(data, backup)

    assert restore(backup, tmp_path / "again") == ExitCode.BAD_INPUT
    assert "has read message 99 and its journal ends with 20" in capsys.readouterr().err
    assert restore(backup, tmp_path / "again", "--without-records") == ExitCode.DONE


def test_nothing_is_written_over(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    backup = tmp_path / "backup"
    assert back_up(data, backup) == ExitCode.DONE
    assert back_up(data, backup) == ExitCode.BAD_INPUT
    assert restore(backup, data) == ExitCode.BAD_INPUT
    assert "is there already" in capsys.readouterr().err
    assert back_up(tmp_path / "absent", tmp_path / "other") == ExitCode.BAD_INPUT
    assert not (tmp_path / "other").exists()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert restore(backup, tmp_path / "link") == ExitCode.BAD_INPUT
    assert not (tmp_path / "nowhere").exists()


def test_a_backup_that_fails_leaves_neither_file_nor_note(data: Path, tmp_path: Path) -> None:
    assert back_up(data, tmp_path / "absent" / "backup") == ExitCode.CANNOT_WRITE
    (data / "authority" / "link").symlink_to(data / "authority" / "key")
    assert back_up(data, tmp_path / "backup") == ExitCode.BAD_INPUT

    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]
    assert not list(data.glob(".backup-*"))
    with Store.open(data / "store") as store:
        assert store.backups.list() == []


def test_nobody_else_can_read_a_backup_or_what_comes_back(data: Path, tmp_path: Path) -> None:
    assert back_up(data, tmp_path / "backup") == ExitCode.DONE
    assert restore(tmp_path / "backup", tmp_path / "again") == ExitCode.DONE

    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "again").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "again").iterdir()} == {0o700}


def test_the_keys_stand_apart_and_come_back_together(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records, keys = tmp_path / "records", tmp_path / "keys"
    assert main(["backup", str(records), "--data", str(data), "--without-keys"]) == ExitCode.DONE
    assert main(["backup", str(keys), "--data", str(data), "--only-keys"]) == ExitCode.DONE
    assert b"a key" not in records.read_bytes()
    assert b"registry.sqlite" not in keys.read_bytes()

    assert restore(keys, tmp_path / "again") == ExitCode.BAD_INPUT
    assert "keys alone are no installation" in capsys.readouterr().err
    assert restore(records, tmp_path / "bare") == ExitCode.DONE
    assert "it has no keys" in capsys.readouterr().out
    assert not (tmp_path / "bare" / "authority").exists()
    words = ["restore", str(records), str(keys), "--data", str(tmp_path / "again")]
    assert main(words) == ExitCode.DONE
    assert (tmp_path / "again" / "authority" / "key").read_text() == "a key"
    assert main(["restore", str(records), str(records), "--data", str(tmp_path / "x")]) == ExitCode.BAD_INPUT


def test_silences_and_what_was_told_come_along(data: Path, tmp_path: Path) -> None:
    silence = Silence("node-a", "silent", 2_000_000_000, "moved to the shed")
    state = State(severity=3, message_s=1, garden="elm-yard", arguments={"hours": 30.0, "expected": 6.0})
    with open_book(data / BOOK_FOLDER) as book:
        book.put_silences([silence])
        book.put_states({"node-a silent": state})
        assert main(["backup", str(tmp_path / "b.backup"), "--data", str(data)]) == ExitCode.DONE
    restored = tmp_path / "restored"
    assert main(["restore", str(tmp_path / "b.backup"), "--data", str(restored)]) == ExitCode.DONE
    with open_book(restored / BOOK_FOLDER) as book:
        assert book.silences(1) == [silence]
        assert book.states() == {"node-a silent": state}


def test_sessions_names_and_what_waits_come_back_and_no_key_is_used_twice(data: Path, tmp_path: Path) -> None:
    with closing(open_accounts(data)) as accounts:
        token = Sessions(accounts, time.time).begin("member-1")
        Names(accounts).put("member-1", "Ada")
        waiting = Outbox(accounts, time.time).enter("form", "avon", "person-a", GardenAction("mowing", 1))
    assert back_up(data, tmp_path / "backup") == ExitCode.DONE
    assert restore(tmp_path / "backup", tmp_path / "restored") == ExitCode.DONE
    with closing(open_accounts(tmp_path / "restored")) as accounts:
        assert Sessions(accounts, time.time).find(token) is not None
        assert Names(accounts).of("member-1") == "Ada"
        outbox = Outbox(accounts, time.time)
        assert outbox.waiting() == [waiting]
        entry = outbox.enter("other", "avon", "person-a", GardenAction("mowing", 2))
        assert entry.key.epoch != waiting.key.epoch

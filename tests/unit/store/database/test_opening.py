"""Opening a store: what cannot be used is refused with its path and a remedy."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sera_store.database import database
from sera_store.database.database import Database
from sera_store.database.schema import RECORDS_APPLICATION_ID, RECORDS_STEPS
from sera_store.errors import StoreUnusableError
from sera_store.registry.opening import REGISTRY_FILE
from sera_store.store import RECORDS_FILE, Store
from store_parts import seqs_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.records.records import Record

    Append = Callable[..., list[int]]


def test_a_folder_is_made_and_opened_again_with_what_is_in_it(tmp_path: Path, air: Record) -> None:
    folder = tmp_path / "deep" / "store"
    with Store.open(folder) as store, store.ledger() as writes:
        writes.records.append([(air, b"hash")])
        writes.move_cursor(12)

    with Store.open(folder) as store, store.ledger() as writes:
        assert writes.cursor() == 12
        assert store.records.row(1).record == air


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreUnusableError, match="may write to") as refused:
        Store.open(tmp_path / "store")
    assert refused.value.path == tmp_path / "store"


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")

    with pytest.raises(StoreUnusableError, match="name a folder"):
        Store.open(tmp_path / "store")


@pytest.mark.parametrize("name", [RECORDS_FILE, REGISTRY_FILE])
def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("no database " * 1000)

    with pytest.raises(StoreUnusableError, match="not a database"):
        Store.open(tmp_path)

    assert (tmp_path / name).read_text().startswith("no database")


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    raw = sqlite3.connect(tmp_path / RECORDS_FILE)
    raw.execute("CREATE TABLE theirs (a)")
    raw.close()

    with pytest.raises(StoreUnusableError, match="another program"):
        Store.open(tmp_path)

    raw = sqlite3.connect(tmp_path / RECORDS_FILE)
    assert raw.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    raw.close()


def test_records_and_registry_are_not_mistaken_for_one_another(tmp_path: Path) -> None:
    Store.open(tmp_path / "a").close()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / REGISTRY_FILE).rename(tmp_path / "b" / RECORDS_FILE)

    with pytest.raises(StoreUnusableError, match="another program"):
        Store.open(tmp_path / "b")


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    raw = sqlite3.connect(tmp_path / RECORDS_FILE)
    raw.execute("PRAGMA user_version = 99")
    raw.close()

    with pytest.raises(StoreUnusableError, match=r"schema 99.*update Sera"):
        Store.open(tmp_path)


def test_an_older_schema_takes_the_steps_it_has_not_seen(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite"
    first = ("CREATE TABLE one (a);;CREATE TABLE two (a)",)
    Database(path, steps=first, application_id=7, synchronous="NORMAL").close()

    later = Database(
        path, steps=(*first, "ALTER TABLE one ADD COLUMN b"), application_id=7, synchronous="NORMAL"
    )

    assert later.rows("PRAGMA user_version") == [(2,)]
    assert later.rows("SELECT a, b FROM one") == []
    later.close()


def test_a_step_that_fails_leaves_the_older_schema(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite"
    first = ("CREATE TABLE one (a)",)
    Database(path, steps=first, application_id=7, synchronous="NORMAL").close()

    with pytest.raises(StoreUnusableError):
        Database(
            path, steps=(*first, "CREATE TABLE two (a);;rubbish"), application_id=7, synchronous="NORMAL"
        )

    again = Database(path, steps=first, application_id=7, synchronous="NORMAL")
    assert again.rows("SELECT name FROM sqlite_master") == [("one",)]
    again.close()


@pytest.mark.slow
def test_several_may_open_an_empty_folder_at_once(tmp_path: Path) -> None:
    failed: list[BaseException] = []
    ready = threading.Barrier(6)

    def open_it() -> None:
        for attempt in range(20):
            ready.wait()
            try:
                Store.open(tmp_path / str(attempt)).close()
            except StoreUnusableError as error:
                failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []


def test_a_full_disk_is_said_and_leaves_no_trace(tmp_path: Path) -> None:
    full = Database(
        tmp_path / "full.sqlite",
        steps=RECORDS_STEPS,
        application_id=RECORDS_APPLICATION_ID,
        synchronous="NORMAL",
    )
    pages = full.rows("PRAGMA page_count")[0][0]
    full.rows(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        with full.transaction() as connection:
            connection.execute("INSERT INTO cursors VALUES ('ledger', 5)")
            connection.execute("INSERT INTO details (text) VALUES (?)", ("x" * 1_000_000,))

    with pytest.raises(StoreUnusableError, match="free some space"):
        fill()

    assert full.rows("SELECT * FROM cursors") == []
    full.close()


def test_a_store_that_somebody_else_keeps_locked_is_said(
    tmp_path: Path, air: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_MS", 50)
    with Store.open(tmp_path) as first, Store.open(tmp_path) as second, first.ledger() as writes:
        writes.records.append([(air, b"hash")])
        with pytest.raises(StoreUnusableError, match="another process"), second.ledger():
            pass


def test_threads_of_one_store_write_one_after_the_other(store: Store, air: Record) -> None:
    def write(node: str) -> None:
        for seq in range(1, 41):
            with store.ledger() as writes:
                writes.records.append([(replace(air, node=node, seq=seq), b"hash")])

    threads = [threading.Thread(target=write, args=(f"node-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.records.counts().stored == 160
    assert [row.id for row in store.records.changes(0, 1000)] == list(range(1, 161))


def test_a_backup_is_a_store_of_its_own(store: Store, append: Append, air: Record, tmp_path: Path) -> None:
    append(air)
    store.backup(tmp_path / "backup")
    append(replace(air, seq=2))

    with Store.open(tmp_path / "backup") as copy:
        assert seqs_in(copy) == [1]
        assert copy.registry.version() == store.registry.version()
    with pytest.raises(StoreUnusableError, match="empty folder"):
        store.backup(tmp_path / "backup")


def test_closing_twice_changes_nothing(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.close()
    store.close()


def test_cursors_are_kept_by_name(store: Store) -> None:
    store.cursors.move("influxdb", 7)
    store.cursors.move("json", 3)
    store.cursors.move("influxdb", 9)

    assert [store.cursors.position(name) for name in ("influxdb", "json", "new")] == [9, 3, 0]


def test_threads_that_end_leave_no_open_files_behind(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        # One thread after another, as a server's that end when nobody asks for a while.
        counts = []
        for _ in range(20):
            thread = threading.Thread(target=store.records.last_change)
            thread.start()
            thread.join()
            counts.append(open_files_below(tmp_path))
        assert counts[-1] <= counts[1]


def open_files_below(folder: Path) -> int:
    """Count the files of a folder that this process holds open."""
    count = 0
    for file in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            count += file.readlink().is_relative_to(folder)
    return count

"""The journal: numbers without holes, nothing lost that was promised, and damage found."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gateway_parts import NOW_NS, message
from real_parts import wait_until
from sera_gateway.errors import JournalFullError, JournalUnusableError
from sera_gateway.journal.journal import Journal, JournalReader, connect

if TYPE_CHECKING:
    from pathlib import Path

MONTHS = [datetime(2026, month, 28, tzinfo=UTC) for month in (6, 7, 9)]

WRITER = """
import sys, time
from pathlib import Path
from sera_gateway.journal.journal import Journal, Message
journal = Journal(Path(sys.argv[1]), time.time_ns)
while True:
    print(journal.append([Message(time.time_ns(), "a/topic", b"x" * 200)] * 5), flush=True)
"""


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000_000


def test_numbers_run_without_holes_over_months_and_starts(tmp_path: Path) -> None:
    for number, month in enumerate(MONTHS):
        with Journal(tmp_path, lambda month=month: _ns(month)) as journal:
            assert journal.append([message("a", b"1"), message("b", b"2")]) == 2 * number + 2
    with JournalReader(tmp_path) as reader:
        assert [item.number for item in reader.read(0, 100)] == [1, 2, 3, 4, 5, 6]
        assert [item.number for item in reader.read(1, 4)] == [2, 3, 4, 5]
        assert reader.verify() == (6, 1, 6, ())
    names = [path.name for path in sorted(tmp_path.glob("2*.sqlite"))]
    assert names == ["2026-06.sqlite", "2026-07.sqlite", "2026-09.sqlite"]


def test_a_clock_that_jumps_back_a_month_keeps_the_order(tmp_path: Path) -> None:
    now = [MONTHS[1], MONTHS[0]]
    with Journal(tmp_path, lambda: _ns(now[0])) as journal:
        journal.append([message("a", b"1")])
        now.pop(0)
        journal.append([message("a", b"2")])
    with JournalReader(tmp_path) as reader:
        assert [item.payload for item in reader.read(0, 9)] == [b"1", b"2"]
        assert not reader.verify().problems


def test_a_message_comes_back_as_it_was_given(tmp_path: Path) -> None:
    sent = message("sera/ü", b"\x00\xff", qos=1, retain=True, dup=True, mid=7, connection=3)
    with Journal(tmp_path, lambda: NOW_NS) as journal, JournalReader(tmp_path) as reader:
        journal.append([sent])
        assert reader.read(0, 9)[0][1:] == sent
        assert reader.last_connection() == 3
        assert reader.entry(2) is None


def test_a_month_whose_writer_was_killed_before_it_made_the_table_is_empty(tmp_path: Path) -> None:
    (tmp_path / "2026-06.sqlite").touch()
    with JournalReader(tmp_path) as reader:
        assert (reader.read(-1, 9), reader.verify()) == ([], (0, 0, 0, ()))
    with Journal(tmp_path, lambda: _ns(MONTHS[0])) as journal:
        assert journal.append([message("a", b"1")]) == 1
    with JournalReader(tmp_path) as reader:
        assert reader.verify() == (1, 1, 1, ())


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (
            "UPDATE message SET payload = x'30206f6620666f7573' WHERE number = 2",
            "message 2 is not what",
        ),
        ("UPDATE message SET topic = 'sera/v1/other' WHERE number = 3", "message 3 is not what"),
        ("UPDATE message SET received_ns = received_ns + 1 WHERE number = 1", "message 1 is not what"),
        ("DELETE FROM message WHERE number = 2", "number 3 follows 1"),
    ],
)
def test_verify_finds_a_changed_byte_and_a_hole(tmp_path: Path, change: str, result: str) -> None:
    with Journal(tmp_path, lambda: NOW_NS) as journal:
        journal.append([message("a", b"%d of four" % number) for number in range(4)])
    with closing(sqlite3.connect(next(tmp_path.glob("2*.sqlite")))) as month, month:
        month.execute(change)
    with JournalReader(tmp_path) as reader:
        [problem] = reader.verify().problems
    assert result in problem


def test_verify_finds_a_byte_flipped_in_the_file_itself(tmp_path: Path) -> None:
    with Journal(tmp_path, lambda: NOW_NS) as journal:
        journal.append([message("a", b"needle in the journal")])
    path = next(tmp_path.glob("2*.sqlite"))
    content = bytearray(path.read_bytes())
    content[content.index(b"needle")] ^= 1
    path.write_bytes(content)
    with JournalReader(tmp_path) as reader:
        assert "message 1 is not what was written" in reader.verify().problems[0]


def test_a_killed_writer_loses_nothing_that_append_returned(tmp_path: Path) -> None:
    promised = tmp_path / "promised"
    with promised.open("wb") as output:
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "journal")], stdout=output)
    try:
        wait_until(lambda: promised.read_bytes().count(b"\n") >= 50, label="50 commits")
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait(120)
    last = int(promised.read_text().rpartition("\n")[0].rpartition("\n")[2])
    with JournalReader(tmp_path / "journal") as reader:
        verification = reader.verify()
    assert not verification.problems
    assert verification.messages >= last
    with Journal(tmp_path / "journal", lambda: NOW_NS) as journal:
        assert journal.append([message("a", b"1")]) == verification.last + 1


class _FullDisk(sqlite3.Connection):
    """Stands in for a disk without room: its commits fail while there is none."""

    room = True

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        if statement == "COMMIT" and not _FullDisk.room:
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(statement, *values)


def test_a_full_disk_promises_nothing_and_leaves_no_hole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(path: Path) -> sqlite3.Connection:
        connect(path).close()
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=_FullDisk)

    with Journal(tmp_path, lambda: NOW_NS, opened) as journal:
        assert journal.append([message("a", b"1")]) == 1
        monkeypatch.setattr(_FullDisk, "room", False)
        with pytest.raises(JournalFullError, match=r"full.*make room"):
            journal.append([message("a", b"2")])
        assert journal.last_number == 1
        monkeypatch.setattr(_FullDisk, "room", True)
        assert journal.append([message("a", b"2")]) == 2
    with JournalReader(tmp_path) as reader:
        assert reader.verify() == (2, 1, 2, ())


def test_only_one_gateway_at_a_time_writes_a_journal(tmp_path: Path) -> None:
    with (
        Journal(tmp_path, lambda: NOW_NS),
        pytest.raises(JournalUnusableError, match="another gateway writes to it"),
    ):
        Journal(tmp_path, lambda: NOW_NS)
    Journal(tmp_path, lambda: NOW_NS).close()


def test_a_folder_that_is_a_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("no folder", encoding="utf-8")
    with pytest.raises(JournalUnusableError, match=r"journal cannot be used.*make it writable"):
        Journal(tmp_path / "journal", lambda: NOW_NS)

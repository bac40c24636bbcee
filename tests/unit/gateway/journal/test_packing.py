"""Packed months: the same messages to every reader, whenever the packing is killed, and damage found."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_parts import message
from sera_gateway.errors import JournalDamagedError, JournalFullError, JournalUnusableError
from sera_gateway.journal import packing
from sera_gateway.journal.journal import Entry, Journal, JournalReader
from sera_gateway.journal.message import Message
from sera_gateway.journal.packing import closed_months, pack
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MONTHS = ("2026-06", "2026-07", "2026-08")
MESSAGES_A_MONTH = 1200


class Killed(BaseException):
    """Stands in for a SIGKILL at one line: nothing below it runs."""


def _write(folder: Path, months: Sequence[str] = MONTHS, messages: int = MESSAGES_A_MONTH) -> list[Entry]:
    for month in months:
        at = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
        with Journal(folder, lambda at=at: int(at.timestamp()) * 1_000_000_000) as journal:
            journal.append(
                [
                    message(f"sera/v1/avon/ü-{number % 7}/data", b"%d \xff\x00" % number, mid=number)
                    for number in range(messages)
                ]
            )
    return _read(folder)


def _read(folder: Path) -> list[Entry]:
    with JournalReader(folder) as reader:
        return reader.read(0, 1_000_000)


def _names(folder: Path) -> list[str]:
    """Files of months; what SQLite keeps beside a plain month goes with it."""
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("held"))
    beside = [name for name in names if name.endswith(("-wal", "-shm"))]
    assert all(name[: -len("-wal")] in names for name in beside)
    return [name for name in names if name not in beside]


def test_a_packed_month_reads_like_the_plain_one_and_is_smaller(tmp_path: Path) -> None:
    before = _write(tmp_path)
    assert closed_months(tmp_path) == ["2026-06", "2026-07"]
    done = pack(tmp_path, "2026-06")
    assert (done.month, done.messages) == ("2026-06", MESSAGES_A_MONTH)
    assert done.after < done.before / 3
    assert _names(tmp_path) == ["2026-06.packed", "2026-07.sqlite", "2026-08.sqlite"]
    assert _read(tmp_path) == before
    with JournalReader(tmp_path) as reader:
        assert reader.verify() == (3 * MESSAGES_A_MONTH, 1, 3 * MESSAGES_A_MONTH, ())
        for after, limit in ((0, 1), (499, 2), (500, 1), (1195, 10), (1199, 1), (2399, 2)):
            assert reader.read(after, limit) == before[after : after + limit]
        assert reader.entry(777) == before[776]
    with Journal(tmp_path, lambda: 0) as journal:
        assert journal.append([message("a", b"more")]) == 3 * MESSAGES_A_MONTH + 1


def test_a_reader_that_is_open_reads_on_while_a_month_is_packed(tmp_path: Path) -> None:
    before = _write(tmp_path)
    with JournalReader(tmp_path) as reader:
        first = reader.read(0, 700)
        pack(tmp_path, "2026-06")
        assert first + reader.read(700, 1_000_000) == before


def test_a_month_that_is_open_or_not_there_is_refused_with_what_could_be_packed(
    tmp_path: Path,
) -> None:
    _write(tmp_path, messages=2)
    for month in ("2026-08", "2026-05", "../x"):
        with pytest.raises(JournalUnusableError, match="expected 2026-06, 2026-07"):
            pack(tmp_path, month)


STEPS: list[tuple[str, int]] = [
    *(("_write", 1), ("_compare", 1), ("sync_folder", 1), ("_compare", 2), ("sync_folder", 2)),
]


@pytest.mark.parametrize(("step", "call"), STEPS)
@pytest.mark.parametrize("after", [False, True])
def test_packing_that_is_killed_at_any_step_loses_nothing_and_can_be_finished(
    step: str, call: int, after: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _write(tmp_path, MONTHS[:2])
    whole: Callable[..., Any] = getattr(packing, step)
    calls = 0

    def killed(*words: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and not after:
            raise Killed
        answer = whole(*words)
        if calls == call:
            raise Killed
        return answer

    monkeypatch.setattr(packing, step, killed)
    with pytest.raises(Killed):
        pack(tmp_path, "2026-06")
    monkeypatch.undo()
    assert _read(tmp_path) == before
    with suppress(JournalUnusableError):
        pack(tmp_path, "2026-06")
    assert _names(tmp_path) == ["2026-06.packed", "2026-07.sqlite"]
    assert _read(tmp_path) == before


def test_a_damaged_month_is_not_packed(tmp_path: Path) -> None:
    _write(tmp_path, MONTHS[:2])
    with closing(sqlite3.connect(tmp_path / "2026-06.sqlite")) as month, month:
        month.execute("UPDATE message SET payload = x'00' WHERE number = 7")
    with pytest.raises(JournalDamagedError, match=r"not packed.*message 7 is not what was written.*backup"):
        pack(tmp_path, "2026-06")
    assert _names(tmp_path) == ["2026-06.sqlite", "2026-07.sqlite"]


def test_a_packed_file_that_says_something_else_never_replaces_the_plain_one(tmp_path: Path) -> None:
    _write(tmp_path / "other", MONTHS[:2], messages=600)
    _write(tmp_path / "mine", MONTHS[:2])
    pack(tmp_path / "other", "2026-06")
    (tmp_path / "other" / "2026-06.packed").rename(tmp_path / "mine" / "2026-06.packed")
    with pytest.raises(JournalDamagedError, match="does not hold message 601 as"):
        pack(tmp_path / "mine", "2026-06")
    assert "2026-06.sqlite" in _names(tmp_path / "mine")


def test_a_byte_flipped_in_a_packed_month_is_found_with_its_messages(tmp_path: Path) -> None:
    _write(tmp_path, MONTHS[:2])
    pack(tmp_path, "2026-06")
    with closing(sqlite3.connect(tmp_path / "2026-06.packed")) as month, month:
        [(content,)] = month.execute("SELECT messages FROM piece WHERE first = 501").fetchall()
        changed = bytes([*content[:40], content[40] ^ 1, *content[41:]])
        month.execute("UPDATE piece SET messages = ? WHERE first = 501", (changed,))
    with JournalReader(tmp_path) as reader:
        problems = reader.verify().problems
        assert len(problems) == 500
        assert problems[0] == "2026-06.packed: message 501 is not what was written"
        with pytest.raises(JournalUnusableError, match=r"begins with message 501.*restore the file"):
            reader.read(600, 1)
        assert reader.read(1100, 1)[0].number == 1101


def test_without_room_for_the_packed_month_nothing_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _write(tmp_path, MONTHS[:2])

    def full(_plain: Path, draft: Path) -> None:
        draft.write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(packing, "_write", full)
    with pytest.raises(JournalFullError, match=r"No space left.*make room for it"):
        pack(tmp_path, "2026-06")
    assert _names(tmp_path) == ["2026-06.sqlite", "2026-07.sqlite"]
    assert _read(tmp_path) == before


MESSAGES = st.builds(
    Message,
    st.integers(0, 2**62),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.binary(max_size=300),
    st.integers(0, 1),
    st.booleans(),
    st.booleans(),
    st.integers(0, 65_535),
    st.integers(0, 2**40),
)


@settings(max_examples=examples(25))
@given(st.lists(MESSAGES, min_size=1, max_size=30))
def test_any_messages_survive_packing(
    tmp_path_factory: pytest.TempPathFactory, messages: list[Message]
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    june = int(datetime(2026, 6, 5, tzinfo=UTC).timestamp()) * 1_000_000_000
    with Journal(folder, lambda: june) as journal:
        journal.append(messages)
    before = _read(folder)
    _write(folder, ["2026-07"], messages=1)
    pack(folder, "2026-06")
    assert _read(folder)[: len(messages)] == before
    assert [Message(*item[1:]) for item in before] == messages

"""Messages from files on their way into the journal of a gateway that runs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from sera_gateway.errors import JournalFullError
from sera_gateway.handover import FOLDER, MESSAGES_A_FILE, Handover, Publication, hand_over
from sera_gateway.journal.journal import Journal, JournalReader
from sera_gateway.process.logs import json_log

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sera_gateway.journal.message import Message

NOW_NS = 1_760_000_000_000_000_000


def handover(data: Path, output: io.StringIO | None = None) -> Handover:
    return Handover(data, lambda: NOW_NS, lambda: 7, json_log(output or io.StringIO()))


def test_what_is_handed_over_is_journaled_in_its_order_and_goes(tmp_path: Path) -> None:
    count = 2 * MESSAGES_A_FILE + 1
    paths = hand_over(tmp_path, (Publication(f"zigbee/{number}", b"{}") for number in range(count)))
    handing_over = handover(tmp_path)
    with Journal(tmp_path / "journal", lambda: NOW_NS) as journal:
        lasts = [handing_over.take(journal.append) for _ in range(4)]
    assert lasts == [MESSAGES_A_FILE, 2 * MESSAGES_A_FILE, count, 0]
    assert not any(path.exists() for path in paths)
    with JournalReader(tmp_path / "journal") as reader:
        entries = reader.read(0, count)
    assert [entry.topic for entry in entries] == [f"zigbee/{number}" for number in range(count)]
    # No broker waits for an answer to these, and the next start counts its connections on from here.
    assert {(entry.qos, entry.mid, entry.connection) for entry in entries} == {(0, 0, 7)}


def test_a_file_stays_where_the_journal_cannot_be_written(tmp_path: Path) -> None:
    [path] = hand_over(tmp_path, [Publication("zigbee/x", b"{}")])

    def full(_: Sequence[Message]) -> int:
        raise JournalFullError("no room")

    with pytest.raises(JournalFullError):
        handover(tmp_path).take(full)
    assert path.exists()


def test_a_file_that_cannot_be_read_is_set_aside_and_reported(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "0-0.msgpack").write_bytes(b"\xc1 no messages")
    stream = io.StringIO()
    assert handover(tmp_path, stream).take(lambda _: 1) == 0
    assert "handover_unreadable" in stream.getvalue()
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["0-0.unreadable"]


def test_half_a_file_is_taken_by_nobody(tmp_path: Path) -> None:
    def broken() -> object:
        yield Publication("zigbee/x", b"{}")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        hand_over(tmp_path, broken())  # type: ignore[arg-type]
    assert list((tmp_path / FOLDER).iterdir()) == []

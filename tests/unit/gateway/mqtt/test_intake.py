"""The order that nothing may change: safe on disk first, acknowledged then."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from gateway_parts import Log, data_topic, message
from real_parts import wait_until
from sera_gateway.config import ReceiveSettings
from sera_gateway.errors import JournalFullError
from sera_gateway.mqtt.intake import Intake

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sera_gateway.journal.journal import Message

MESSAGES = [message(data_topic("node-a"), b"%d" % number, mid=number) for number in range(1, 4)]


class Ports:
    """Journal and acknowledger at once, so that the order of both is one list."""

    def __init__(self, full: int = 0) -> None:
        self.happened: list[tuple[str, tuple[int, ...]]] = []
        self.last_number = 0
        self._full = full

    def append(self, messages: Sequence[Message]) -> int:
        if self._full:
            self._full -= 1
            self.happened.append(("full", _mids(messages)))
            raise JournalFullError("no room")
        self.last_number += len(messages)
        self.happened.append(("safe", _mids(messages)))
        return self.last_number

    def acknowledge(self, messages: Sequence[Message]) -> None:
        self.happened.append(("acknowledged", _mids(messages)))


def _mids(messages: Sequence[Message]) -> tuple[int, ...]:
    return tuple(item.mid for item in messages)


def _intake(ports: Any, log: Any = None, limits: ReceiveSettings | None = None) -> Intake:
    return Intake(ports, ports, limits or ReceiveSettings(), log or Log())


def test_a_message_is_acknowledged_only_once_it_is_safe() -> None:
    ports = Ports()
    _intake(ports).keep(MESSAGES)
    assert ports.happened == [("safe", (1, 2, 3)), ("acknowledged", (1, 2, 3))]


def test_a_journal_that_is_full_acknowledges_nothing() -> None:
    ports = Ports(full=1)
    with pytest.raises(JournalFullError):
        _intake(ports).keep(MESSAGES)
    assert ports.happened == [("full", (1, 2, 3))]


def test_what_could_not_be_written_is_written_and_acknowledged_once_there_is_room() -> None:
    ports, log, stop = Ports(full=1), Log(), threading.Event()
    intake = _intake(ports, log)
    for item in MESSAGES:
        intake.offer(item)
    thread = threading.Thread(target=intake.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: intake.waiting == 0, label="the end of the waiting")
    finally:
        stop.set()
        intake.wake()
        thread.join()
    assert ports.happened[0][0] == "full"
    assert [mid for label, mids in ports.happened if label == "acknowledged" for mid in mids] == [1, 2, 3]
    safe: set[int] = set()
    for description, mids in ports.happened:
        safe |= set(mids) if description == "safe" else set()
        assert description != "acknowledged" or set(mids) <= safe
    assert log.events() == ["journal_full", "journal_writes_again"]


def test_a_gateway_that_ends_while_the_journal_is_full_acknowledges_nothing() -> None:
    ports, stop = Ports(full=1000), threading.Event()
    intake = _intake(ports)
    intake.offer(MESSAGES[0])
    thread = threading.Thread(target=intake.run, args=(stop,))
    thread.start()
    wait_until(lambda: intake.disk_full, label="the full disk")
    stop.set()
    intake.wake()
    thread.join(120)
    assert not thread.is_alive()
    assert {label for label, _ in ports.happened} == {"full"}


@pytest.mark.parametrize("limits", [ReceiveSettings(waiting_messages=2), ReceiveSettings(waiting_bytes=600)])
def test_the_network_stops_reading_while_too_much_waits_in_memory(limits: ReceiveSettings) -> None:
    intake = _intake(Ports(), limits=limits)
    intake.offer(MESSAGES[0])
    assert not intake.full
    intake.offer(MESSAGES[1])
    assert intake.full
    intake.keep(MESSAGES[:2])
    assert not intake.full


class Shelf:
    """Files that lie ready, one message in each."""

    def __init__(self, files: int) -> None:
        self.left = files

    def take(self, append: Callable[[Sequence[Message]], int]) -> int:
        if not self.left:
            return 0
        self.left -= 1
        return append(MESSAGES[:1])


def test_files_behind_one_another_do_not_wait_for_messages_that_do_not_come() -> None:
    ports, shelf, stop = Ports(), Shelf(200), threading.Event()
    intake = Intake(ports, ports, ReceiveSettings(), Log(), files=shelf)
    thread = threading.Thread(target=intake.run, args=(stop,), daemon=True)
    intake.wake()
    thread.start()
    # Each waiting would be 100 s together.
    wait_until(lambda: ports.last_number == 200, label="all files")
    stop.set()
    intake.wake()
    thread.join(120)
    assert not thread.is_alive()

"""Wait until messages are in the journal, which is the only thing that "kept" means."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_gateway.errors import JournalUnusableError
from sera_gateway.journal.reader import JournalReader

if TYPE_CHECKING:
    from pathlib import Path

    from sera_gateway.process.logs import JsonLog

_GLANCE_S: Final = 0.02
_MESSAGES_AT_ONCE: Final = 1_000

AwaitedMessage = tuple[str, bytes]


class Expected(NamedTuple):
    """A message that is waited for.

    Parameters
    ----------
    is_watched
        Done once nothing that is journaled from now on is missed: only then is it published.
    is_kept
        Done once it is in the journal, topic and payload alike.
    """

    is_watched: Future[None]
    is_kept: Future[None]


class JournalWatch:
    """Reads the journal while somebody waits for a message, in one thread for all who wait; else it sleeps.

    Parameters
    ----------
    folder
        The journal's folder.
    log
        Where it is reported that the journal cannot be read.
    """

    def __init__(self, folder: Path, log: JsonLog) -> None:
        self._reader = JournalReader(folder)
        self._log = log
        self._lock = threading.Condition()
        self._new: list[tuple[AwaitedMessage, Expected]] = []
        self._waiting: dict[AwaitedMessage, list[Expected]] = {}
        self._is_ended = False
        self._thread = threading.Thread(target=self._run, name="journal-watch", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """End the thread; who waits goes on waiting for the end of their own time."""
        with self._lock:
            self._is_ended = True
            self._lock.notify()
        self._thread.join()
        self._reader.close()

    def expect(self, topic: str, payload: bytes) -> Expected:
        """Wait for a message, which is published once `is_watched` is done."""
        expected = Expected(Future(), Future())
        with self._lock:
            self._new.append(((topic, payload), expected))
            self._lock.notify()
        return expected

    def _run(self) -> None:
        after = 0
        while True:
            with self._lock:
                self._forget_cancelled()
                if not (self._new or self._is_ended):
                    self._lock.wait(_GLANCE_S if self._waiting else None)
                if self._is_ended:
                    return
                new, self._new = self._new, []
            try:
                if not self._waiting:
                    after = self._reader.last_number()
                self._admit(new)
                after = self._read(after)
            except JournalUnusableError as error:
                self._log.error("journal_not_read", detail=str(error))
                self._give_up(new, error)

    def _admit(self, new: list[tuple[AwaitedMessage, Expected]]) -> None:
        for message, expected in new:
            self._waiting.setdefault(message, []).append(expected)
            if expected.is_watched.set_running_or_notify_cancel():
                expected.is_watched.set_result(None)

    def _give_up(self, new: list[tuple[AwaitedMessage, Expected]], error: Exception) -> None:
        for _, expected in new:
            if expected.is_watched.set_running_or_notify_cancel():
                expected.is_watched.set_exception(error)
        threading.Event().wait(_GLANCE_S)

    def _read(self, after: int) -> int:
        while entries := self._reader.read(after, _MESSAGES_AT_ONCE):
            for entry in entries:
                for expected in self._waiting.pop((entry.topic, entry.payload), ()):
                    if expected.is_kept.set_running_or_notify_cancel():
                        expected.is_kept.set_result(None)
            after = entries[-1].number
        return after

    def _forget_cancelled(self) -> None:
        cancelled = [
            message
            for message, all_ in self._waiting.items()
            if all(expected.is_kept.cancelled() for expected in all_)
        ]
        for message in cancelled:
            del self._waiting[message]

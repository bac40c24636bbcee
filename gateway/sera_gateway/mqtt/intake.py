"""Write messages to disk and only then acknowledge them: the order nothing may change."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Final, Protocol

from sera_gateway.errors import JournalFullError
from sera_store.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sera_gateway.config import ReceiveSettings
    from sera_gateway.journal.journal import Journal, Message
    from sera_gateway.process.logs import JsonLog

IDLE_S: Final = 1.0
RETRY_FIRST_S: Final = 0.25
RETRY_MOST_S: Final = 5.0
# What Python needs for a message besides its topic and payload.
BYTES_A_MESSAGE: Final = 400


class Acknowledger(Protocol):
    """Acknowledges to the broker messages that are safe on disk."""

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Acknowledge messages that are on disk; those of an old connection are dropped."""


class Files(Protocol):
    """Whatever holds messages that came in files."""

    def take(self, append: Callable[[Sequence[Message]], int]) -> int:
        """Journal the next file; return the journal's last number, 0 where there was no file."""


class Intake:
    """The queue between network and journal, and the one place where both meet the acknowledgement.

    Parameters
    ----------
    journal
        Where messages become safe.
    acknowledger
        Called with messages once they are safe.
    limits
        How many are committed at once, and how many may wait in memory.
    log
        Where a full disk is reported.
    on_commit
        Called after each commit with the last number in the journal.
    files
        Messages that come past the broker, one file between two batches.
    """

    def __init__(
        self,
        journal: Journal,
        acknowledger: Acknowledger,
        limits: ReceiveSettings,
        log: JsonLog,
        on_commit: Callable[[int], None] = lambda _: None,
        files: Files | None = None,
    ) -> None:
        self._files = files
        self._journal = journal
        self._acknowledger = acknowledger
        self._limits = limits
        self._log = log
        self._on_commit = on_commit
        self._queue: queue.SimpleQueue[Sequence[Message]] = queue.SimpleQueue()
        # What came in one piece with a batch and was too much for it.
        self._remainder: Sequence[Message] = ()
        # The journal's thread alone writes what is journaled; each broker has a thread that offers.
        self._offering = threading.Lock()
        self._offered = 0
        self._offered_bytes = 0
        self._journaled = 0
        self._journaled_bytes = 0
        self.disk_full = False

    @property
    def waiting(self) -> int:
        """Messages that are in memory only."""
        return self._offered - self._journaled

    @property
    def journaled(self) -> int:
        """Messages journaled since the start."""
        return self._journaled

    @property
    def full(self) -> bool:
        """Whether the network should stop reading for now."""
        limits = self._limits
        waiting_bytes = self._offered_bytes - self._journaled_bytes
        return self.waiting >= limits.waiting_messages or waiting_bytes >= limits.waiting_bytes

    def offer(self, message: Message) -> None:
        """Take one message from the network; it is not safe yet."""
        self.offer_all([message])

    def offer_all(self, messages: Sequence[Message]) -> None:
        """Take messages from the network; they are not safe yet."""
        size = _size(messages)
        with self._offering:
            self._offered += len(messages)
            self._offered_bytes += size
        self._queue.put(messages)

    def run(self, stop: threading.Event) -> None:
        """Keep what comes until told to stop and nothing waits any more."""
        took_file = False
        while True:
            # Behind a file there may be another one, which does not have to wait.
            batch = self._collect(0.0 if took_file else IDLE_S)
            if batch:
                self._keep_until_safe(batch, stop)
            elif stop.is_set():
                return
            took_file = self._files is not None and not stop.is_set() and self._take_file(self._files)

    def wake(self) -> None:
        """Wake `run`, which then checks whether to stop."""
        self._queue.put(())

    def keep(self, batch: Sequence[Message]) -> None:
        """Write a batch to the journal, then acknowledge it: in this order and nowhere else.

        Raises
        ------
        JournalFullError
            Nothing was acknowledged.
        """
        last_number = self._journal.append(batch)
        self._acknowledger.acknowledge(batch)
        self._journaled += len(batch)
        self._journaled_bytes += _size(batch)
        self._on_commit(last_number)

    def _take_file(self, files: Files) -> bool:
        try:
            last_number = files.take(self._journal.append)
        except JournalFullError as error:
            if not self.disk_full:
                self.disk_full = True
                self._log.error("journal_full", detail=str(error), waiting=self.waiting)
            return False
        if last_number:
            self._note_written()
            self._on_commit(last_number)
        return bool(last_number)

    def _note_written(self) -> None:
        if self.disk_full:
            self.disk_full = False
            self._log.info("journal_writes_again", last=self._journal.last_number)

    def _collect(self, wait_s: float) -> list[Message]:
        # While one commit runs the next messages gather, so a batch grows with the load by itself.
        batch, self._remainder = list(self._remainder), ()
        try:
            if not batch:
                batch += self._queue.get(timeout=wait_s)
            latest = time.monotonic() + self._limits.commit_ms / 1000
            while len(batch) < self._limits.commit_messages and time.monotonic() < latest:
                batch += self._queue.get_nowait()
        except queue.Empty:
            pass
        self._remainder = batch[self._limits.commit_messages :]
        return batch[: self._limits.commit_messages]

    def _keep_until_safe(self, batch: list[Message], stop: threading.Event) -> None:
        backoff = Backoff(RETRY_FIRST_S, RETRY_MOST_S)
        while True:
            try:
                self.keep(batch)
            except JournalFullError as error:
                self.disk_full = True
                wait_s = backoff.next_s()
                self._log.error("journal_full", detail=str(error), waiting=self.waiting, retry_s=wait_s)
                if stop.wait(wait_s):
                    # Unacknowledged: the broker keeps them for the next start.
                    self._drop(batch)
                    return
            else:
                self._note_written()
                return

    def _drop(self, batch: list[Message]) -> None:
        self._journaled += len(batch)
        self._journaled_bytes += _size(batch)


def _size(messages: Sequence[Message]) -> int:
    """Return the bytes that messages take up in memory, roughly."""
    return sum([len(message.payload) + len(message.topic) + BYTES_A_MESSAGE for message in messages])

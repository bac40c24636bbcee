"""Turn the journal into records, in order, each chunk in one transaction with its journal cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_gateway import reasons
from sera_gateway.chunk import Chunk
from sera_gateway.completion import Completion
from sera_gateway.decode import decode
from sera_gateway.mappings import Mappings
from sera_store.dead_letters import DeadLetter
from sera_store.ledger import LEDGER_CURSOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_gateway.journal import JournalReader
    from sera_store.keys import Extent
    from sera_store.store import Store

MESSAGES_A_CHUNK: Final = 5000
_DETAIL_LONGEST: Final = 300


class Ledger:
    """The one stage that reads the journal and writes records, refusals and cursor together.

    Parameters
    ----------
    store
        Where records go.
    journal
        What is read; it may be another process that writes it.
    progressed
        Told how far each node of a chunk has come, after the chunk is committed.
    """

    def __init__(
        self,
        store: Store,
        journal: JournalReader,
        progressed: Callable[[list[Extent]], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._journal = journal
        self._progressed = progressed
        self._completion = Completion(store.registry)
        self._mappings = Mappings(store.registry)

    @property
    def position(self) -> int:
        """Number of the last message that has become records."""
        return self._store.cursors.position(LEDGER_CURSOR)

    def step(self, limit: int = MESSAGES_A_CHUNK) -> int:
        """Take the next chunk and return how many messages it had, 0 when all are taken.

        Raises
        ------
        StoreUnusableError
            The store cannot be written; nothing of the chunk was, and the next step takes it again.
        """
        after = self.position
        entries = self._journal.read(after, limit)
        if not entries:
            return 0
        self._completion.renew()
        self._mappings.renew()
        decoded = [decode(entry, self._mappings) for entry in entries]
        with self._store.ledger() as writes:
            if writes.cursor() != after:
                return 0
            chunk = Chunk(writes, self._store.dead_letters, self._completion)
            chunk.look_up(decoded)
            for entry, message in zip(entries, decoded, strict=True):
                chunk.take(entry, message)
            extents = chunk.finish()
            writes.move_cursor(entries[-1].number)
        self._progressed(extents)
        return len(entries)

    def set_aside(self, error: Exception) -> None:
        """Make a dead letter of the next message, on which alone the ledger failed, and go on after it."""
        after = self.position
        for entry in self._journal.read(after, 1):
            letter = DeadLetter(
                journal=entry.number,
                reason=reasons.INTERNAL,
                detail=f"{type(error).__name__}: {error}"[:_DETAIL_LONGEST],
                topic=entry.topic,
                payload=entry.payload,
                received_s=entry.received_ns // 1_000_000_000,
            )
            with self._store.ledger() as writes:
                if writes.cursor() == after:
                    writes.refuse([letter])
                    writes.move_cursor(entry.number)

    def catch_up(self) -> int:
        """Take all chunks there are and return the number of messages."""
        total = 0
        while taken := self.step():
            total += taken
        return total

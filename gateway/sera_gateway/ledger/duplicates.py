"""Records that came again with the same content, counted within one transaction."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sera_store.ledger.ledger_writes import LedgerWrites


class Repeats:
    """How often records came again, by their source and by the message that brought them.

    Parameters
    ----------
    is_counted
        False where messages are tried again: they have been counted when they came.
    """

    def __init__(self, *, is_counted: bool) -> None:
        self._is_counted = is_counted
        self._by_source: Counter[tuple[str, str]] = Counter()
        self._by_journal: Counter[int] = Counter()

    def count(self, journal: int, source: tuple[str, str], records: int) -> None:
        """Count records of one message."""
        if self._is_counted:
            self._by_source[source] += records
            self._by_journal[journal] += records

    def write(self, writes: LedgerWrites) -> None:
        """Add what was counted to what the store knows."""
        for source, records in self._by_source.items():
            writes.repeat(*source, records)
        writes.note_repeated(self._by_journal)

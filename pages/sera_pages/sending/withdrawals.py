"""What people took back: withdrawals that are in the store, and those that are still on their way there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from sera_vocabulary import messages as keys
from sera_vocabulary.series import WITHDRAWAL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sera_pages.sending.outbox import Outbox, OutboxEntry
    from sera_store.records.rows import Record
    from sera_store.view import StoreView

_MOST: Final = 5_000


def stored_withdrawals(view: StoreView, counters: Collection[str]) -> list[Record]:
    """Read the withdrawals of counters in the store, the newest first."""
    return view.newest(counters, (WITHDRAWAL,), limit=_MOST)


def waiting_withdrawals(
    outbox: Outbox, counters: Collection[str], stored: Iterable[Record]
) -> Iterator[tuple[OutboxEntry, dict[str, Any]]]:
    """Iterate over the withdrawals of counters that are not in the store yet, each with its message."""
    arrived = {(record.node, record.epoch, record.seq) for record in stored}
    for copy in outbox.copies_of(counters):
        message = msgspec.json.decode(copy.payload)
        if message[keys.KEY_STREAM] == WITHDRAWAL and (copy.counter, *copy.key) not in arrived:
            yield copy, message

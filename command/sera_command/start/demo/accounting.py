"""Whether every record that the nodes made is home, exactly once: keys on flash against keys in the store.

The two lists are read by code that shares nothing with what wrote them: the flash by the simulator's own
reader, the store by its rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from sera_store.records.rows import StoredRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sera_simulator.flash import FlashContents
    from sera_store.store import Store

Key = tuple[str, str, int]

_ROWS_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """What became of the records of all nodes, by key.

    Parameters
    ----------
    made
        Records that the nodes wrote to their flash.
    stored, undated, dead_lettered
        Of those, here with a time, here without one, and here but refused.
    missing
        Not here, and still on a node's flash.
    lost
        Not here, and no longer on flash.
    duplicated
        Keys that stand more than once in the store, counted once for each row too many.
    invented
        Keys in the store that no node made.
    repeated
        Redeliveries of a record that was here already.
    """

    made: int
    stored: int
    undated: int
    dead_lettered: int
    missing: int
    lost: int
    duplicated: int
    invented: int
    repeated: int

    @property
    def closes(self) -> bool:
        """Whether all is home exactly once."""
        nothing_wrong = not (self.missing or self.lost or self.duplicated or self.invented)
        return nothing_wrong and self.made == self.stored + self.undated + self.dead_lettered

    def as_dict(self) -> dict[str, int]:
        """Return the accounts by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def accounts(flashes: Mapping[str, FlashContents], store: Store) -> Accounts:
    """Compare the keys on the nodes' flash with the keys in the store.

    Parameters
    ----------
    flashes
        Contents of each node's flash, by node id.
    store
        The embedded store.
    """
    dated, undated = Counter[Key](), Counter[Key]()
    for stored in _heads(store):
        record = stored.record
        heads = undated if record.time_s is None else dated
        heads[record.node, record.epoch, record.seq] += 1
    in_store = dated + undated
    refused = set(store.dead_letters.keys()) - in_store.keys()
    arrived = in_store.keys() | refused

    on_flash = {(node, flash.epoch, seq) for node, flash in flashes.items() for seq in flash.keys}
    node_keys = {
        (node, flash.epoch, seq) for node, flash in flashes.items() for seq in range(1, flash.next_seq)
    }
    return Accounts(
        made=len(node_keys),
        stored=len(dated.keys() & node_keys),
        undated=len((undated.keys() - dated.keys()) & node_keys),
        dead_lettered=len(refused & node_keys),
        missing=len(on_flash - arrived),
        lost=len(node_keys - on_flash - arrived),
        duplicated=in_store.total() - len(in_store),
        invented=len(arrived - node_keys),
        repeated=store.records.counts().repeated,
    )


def _heads(store: Store) -> Iterator[StoredRecord]:
    """Read the rows that no other row supersedes, from the table of records itself."""
    rows = list(_rows(store))
    superseded = {row.supersedes for row in rows}
    return (row for row in rows if row.id not in superseded)


def _rows(store: Store) -> Iterator[StoredRecord]:
    after = 0
    while changes := store.records.changes(after, _ROWS_AT_ONCE):
        after = changes[-1].id
        yield from (change for change in changes if isinstance(change, StoredRecord))

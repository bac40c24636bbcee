"""How far each node's records have arrived: the part of a ledger transaction that counts sequences."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sera_store.records.keys import Extent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from sera_store.database.database import Database
    from sera_store.database.names import Names


_LATEST: Final = (
    "SELECT s.node, s.epoch, e.community, e.next, e.top, e.lowest_seq, e.next_seq, e.boot, e.changed, "
    "e.missing_since_s FROM extents e JOIN sources s ON s.id = e.source ORDER BY e.changed"
)


def latest_extents(database: Database) -> list[Extent]:
    """Return the extent of each node in the epoch that changed last, without a look at its keys."""
    return list({row[0]: Extent(*row) for row in database.rows(_LATEST)}.values())


class DeliveryWrites:
    """Reads and writes of extents, repeats and what was no reading, inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names

    def extent(self, node: str, epoch: str) -> Extent | None:
        """Return how far a node's records have arrived, or None where nothing is known."""
        source = self._names.find_source(node, epoch)
        row = self._connection.execute(
            "SELECT community, next, top, lowest_seq, next_seq, boot, changed, missing_since_s "
            "FROM extents WHERE source=?",
            (source,),
        ).fetchone()
        return Extent(node, epoch, *row) if row else None

    def put(self, extent: Extent) -> None:
        """Note how far a node's records have arrived."""
        self._connection.execute(
            "INSERT OR REPLACE INTO extents VALUES (?,?,?,?,?,?,?,?,?)",
            (
                self._names.source(extent.node, extent.epoch),
                extent.community,
                extent.next,
                extent.top,
                extent.lowest_seq,
                extent.next_seq,
                extent.boot,
                extent.changed,
                extent.missing_since_s,
            ),
        )

    def advance(
        self,
        node: str,
        epoch: str,
        lowest_seq: int,
        next_seq: int,
        *,
        community: str | None = None,
        boot: int | None = None,
        changed: int | None = None,
        received_s: int | None = None,
    ) -> Extent:
        """Work out again how far a node's records have arrived, from their keys, and note it.

        Parameters
        ----------
        lowest_seq, next_seq
            The node's `f` and `n` of the message just read; an older message's lower ones change nothing.
        community, boot, changed
            New values of these fields, None to keep them; the highest boot and the latest change are kept.
        received_s
            When the message arrived, Unix time [s].

        Returns
        -------
        Extent
            `next` steps over what is here and over what is lost, which is what lies below `lowest_seq`.
        """
        old = self.extent(node, epoch) or Extent(node, epoch, community or "")
        source = self._names.source(node, epoch)
        top = (
            self._connection.execute("SELECT max(seq) FROM keys WHERE source=?", (source,)).fetchone()[0] or 0
        )
        lowest = max(old.lowest_seq, lowest_seq)
        absent = self._first_absent(source, max(old.next, lowest))
        highest_next = max(old.next_seq, next_seq, top + 1)
        since_s = old.missing_since_s if absent == old.next else None
        extent = replace(
            old,
            community=community or old.community,
            next=absent,
            top=top,
            lowest_seq=lowest,
            next_seq=highest_next,
            boot=max((b for b in (old.boot, boot) if b is not None), default=None),
            changed=max(old.changed, changed or 0),
            missing_since_s=None if absent >= highest_next else received_s if since_s is None else since_s,
        )
        if extent != old:
            self.put(extent)
        return extent

    def add_repeats(self, node: str, epoch: str, count: int) -> None:
        """Count records that came again with the same content."""
        self._connection.execute(
            "INSERT INTO repeats VALUES (?,?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            (self._names.source(node, epoch), count),
        )

    def note_repeats(self, counts: Mapping[int, int]) -> None:
        """Note how many records of a message were repeats, by its journal number."""
        self._connection.executemany("INSERT OR REPLACE INTO repeated VALUES (?,?)", counts.items())

    def is_redelivery(self, mid: int, connection: int, content_hash: bytes, *, dup: bool) -> bool:
        """Note a message that names no time, and return whether the broker has only delivered it again.

        Parameters
        ----------
        mid, connection, dup
            As the broker marked it.
        content_hash
            Hash of topic and payload.

        Returns
        -------
        bool
            True where it is marked as a duplicate and was the last under this mid, on this connection or an
            earlier one.
        """
        last = self._connection.execute(
            "SELECT connection, hash FROM deliveries WHERE mid=?", (mid,)
        ).fetchone()
        self._connection.execute(
            "INSERT OR REPLACE INTO deliveries VALUES (?,?,?)", (mid, connection, content_hash)
        )
        return dup and last is not None and last[1] == content_hash and last[0] <= connection

    def ignore(self, journal: int, reason: str) -> None:
        """Note that a message is no reading, and why."""
        self._connection.execute("INSERT OR REPLACE INTO ignored VALUES (?,?)", (journal, reason))

    def _first_absent(self, source: int, start: int) -> int:
        absent = start
        rows = self._connection.execute(
            "SELECT seq FROM keys WHERE source=? AND seq>=? ORDER BY seq", (source, start)
        )
        for (seq,) in rows:
            if seq != absent:
                break
            absent += 1
        return absent

"""Two-level accounts: what each node made, and what became of it.

By key: made = stored + undated + dead_lettered + erased + missing + lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_store.records.keys import ERASED_HASH
from sera_vocabulary.messages import SEQ_FIRST, is_epoch

if TYPE_CHECKING:
    from sera_store.database.database import Database


@dataclass(frozen=True, slots=True)
class Counts:
    """How many records there are, by what became of them.

    Parameters
    ----------
    stored, undated
        Current records with and without a time; also those whose values were removed by policy.
    dead_lettered
        Keys that only a dead letter holds.
    repeated
        Records that came again with the same content.
    erased
        Keys whose content was erased.
    """

    stored: int = 0
    undated: int = 0
    dead_lettered: int = 0
    repeated: int = 0
    erased: int = 0


@dataclass(frozen=True, slots=True)
class NodeAccount:
    """What one node made in one epoch, and what became of it, in records.

    Parameters
    ----------
    epoch
        The node's; of another maker's device the id of its mapping.
    received
        Keys that are here: stored, undated, dead-lettered and erased.
    missing
        Not here, and the node still holds them.
    lost
        Not here, and the node no longer holds them.
    next, top, next_seq
        First sequence not here, highest here, and the node's next. Of another maker's device, which numbers
        nothing, they are counts.
    damaged, conflict
        Records that came damaged and are here as nulls, and dead letters of other content under a taken key.
    missing_since_s
        Since when the sequence `next` has been known to be missing, Unix time [s]; None where nothing is.
    first
        The sequence from which on this is the account.
    erased
        Keys that were here, and whose content was erased.
    """

    node: str
    epoch: str
    received: int
    stored: int
    undated: int
    dead_lettered: int
    repeated: int
    missing: int
    lost: int
    next: int
    top: int
    next_seq: int
    damaged: int = 0
    conflict: int = 0
    missing_since_s: int | None = None
    first: int = SEQ_FIRST
    erased: int = 0

    @property
    def made(self) -> int:
        """Records that the node made, as far as it has told."""
        return self.next_seq - self.first


_SOURCES: Final = """
SELECT s.id, s.node, s.epoch, e.next, e.top, e.lowest_seq, e.next_seq, e.missing_since_s,
  coalesce((SELECT count FROM repeats p WHERE p.source = s.id), 0),
  (SELECT count(*) FROM dead_letters d WHERE d.node = s.node AND d.epoch = s.epoch AND d.reason = ?2)
FROM sources s LEFT JOIN extents e ON e.source = s.id
WHERE s.node <> '' AND (?1 IS NULL OR s.node = ?1) ORDER BY s.node, s.epoch
"""
# Counted from the rows themselves, so that a row that is gone is not counted as stored, unless it was removed
# by policy, of which there is a note a key.
_KEYS: Final = """
SELECT count(*), count(r.time_s) + count(d.seq), count(r.id) - count(r.time_s),
  count(*) FILTER (WHERE k.record IS NULL AND k.hash <> ?4), count(*) FILTER (WHERE k.hash = ?4),
  count(*) FILTER (WHERE k.damaged AND coalesce(r.id, d.seq) IS NOT NULL), count(*) FILTER (WHERE k.seq < ?3),
  coalesce(max(k.seq), 0)
FROM keys k LEFT JOIN records r ON r.id = k.record
LEFT JOIN removed_records d ON d.source = k.source AND d.seq = k.seq
WHERE k.source = ?1 AND k.seq >= ?2
"""
_FIRST_SINCE: Final = """
SELECT min(r.seq) FROM origins o JOIN timeline t ON t.origin = o.id JOIN records r ON r.id = t.id
WHERE o.source = ? AND t.time_s >= ?
"""
# Ordered by when an epoch was spoken of, so that of each node the last row is that of its present one.
_OUTSTANDING: Final = """
SELECT s.node, s.epoch,
  e.next_seq - e.next - (SELECT count(*) FROM keys k WHERE k.source = s.id AND k.seq >= e.next),
  e.missing_since_s, (SELECT count(*) FROM undated u WHERE u.source = s.id)
FROM extents e JOIN sources s ON s.id = e.source ORDER BY e.changed
"""
# The gateway's reason, of which the store knows the word alone.
_CONFLICT: Final = "conflict"


class Outstanding(NamedTuple):
    """What of a node's present epoch is still to come.

    Parameters
    ----------
    missing
        Records that the node holds and that are not here.
    missing_since_s
        Since when the first of them has been known to be missing, Unix time [s]; None where none is.
    undated
        Records that are here and wait for a time.
    """

    epoch: str
    missing: int
    missing_since_s: int | None
    undated: int


def accounts(database: Database, node: str | None = None, since_s: int | None = None) -> list[NodeAccount]:
    """Make the account of each node and epoch.

    Parameters
    ----------
    node
        Only this one; None for all.
    since_s
        Only from the first record on that was measured at this Unix time [s] or later; None for all.

    Returns
    -------
    list of NodeAccount
        In order of node and epoch. A node whose `n` was never noted has made what is here up to its highest.
    """
    node_accounts = []
    for source in database.rows(_SOURCES, (node, _CONFLICT)):
        first: int | None = SEQ_FIRST
        if since_s is not None:
            first = database.rows(_FIRST_SINCE, (source[0], since_s))[0][0]
        if first is not None:
            node_accounts.append(_account(database, source, first))
    return node_accounts


def outstanding(database: Database) -> dict[str, Outstanding]:
    """Return what each node holds, in the epoch that it spoke of last, and what of it is not here.

    Below the first missing sequence all is here or lost, so that keys are counted from there on alone.
    """
    rows = database.rows(_OUTSTANDING)
    return {
        node: Outstanding(epoch, missing, since_s, undated) for node, epoch, missing, since_s, undated in rows
    }


def _account(database: Database, source: tuple[Any, ...], first: int) -> NodeAccount:
    number, node, epoch, next_, top, lowest, next_seq, missing_since_s, repeated, conflict = source
    lowest = max(lowest or SEQ_FIRST, first)
    counted = database.rows(_KEYS, (number, first, lowest, ERASED_HASH))[0]
    received, stored, undated, letters, erased, damaged, below, highest = counted
    next_, top, next_seq = next_ or SEQ_FIRST, top or highest, next_seq or highest + 1
    if not is_epoch(epoch):
        # Another maker's devices number nothing: what they made is what is here.
        next_, top, next_seq = received + 1, received, received + 1
        lowest, below, first = SEQ_FIRST, 0, SEQ_FIRST
    lost = lowest - first - below
    return NodeAccount(
        node=node,
        epoch=epoch,
        received=received,
        stored=stored,
        undated=undated,
        dead_lettered=letters,
        repeated=repeated,
        missing=next_seq - first - lost - stored - undated - letters - erased,
        lost=lost,
        next=next_,
        top=top,
        next_seq=next_seq,
        damaged=damaged,
        conflict=conflict,
        missing_since_s=missing_since_s,
        first=first,
        erased=erased,
    )


def totals(database: Database, node: str | None = None) -> Counts:
    """Add up the accounts of one node, or of all."""
    parts = accounts(database, node)
    return Counts(
        stored=sum([part.stored for part in parts]),
        undated=sum([part.undated for part in parts]),
        dead_lettered=sum([part.dead_lettered for part in parts]),
        repeated=sum([part.repeated for part in parts]),
        erased=sum([part.erased for part in parts]),
    )

"""Two-level accounts: what each node made, and what became of it.

By key: made = stored + undated + dead_lettered + missing + lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sera_vocabulary.messages import is_epoch

if TYPE_CHECKING:
    from sera_store.database import Database


@dataclass(frozen=True, slots=True)
class Counts:
    """How many records there are, by what became of them.

    Parameters
    ----------
    stored, undated
        Current records with and without a time.
    dead_lettered
        Keys that only a dead letter holds.
    repeated
        Records that came again with the same content.
    """

    stored: int = 0
    undated: int = 0
    dead_lettered: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class NodeAccount:
    """What one node made in one epoch, and what became of it, in records.

    Parameters
    ----------
    received
        Keys that are here: stored, undated and dead-lettered.
    missing
        Not here, and the node still holds them.
    lost
        Not here, and the node no longer holds them.
    epoch
        The node's; of another maker's device the id of its mapping.
    next, top, made_next
        First sequence not here, highest here, and the node's next. Of another maker's device, which numbers
        nothing, they are counts.
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
    made_next: int

    @property
    def made(self) -> int:
        """Records that the node made, as far as it has told."""
        return self.made_next - 1


# Counted from the rows themselves, so that a row that is gone is not counted as stored.
_BY_SOURCE = """
SELECT s.id, s.node, s.epoch,
  (SELECT count(*) FROM keys k WHERE k.source = s.id),
  (SELECT count(*) FROM keys k JOIN records r ON r.id = k.record
     WHERE k.source = s.id AND r.time_s IS NOT NULL),
  (SELECT count(*) FROM keys k JOIN records r ON r.id = k.record WHERE k.source = s.id AND r.time_s IS NULL),
  (SELECT count(*) FROM keys k WHERE k.source = s.id AND k.record IS NULL AND k.letter IS NOT NULL),
  coalesce((SELECT count FROM repeats p WHERE p.source = s.id), 0),
  coalesce(e.next, 1),
  coalesce(e.top, (SELECT max(seq) FROM keys k WHERE k.source = s.id), 0),
  coalesce(e.lowest_held, 1),
  coalesce(e.made_next, (SELECT max(seq) + 1 FROM keys k WHERE k.source = s.id), 1),
  (SELECT count(*) FROM keys k WHERE k.source = s.id AND k.seq < coalesce(e.lowest_held, 1))
FROM sources s LEFT JOIN extents e ON e.source = s.id
WHERE s.node <> '' AND (?1 IS NULL OR s.node = ?1) ORDER BY s.node, s.epoch
"""


def accounts(database: Database, node: str | None = None) -> list[NodeAccount]:
    """Make the account of each node and epoch.

    Returns
    -------
    list of NodeAccount
        In order of node and epoch. A node whose `n` was never noted has made what is here up to its highest.
    """
    found = []
    for row in database.rows(_BY_SOURCE, (node,)):
        _, name, epoch, received, stored, undated, letters, repeated, next_, top, held, made_next, below = row
        if not is_epoch(epoch):
            # Another maker's devices number nothing: what they made is what is here.
            next_, top, held, made_next, below = received + 1, received, 1, received + 1, 0
        lost = held - 1 - below
        found.append(
            NodeAccount(
                node=name,
                epoch=epoch,
                received=received,
                stored=stored,
                undated=undated,
                dead_lettered=letters,
                repeated=repeated,
                missing=made_next - 1 - lost - stored - undated - letters,
                lost=lost,
                next=next_,
                top=top,
                made_next=made_next,
            )
        )
    return found


def totals(database: Database, node: str | None = None) -> Counts:
    """Add up the accounts of one node, or of all."""
    parts = accounts(database, node)
    return Counts(
        stored=sum([part.stored for part in parts]),
        undated=sum([part.undated for part in parts]),
        dead_lettered=sum([part.dead_lettered for part in parts]),
        repeated=sum([part.repeated for part in parts]),
    )

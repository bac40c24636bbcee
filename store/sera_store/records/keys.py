"""What is known of keys and of how far a node's records have arrived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from sera_vocabulary.messages import SEQ_FIRST

# In place of the hash of a content that was erased: such a key is taken for ever, and by nothing.
ERASED_HASH: Final = b"erased"


class KeyState(NamedTuple):
    """What is known of one key.

    Parameters
    ----------
    content_hash
        Hash of the content that came first; empty for a key known only from a dead letter.
    damaged
        Whether the record was sent as damaged; such a key never conflicts.
    record
        Change number of its current row, or None while it is a dead letter.
    dead_letter
        Id of the dead letter that first held it, or None.
    """

    content_hash: bytes
    damaged: bool
    record: int | None
    dead_letter: int | None

    @property
    def is_erased(self) -> bool:
        """Whether what held the key was erased: whatever comes under it again is a repeat."""
        return self.content_hash == ERASED_HASH


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the records of one node and epoch have arrived.

    Parameters
    ----------
    next
        First sequence that is not here (and not lost).
    top
        Highest sequence that is here, 0 without any.
    lowest_seq
        Lowest sequence that the node still holds, its `f`.
    next_seq
        Sequence of the node's next record, its `n`.
    boot
        Latest boot count seen.
    changed
        Journal number of the latest message of this epoch.
    missing_since_s
        Since when the sequence `next` has been known to be missing, Unix time [s]; None where nothing is.
    """

    node: str
    epoch: str
    community: str
    next: int = SEQ_FIRST
    top: int = 0
    lowest_seq: int = SEQ_FIRST
    next_seq: int = SEQ_FIRST
    boot: int | None = None
    changed: int = 0
    missing_since_s: int | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """One clock synchronisation: uptime and Unix time of the same moment [s]."""

    uptime_s: int
    utc_s: int
    uncertainty_s: int
    seq: int


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A record with a time from a clock, beside a boot without one."""

    seq: int
    time_s: int
    uncertainty_s: int

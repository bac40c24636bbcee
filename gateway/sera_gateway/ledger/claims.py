"""Which records a node can hold and have made, whatever it claims."""

from __future__ import annotations

from typing import Final, NamedTuple

from sera_vocabulary.messages import SEQ_FIRST

# The largest flash of the boards, 16 MiB, at the least a record takes there (docs/firmware-store.md).
HELD_MOST: Final = 16 * 1024 * 1024 // 31
# Eight records a wake, a wake in 10 s, since before the first node was built (2025-01-01).
MADE_A_SECOND_MOST: Final = 0.8
FIRST_NODE_S: Final = 1_735_689_600


class Claim(NamedTuple):
    """The records that a message says its node holds: from the first sequence to before the next one."""

    epoch: str
    lowest_held: int
    made_next: int


def made_most(at_s: int) -> int:
    """Return how many records a node can have made by a time [s], wherever it was."""
    return HELD_MOST + int(max(0, at_s - FIRST_NODE_S) * MADE_A_SECOND_MOST)


def is_plausible(claim: Claim, received_s: int) -> bool:
    """Return whether a node can hold, and have made, the records that it claims."""
    held = claim.made_next - claim.lowest_held
    return held <= HELD_MOST and claim.made_next - SEQ_FIRST <= made_most(received_s)

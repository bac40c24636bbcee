"""How a decision ends, from its rule and from numbers alone, and which of the numbers may be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_coalition.deciding.steps import State

if TYPE_CHECKING:
    from sera_coalition.deciding.rule import DecidingRule

SMALLEST_CELL: Final = 5
"""Votes of fewer persons are not told."""


class Count(NamedTuple):
    """How many persons could take part, agree, stand aside, and object; each counts once."""

    eligible: int
    agree: int
    aside: int
    objecting: int

    @property
    def took_part(self) -> int:
        """Persons who agree, stand aside or object."""
        return self.agree + self.aside + self.objecting


class ReleasedSums(NamedTuple):
    """The sums that may be told; None for too few to say."""

    took_part: int | None
    agree: int | None
    aside: int | None


def outcome_of(rule: DecidingRule, count: Count) -> State:
    """Return how a decision ends when its days are over.

    Notes
    -----
    First the quorum, then the objections: from too few there is no result, whatever they say. A text with
    which nobody agrees is not decided, also where nobody objects, since silence and standing aside are no
    consent: `not_agreed`. It says of everybody that they stood aside, and is told from the smallest cell on;
    of fewer votes `no_quorum`, whose words leave open which of the two it was.
    """
    if count.took_part < rule.quorum_of(count.eligible):
        return State.NO_QUORUM
    if count.objecting >= rule.objections_stop:
        return State.REJECTED
    if count.agree:
        return State.DECIDED
    return State.NO_QUORUM if count.aside < SMALLEST_CELL else State.NOT_AGREED


def released_sums(count: Count) -> ReleasedSums:
    """Return which sums may be told.

    Notes
    -----
    Objections are signed words, so their number is known. The remaining voters agree or stand aside: each
    number is told only where both have the smallest cell, and their sum only where it has. So none follows
    from the others by subtraction, and no sum says of everybody what one of them chose.
    """
    votes = count.agree + count.aside
    if votes < SMALLEST_CELL:
        return ReleasedSums(None, None, None)
    if min(count.agree, count.aside) < SMALLEST_CELL:
        return ReleasedSums(count.took_part, None, None)
    return ReleasedSums(count.took_part, count.agree, count.aside)

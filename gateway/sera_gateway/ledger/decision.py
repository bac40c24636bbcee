"""Decide what becomes of a record by what holds its key: pure, so that its truth table is a test.

A key (node, epoch, sequence) names one record for ever: of two contents the one that came first in the order
of the journal stays. What a row becomes follows from what holds its key, and from whether its message
arrives, is tried again as it came, or is amended. Nothing here reads or writes; `record_writer` carries
actions out.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sera_store.records.keys import KeyState


class Action(Enum):
    """What becomes of one row of a message.

    Attributes
    ----------
    NEW
        It is stored: nothing holds its key, or a dead letter that is of no other content.
    REPEAT
        It is here already, or is the damaged form of what is here: counted, nothing changes.
    ERASED
        What held its key was erased, and so is whatever comes under it again: counted as a repeat.
    REPLACES_DAMAGED
        It is stored in place of the record that had come damaged.
    TAKES_OVER
        It is stored in place of the record of the message that it amends.
    DISPLACES
        It is stored in place of the record of a later message, which becomes a dead letter: its own message
        came first, and is tried again now that it can be read.
    CONFLICT
        Other content holds its key and stays: the row becomes a dead letter.
    """

    NEW = "new"
    REPEAT = "repeat"
    ERASED = "erased"
    REPLACES_DAMAGED = "replaces damaged"
    TAKES_OVER = "takes over"
    DISPLACES = "displaces"
    CONFLICT = "conflict"


class Attempt(Enum):
    """Why the ledger looks at a message: it arrives, is tried again as it came, or as a person amended it."""

    ARRIVAL = "arrival"
    RETRY = "retry"
    AMENDMENT = "amendment"


class Holder(NamedTuple):
    """What has to be read of the record or dead letter that holds a key, where that is in question.

    Parameters
    ----------
    is_later
        Its message came after the one that is decided about.
    is_replaced
        The message that is decided about may replace it: it is a dead letter of that same message, or the
        record that an amendment names.
    is_amended
        A person's amendment put it there.
    has_other_content
        Of a dead letter: the row of this sequence that its message holds is readable, undamaged and another
        one.
    """

    is_later: bool = False
    is_replaced: bool = False
    is_amended: bool = False
    has_other_content: bool = False


def is_contested(state: KeyState | None, content_hash: bytes) -> bool:
    """Return whether a decision needs the `Holder` of a key: it is held by what may be other content.

    Parameters
    ----------
    state
        What holds the key, None for nothing.
    content_hash
        Hash of the row that comes under it.
    """
    if state is None or state.is_erased:
        return False
    return state.record is None or state.content_hash != content_hash


def decide(
    state: KeyState | None,
    content_hash: bytes,
    *,
    is_damaged: bool = False,
    attempt: Attempt = Attempt.ARRIVAL,
    holder: Holder | None = None,
) -> Action:
    """Decide what becomes of a row.

    Parameters
    ----------
    state
        What holds its key, None for nothing.
    content_hash, is_damaged
        Of the row.
    attempt
        Why the ledger looks at its message.
    holder
        What is known of the record or dead letter that holds the key; needed where `is_contested`.

    Raises
    ------
    ValueError
        The key is contested, and no holder was given.
    """
    if state is None:
        return Action.NEW
    if state.is_erased:
        return Action.ERASED
    if not is_contested(state, content_hash):
        return Action.REPEAT
    if holder is None:
        raise ValueError("the key is contested; read its holder first, see `is_contested`")
    if state.record is None:
        return _against_dead_letter(holder, attempt, is_damaged=is_damaged)
    return _against_record(state, holder, attempt, is_damaged=is_damaged)


def _against_dead_letter(holder: Holder, attempt: Attempt, *, is_damaged: bool) -> Action:
    is_free = attempt is Attempt.AMENDMENT or holder.is_replaced or holder.is_later
    if is_damaged or is_free or not holder.has_other_content:
        return Action.NEW
    return Action.CONFLICT


def _against_record(state: KeyState, holder: Holder, attempt: Attempt, *, is_damaged: bool) -> Action:
    if attempt is Attempt.AMENDMENT and holder.is_replaced:
        return Action.TAKES_OVER
    if is_damaged:
        return Action.REPEAT
    if state.damaged and not holder.is_amended:
        return Action.REPLACES_DAMAGED
    if attempt is Attempt.RETRY and holder.is_later and not holder.is_amended:
        return Action.DISPLACES
    return Action.CONFLICT

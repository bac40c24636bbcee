"""Keep what cannot become records as dead letters, one a message and reason, and know it again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sera_gateway.decode import reasons
from sera_gateway.decode.envelope import BYTES_LOOKED_INTO, Refusal, read_json
from sera_store.records.dead_letters import DeadLetter
from sera_store.records.keys import KeyState
from sera_store.registry.entities import CERTIFICATE_WAY
from sera_vocabulary import messages as keys
from sera_vocabulary.messages import is_epoch

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_gateway.decode.decoded import DataMessage
    from sera_gateway.journal.journal import Entry
    from sera_gateway.ledger.duplicates import Repeats
    from sera_store.ledger.ledger_writes import LedgerWrites
    from sera_store.records.dead_letters import DeadLetters

Source = tuple[str, str]
Known = dict[Source, dict[int, KeyState]]


@dataclass(slots=True)
class Mending:
    """A message that is tried again, as it was or amended.

    Parameters
    ----------
    journal
        Its number.
    letters
        Its dead letters that wait.
    message
        Finds a message of the journal.
    order
        Number of the order that amends it; None where it is tried as it came.
    refused
        For which reasons it was refused again.
    original
        What an amended message said before: hashes of content by node, epoch and sequence.
    """

    journal: int
    letters: list[DeadLetter]
    message: Callable[[int], Entry | None]
    order: int | None = None
    refused: set[str] = field(default_factory=set)
    original: dict[tuple[str, str, int], bytes] = field(default_factory=dict)

    def names(self, node: str, seq: int) -> bool:
        """Tell whether a letter of the message holds a key."""
        return any(letter.node == node and seq in letter.seqs for letter in self.letters)

    def holds(self, letter: int | None) -> bool:
        """Tell whether a letter is one of the message's."""
        return any(one.id == letter for one in self.letters)


class Refusals:
    """The dead letters of one transaction.

    Parameters
    ----------
    writes, letters
        The transaction, and the letters that are there already.
    known
        What is known of the keys of this transaction; letters are noted in it.
    repeats
        Counts records that came again.
    mending
        The letter that is tried again, if that is what the transaction does.
    """

    def __init__(
        self,
        writes: LedgerWrites,
        letters: DeadLetters,
        known: Known,
        repeats: Repeats,
        mending: Mending | None,
    ) -> None:
        self._writes = writes
        self._letters = letters
        self._known = known
        self._repeats = repeats
        self._mending = mending

    def refuse(self, entry: Entry, node: str | None, refusals: list[Refusal]) -> None:
        """Keep one dead letter a reason; a message that came again whole is a repeat of its letter."""
        by_reason: dict[str, list[Refusal]] = {}
        for refusal in refusals:
            by_reason.setdefault(refusal.reason, []).append(refusal)
        for same in by_reason.values():
            seqs = tuple(dict.fromkeys(seq for refusal in same for seq in refusal.seqs))
            # Under another community's topic anybody may claim any key: none is taken for it.
            epoch = None if same[0].reason == reasons.WRONG_COMMUNITY else same[0].epoch
            self._refuse_one(entry, node, epoch, seqs, same)

    def _refuse_one(
        self, entry: Entry, node: str | None, epoch: str | None, seqs: tuple[int, ...], same: list[Refusal]
    ) -> None:
        source = (node, epoch) if node and epoch else None
        if self._mending is not None:
            self._mending.refused.add(same[0].reason)
            if any(letter.reason == same[0].reason for letter in self._mending.letters):
                return
        elif source and seqs and self._is_repeated(entry, source, seqs):
            self._repeats.count(entry.number, source, len(seqs))
            return
        (number,) = self._writes.refuse([_letter(entry, node, epoch, seqs, same)])
        if source:
            known = self._known.setdefault(source, {})
            for seq in seqs:
                known.setdefault(seq, KeyState(b"", damaged=False, record=None, dead_letter=number))

    def displace(self, entry: Entry, source: Source, seq: int) -> None:
        """Keep a message as a letter whose record gave way to that of an earlier message."""
        node, epoch = source
        self._writes.refuse([_letter(entry, node, epoch, (seq,), [conflict(seq, epoch)])])

    def is_held_for_another(self, entry: Entry, letter: int, seq: int) -> bool:
        """Tell whether a letter holds a key for other content than a message brings, and so a conflict."""
        if self._mending is not None and (self._mending.order is not None or self._mending.holds(letter)):
            return False
        held = self._letters.show(letter)
        if held.journal > entry.number:
            # A message that is tried again came first.
            return False
        before, now = said_row(held.payload, seq), said_row(entry.payload, seq)
        return before is not None and now is not None and before != now and not _is_damaged(before)

    def _is_repeated(self, entry: Entry, source: Source, seqs: tuple[int, ...]) -> bool:
        states = [self._known.get(source, {}).get(seq) for seq in seqs]
        letters = {state.dead_letter if state and state.record is None else None for state in states}
        number = letters.pop()
        if letters or number is None:
            return False
        first, again = self._letters.show(number).payload, entry.payload[:BYTES_LOOKED_INTO]
        if first == again:
            return True
        # A node sends the same row again in another batch, with later bounds.
        before = _rows(first, seqs)
        return before is not None and before == _rows(again, seqs)


def said_row(payload: bytes, seq: int) -> list[object] | None:
    """Read what a batch says under a sequence, or None: stream, columns, probes and row."""
    found = _rows(payload, (seq,))
    return found if found and found[-1] else None


def unknown_node(node: str, epoch: str, at_s: int, seqs: tuple[int, ...]) -> Refusal:
    """Refuse records of a node that the registry had in no garden at that time."""
    at = datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    found = f"the registry has no garden for {node} at {at} (UTC); enter it with --since {at} or earlier"
    return Refusal(reasons.UNKNOWN_NODE, found, epoch, seqs)


def other_way(node: str, epoch: str, way_in: str, seqs: tuple[int, ...]) -> Refusal:
    """Refuse records of a node that came by another way than its own."""
    way = "its own topics" if way_in == CERTIFICATE_WAY else f"the mapping {way_in}"
    came = "its own topics" if is_epoch(epoch) else f"the mapping {epoch}"
    return Refusal(reasons.OTHER_WAY, f"{node} speaks by {way}; this came by {came}", epoch, seqs)


def conflict(seq: int, epoch: str) -> Refusal:
    """Refuse a record whose key another one holds."""
    found = f"sequence {seq} is here with other content; the first one stays"
    return Refusal(reasons.CONFLICT, found, epoch, (seq,))


def wrong_community(message: DataMessage, community: str, seq: int) -> Refusal:
    """Refuse a record that came under another community's topic."""
    found = (
        f"{message.node} belonged to {community}, not to {message.community}; "
        f"epoch {message.envelope.epoch}, sequence {seq}"
    )
    return Refusal(reasons.WRONG_COMMUNITY, found, message.envelope.epoch, (seq,))


def _rows(payload: bytes, seqs: tuple[int, ...]) -> list[object] | None:
    """Read what a batch says under some sequences, or None where it cannot be read as one."""
    found = read_json(payload)
    if not isinstance(found, dict) or not isinstance(found.get(keys.KEY_ROWS), list):
        return None
    rows = found[keys.KEY_ROWS]
    said = [row for row in rows if isinstance(row, list) and row and row[keys.ROW_SEQ] in seqs]
    return [found.get(keys.KEY_STREAM), found.get(keys.KEY_COLUMNS), found.get(keys.KEY_PROBES), said]


def _is_damaged(said: list[object]) -> bool:
    rows: Any = said[-1]
    flags = rows[0][keys.ROW_FLAGS] if len(rows[0]) > keys.ROW_FLAGS else 0
    return isinstance(flags, int) and bool(flags & keys.FLAG_DAMAGED)


def _letter(
    entry: Entry, node: str | None, epoch: str | None, seqs: tuple[int, ...], same: list[Refusal]
) -> DeadLetter:
    return DeadLetter(
        journal=entry.number,
        reason=same[0].reason,
        detail=same[0].detail + (f" (and {len(same) - 1} more rows)" if len(same) > 1 else ""),
        topic=entry.topic,
        payload=entry.payload[:BYTES_LOOKED_INTO],
        node=node,
        epoch=epoch,
        seqs=seqs,
        received_s=entry.received_ns // 1_000_000_000,
    )

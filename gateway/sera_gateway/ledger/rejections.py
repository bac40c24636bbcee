"""Store what cannot become records as dead letters, one a message and reason, and recognise it again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sera_gateway.decode import reasons
from sera_gateway.decode.envelope import BYTES_LOOKED_INTO, Rejection, read_json
from sera_gateway.ledger.decision import Attempt
from sera_store.records.dead_letters import DISMISSED, WAITING, DeadLetter
from sera_store.records.keys import KeyState
from sera_store.registry.entities import CERTIFICATE_WAY, PAGES_WAY
from sera_vocabulary import messages as keys
from sera_vocabulary.recorded import is_own

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_gateway.decode.decoded import DataMessage
    from sera_gateway.journal.journal import Entry
    from sera_store.ledger.transaction import LedgerTransaction
    from sera_store.records.dead_letters import DeadLetters

Source = tuple[str, str]
KeyStates = dict[Source, dict[int, KeyState]]


@dataclass(slots=True)
class Retry:
    """A message that is tried again, as it came or amended.

    Parameters
    ----------
    journal
        Its number.
    dead_letters
        Its dead letters, whatever has become of them.
    message
        Finds a message of the journal by its number.
    order
        Number of the order that amends it; None where it is tried as it came.
    rejected
        For which reasons it was rejected again.
    original
        Keys that an amended message named before: node, epoch and sequence.
    """

    journal: int
    dead_letters: list[DeadLetter]
    message: Callable[[int], Entry | None]
    order: int | None = None
    rejected: set[str] = field(default_factory=set)
    original: set[tuple[str, str, int]] = field(default_factory=set)

    @property
    def attempt(self) -> Attempt:
        """Why the ledger looks at the message."""
        return Attempt.RETRY if self.order is None else Attempt.AMENDMENT

    def names(self, node: str, seq: int) -> bool:
        """Return whether a dead letter of the message holds a key."""
        return any(letter.node == node and seq in letter.seqs for letter in self.dead_letters)

    def has_waiting(self, reason: str) -> bool:
        """Return whether a dead letter of the message waits, also in vain, with a reason."""
        return any(
            letter.reason == reason and letter.state in (WAITING, DISMISSED) for letter in self.dead_letters
        )

    def holds(self, number: int | None) -> bool:
        """Return whether a dead letter is one of the message's."""
        return any(letter.id == number for letter in self.dead_letters)


class Rejections:
    """The dead letters of one transaction.

    Parameters
    ----------
    transaction, dead_letters
        The transaction, and the dead letters that are there already.
    states
        What holds the keys of this transaction; dead letters are noted in it.
    count_repeats
        Counts records that came again: journal number, source, how many.
    retry
        The message that is tried again, if that is what the transaction does.
    """

    def __init__(
        self,
        transaction: LedgerTransaction,
        dead_letters: DeadLetters,
        states: KeyStates,
        count_repeats: Callable[[int, Source, int], None],
        retry: Retry | None,
    ) -> None:
        self._transaction = transaction
        self._dead_letters = dead_letters
        self._states = states
        self._count_repeats = count_repeats
        self._retry = retry

    def reject(self, entry: Entry, node: str | None, rejections: list[Rejection]) -> None:
        """Store one dead letter a reason; a message that came again whole is a repeat of its dead letter."""
        by_reason: dict[str, list[Rejection]] = {}
        for rejection in rejections:
            by_reason.setdefault(rejection.reason, []).append(rejection)
        for alike in by_reason.values():
            seqs = tuple(dict.fromkeys(seq for rejection in alike for seq in rejection.seqs))
            # Under another community's topic anybody may claim any key: none is taken for it.
            epoch = None if alike[0].reason == reasons.WRONG_COMMUNITY else alike[0].epoch
            self._reject_alike(entry, node, epoch, seqs, alike)

    def displace(self, entry: Entry, source: Source, seq: int) -> None:
        """Store a message as a dead letter whose record gave way to that of an earlier message."""
        node, epoch = source
        self._transaction.dead_letters.add([_dead_letter(entry, node, epoch, (seq,), [conflict(seq, epoch)])])

    def _reject_alike(
        self, entry: Entry, node: str | None, epoch: str | None, seqs: tuple[int, ...], alike: list[Rejection]
    ) -> None:
        source = (node, epoch) if node and epoch else None
        if self._retry is not None:
            self._retry.rejected.add(alike[0].reason)
            if self._retry.has_waiting(alike[0].reason):
                return
        elif source and seqs and self._is_repeated(entry, source, seqs):
            self._count_repeats(entry.number, source, len(seqs))
            return
        (number,) = self._transaction.dead_letters.add([_dead_letter(entry, node, epoch, seqs, alike)])
        if source:
            states = self._states.setdefault(source, {})
            for seq in seqs:
                states.setdefault(seq, KeyState(b"", damaged=False, record=None, dead_letter=number))

    def _is_repeated(self, entry: Entry, source: Source, seqs: tuple[int, ...]) -> bool:
        states = [self._states.get(source, {}).get(seq) for seq in seqs]
        numbers = {state.dead_letter if state and state.record is None else None for state in states}
        number = numbers.pop()
        if numbers or number is None:
            return False
        first, again = self._dead_letters.show(number).payload, entry.payload[:BYTES_LOOKED_INTO]
        if first == again:
            return True
        # A node sends the same row again in another batch, with later bounds.
        before = _rows(first, seqs)
        return before is not None and before == _rows(again, seqs)


def has_other_content(dead_letter: bytes, payload: bytes, seq: int) -> bool:
    """Return whether a dead letter's message has a sound row of a sequence, and another one than a message.

    Parameters
    ----------
    dead_letter, payload
        What the two messages carried.
    """
    before, now = _sole_row(dead_letter, seq), _sole_row(payload, seq)
    return before is not None and now is not None and before != now and not _is_damaged(before)


def has_same_content(dead_letter: bytes, payload: bytes, seq: int) -> bool:
    """Return whether a dead letter's message has the same sound row of a sequence as a message.

    Parameters
    ----------
    dead_letter, payload
        What the two messages carried.
    """
    before = _sole_row(dead_letter, seq)
    return before is not None and before == _sole_row(payload, seq) and not _is_damaged(before)


def _sole_row(payload: bytes, seq: int) -> list[object] | None:
    """Read what a batch has under a sequence, or None: stream, columns, probes and row."""
    content = _rows(payload, (seq,))
    return content if content and content[-1] else None


def unknown_node(node: str, epoch: str, at_s: int, seqs: tuple[int, ...]) -> Rejection:
    """Reject records of a node that the registry had in no garden at that time."""
    at = datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    detail = f"the registry has no garden for {node} at {at} (UTC); enter it with --since {at} or earlier"
    return Rejection(reasons.UNKNOWN_NODE, detail, epoch, seqs)


def other_way(node: str, epoch: str, way_in: str, seqs: tuple[int, ...]) -> Rejection:
    """Reject records of a node that came by another way than its own."""
    names = {"": "its own topics", CERTIFICATE_WAY: "its own topics", PAGES_WAY: "the pages"}
    way = names.get(way_in, f"the mapping {way_in}")
    came = f"the mapping {epoch}" if not is_own(epoch) else "another channel"
    return Rejection(reasons.OTHER_WAY, f"{node} speaks by {way}; this came by {came}", epoch, seqs)


def conflict(seq: int, epoch: str) -> Rejection:
    """Reject a record whose key another one holds."""
    detail = f"sequence {seq} is here with other content; the first one stays"
    return Rejection(reasons.CONFLICT, detail, epoch, (seq,))


def wrong_community(message: DataMessage, community: str, seq: int) -> Rejection:
    """Reject a record that came under another community's topic."""
    detail = (
        f"{message.node} belonged to {community}, not to {message.community}; "
        f"epoch {message.envelope.epoch}, sequence {seq}"
    )
    return Rejection(reasons.WRONG_COMMUNITY, detail, message.envelope.epoch, (seq,))


def _rows(payload: bytes, seqs: tuple[int, ...]) -> list[object] | None:
    """Read what a batch has under some sequences, or None where it cannot be read as one."""
    content = read_json(payload)
    if not isinstance(content, dict) or not isinstance(content.get(keys.KEY_ROWS), list):
        return None
    rows = content[keys.KEY_ROWS]
    matching_rows = [row for row in rows if isinstance(row, list) and row and row[keys.ROW_SEQ] in seqs]
    return [
        content.get(keys.KEY_STREAM),
        content.get(keys.KEY_COLUMNS),
        content.get(keys.KEY_PROBES),
        matching_rows,
    ]


def _is_damaged(content: list[object]) -> bool:
    rows: Any = content[-1]
    flags = rows[0][keys.ROW_FLAGS] if len(rows[0]) > keys.ROW_FLAGS else 0
    return isinstance(flags, int) and bool(flags & keys.FLAG_DAMAGED)


def _dead_letter(
    entry: Entry, node: str | None, epoch: str | None, seqs: tuple[int, ...], alike: list[Rejection]
) -> DeadLetter:
    return DeadLetter(
        journal=entry.number,
        reason=alike[0].reason,
        detail=alike[0].detail + (f" (and {len(alike) - 1} more rows)" if len(alike) > 1 else ""),
        topic=entry.topic,
        payload=entry.payload[:BYTES_LOOKED_INTO],
        node=node,
        epoch=epoch,
        seqs=seqs,
        received_s=entry.received_s,
    )

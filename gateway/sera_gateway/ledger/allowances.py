"""What a node may begin again in a day (epochs, column layouts, tables of probes), and claim of its records.

Each of these costs everybody something for ever. They are no settings: a rebuild has to decide as the ledger
did.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_gateway.decode import reasons
from sera_gateway.decode.decoded import DataMessage, ExcessMessage, ProbesMessage, RejectedMessage
from sera_gateway.decode.envelope import Rejection, shorten
from sera_gateway.decode.mapping import ForeignMessage
from sera_gateway.mqtt.senders import UNREGISTERED
from sera_store.database.recent_cache import RecentCache
from sera_vocabulary.durations import DAY_S
from sera_vocabulary.messages import SEQ_FIRST
from sera_vocabulary.recorded import is_recorded
from sera_vocabulary.topics import is_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sera_gateway.decode.decode import Decoded
    from sera_gateway.journal.excess import Excess
    from sera_gateway.journal.journal import Entry
    from sera_gateway.ledger.rejections import Rejections
    from sera_store.ledger.transaction import LedgerTransaction

EPOCHS: Final = "epochs"
LAYOUTS: Final = "layouts"
PROBE_TABLES: Final = "probe_tables"
CLAIMS: Final = "claims"

# The largest flash of the boards, 16 MiB, at the least a record takes there (docs/firmware-store.md).
STORED_MOST: Final = 16 * 1024 * 1024 // 31
# Eight records a wake, a wake in 10 s, since before the first node was built (2025-01-01).
RECORDS_A_SECOND_MOST: Final = 0.8
FIRST_NODE_S: Final = 1_735_689_600
# All nodes that no registry knows share what so many registered ones may begin.
CROWD_NODES: Final = 16
_BEGUN_MOST: Final = 50_000
_WITH_ENVELOPE: Final = (DataMessage, RejectedMessage)


class Allowance(NamedTuple):
    """How many of a kind a node may begin, in a day or for ever."""

    most: int
    is_daily: bool


ALLOWANCES: Final[dict[str, Allowance]] = {
    # An epoch is drawn when a node's store is created; a workbench may wipe one some times a day.
    EPOCHS: Allowance(16, is_daily=True),
    # A node of ours has some ten; a device that leaves out what it did not measure has more.
    LAYOUTS: Allowance(1_024, is_daily=False),
    # A table is new where a probe was plugged in or taken out.
    PROBE_TABLES: Allowance(16, is_daily=True),
}


class Claim(NamedTuple):
    """The records that a message says its node holds: from the first sequence to before the next one."""

    epoch: str
    lowest_seq: int
    next_seq: int


def records_most(at_s: int) -> int:
    """Return how many records a node can have made by a time [s], wherever it was."""
    return STORED_MOST + int(max(0, at_s - FIRST_NODE_S) * RECORDS_A_SECOND_MOST)


def is_plausible(claim: Claim, received_s: int) -> bool:
    """Return whether a node can hold, and have made, the records that it claims.

    Recorded readings are named by their time, and claim none between them.
    """
    if is_recorded(claim.epoch):
        return True
    span = claim.next_seq - claim.lowest_seq
    return span <= STORED_MOST and claim.next_seq - SEQ_FIRST <= records_most(received_s)


class StartedItem(NamedTuple):
    """An epoch, layout or table of probes that a message names, as the store notes it."""

    kind: str
    name: str


class OverLimit(NamedTuple):
    """Why a message is beyond an allowance: whose, of which kind, and in words."""

    sender: str
    kind: str
    rejection: Rejection


class StartedCache:
    """What committed transactions have noted as started, so that the store is read once; bounded."""

    def __init__(self) -> None:
        self._senders: RecentCache[tuple[object, ...], str] = RecentCache(_BEGUN_MOST)

    def has(self, key: tuple[object, ...], sender: str) -> bool:
        """Return whether messages alike in a key have been noted under a sender."""
        return self._senders.get(key) == sender

    def update(self, senders: Mapping[tuple[object, ...], str]) -> None:
        """Note the senders of messages by what they are alike in."""
        for key, sender in senders.items():
            self._senders[key] = sender


class Allowances:
    """The allowances of all nodes inside one transaction.

    Parameters
    ----------
    transaction
        The transaction.
    rejections
        Its dead letters.
    is_registered
        Returns whether a node was in the registry at a time [s].
    is_new
        False where a message is tried again: it was counted when it came.
    started
        What committed transactions have noted already.
    """

    def __init__(
        self,
        transaction: LedgerTransaction,
        rejections: Rejections,
        is_registered: Callable[[str, int], bool],
        *,
        is_new: bool,
        started: StartedCache | None = None,
    ) -> None:
        self._transaction = transaction
        self._rejections = rejections
        self._is_registered = is_registered
        self._is_new = is_new
        self._started = StartedCache() if started is None else started
        self._checked: dict[tuple[object, ...], str] = {}
        self.alarms: list[OverLimit] = []

    def note_committed(self) -> None:
        """Note that the transaction is committed, and with it what its messages have begun."""
        self._started.update(self._checked)

    def refuses(self, entry: Entry, message: Decoded) -> bool:
        """Refuse a message that is beyond a budget; return whether it was one.

        The first one of a day, sender and kind is a dead letter; the others are counted.
        """
        if isinstance(message, ExcessMessage):
            self._refuse_excess(entry, message.excess)
            return True
        beyond = self._beyond(entry, message)
        if beyond is None:
            return False
        if self._count(entry, beyond.sender, beyond.kind, 1, len(entry.payload)):
            self._rejections.reject(entry, getattr(message, "node", None), [beyond.rejection])
            self.alarms.append(beyond)
        else:
            self._transaction.delivery.ignore(entry.number, reasons.BEYOND_QUOTA)
        return True

    def plausible(self, entry: Entry, message: Decoded) -> Decoded:
        """Return a message without the sequences of refused rows that its node cannot hold.

        Keys that a letter takes count as arrived: two rows could claim two billion others as missing.
        """
        if isinstance(message, DataMessage) and message.rejections:
            span = message.envelope.lowest_seq
            rejections = [self._plausible(rejection, span, entry) for rejection in message.rejections]
            return message._replace(rejections=rejections)
        if isinstance(message, RejectedMessage) and message.node and message.rejection.epoch:
            if message.envelope is not None:
                span = message.envelope.lowest_seq
            else:
                extent = self._transaction.delivery.extent(message.node, message.rejection.epoch)
                span = extent.top + 1 if extent else SEQ_FIRST
            return message._replace(rejection=self._plausible(message.rejection, span, entry))
        return message

    def _plausible(self, rejection: Rejection, lowest_seq: int, entry: Entry) -> Rejection:
        epoch, received_s = rejection.epoch or "", _received_s(entry)
        seqs = [seq for seq in rejection.seqs if is_plausible(Claim(epoch, lowest_seq, seq + 1), received_s)]
        return rejection._replace(seqs=tuple(seqs))

    def _refuse_excess(self, entry: Entry, excess: Excess) -> None:
        """Keep what the receiving side has refused as a dead letter with its numbers."""
        self._count(entry, excess.sender, excess.limit, excess.messages, excess.total_bytes)
        detail = (
            f"{excess.messages} messages, {excess.total_bytes} bytes beyond {excess.limit}; the last with "
            f"topic {shorten(excess.topic)}, {excess.size} bytes, BLAKE2b {excess.digest}"
        )
        node = excess.sender if is_name(excess.sender) else None
        self._rejections.reject(entry, node, [Rejection(reasons.QUOTA, detail)])

    def _count(self, entry: Entry, sender: str, kind: str, messages: int, size: int) -> bool:
        """Count messages beyond a limit; return whether they are the first of a day, or tried again."""
        if not self._is_new:
            return True
        return self._transaction.budgets.exceed(sender, kind, _received_s(entry) // DAY_S, messages, size)

    def _beyond(self, entry: Entry, message: Decoded) -> OverLimit | None:
        received_s = _received_s(entry)
        claim = _claim(message)
        if claim is not None and not is_plausible(claim, received_s):
            node = getattr(message, "node", None) or ""
            return OverLimit(self._sender(node, received_s), CLAIMS, _implausible(claim, received_s))
        key = _key(message)
        if key is None or key in self._checked:
            return None
        node = str(key[0])
        sender = self._sender(node, received_s)
        if self._started.has(key, sender):
            self._checked[key] = sender
            return None
        for item in _started_by(message):
            name = item.name if sender == node else f"{node} {item.name}"
            if not self._may_begin(sender, item.kind, name, received_s // DAY_S):
                return OverLimit(sender, item.kind, Rejection(reasons.QUOTA, _in_words(sender, item)))
        self._checked[key] = sender
        return None

    def _sender(self, node: str, at_s: int) -> str:
        return node if self._is_registered(node, at_s) else UNREGISTERED

    def _may_begin(self, sender: str, kind: str, item: str, day: int) -> bool:
        budgets = self._transaction.budgets
        if budgets.has_item(sender, kind, item):
            return True
        if budgets.items(sender, kind, day if ALLOWANCES[kind].is_daily else 0) >= _most(sender, kind):
            return False
        budgets.add_item(sender, kind, item, day)
        return True


def _claim(message: Decoded) -> Claim | None:
    """Return what the envelope of a message claims that its node holds; None where there is none."""
    envelope = message.envelope if isinstance(message, _WITH_ENVELOPE) else None
    if envelope is None:
        return None
    return Claim(envelope.epoch, envelope.lowest_seq, envelope.next_seq)


def _implausible(claim: Claim, received_s: int) -> Rejection:
    detail = (
        f"epoch {claim.epoch} claims the sequences {claim.lowest_seq} to {claim.next_seq - 1}; "
        f"expected at most {STORED_MOST} held and {records_most(received_s)} made"
    )
    return Rejection(reasons.IMPLAUSIBLE, detail)


def _received_s(entry: Entry) -> int:
    return entry.received_s


def _most(sender: str, kind: str) -> int:
    return ALLOWANCES[kind].most * (CROWD_NODES if sender == UNREGISTERED else 1)


def _key(message: Decoded) -> tuple[object, ...] | None:
    """Return by what messages are alike that begin the same; the node first. None where nothing is begun."""
    if isinstance(message, ForeignMessage):
        return message.node, message.mapping.id, message.recipe.columns
    if isinstance(message, DataMessage):
        return message.node, message.envelope.epoch, message.layout.stream, message.layout.columns
    if isinstance(message, RejectedMessage) and message.node and message.rejection.epoch:
        return message.node, message.rejection.epoch
    if isinstance(message, ProbesMessage):
        return message.node, message.community, message.table, PROBE_TABLES
    return None


def _started_by(message: Decoded) -> Iterator[StartedItem]:
    if isinstance(message, ForeignMessage):
        for part in message.recipe.parts:
            yield StartedItem(LAYOUTS, _layout(part.layout.stream, part.layout.columns))
    elif isinstance(message, DataMessage):
        yield StartedItem(EPOCHS, message.envelope.epoch)
        yield StartedItem(LAYOUTS, _layout(message.layout.stream, message.layout.columns))
    elif isinstance(message, RejectedMessage):
        yield StartedItem(EPOCHS, str(message.rejection.epoch))
    elif isinstance(message, ProbesMessage):
        yield StartedItem(PROBE_TABLES, f"{message.community} {message.table}")


def _layout(stream: str, columns: tuple[str, ...]) -> str:
    return blake2b("\n".join((stream, *columns)).encode(), digest_size=8).hexdigest()


def _in_words(sender: str, item: StartedItem) -> str:
    kind, often = item.kind.replace("_", " "), " a day" if ALLOWANCES[item.kind].is_daily else ""
    return f"{kind}: {item.name[:40]} is beyond the {_most(sender, item.kind)} that {sender} may begin{often}"

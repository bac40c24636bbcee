"""What people take back: a record of series `withdrawal` names the key of another one of the same counter.

The record that is named stays in the table and leaves all series, whichever of the two came first. It is done
as a revision, so that a rebuild, a changed registry and a message that comes again all end alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sera_vocabulary.measurements import WITHDRAWN_EPOCH, WITHDRAWN_SEQ
from sera_vocabulary.messages import EPOCH_DIGITS, FLAG_DAMAGED
from sera_vocabulary.series import WITHDRAWAL
from sera_vocabulary.topics import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_gateway.decode.decoded import DataMessage
    from sera_store.ledger.transaction import LedgerTransaction


class WithdrawnKey(NamedTuple):
    """The key of a record that its counter took back."""

    epoch: str
    seq: int


class Withdrawals:
    """The withdrawals of one transaction.

    Parameters
    ----------
    transaction
        The store's transaction.
    """

    def __init__(self, transaction: LedgerTransaction) -> None:
        self._transaction = transaction
        self._withdrawn: dict[tuple[str, str, int], None] = {}
        self._came: dict[tuple[str, str, int], None] = {}

    def note(self, message: DataMessage) -> None:
        """Note what a message of a person takes back, and what it brings that may be taken back already."""
        if message.channel != PEOPLE:
            return
        if message.envelope.stream == WITHDRAWAL:
            keys = [(message.node, *key) for key in withdrawn_keys(message)]
            self._withdrawn.update(dict.fromkeys(keys))
        else:
            epoch = message.envelope.epoch
            self._came.update(dict.fromkeys((message.node, epoch, row.seq) for row in message.rows))

    def write(self) -> None:
        """Keep what was taken back, and have the records of those counters looked at again."""
        withdrawals = self._transaction.withdrawals
        nodes = {key[0]: None for key in self._withdrawn if withdrawals.add(*key)}
        nodes.update({key[0]: None for key in self._came if withdrawals.has(*key)})
        for node in nodes:
            self._transaction.jobs.revise_node(node, 0)


def withdrawn_keys(message: DataMessage) -> Iterator[WithdrawnKey]:
    """Iterate over the keys that the rows of a message name; a row that names none is passed over."""
    names = message.layout.names
    for row in message.rows:
        values = dict(zip(names, row.values, strict=True))
        epoch, seq = values.get(WITHDRAWN_EPOCH), values.get(WITHDRAWN_SEQ)
        if epoch is None or seq is None or row.flags & FLAG_DAMAGED:
            continue
        text = f"{int(epoch):0{EPOCH_DIGITS}x}"
        if len(text) == EPOCH_DIGITS and epoch == int(epoch) and seq == int(seq):
            yield WithdrawnKey(text, int(seq))

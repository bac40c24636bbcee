"""By which one way the readings of a node come: what claims its name by another way is not its own."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sera_store.registry.entities import CERTIFICATE_WAY, PAGES_WAY
from sera_vocabulary import topics
from sera_vocabulary.recorded import is_own

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_store.ledger.transaction import LedgerTransaction


@lru_cache(maxsize=4_096)
def is_own_epoch(text: str) -> bool:
    """Return whether a source's epoch is of the node protocol; else it is the id of a mapping."""
    return is_own(text)


def is_other_channel(channel: str, way_in: str) -> bool:
    """Return whether a message of our own protocol came on a channel that is not its node's.

    The channel of people opens to the certificate of the pages alone, the others to those of nodes: so no
    node speaks for a person, and the pages speak for no node.
    """
    return (channel == topics.PEOPLE) != (way_in == PAGES_WAY)


class Ways:
    """The ways of nodes, as the registry says them or as they showed themselves, in one transaction.

    A node whose way nobody entered is read by mappings until it speaks on its own topics, which only its
    certificate opens: from then on they are its way, and what mappings brought before is withheld.

    Parameters
    ----------
    transaction
        The store's transaction.
    """

    def __init__(self, transaction: LedgerTransaction) -> None:
        self._transaction = transaction
        self._own_protocol: dict[str, bool] = {}
        self._read_by_mapping: set[str] = set()

    def look_up(self, nodes: Iterable[str]) -> None:
        """Read which nodes have spoken, before a message of their own leaves a trace in the store."""
        unread = {node for node in nodes if node not in self._own_protocol}
        for node, epochs in self._transaction.keys.epochs(unread).items():
            self._own_protocol[node] = any(map(is_own_epoch, epochs))
            if not all(map(is_own_epoch, epochs)):
                self._read_by_mapping.add(node)

    def other_than(self, epoch: str, node: str, way_in: str) -> str:
        """Return the way of a node where an epoch, or the mapping of that id, is not it; else nothing.

        Parameters
        ----------
        epoch, node
            Whose records they are.
        way_in
            What the registry says of the node at that time.
        """
        if is_own_epoch(epoch):
            return way_in if way_in not in ("", CERTIFICATE_WAY, PAGES_WAY) else ""
        way = way_in or (CERTIFICATE_WAY if self._has_spoken(node) else epoch)
        if way == epoch:
            self._read_by_mapping.add(node)
            return ""
        return way

    def note_own_protocol(self, node: str) -> bool:
        """Note that a node speaks on its own topics; return whether mappings read it until then."""
        is_first = not self._has_spoken(node)
        self._own_protocol[node] = True
        return is_first and node in self._read_by_mapping

    def _has_spoken(self, node: str) -> bool:
        if node not in self._own_protocol:
            self.look_up((node,))
        return self._own_protocol[node]

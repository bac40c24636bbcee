"""By which one way the readings of a node come: what claims its name by another way is none of its."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_store.registry.entities import CERTIFICATE_WAY
from sera_vocabulary.messages import is_epoch

if TYPE_CHECKING:
    from sera_store.ledger.ledger_writes import LedgerWrites


class Ways:
    """The ways of nodes, as the registry says them or as they showed themselves, in one transaction.

    A node whose way nobody entered is read by mappings until it speaks on its own topics, which only its
    certificate opens: from then on they are its way, and what mappings brought before is withheld.

    Parameters
    ----------
    writes
        The transaction.
    """

    def __init__(self, writes: LedgerWrites) -> None:
        self._writes = writes
        self._spoken: dict[str, bool] = {}
        self._read_by_mapping: set[str] = set()

    def other_than(self, epoch: str, node: str, way_in: str) -> str:
        """Return the way of a node where an epoch, or the mapping of that id, is not it; else nothing.

        Parameters
        ----------
        epoch, node
            Whose records they are.
        way_in
            What the registry says of the node at that time.
        """
        if is_epoch(epoch):
            return way_in if way_in not in ("", CERTIFICATE_WAY) else ""
        way = way_in or (CERTIFICATE_WAY if self._has_spoken(node) else epoch)
        if way == epoch:
            self._read_by_mapping.add(node)
            return ""
        return way

    def note_spoken(self, node: str) -> bool:
        """Note that a node speaks on its own topics; return whether mappings read it until then."""
        is_first = not self._has_spoken(node)
        self._spoken[node] = True
        return is_first and node in self._read_by_mapping

    def _has_spoken(self, node: str) -> bool:
        if node not in self._spoken:
            epochs = self._writes.epochs(node)
            self._spoken[node] = any(map(is_epoch, epochs))
            if not all(map(is_epoch, epochs)):
                self._read_by_mapping.add(node)
        return self._spoken[node]

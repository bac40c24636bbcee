"""Which keys are taken, and by what: the part of a ledger transaction that a record is decided by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_store.records.keys import ERASED_HASH, KeyState

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from sera_store.database.names import Names
    from sera_store.records.dead_letters import DeadLetter

# Of two dead letters the one whose message came first holds a key; a record holds it against both.
_HOLD: Final = (
    "INSERT INTO keys (source, seq, hash, damaged, letter) VALUES (?1,?2,x'',0,?3) ON CONFLICT DO UPDATE "
    "SET letter=excluded.letter WHERE record IS NULL AND hash=x'' "
    "AND (SELECT journal FROM dead_letters WHERE id = keys.letter) > ?4"
)
_KEYS_A_QUERY: Final = 500


class KeyWrites:
    """Reads and writes of keys inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names

    def states(self, node: str, epoch: str, seqs: Iterable[int]) -> dict[int, KeyState]:
        """Find which of these sequences are taken, and by what."""
        source = self._names.find_source(node, epoch)
        if source is None:
            return {}
        requested = list(seqs)
        states: dict[int, KeyState] = {}
        for start in range(0, len(requested), _KEYS_A_QUERY):
            part = requested[start : start + _KEYS_A_QUERY]
            marks = ",".join("?" * len(part))
            rows = self._connection.execute(
                f"SELECT seq, hash, damaged, record, letter FROM keys WHERE source=? AND seq IN ({marks})",  # noqa: S608
                (source, *part),
            )
            states.update(
                {seq: KeyState(h, bool(damaged), record, letter) for seq, h, damaged, record, letter in rows}
            )
        return states

    def hold(self, dead_letter: DeadLetter) -> None:
        """Assign to a dead letter those of its keys that neither a record nor an earlier message holds."""
        if not dead_letter.node or not dead_letter.epoch or not dead_letter.seqs:
            return
        source = self._names.source(dead_letter.node, dead_letter.epoch)
        self._connection.executemany(
            _HOLD, [(source, seq, dead_letter.id, dead_letter.journal) for seq in dead_letter.seqs]
        )

    def release(self, dead_letter: DeadLetter) -> list[int]:
        """Take from a dead letter the keys that it holds, and return their sequences."""
        if not dead_letter.node or not dead_letter.epoch:
            return []
        source = self._names.find_source(dead_letter.node, dead_letter.epoch)
        return [
            seq
            for seq in dead_letter.seqs
            if self._connection.execute(
                "DELETE FROM keys WHERE source=? AND seq=? AND letter=? AND record IS NULL",
                (source, seq, dead_letter.id),
            ).rowcount
        ]

    def erase(self, node: str, epoch: str, seqs: Iterable[int]) -> None:
        """Note keys whose content was erased; one that a record holds stays with it."""
        source = self._names.source(node, epoch)
        self._connection.executemany(
            "INSERT INTO keys (source, seq, hash, damaged) VALUES (?,?,?,0) ON CONFLICT DO UPDATE SET "
            "hash=excluded.hash, damaged=0, letter=NULL WHERE record IS NULL",
            [(source, seq, ERASED_HASH) for seq in seqs],
        )

    def source(self, number: int) -> tuple[str, str]:
        """Return node and epoch of a source."""
        row = self._connection.execute("SELECT node, epoch FROM sources WHERE id=?", (number,)).fetchone()
        return row[0], row[1]

    def epochs(self, nodes: Iterable[str]) -> dict[str, list[str]]:
        """List the epochs of nodes that have come: of their own, and ids of mappings that read them."""
        requested = list(nodes)
        epochs: dict[str, list[str]] = {node: [] for node in requested}
        for start in range(0, len(requested), _KEYS_A_QUERY):
            part = requested[start : start + _KEYS_A_QUERY]
            marks = ",".join("?" * len(part))
            rows = self._connection.execute(
                f"SELECT node, epoch FROM sources WHERE node IN ({marks}) ORDER BY id",  # noqa: S608
                part,
            )
            for node, epoch in rows:
                epochs[node].append(epoch)
        return epochs

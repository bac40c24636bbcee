"""What a ledger transaction cannot make records of: written, settled, and listed to be tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sera_vocabulary.topics import ROOT

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from sera_store.database.names import Names
    from sera_store.records.dead_letters import DeadLetter

_OURS: Final = ROOT + "/"


class DeadLetterWrites:
    """Reads and writes of dead letters inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names

    def add(self, dead_letters: Sequence[DeadLetter]) -> list[int]:
        """Store what cannot become records, with the reason; keys that nothing holds yet become theirs.

        Returns
        -------
        list of int
            Ids of the dead letters.
        """
        return [self._add(dead_letter) for dead_letter in dead_letters]

    def settle(self, number: int, state: str) -> None:
        """Note what became of a dead letter: it stays whatever that is."""
        self._connection.execute("UPDATE dead_letters SET state=? WHERE id=?", (state, number))

    def waiting(
        self, reasons: tuple[str, ...], node: str, after: int, limit: int, *, is_foreign: bool = False
    ) -> list[tuple[int, int]]:
        """List dead letters of a node that wait, also in vain, with one of some reasons.

        Parameters
        ----------
        reasons, node, after, limit
            Which ones, by id above `after`, and how many. The empty node is all nodes.
        is_foreign
            Whether to list those of other makers' devices alone.

        Returns
        -------
        list of (int, int)
            Id and journal number, by id.
        """
        marks = ",".join("?" * len(reasons))
        rows = self._connection.execute(
            f"SELECT id, journal FROM dead_letters WHERE reason IN ({marks}) "  # noqa: S608
            "AND state IN ('waiting', 'dismissed') AND (?='' OR node=?) AND id>? "
            "AND (NOT ? OR substr(topic, 1, ?) <> ?) ORDER BY id LIMIT ?",
            (*reasons, node, node, after, is_foreign, len(_OURS), _OURS, limit),
        )
        return [(number, journal) for number, journal in rows]

    def _add(self, dead_letter: DeadLetter) -> int:
        number = self._connection.execute(
            "INSERT INTO dead_letters "
            "(journal, reason, detail, topic, payload, node, epoch, seqs, received_s, state) "
            "VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                dead_letter.journal,
                dead_letter.reason,
                dead_letter.detail,
                dead_letter.topic,
                dead_letter.payload,
                dead_letter.node or "",
                dead_letter.epoch or "",
                msgspec.json.encode(dead_letter.seqs).decode(),
                dead_letter.received_s,
                dead_letter.state,
            ),
        ).lastrowid
        if dead_letter.seqs and dead_letter.node and dead_letter.epoch:
            source = self._names.source(dead_letter.node, dead_letter.epoch)
            self._connection.executemany(
                "INSERT OR IGNORE INTO keys (source, seq, hash, damaged, letter) VALUES (?,?,x'',0,?)",
                [(source, seq, number) for seq in dead_letter.seqs],
            )
        return int(number or 0)

"""What a ledger transaction cannot make records of: written, settled, and listed to be tried again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec

from sera_vocabulary.topics import ROOT

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from sera_store.ledger.keys import KeyWrites
    from sera_store.records.dead_letters import DeadLetter

_OWN_TOPICS: Final = ROOT + "/"


class DeadLetterWrites:
    """Reads and writes of dead letters inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, keys: KeyWrites) -> None:
        self._connection = connection
        self._keys = keys

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
    ) -> list[int]:
        """List the messages with dead letters that wait, also in vain.

        Parameters
        ----------
        reasons, node
            Of which reasons and which node; none of either is all.
        after, limit
            Above which journal number, and how many.
        is_foreign
            Whether to list those of other makers' devices alone.

        Returns
        -------
        list of int
            Their journal numbers, in order.
        """
        marks = ",".join("?" * len(reasons))
        rows = self._connection.execute(
            f"SELECT DISTINCT journal FROM dead_letters WHERE (NOT ? OR reason IN ({marks})) "  # noqa: S608
            "AND state IN ('waiting', 'dismissed') AND (?='' OR node=?) AND journal>? "
            "AND (NOT ? OR substr(topic, 1, ?) <> ?) ORDER BY journal LIMIT ?",
            (bool(reasons), *reasons, node, node, after, is_foreign, len(_OWN_TOPICS), _OWN_TOPICS, limit),
        )
        return [journal for (journal,) in rows]

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
        self._keys.hold(replace(dead_letter, id=number))
        return int(number or 0)

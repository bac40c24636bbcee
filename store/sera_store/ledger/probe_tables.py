"""Tables of probes as nodes sent them: which chip was at which position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence


class ProbeTableWrites:
    """Reads and writes of tables of probes inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, community: str, node: str, table_id: str, rows: Sequence[Sequence[Any]]) -> bool:
        """Store a node's table, as it came under a community: rows of position, model, serial.

        The first of an id stays.

        Returns
        -------
        bool
            False where another table of the same id is already here.
        """
        text = msgspec.json.encode(rows).decode()
        self._connection.execute(
            "INSERT OR IGNORE INTO probe_tables VALUES (?,?,?,?)", (community, node, table_id, text)
        )
        return self._text(community, node, table_id) == text

    def find(self, community: str, node: str, table_id: str) -> list[list[Any]] | None:
        """Read a node's table, or None where it has not arrived."""
        text = self._text(community, node, table_id)
        return msgspec.json.decode(text, type=list[list[Any]]) if text is not None else None

    def nodes_with(self, serial: str) -> list[str]:
        """List the nodes that have named a probe's serial in a table."""
        rows = self._connection.execute(
            "SELECT DISTINCT node, probes FROM probe_tables WHERE instr(probes, ?)", (serial,)
        )
        return sorted({node for node, _ in rows})

    def _text(self, community: str, node: str, table_id: str) -> str | None:
        row = self._connection.execute(
            "SELECT probes FROM probe_tables WHERE community=? AND node=? AND id=?",
            (community, node, table_id),
        ).fetchone()
        return row[0] if row else None

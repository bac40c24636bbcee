"""What a node itself says is on its wires, by the newest record that names a table of probes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

if TYPE_CHECKING:
    from sera_store.database.database import Database

# The newest record of each origin alone: an index leads there, however many there are.
_NEWEST: Final = (
    "SELECT (SELECT t.time_s FROM timeline t WHERE t.origin = o.id ORDER BY t.time_s DESC LIMIT 1) "
    "AS last_s, (SELECT r.probe_table FROM timeline t JOIN records r ON r.id = t.id WHERE t.origin = o.id "
    "ORDER BY t.time_s DESC, t.id DESC LIMIT 1) AS probes, o.community "
    "FROM sources s JOIN origins o ON o.source = s.id WHERE s.node = ? AND probes IS NOT NULL "
    "ORDER BY last_s DESC LIMIT 1"
)


class NodeProbe(NamedTuple):
    """One probe that a node names: its position, model and serial, which may be empty."""

    position: int
    model: str
    serial: str


def newest_probes(database: Database, node: str) -> list[NodeProbe]:
    """Return the probes of a node by the table that its newest records name; none where it names none."""
    for _, table, community in database.rows(_NEWEST, (node,)):
        texts = database.rows(
            "SELECT probes FROM probe_tables WHERE community=? AND node=? AND id=?", (community, node, table)
        )
        for (text,) in texts:
            return [NodeProbe(*row) for row in msgspec.json.decode(text, type=list[tuple[int, str, str]])]
    return []

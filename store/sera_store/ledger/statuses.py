"""What nodes said last of themselves: state, when they mean to be back, firmware."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import sqlite3

    from sera_store.database.database import Database

_COLUMNS: Final = "node, state, next_contact_s, firmware, config, refused, heard_s"
# The broker speaks for a node that is lost, and does not know when that meant to be back; what was heard last
# stays where nothing is heard now.
_PUT: Final = (
    f"INSERT INTO statuses ({_COLUMNS}) VALUES (?,?,?,?,?,?,?) ON CONFLICT (node) DO UPDATE SET "  # noqa: S608
    "state = excluded.state, next_contact_s = coalesce(excluded.next_contact_s, next_contact_s), "
    "firmware = excluded.firmware, config = excluded.config, refused = excluded.refused, "
    "heard_s = max(coalesce(excluded.heard_s, heard_s), coalesce(heard_s, excluded.heard_s))"
)


class NodeStatus(NamedTuple):
    """The last status of a node.

    Parameters
    ----------
    state
        One of `sera_vocabulary.messages.STATE_ONLINE`, `STATE_ASLEEP` and `STATE_LOST`, or what it said else.
    next_contact_s
        In how many seconds after it was heard it meant to be back [s], or None where it never said.
    firmware, config, refused
        Version of its firmware, number of the configuration it took, and why it did not take the next one.
    heard_s
        When it spoke last, Unix time [s]; None where only what the broker kept has been seen.
    """

    node: str
    state: str
    next_contact_s: int | None
    firmware: str
    config: int | None
    refused: str
    heard_s: int | None


class StatusWrites:
    """Writes of statuses inside one ledger transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, status: NodeStatus) -> None:
        """Note what a node said last."""
        self._connection.execute(_PUT, status)


def statuses(database: Database) -> dict[str, NodeStatus]:
    """Read the last status of each node."""
    rows = database.rows(f"SELECT {_COLUMNS} FROM statuses")  # noqa: S608
    return {row[0]: NodeStatus(*row) for row in rows}

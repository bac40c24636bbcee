"""Which keys of other makers' devices come, and which a mapping does not read: a renamed key shows here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from sera_store.database.database import Database
    from sera_store.database.names import Names

# A device that calls its keys otherwise each time is noted with its first ones.
_UNREAD_MOST: Final = 32


class ForeignKey(NamedTuple):
    """One key of the messages of a device.

    Parameters
    ----------
    node, mapping
        Whose messages, and which mapping reads them.
    key
        The device's word.
    is_read
        Whether the mapping reads it.
    last_s
        About when it came last, Unix time [s].
    """

    node: str
    mapping: str
    key: str
    is_read: bool
    last_s: int


class ForeignKeyWrites:
    """Writes of such keys inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names

    def note(self, node: str, mapping: str, keys: Iterable[str], at_s: int, *, is_read: bool) -> None:
        """Note when keys of a device came last; of those that nothing reads, the first few."""
        source = self._names.source(node, mapping)
        rows = [(source, key, is_read, at_s) for key in keys]
        if not is_read:
            (count,) = self._connection.execute(
                "SELECT count(*) FROM foreign_keys WHERE source=? AND NOT is_read", (source,)
            ).fetchone()
            rows = rows[: max(0, _UNREAD_MOST - count)]
        self._connection.executemany(
            "INSERT INTO foreign_keys VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET is_read=excluded.is_read, "
            "last_s=max(last_s, excluded.last_s)",
            rows,
        )


def foreign_keys(database: Database) -> list[ForeignKey]:
    """Read the keys of all devices, by node, mapping and key."""
    rows = database.rows(
        "SELECT s.node, s.epoch, k.key, k.is_read, k.last_s FROM foreign_keys k JOIN sources s "
        "ON s.id = k.source ORDER BY s.node, s.epoch, k.key"
    )
    return [ForeignKey(node, mapping, key, bool(is_read), at_s) for node, mapping, key, is_read, at_s in rows]

"""Which backups were made of this installation, so that a person can be told which of them hold a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sera_store.database.database import Database


class NotedBackup(NamedTuple):
    """One backup: its id, the file it was written to, when [Unix time, s], and what it holds."""

    id: str
    path: str
    created_s: int
    holds: str
    is_encrypted: bool


class NotedBackups:
    """The backups in the order in which they were begun; kept in the registry, and so in each of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, backup: NotedBackup) -> None:
        """Note a backup, before it is written, so that none can hold a record and be unknown."""
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO backups VALUES (?,?,?,?,?)", backup)

    def forget(self, id: str) -> None:  # noqa: A002
        """Remove a backup from the list that was not written after all."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM backups WHERE id=?", (id,))

    def list(self) -> list[NotedBackup]:
        """List all, oldest first."""
        rows = self._database.rows(
            "SELECT id, path, created_s, holds, is_encrypted FROM backups ORDER BY created_s, rowid"
        )
        return [NotedBackup(*row)._replace(is_encrypted=bool(row[-1])) for row in rows]

"""What came in from a neighbour: a database for each agreement, beside one's own data, never among it."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from sera_coalition.agreements.terms import DataClass
from sera_coalition.bundles.tables import TABLES, WITHDRAWALS
from sera_coalition.bundles.verification import AcceptedBundle
from sera_store.chronicle.schema import name_in_folder
from sera_store.database.database import Database
from sera_store.local_clock import CLOCK_SET_FROM_S, utc_date
from sera_store.private_files import require_private

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sera_coalition.bundles.tables import Row, Value
    from sera_coalition.bundles.verification import Bundle

FOLDER: Final = "received"
ENDING: Final = ".sqlite"
APPLICATION_ID: Final = 0x53657272
# Notes of what was refused; the files of so many of them, whose signature was right.
_NOTES_MOST: Final = 200
_FILES_MOST: Final = 4

STEPS: Final = (
    """
CREATE TABLE bundles (
  sequence INTEGER PRIMARY KEY, digest TEXT NOT NULL, version INTEGER NOT NULL, made TEXT NOT NULL,
  first TEXT NOT NULL, last TEXT NOT NULL, begins_anew INTEGER NOT NULL, taken TEXT NOT NULL,
  is_aside INTEGER NOT NULL DEFAULT 0
) STRICT;;
CREATE TABLE rows (
  id INTEGER PRIMARY KEY, sequence INTEGER NOT NULL REFERENCES bundles, part TEXT NOT NULL,
  origin TEXT NOT NULL, licence TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL, item TEXT NOT NULL,
  version INTEGER NOT NULL, cells TEXT NOT NULL
) STRICT;;
CREATE INDEX rows_by_days ON rows (part, first);;
CREATE INDEX rows_by_item ON rows (item, version) WHERE item != '';;
CREATE TABLE asides (
  digest TEXT PRIMARY KEY, sequence INTEGER NOT NULL, day TEXT NOT NULL, reason TEXT NOT NULL,
  message TEXT NOT NULL, content BLOB
) STRICT;;
CREATE TABLE purges (day TEXT NOT NULL, rows INTEGER NOT NULL) STRICT
""",
    """
CREATE TABLE media (
  file TEXT PRIMARY KEY, sequence INTEGER NOT NULL REFERENCES bundles, item TEXT NOT NULL,
  version INTEGER NOT NULL, description TEXT NOT NULL, content BLOB NOT NULL
) STRICT;;
CREATE INDEX media_by_item ON media (item, version)
""",
)


class ReceivedPart(NamedTuple):
    """How much of one table is here.

    Parameters
    ----------
    table
        Its name.
    rows
        How many rows.
    first, last
        First and last day that they are about, ISO 8601; empty of stories.
    """

    table: str
    rows: int
    first: str
    last: str


class ReceivedMedia(NamedTuple):
    """A picture or sound that came in: the name of its file, and what it shows or lets hear."""

    file: str
    description: str


class Aside(NamedTuple):
    """A bundle that was refused: its digest and number (0 where unknown), when, why."""

    digest: str
    sequence: int
    day: str
    reason: str
    message: str


def received_folder(data: Path, community: str) -> Path:
    """Return the folder of what a community received, within a data folder."""
    return data / FOLDER / name_in_folder(community)


def received_file(data: Path, community: str, agreement: str) -> Path:
    """Return the database of what came in by one agreement."""
    return received_folder(data, community) / f"{agreement}{ENDING}"


def received_files(data: Path) -> list[Path]:
    """List the databases of what came in, of all communities."""
    return sorted(data.glob(f"{FOLDER}/{name_in_folder('*')}/*{ENDING}"))


def copy_received(path: Path, to: Path) -> None:
    """Copy one database, as of one moment, into a new file."""
    with closing(Database(path, steps=STEPS, application_id=APPLICATION_ID, synchronous="FULL")) as database:
        database.backup(to)


class Received:
    """What came in by one agreement.

    Parameters
    ----------
    data
        The data folder.
    community
        Who received.
    agreement
        Its id.

    Raises
    ------
    StoreUnusableError
        The database cannot be used; the message names the path and the remedy.
    """

    def __init__(self, data: Path, community: str, agreement: str) -> None:
        folder = received_folder(data, community)
        require_private(folder)
        self._database = Database(
            received_file(data, community, agreement),
            steps=STEPS,
            application_id=APPLICATION_ID,
            synchronous="FULL",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """Hold the database while a bundle is looked at and taken: all of it comes in, or nothing."""
        with self._database.transaction():
            yield

    def accepted(self) -> list[AcceptedBundle]:
        """List the bundles that came in, in order."""
        rows = self._database.rows("SELECT sequence, digest, version FROM bundles ORDER BY sequence")
        return [AcceptedBundle(*row) for row in rows]

    def splits(self) -> list[AcceptedBundle]:
        """List the bundles that came in and had to be set aside again, since another one has their number."""
        rows = self._database.rows("SELECT sequence, digest FROM bundles WHERE is_aside ORDER BY sequence")
        return [AcceptedBundle(*row) for row in rows]

    def take(
        self, bundle: Bundle, tables: Mapping[str, Sequence[Row]], media: Mapping[str, bytes], day: date
    ) -> int:
        """Keep the rows of a verified bundle, in place of earlier ones of the same days; return how many.

        What was withdrawn is erased, from the disk too.
        """
        manifest = bundle.manifest
        self._overwrite_freed()
        with self._database.transaction() as connection:
            if manifest.begins_anew:
                connection.execute("DELETE FROM rows")
                connection.execute("DELETE FROM media")
                connection.execute("UPDATE bundles SET is_aside = 0")
                connection.execute(
                    "DELETE FROM bundles WHERE version < ? AND sequence >= ?",
                    (manifest.version, manifest.sequence),
                )
            connection.execute(
                "INSERT INTO bundles VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
                (
                    manifest.sequence, bundle.digest, manifest.version, manifest.made, manifest.first,
                    manifest.last, int(manifest.begins_anew), day.isoformat(),
                ),
            )  # fmt: skip
            for table, rows in tables.items():
                if table in (WITHDRAWALS, DataClass.MEDIA):
                    continue
                connection.execute(
                    "DELETE FROM rows WHERE part = ? AND item = '' AND first >= ? AND last <= ?",
                    (table, manifest.first, manifest.last),
                )
                for row in rows:
                    self._insert(manifest.sequence, table, row)
            for _, _, item, version, file, description in tables.get(DataClass.MEDIA, ()):
                connection.execute(
                    "INSERT OR REPLACE INTO media VALUES (?, ?, ?, ?, ?, ?)",
                    (file, manifest.sequence, item, version, description, media[str(file)]),
                )
            columns = [column.name for column in TABLES[WITHDRAWALS]]
            if tables.get(WITHDRAWALS):
                # What is taken back may stand in a file that was refused, too.
                connection.execute("UPDATE asides SET content = NULL")
            for row in tables.get(WITHDRAWALS, ()):
                cells = dict(zip(columns, row, strict=True))
                self._erase_item(cells["item"], cells["version"])
        return sum(len(rows) for rows in tables.values())

    def _insert(self, sequence: int, table: str, row: Row) -> None:
        cells = dict(zip([column.name for column in TABLES[table]], row, strict=True))
        item = str(cells.get("item", ""))
        connection = self._database.connection
        if item:
            self._erase_item(item, cells["version"])
        connection.execute(
            "INSERT INTO rows VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                sequence, table, cells["origin"], cells["licence"], cells.get("first_day", ""),
                cells.get("last_day", ""), item, cells.get("version", 0), json.dumps(row, ensure_ascii=False),
            ),
        )  # fmt: skip

    def _erase_item(self, item: Value, version: Value) -> None:
        for table in ("rows", "media"):
            self._database.connection.execute(
                f"DELETE FROM {table} WHERE item = ? AND version = ?",  # noqa: S608 - names of ours
                (item, version),
            )

    def set_split(self, sequence: int) -> None:
        """Set a bundle that came in aside, with its rows: another one has its number."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE bundles SET is_aside = 1 WHERE sequence = ?", (sequence,))

    def note_aside(self, aside: Aside, content: bytes | None) -> None:
        """Note that a bundle was refused; keep its file where its signature was right."""
        self._overwrite_freed()
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO asides VALUES (?, ?, ?, ?, ?, ?)", (*aside, content))
            connection.execute(
                "DELETE FROM asides WHERE rowid NOT IN "
                "(SELECT rowid FROM asides ORDER BY rowid DESC LIMIT ?)",
                (_NOTES_MOST,),
            )
            connection.execute(
                "UPDATE asides SET content = NULL WHERE content IS NOT NULL AND rowid NOT IN "
                "(SELECT rowid FROM asides WHERE content IS NOT NULL ORDER BY rowid DESC LIMIT ?)",
                (_FILES_MOST,),
            )

    def asides(self) -> list[Aside]:
        """List what was refused, the newest first."""
        rows = self._database.rows(
            "SELECT digest, sequence, day, reason, message FROM asides ORDER BY rowid DESC"
        )
        return [Aside(*row) for row in rows]

    def parts(self) -> list[ReceivedPart]:
        """Sum up what is here, by table; what was set aside is not among it."""
        rows = self._database.rows(
            "SELECT part, count(*), min(rows.first), max(rows.last) FROM rows JOIN bundles USING (sequence) "
            "WHERE NOT is_aside GROUP BY part UNION ALL SELECT ?, count(*), '', '' FROM media "
            "JOIN bundles USING (sequence) WHERE NOT is_aside HAVING count(*) > 0 ORDER BY part",
            (DataClass.MEDIA.value,),
        )
        return [ReceivedPart(*row) for row in rows]

    def media_of(self, item: str, version: int) -> list[ReceivedMedia]:
        """List the pictures and sounds of a story that came in, in the order of their names."""
        rows = self._database.rows(
            "SELECT file, description FROM media JOIN bundles USING (sequence) "
            "WHERE item = ? AND media.version = ? AND NOT is_aside ORDER BY file",
            (item, version),
        )
        return [ReceivedMedia(*row) for row in rows]

    def content(self, file: str) -> bytes | None:
        """Return a picture or sound; None where there is none, or it was set aside."""
        rows = self._database.rows(
            "SELECT content FROM media JOIN bundles USING (sequence) WHERE file = ? AND NOT is_aside", (file,)
        )
        return bytes(rows[0][0]) if rows else None

    def rows(self, table: str, limit: int, offset: int = 0) -> list[dict[str, Any]]:
        """Return rows of one table by column, the newest days first."""
        columns = [column.name for column in TABLES[table]]
        rows = self._database.rows(
            "SELECT cells FROM rows JOIN bundles USING (sequence) WHERE part = ? AND NOT is_aside "
            "ORDER BY rows.first DESC, id LIMIT ? OFFSET ?",
            (table, limit, offset),
        )
        return [dict(zip(columns, json.loads(cells), strict=True)) for (cells,) in rows]

    def forget_old(self, today: date, retention_days: int) -> int:
        """Erase what came in, or was refused, longer ago than was agreed; return how many rows went.

        What a clock that was ahead dated into the future counts from the day on which that is noticed.
        """
        if today >= utc_date(CLOCK_SET_FROM_S):
            self._date_back(today.isoformat())
        until = (today - timedelta(days=retention_days)).isoformat()
        old = "sequence IN (SELECT sequence FROM bundles WHERE taken < ?)"
        return self._erase(old, "content IS NOT NULL AND day < ?", (until,))

    def _date_back(self, today: str) -> None:
        with self._database.transaction() as connection:
            for table, column in (("bundles", "taken"), ("asides", "day")):
                connection.execute(
                    f"UPDATE {table} SET {column} = ?1 WHERE {column} > ?1",  # noqa: S608 - names of ours
                    (today,),
                )

    def purge(self, day: date) -> int:
        """Erase everything that came in, from the disk too; the numbers and digests of bundles stay."""
        with self._database.transaction() as connection:
            [(count,)] = connection.execute(
                "SELECT (SELECT count(*) FROM rows) + (SELECT count(*) FROM media)"
            ).fetchall()
            connection.execute("INSERT INTO purges VALUES (?, ?)", (day.isoformat(), count))
        return self._erase("1", "content IS NOT NULL", ())

    def _erase(self, rows: str, files: str, values: tuple[str, ...]) -> int:
        self._overwrite_freed()
        with self._database.transaction() as connection:
            withdrawn = connection.execute(
                f"UPDATE asides SET content = NULL WHERE {files}",  # noqa: S608 - conditions of ours
                values,
            ).rowcount
            count = sum(
                connection.execute(
                    f"DELETE FROM {table} WHERE {rows}",  # noqa: S608 - as above
                    values,
                ).rowcount
                for table in ("rows", "media")
            )
        if count or withdrawn:
            self.empty_log()
        return int(count)

    def empty_log(self) -> None:
        """Empty the write-ahead log, in which erased rows may stand; a reader puts it off."""
        with self._database.usable():
            self._database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _overwrite_freed(self) -> None:
        self._database.connection.execute("PRAGMA secure_delete=ON")

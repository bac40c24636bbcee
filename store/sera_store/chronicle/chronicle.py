"""One community's chronicle: append, read, erase, seal and open.

An append is on disk before it returns. Entries are numbered and chained, and stay; what was given stands
beside them and can be erased, after which the chain still verifies (ADR 71, `docs/chronicle.md`).
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from sera_store.chronicle.attachment_files import AttachmentFiles
from sera_store.chronicle.commitments import ATTACHMENT, AUTHOR, BODY, commitment, draw_salt
from sera_store.chronicle.drafts import BODY_BYTES_MOST, Contents, Proof, check_sizes, draw_item
from sera_store.chronicle.entries import (
    ERASURE,
    FORM,
    NO_HASH,
    Entry,
    check,
    hash_of,
    read_header,
)
from sera_store.chronicle.schema import APPLICATION_ID, ATTACHMENTS, FILE, STEPS
from sera_store.database.database import Database
from sera_store.errors import InvalidEntryError, StoreUnusableError
from sera_store.private_files import require_private

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from sera_store.chronicle.drafts import Draft

_PAGE: Final = 1000

_NUMBER_MOST: Final = 2**63 - 1


class Chronicle:
    """The chronicle in a folder; made by `Chronicle.open`.

    Several threads and processes may use one folder: who appends waits for whoever appends just now.
    """

    def __init__(self, folder: Path, database: Database, clock: Callable[[], float]) -> None:
        self.folder = folder
        self._database = database
        self._clock = clock
        self._files = AttachmentFiles(folder / ATTACHMENTS)
        self.id = self._identify()
        self._finish_erasing()

    @classmethod
    def open(cls, folder: Path, *, clock: Callable[[], float] = time.time) -> Self:
        """Open a chronicle, which is begun where there is none.

        Parameters
        ----------
        folder
            Where it is, or shall be.
        clock
            Gives the Unix time [s] of entries.

        Raises
        ------
        StoreUnusableError
            It cannot be used; the message names the path and the remedy.
        """
        require_private(folder)
        database = Database(folder / FILE, steps=STEPS, application_id=APPLICATION_ID, synchronous="FULL")
        try:
            return cls(folder, database, clock)
        except BaseException:
            database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its database."""
        self._database.close()

    def today(self) -> date:
        """Return the day, in UTC, of what would be entered now."""
        return datetime.fromtimestamp(self._clock(), UTC).date()

    def append(self, drafts: Sequence[Draft], *, erases: Sequence[int] = (), reason: str = "") -> list[Entry]:
        """Enter drafts one after the other, and erase what they take the place of: all of it, or nothing.

        Parameters
        ----------
        erases, reason
            Entries that go, and why; none may be erased already: what was taken away stays away.

        Returns
        -------
        list of Entry
            Those of the drafts; all is on disk.

        Raises
        ------
        InvalidEntryError
            A draft is no entry, too large, or of a version that is there already; or as `erase` does.
        StoreUnusableError
            The disk refuses; nothing was entered.
        """
        for draft in drafts:
            check_sizes(draft)
        written: list[str] = []
        digests: list[str] = []
        try:
            with self._database.transaction() as connection:
                self._check_standing(erases)
                entries = [self._enter(connection, draft, written) for draft in drafts]
                if erases:
                    _, digests = self._erase(connection, erases, reason)
        except BaseException:
            with suppress(OSError):
                self._files.remove(written)
            raise
        if erases:
            self._files.remove(digests)
            # While another process reads, the log is emptied when the chronicle is opened next.
            with suppress(StoreUnusableError):
                self._empty_log()
        return entries

    def append_sealed(self, draft: Draft, digest: str) -> Entry:
        """Enter that somebody has a body, of which only the digest is given.

        Parameters
        ----------
        draft
            With an empty body and no attachments.
        digest
            What `seal` returned to its giver.

        Raises
        ------
        InvalidEntryError
            The draft has a body, or it is no entry.
        """
        if draft.body or draft.attachments:
            raise InvalidEntryError("a sealed entry is given without its body; append what is open")
        with self._database.transaction() as connection:
            return self._enter(connection, draft, [], sealed=digest)

    def open_sealed(self, number: int, salt: bytes, body: bytes) -> None:
        """Keep the body of a sealed entry, once its giver opens it.

        Raises
        ------
        InvalidEntryError
            The entry is not sealed, was opened or erased, or this is not the body that was sealed.
        """
        with self._database.transaction() as connection:
            entry = self.entry(number)
            is_waiting = entry is not None and entry.is_sealed and not self._is_erased(number)
            if entry is None or not is_waiting or self._row("SELECT 1 FROM bodies WHERE number=?", number):
                raise InvalidEntryError(f"entry {number} is not sealed, or no longer")
            if len(body) > BODY_BYTES_MOST or commitment(salt, BODY, body) != entry.body:
                raise InvalidEntryError(f"this is not what was sealed as entry {number}")
            connection.execute("INSERT INTO bodies VALUES (?, ?, ?)", (number, salt, body))

    def erase(self, numbers: Sequence[int], reason: str) -> Entry | None:
        """Erase what entries stand for, and enter that it was done; the chain still verifies.

        Parameters
        ----------
        numbers
            The entries; those that are erased already are left out.
        reason
            One of `entries.REASONS`.

        Returns
        -------
        Entry or None
            The erasure; None where nothing was left to erase.

        Raises
        ------
        InvalidEntryError
            An entry is not there, or is itself an erasure.
        StoreUnusableError
            The disk refuses; nothing was erased. Or another process reads for long: the contents are gone for
            every reader, and from the disk when the chronicle is opened next.
        """
        with self._database.transaction() as connection:
            waiting = [number for number in numbers if not self._is_erased(number)]
            if not waiting:
                return None
            erasure, digests = self._erase(connection, waiting, reason)
        self._files.remove(digests)
        self._empty_log()
        return erasure

    def entry(self, number: int) -> Entry | None:
        """Return an entry, None where there is none."""
        row = self._row("SELECT header FROM entries WHERE number=?", number)
        return read_header(row[0]) if row else None

    def head(self) -> Entry | None:
        """Return the last entry, None of an empty chronicle."""
        rows = self._database.rows("SELECT header FROM entries ORDER BY number DESC LIMIT 1")
        return read_header(rows[0][0]) if rows else None

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Iterate over the entries behind a number, in order."""
        return (read_header(header) for header, _ in self.lines(after))

    def lines(self, after: int = 0) -> Iterator[tuple[bytes, str]]:
        """Iterate over header and hash of each entry as stored, in order of their numbers, unverified."""
        while rows := self._database.rows(
            "SELECT number, header, hash FROM entries WHERE number>? ORDER BY number LIMIT ?", (after, _PAGE)
        ):
            for _, header, stored_hash in rows:
                yield header, stored_hash
            after = rows[-1][0]

    def versions(self, item: str) -> list[int]:
        """List the entries of an item, oldest version first, erased ones too."""
        rows = self._database.rows("SELECT number FROM entries WHERE item=? ORDER BY version", (item,))
        return [number for (number,) in rows]

    def next_version(self, item: str) -> int:
        """Return which version of an item would be entered next; 1 of a new one."""
        return len(self.versions(item)) + 1

    def by_author(self, author: str) -> list[int]:
        """List the entries of an author that are not erased, in order."""
        rows = self._database.rows("SELECT number FROM authors WHERE author=? ORDER BY number", (author,))
        return [number for (number,) in rows]

    def contents(self, number: int) -> Contents | None:
        """Return what an entry stands for; None where it was erased, or is an erasure."""
        with self._database.snapshot():
            author = self._row("SELECT author, time_s FROM authors WHERE number=?", number)
            if author is None:
                return None
            body = self._row("SELECT body FROM bodies WHERE number=?", number)
            return Contents(author[0], author[1], body[0] if body else None, tuple(self._attachments(number)))

    def proof(self, number: int) -> Proof:
        """Return what the digests of an entry can be held against."""
        with self._database.snapshot():
            author = self._row("SELECT salt, CAST(author AS BLOB) FROM authors WHERE number=?", number)
            body = self._row("SELECT salt, body FROM bodies WHERE number=?", number)
            rows = self._database.rows("SELECT digest, salt FROM attachments WHERE number=?", (number,))
        return Proof(author, body, {digest: (salt, self._files.read(digest)) for digest, salt in rows})

    def attachment(self, digest: str) -> bytes | None:
        """Return an attachment by its digest, None where it was erased."""
        if not self._database.rows("SELECT 1 FROM attachments WHERE digest=?", (digest,)):
            return None
        return self._files.read(digest)

    def is_erased(self, number: int) -> bool:
        """Return whether what an entry stood for was erased."""
        return self._is_erased(number)

    def backup(self, to: Path) -> None:
        """Copy the database, as of one moment, into a new file; attachments are files that never change."""
        self._database.backup(to)

    def _enter(
        self, connection: sqlite3.Connection, draft: Draft, written: list[str], sealed: str = ""
    ) -> Entry:
        if connection.execute(
            "SELECT 1 FROM entries WHERE item=? AND version=?", (draft.item, draft.version)
        ).fetchone():
            raise InvalidEntryError(f"version {draft.version} of item {draft.item} is there already")
        author_salt, body_salt = draw_salt(), draw_salt()
        salts = [draw_salt() for _ in draft.attachments]
        digests = tuple(
            commitment(salt, ATTACHMENT, attachment.content)
            for salt, attachment in zip(salts, draft.attachments, strict=True)
        )
        entry = self._chain(
            connection,
            draft.kind,
            item=draft.item,
            version=draft.version,
            author=commitment(author_salt, AUTHOR, draft.author.encode()),
            body=sealed or commitment(body_salt, BODY, draft.body),
            attachments=digests,
            is_sealed=bool(sealed),
        )
        connection.execute(
            "INSERT INTO authors VALUES (?, ?, ?, ?)",
            (entry.number, author_salt, draft.author, int(self._clock())),
        )
        if not sealed:
            connection.execute("INSERT INTO bodies VALUES (?, ?, ?)", (entry.number, body_salt, draft.body))
        for position, (digest, salt, attachment) in enumerate(
            zip(digests, salts, draft.attachments, strict=True)
        ):
            written.append(digest)
            self._files.write(digest, attachment.content)
            connection.execute(
                "INSERT INTO attachments VALUES (?, ?, ?, ?, ?, ?)",
                (entry.number, position, digest, salt, attachment.media_type, len(attachment.content)),
            )
        return entry

    def _erase(
        self, connection: sqlite3.Connection, numbers: Sequence[int], reason: str
    ) -> tuple[Entry, list[str]]:
        """Take contents away and enter it; return the erasure, and digests of files to remove."""
        waiting = sorted(set(numbers))
        for number in waiting:
            entry = self.entry(number)
            if entry is None or entry.kind == ERASURE:
                raise InvalidEntryError(f"entry {number} is not there, or holds nothing to erase")
        # Freed pages are overwritten; the log that still has them is emptied by the caller.
        connection.execute("PRAGMA secure_delete=ON")
        erasure = self._chain(connection, ERASURE, erases=tuple(waiting), reason=reason)
        digests = [digest for number in waiting for digest, _ in self._attachments(number)]
        for table in ("authors", "bodies", "attachments"):
            connection.executemany(
                f"DELETE FROM {table} WHERE number=?",  # noqa: S608 - names of ours
                [(number,) for number in waiting],
            )
        connection.executemany(
            "INSERT INTO erased VALUES (?, ?)", [(number, erasure.number) for number in waiting]
        )
        return erasure, digests

    def _check_standing(self, numbers: Sequence[int]) -> None:
        if gone := [number for number in numbers if self._is_erased(number)]:
            raise InvalidEntryError(f"entry {gone[0]} was erased; nothing takes its place")

    def _chain(
        self,
        connection: sqlite3.Connection,
        kind: str,
        *,
        item: str = "",
        version: int = 0,
        author: str = "",
        body: str = "",
        attachments: tuple[str, ...] = (),
        erases: tuple[int, ...] = (),
        reason: str = "",
        is_sealed: bool = False,
    ) -> Entry:
        """Put one entry behind the last; a transaction is open."""
        last = connection.execute("SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1").fetchone()
        number, previous = last or (0, NO_HASH)
        entry = Entry(
            form=FORM,
            chronicle=self.id,
            number=number + 1,
            day=self.today().isoformat(),
            kind=kind,
            item=item,
            version=version,
            author=author,
            body=body,
            attachments=attachments,
            erases=erases,
            reason=reason,
            is_sealed=is_sealed,
            previous=previous,
        )
        check(entry)
        header = entry.header
        connection.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)",
            (entry.number, kind, item, version, header, hash_of(header)),
        )
        return entry

    def _identify(self) -> str:
        # Read first: one that was begun can be opened on a full disk.
        if rows := self._database.rows("SELECT chronicle FROM identity"):
            return str(rows[0][0])
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO identity VALUES (1, ?)", (draw_item(),))
            return str(connection.execute("SELECT chronicle FROM identity").fetchone()[0])

    def _finish_erasing(self) -> None:
        """Remove what a process that was killed left; who appends holds the same lock."""
        with self._database.transaction():
            rows = self._database.rows("SELECT digest FROM attachments")
            self._files.remove_all_but({digest for (digest,) in rows})
        with suppress(StoreUnusableError):
            self._empty_log()

    def _empty_log(self) -> None:
        with self._database.usable():
            busy, *_ = self._database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreUnusableError(
                self._database.path,
                "is read by another process, and its log still has what was erased",
                "end that one (see `lsof`); the log is emptied when the chronicle is opened next",
            )

    def _attachments(self, number: int) -> list[tuple[str, str]]:
        return self._database.rows(
            "SELECT digest, media_type FROM attachments WHERE number=? ORDER BY position", (number,)
        )

    def _is_erased(self, number: int) -> bool:
        return self._row("SELECT 1 FROM erased WHERE number=?", number) is not None

    def _row(self, statement: str, number: int) -> Any | None:
        # An address may name any number, SQLite knows none of more than 63 bits.
        if number > _NUMBER_MOST:
            return None
        rows = self._database.rows(statement, (number,))
        return rows[0] if rows else None

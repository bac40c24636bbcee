"""Pack closed months of the journal: compressed, checked against the original, then in its place."""

from __future__ import annotations

import os
import sqlite3
import zlib
from contextlib import closing
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from sera_gateway.errors import JournalDamagedError, JournalFullError, JournalUnusableError
from sera_gateway.journal.months import PACKED, PACKED_SCHEMA, PACKED_VERSION, PLAIN, months_of, open_month
from sera_gateway.journal.reader import verify_month
from sera_store.atomic_file import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sera_gateway.journal.months import Month

MESSAGES_A_PIECE: Final = 500
# Behind the name of a month that is being packed, hidden.
DRAFT: Final = ".packing"
_LEVEL: Final = 6


class PackedMonthSize(NamedTuple):
    """What packing one month did [bytes]."""

    month: str
    messages: int
    before: int
    after: int


def closed_months(folder: Path) -> list[str]:
    """List the months that can be packed: plain ones before the newest, which may still grow."""
    paths = months_of(folder)
    # A packed month whose plain file is still there was interrupted; packing it again finishes that.
    return [path.stem for path in paths[:-1] if path.suffix == PLAIN or path.with_suffix(PLAIN).exists()]


def pack(folder: Path, month: str) -> PackedMonthSize:
    """Pack one month and remove its plain file, only after every message was compared.

    A kill at any moment leaves the plain file, or the packed one, or both, and reading goes on. Readers that
    have the plain file open keep it until they close it.

    Raises
    ------
    JournalUnusableError
        There is no such closed month, or it cannot be read.
    JournalDamagedError
        The month is not what was written: it is left as it is.
    JournalFullError
        There is no room for the packed month beside the plain one; nothing has changed.
    """
    if month not in closed_months(folder):
        closed = ", ".join(closed_months(folder)) or "none"
        raise JournalUnusableError(
            f"{folder} has no closed month {month!r} to pack; the newest month stays open; expected {closed}"
        )
    plain, packed = folder / (month + PLAIN), folder / (month + PACKED)
    _refuse_damaged(plain)
    before = _size(plain)
    if not packed.exists():
        draft = folder / f".{month}{DRAFT}"
        try:
            _write(plain, draft)
            _compare(plain, draft)
            draft.replace(packed)
            sync_folder(folder)
        except (OSError, sqlite3.OperationalError) as error:
            raise JournalFullError(
                f"{packed} cannot be written ({error}); make room for it beside {plain.name}, then pack again"
            ) from error
        finally:
            # Whatever went wrong: it holds messages, which may have been erased meanwhile.
            draft.unlink(missing_ok=True)
    messages = _compare(plain, packed)
    for end in ("", "-wal", "-shm"):
        plain.with_name(plain.name + end).unlink(missing_ok=True)
    sync_folder(folder)
    return PackedMonthSize(month, messages, before, packed.stat().st_size)


def _refuse_damaged(plain: Path) -> None:
    with closing(open_month(plain)) as month:
        problems = verify_month(month).problems
    if problems:
        raise JournalDamagedError(
            f"{plain} is not packed, since it is damaged: {problems[0]}; restore it from the backup "
            f"(problems in all: {len(problems)}, see `sera journal verify`)"
        )


def _write(plain: Path, draft: Path) -> None:
    """Write all messages of a plain month into a new file that is safe on disk when this returns."""
    draft.unlink(missing_ok=True)
    with closing(open_month(plain)) as month, closing(sqlite3.connect(draft, isolation_level=None)) as target:
        target.execute("PRAGMA journal_mode = OFF")
        target.execute("PRAGMA synchronous = OFF")
        target.execute(PACKED_SCHEMA)
        target.execute(f"PRAGMA user_version = {PACKED_VERSION}")
        target.execute("BEGIN")
        target.executemany("INSERT INTO piece VALUES (?, ?, ?, ?)", _pieces(month))
        target.execute("COMMIT")
    with draft.open("rb") as written:
        os.fsync(written.fileno())


def _pieces(month: Month) -> Iterator[tuple[int, int, int, bytes]]:
    rows = month.rows()
    while piece := list(islice(rows, MESSAGES_A_PIECE)):
        content = compress_rows(piece)
        yield piece[0][0], piece[-1][0], zlib.crc32(content), content


def compress_rows(rows: Sequence[Sequence[Any]]) -> bytes:
    """Write rows of some messages, with their checksums, as one piece of a packed month."""
    return zlib.compress(msgspec.msgpack.encode(rows), _LEVEL)


def _compare(plain: Path, packed: Path) -> int:
    """Compare every column of every message and return how many there are.

    Raises
    ------
    JournalDamagedError
        The packed month holds something else; the plain one is left as it is.
    """
    count = 0
    with closing(open_month(plain)) as before, closing(open_month(packed)) as after:
        for old, new in zip_longest(before.rows(), after.rows()):
            if old is None or new is None or tuple(old) != tuple(new):
                number = (old or new)[0]
                raise JournalDamagedError(
                    f"{packed} does not hold message {number} as {plain.name} does; remove {packed.name} and "
                    "pack again"
                )
            count += 1
    return count


def _size(path: Path) -> int:
    paths = (path.with_name(path.name + end) for end in ("", "-wal", "-shm"))
    return sum(path.stat().st_size for path in paths if path.exists())

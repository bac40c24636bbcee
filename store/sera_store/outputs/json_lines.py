"""A file of JSON lines as a follower of the table of records: one line a row, for other tools to read."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from sera_store.database.cursors import LateCursor
from sera_store.errors import InvalidEntryError, StoreUnusableError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from sera_store.store import Store

CURSOR: Final = "json_lines"
_ROWS_A_STEP: Final = 5_000
_TAIL: Final = 65_536


class _Number(msgspec.Struct):
    """What is needed of a line to go on after it."""

    id: int


class JsonLinesFollower:
    """Appends each row of the table of records to a file, once and in order.

    The file itself says how far it reaches, so that a crash neither repeats a line nor leaves one out; a line
    that was cut off is written again. A removed file begins again from the first row.

    Parameters
    ----------
    store
        What is followed.
    path
        The file; it is made where there is none.
    cursor
        Name under which its position can be seen, one for each file; it is saved once in a while, so that no
        step waits for whoever writes the store.
    clock
        The clock of intervals [s].

    Raises
    ------
    InvalidEntryError
        When the file goes on beyond the store, and so belongs to another one.
    StoreUnusableError
        When the file cannot be read or written, here and in `step`.
    """

    def __init__(
        self,
        store: Store,
        path: Path,
        *,
        cursor: str = CURSOR,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._path = path
        self._late = LateCursor(store.cursors, cursor, clock)
        try:
            path.touch()
            self._position = _last_number(path)
        except OSError as error:
            raise _unusable(path, error) from error
        if self._position > store.records.last_change():
            raise InvalidEntryError(
                f"{path}: its last line is row {self._position}, the store's last is "
                f"{store.records.last_change()}; it belongs to another store: name another file"
            )

    def step(self) -> int:
        """Append the next rows and return how many; 0 where it is up to date."""
        try:
            self._cut_off_after(self._late.position())
            rows = self._store.records.changes(self._position, _ROWS_A_STEP)
            if not rows:
                self._late.save()
                return 0
            lines = b"".join([msgspec.json.encode(row) + b"\n" for row in rows])
            with self._path.open("r+b") as file:
                file.truncate(_whole_lines(self._path))
                file.seek(0, os.SEEK_END)
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _unusable(self._path, error) from error
        self._position = rows[-1].id
        self._late.reach(self._position)
        return len(rows)

    def rest(self) -> None:
        """Save how far it has come, for it may be a while until the next step.

        Raises
        ------
        StoreUnusableError
            The store cannot be written now; whoever goes on later writes some lines again, the same.
        """
        self._late.save()

    def close(self) -> None:
        """Save how far it has come, if the store can be written; no file stays open."""
        with suppress(StoreUnusableError):
            self.rest()

    def _cut_off_after(self, number: int) -> None:
        """Cut the file off after the cursor, where a replay was asked for or a crash came before the cursor.

        What is cut off is written again, the same, since rows never change.
        """
        if number < self._position:
            with self._path.open("r+b") as file:
                file.truncate(_end_of(self._path, number))
            self._position = number


def erase_lines(path: Path, numbers: Collection[int]) -> int:
    """Overwrite the lines of rows that were erased in their place, and return how many there were.

    Each becomes as long a line that has the row's number and says that it was erased, so that everything
    behind it stays where it is.

    Raises
    ------
    StoreUnusableError
        The file cannot be read or written.
    """
    erased_numbers, erased, offset = set(numbers), 0, 0
    try:
        with path.open("r+b") as file:
            while line := file.readline():
                if line.endswith(b"\n") and (number := _number(path, line)) in erased_numbers:
                    file.seek(offset)
                    file.write(_erased_line(number, len(line)))
                    erased += 1
                offset += len(line)
                file.seek(offset)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _unusable(path, error) from error
    return erased


def _erased_line(number: int, length: int) -> bytes:
    text = msgspec.json.encode({"id": number, "erased": True})
    return text[:-1].ljust(length - 2) + b"}\n"


def _unusable(path: Path, error: OSError) -> StoreUnusableError:
    return StoreUnusableError(
        path, f"cannot be used ({error.strerror})", "make room or give this user the right to write it"
    )


def _whole_lines(path: Path) -> int:
    """Return where the last whole line ends [byte]."""
    end = path.stat().st_size
    with path.open("rb") as file:
        while end:
            start = max(0, end - _TAIL)
            file.seek(start)
            position = file.read(end - start).rfind(b"\n")
            if position >= 0:
                return start + position + 1
            end = start
    return 0


def _end_of(path: Path, number: int) -> int:
    """Find where the lines up to a change number end [byte], by halving: numbers grow from line to line."""
    low, high = 0, _whole_lines(path)
    with path.open("rb") as file:
        while low < high:
            middle = (low + high) // 2
            file.seek(middle)
            # From inside a line to the beginning of the next one.
            start = middle if middle == low else middle + len(file.readline())
            if start >= high:
                start = low
            file.seek(start)
            line = file.readline()
            if _number(path, line) <= number:
                low = start + len(line)
            else:
                high = start
    return low


def _last_number(path: Path) -> int:
    """Read the change number of the last whole line, 0 without any."""
    end = _whole_lines(path)
    if not end:
        return 0
    size, line = _TAIL, b""
    with path.open("rb") as file:
        while True:
            start = max(0, end - size)
            file.seek(start)
            _, mark, line = file.read(end - start - 1).rpartition(b"\n")
            if mark or not start:
                break
            size *= 2
    return _number(path, line)


def _number(path: Path, line: bytes) -> int:
    try:
        return msgspec.json.decode(line, type=_Number).id
    except msgspec.DecodeError as error:
        raise InvalidEntryError(
            f"{path}: the line {line[:60]!r} is no row of a store; name another file"
        ) from error

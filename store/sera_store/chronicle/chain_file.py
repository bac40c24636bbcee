"""A chain as a file for anybody: one JSON object a line, without anything that was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sera_store.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import IO

_LINE_BYTES_MOST: Final = 8192


class _Line(msgspec.Struct, frozen=True):
    entry: msgspec.Raw
    hash: str


def write_chain(lines: Iterable[tuple[bytes, str]], file: IO[bytes]) -> int:
    """Write header and hash of each entry, one a line; return how many."""
    count = 0
    for header, stored_hash in lines:
        file.write(msgspec.json.encode(_Line(msgspec.Raw(header), stored_hash)) + b"\n")
        count += 1
    return count


def read_chain(path: Path) -> Iterator[tuple[bytes, str]]:
    """Read header and hash of each entry of a file, unverified.

    Raises
    ------
    TableError
        A line does not belong into such a file; the message names it.
    OSError
        The file cannot be read.
    """
    with path.open("rb") as file:
        number = 0
        while text := file.readline(_LINE_BYTES_MOST + 1):
            number += 1
            if len(text) > _LINE_BYTES_MOST:
                raise TableError(str(path), f"line {number} is longer than {_LINE_BYTES_MOST} bytes")
            try:
                line = msgspec.json.decode(text, type=_Line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise TableError(
                    str(path),
                    f"line {number} is none of a chain ({error}); `sera chronicle export` writes one",
                ) from error
            yield bytes(line.entry), line.hash

"""Read rows in blocks, with the line on which each begins; what cannot be read ends a file, as a finding."""

from __future__ import annotations

import codecs
import csv
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_workshop.archives.checks.container import UNPACKING_ERRORS
from sera_workshop.archives.checks.sentences import add

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from sera_workshop.archives.checks.container import Container
    from sera_workshop.archives.checks.report import Report
    from sera_workshop.archives.checks.table import Table

ROWS_MOST: Final = 20_000_000
_CHUNK_BYTES: Final = 1 << 20
_LINE_MOST: Final = 1 << 20
_BLOCK_ROWS: Final = 20_000
_CONTROL: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])


class Block(NamedTuple):
    """Rows of a file, and the line on which each begins."""

    file: str
    lines: list[int]
    rows: list[list[str]]


class _UnreadableError(Exception):
    """The rest of a file cannot be read; the finding is noted."""


def blocks(container: Container, table: Table, report: Report) -> Iterator[Block]:
    """Iterate over the rows of a table, all of the same width.

    Rows of another width are noted and left out; a file that cannot be read on is noted and ends there.
    """
    for file in table.files:
        try:
            with container.open(file) as stream:
                yield from _blocks_of(_Lines(stream, file, table, report), file, table, report)
        except _UnreadableError:
            continue
        except UNPACKING_ERRORS as error:
            add(report, "damaged_file", file, detail=error)


def _blocks_of(lines: _Lines, file: str, table: Table, report: Report) -> Iterator[Block]:
    rows = _quoted(lines, file, table, report) if table.quote else _plain(lines, table)
    count = 0
    numbers: list[int] = []
    block: list[list[str]] = []
    for number, row in rows:
        if count < table.header_lines:
            _check_header(row, number, file, table, report, is_first=count == 0)
            count += 1
            continue
        if len(row) != table.width and not _is_fitting(row, number, file, table, report):
            continue
        numbers.append(number)
        block.append(row)
        if len(block) == _BLOCK_ROWS:
            count += len(block)
            yield Block(file, numbers, block)
            numbers, block = [], []
            if count > ROWS_MOST:
                add(report, "too_many_rows", file, limit=ROWS_MOST)
                return
    if block:
        yield Block(file, numbers, block)


def _is_fitting(row: list[str], number: int, file: str, table: Table, report: Report) -> bool:
    """Return whether a row is the one that sets the width; note it where it is of another width."""
    if not row or row == [""]:
        add(report, "empty_line", file, line=number)
        return False
    if table.width is None:
        table.width = len(row)
        most = max((column.index for column in table.columns if column.index is not None), default=0)
        if most < len(row):
            return True
        add(report, "index_outside", file, line=number, value=most, limit=len(row))
        raise _UnreadableError
    add(report, "column_count", file, line=number, value=len(row), limit=table.width)
    return False


def _check_header(
    row: list[str], number: int, file: str, table: Table, report: Report, *, is_first: bool
) -> None:
    """Compare the first head line with the terms; its width is that of all rows."""
    if not is_first:
        return
    if table.width is None:
        _is_fitting(row, number, file, table, report)
    if table.header and row != table.header:
        if len(row) != len(table.header):
            add(report, "column_count", file, line=number, value=len(row), limit=len(table.header))
            return
        for value, limit in zip(row, table.header, strict=True):
            if value != limit:
                add(report, "bad_descriptor", file, line=number, term=limit,
                    detail=f"the head line says {value!r} where the schema says {limit!r}")  # fmt: skip
        return
    for column in table.columns:
        if not table.header and column.index is not None and column.term and column.index < len(row):
            name = row[column.index].rpartition(":")[2].rpartition("/")[2]
            if name.casefold() != column.term.casefold():
                add(report, "header_mismatch", file, line=number, term=column.name, value=name,
                    limit=column.term)  # fmt: skip


def _plain(lines: _Lines, table: Table) -> Iterator[tuple[int, list[str]]]:
    separator = table.separator
    for number, line in enumerate(lines, 1):
        yield number, line.split(separator)


def _quoted(lines: _Lines, file: str, table: Table, report: Report) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(
        (f"{line}\n" for line in lines), delimiter=table.separator, quotechar=table.quote, strict=True
    )
    begin = 1
    try:
        for row in reader:
            if reader.line_num != begin:
                add(report, "embedded_line_break", file, line=begin)
            yield begin, row
            begin = reader.line_num + 1
    except csv.Error as error:
        add(report, "quoting", file, line=begin, detail=error)
        raise _UnreadableError from error


class _Lines:
    """Lines of a file by its own line end only: other characters that look like one are text."""

    def __init__(self, stream: IO[bytes], file: str, table: Table, report: Report) -> None:
        self._stream, self._file, self._table, self._report = stream, file, table, report
        self._number = 0

    def __iter__(self) -> Iterator[str]:
        rest, end = "", self._table.line_end
        decoder = codecs.getincrementaldecoder(self._table.encoding)("strict")
        is_noted = False
        while True:
            chunk = self._stream.read(_CHUNK_BYTES)
            text = self._decode(decoder, chunk)
            if self._number == 0 and not rest and text.startswith("\ufeff"):
                add(self._report, "byte_order_mark", self._file)
                text = text[1:]
            lines = (rest + text).split(end)
            rest = lines.pop()
            if end == "\n" and lines and lines[0].endswith("\r"):
                if not is_noted:
                    add(self._report, "line_ends", self._file, where="the descriptor")
                is_noted = True
                lines = [line.removesuffix("\r") for line in lines]
            for line in lines:
                self._check(line)
                yield line
            if len(rest) > _LINE_MOST:
                add(self._report, "line_too_long", self._file, line=self._number + 1, limit=_LINE_MOST)
                raise _UnreadableError
            if not chunk:
                break
        if rest.removesuffix("\r"):
            self._check(rest)
            yield rest.removesuffix("\r")

    def _check(self, line: str) -> None:
        self._number += 1
        if not line.isprintable() and len(line.translate(_CONTROL)) != len(line):
            add(self._report, "control_character", self._file, line=self._number, value=line)

    def _decode(self, decoder: codecs.IncrementalDecoder, chunk: bytes) -> str:
        try:
            return decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            line = self._number + 1 + error.object[: error.start].count(b"\n")
            add(self._report, "encoding", self._file, line=line, value=self._table.encoding,
                detail=error.reason)  # fmt: skip
            raise _UnreadableError from error

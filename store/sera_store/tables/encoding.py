"""Text of a table from its bytes: UTF-8, UTF-16 by its byte order mark, Windows-1252 with a note."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_store.errors import TableError
from sera_words.statements import TableNote

if TYPE_CHECKING:
    from collections.abc import Sequence

# The mark of UTF-32 begins with that of UTF-16, so it is looked for first.
_MARKS: Final[Sequence[tuple[bytes, str]]] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# First bytes of .xlsx and .ods (a ZIP archive), and of .xls (an OLE2 container).
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_ARCHIVE: Final = _WORKBOOKS[0]
# Ends of names that stand in an archive of tables, and in no workbook.
_TABLES_IN_ARCHIVES: Final = (b".csv", b".tsv", b".txt")
_WINDOWS: Final = "Windows-1252"
# What Latin-1 and Windows-1252 share begins at 0xA0: where nothing lies below it, both names are right.
_LATIN: Final = "Latin-1"
_HEAD: Final = 512
_MARKUP: Final = {
    b"<!doctype html": "a web page (HTML)",
    b"<html": "a web page (HTML)",
    b"<table": "a web page (HTML)",
    b"<meta": "a web page (HTML)",
    b"<?xml": "XML",
    b"{\\rtf": "a text document (RTF)",
    b"%pdf": "a document to print (PDF)",
}
_SEVERAL_BYTES: Final = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_WORD: Final = re.compile(r"[^\s,;|\"]*[^\x00-\x7f][^\s,;|\"]*")
_SAMPLE_MOST: Final = 40


class Decoded(NamedTuple):
    """The text of a file, and what a reader must know of its encoding."""

    text: str
    notes: list[TableNote]


def decode(data: bytes, source: str) -> Decoded:
    """Decode the bytes of a table.

    Parameters
    ----------
    data
        The whole file.
    source
        Its name, for messages.

    Returns
    -------
    Decoded
        The text without byte order mark. A file that is neither marked nor UTF-8 is read as Windows-1252 (of
        which Latin-1 is a part), with a note that shows a word of it.

    Raises
    ------
    TableError
        The file is a workbook or holds NUL bytes; it breaks off within a character; it is UTF-8 in some
        places and something else in others; or it has a byte that Windows-1252 has no character for.
    """
    if data.startswith(_ARCHIVE) and any(name in data for name in _TABLES_IN_ARCHIVES):
        raise TableError(
            source,
            "this is an archive (ZIP), no table; unpack it and give the table in it (of a Darwin Core "
            "Archive the file that its meta.xml calls the core, as occurrence.txt)",
        )
    if data.startswith(_WORKBOOKS):
        raise TableError(
            source, "this is a spreadsheet's workbook, no text; save the sheet as CSV (UTF-8) and try again"
        )
    _refuse_markup(data, source)
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return Decoded(_decode_marked(data, codec, source), [])
    if b"\x00" in data:
        raise TableError(
            source, "it holds NUL bytes, so it is no text that can be read; save the table as CSV (UTF-8)"
        )
    try:
        return Decoded(data.decode("utf-8"), [])
    except UnicodeDecodeError as error:
        return _decode_single_bytes(data, error.start, source)


def _refuse_markup(data: bytes, source: str) -> None:
    """Raise for a web page, which many programs save under the name of a workbook, and for other markup."""
    # A byte order mark and the NUL bytes of UTF-16 stand between the letters.
    head = data[:_HEAD].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    for mark, name in _MARKUP.items():
        if head.startswith(mark):
            raise TableError(
                source,
                f"this is {name}, no table of plain text, whatever the file's name ends with; open it in a "
                "spreadsheet, and save the sheet as CSV (UTF-8)",
            )


def _decode_marked(data: bytes, codec: str, source: str) -> str:
    """Decode what begins with a byte order mark, which settles the encoding."""
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        name = codec.removesuffix("-sig").upper()
        raise TableError(
            source,
            f"its byte order mark says {name}, but byte {error.start + 1} is not {name}; "
            "save the table as CSV (UTF-8)",
        ) from error


def _decode_single_bytes(data: bytes, position: int, source: str) -> Decoded:
    """Decode a file of one byte a character, whose byte at `position` is not UTF-8."""
    line = data.count(b"\n", 0, position) + 1
    if _SEVERAL_BYTES.search(data):
        raise TableError(
            source,
            f"byte {position + 1}, in line {line}, is not UTF-8, though other characters are; it was put "
            "together from files of two encodings. Save each as CSV (UTF-8) first",
        )
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableError(
            source,
            f"byte {error.start + 1}, in line {line}, is neither UTF-8 nor {_WINDOWS}; save the table as CSV "
            "(UTF-8)",
        ) from error
    is_latin = not any(0x80 <= byte < 0xA0 for byte in data)
    word = _WORD.search(text)
    return Decoded(
        text,
        [
            TableNote.of(
                "encoding_single_bytes",
                encoding=_LATIN if is_latin else _WINDOWS,
                word=word.group()[:_SAMPLE_MOST] if word else "",
            )
        ],
    )

"""Which family a recorded file belongs to, told by its content, never by its name alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_gateway.importers import device_messages, poms
from sera_gateway.importers.loggers import hobo, smart_citizen, tomst
from sera_gateway.importers.loggers.family import ReadingOptions
from sera_gateway.importers.loggers.reader import read_logger
from sera_gateway.importers.recording import RecordedMessage, Recording, UnreadableFileError
from sera_store.errors import TableError
from sera_store.tables.encoding import decode
from sera_store.tables.raw_rows import raw_rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from sera_gateway.importers.loggers.family import LoggerFamily

_LOGGERS: Final[tuple[LoggerFamily, ...]] = (smart_citizen, hobo, tomst)
_FAMILIES: Final = (
    *[family.NAME for family in _LOGGERS],
    "table of counts by people, as UK PoMS publishes them (CSV)",
    "saved device messages (JSON list with topic and payload)",
)


def read_file(
    path: Path,
    options: ReadingOptions = ReadingOptions(),  # noqa: B008 - it is immutable
) -> list[Recording] | list[RecordedMessage]:
    """Read a recorded file of any family we know.

    Parameters
    ----------
    path
        The file.
    options
        What a logger's file does not say itself.

    Raises
    ------
    UnreadableFileError
        The file cannot be opened, is no text, is empty, holds nothing below its names, is of no family we
        know, or has two readings that nothing in it decides between.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"{path}: {error.strerror}; expected a file that can be read") from error
    try:
        contents = _read(path, data, options)
    except TableError as error:
        raise UnreadableFileError(str(error)) from error
    if not any(isinstance(content, RecordedMessage) or content.rows for content in contents):
        raise UnreadableFileError(
            f"{path.name}: there is no row below the columns' names; expected at least one, as its source "
            f"writes them"
        )
    return contents


def _read(path: Path, data: bytes, options: ReadingOptions) -> list[Recording] | list[RecordedMessage]:
    text = decode(data, path.name).text
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    if not first_line:
        raise UnreadableFileError(f"{path.name}: the file is empty; expected recorded readings")
    if poms.recognises(text):
        return poms.read(path, data, options)
    if device_messages.recognises(first_line):
        return device_messages.read(path, text)
    rows = raw_rows_of(data, path.name)
    for family in _LOGGERS:
        recordings = read_logger(rows, family, options)
        if recordings is not None:
            return recordings
    raise UnreadableFileError(
        f"{path.name}: its first line {first_line[:60]!r} is of no family that can be read; "
        f"expected one of: {'; '.join(_FAMILIES)}. A table of another logger is read with the names "
        "datetime, T1, T2, T3 and moisture (soil), or 'Date Time, GMT+02:00' and "
        "'Temp, °C (LGR S/N: 1)' (air)"
    )

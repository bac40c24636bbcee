"""Which family a recorded file belongs to, told by its content, never by its name alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_gateway.importers import device_messages, poms, tomst
from sera_gateway.importers.recording import RecordedMessage, Recording, UnreadableFileError

if TYPE_CHECKING:
    from pathlib import Path

_FAMILIES = (
    "TOMST logger download or export (CSV)",
    "UK PoMS table of FIT counts (CSV)",
    "saved device messages (JSON list with topic and payload)",
)


def read_file(path: Path) -> list[Recording] | list[RecordedMessage]:
    """Read a recorded file of any family we know.

    Raises
    ------
    UnreadableFileError
        The file cannot be opened, is no text, is empty, or is of no family we know.
    """
    text = _text(path)
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    if tomst.recognises(first_line):
        return tomst.read(path, text)
    if poms.recognises(first_line):
        return poms.read(path, text)
    if device_messages.recognises(first_line):
        return device_messages.read(path, text)
    raise UnreadableFileError(
        f"{path.name}: its first line {first_line[:60]!r} is of no family that can be read; "
        f"expected one of: {'; '.join(_FAMILIES)}"
    )


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableFileError(f"{path}: {error.strerror}; expected a file that can be read") from error
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            f"{path.name}: byte {error.start} is no UTF-8 text; save the file as UTF-8"
        ) from error
    if not text.strip():
        raise UnreadableFileError(f"{path.name}: the file is empty; expected recorded readings")
    return text

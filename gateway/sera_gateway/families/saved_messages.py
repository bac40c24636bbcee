"""Messages that somebody saved: a JSON list or JSON lines of topic and payload, or `topic payload` a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from sera_gateway.errors import MappingUnusableError

if TYPE_CHECKING:
    from pathlib import Path

_BYTES_MOST: Final = 4 * 2**20
_MESSAGES_MOST: Final = 5_000
_BRACKET: Final = re.compile(r" [\[{]")


class SavedMessage(NamedTuple):
    """A message as its device sent it."""

    topic: str
    payload: bytes


class _Entry(msgspec.Struct):
    payload: str
    # A message of which nobody has kept the topic is shown as one that no mapping can read.
    topic: str | None = None


_entry = msgspec.json.Decoder(_Entry).decode
_entries = msgspec.json.Decoder(list[_Entry]).decode


def read_saved(path: Path) -> list[SavedMessage]:
    """Read a file of saved messages.

    Notes
    -----
    The last form is what `mosquitto_sub -v` prints; a topic with a space is told from its payload where that
    begins with a bracket. A line that begins with `{` is an object with `topic` and `payload`.

    Raises
    ------
    MappingUnusableError
        It cannot be read, is too long, or a line of it is no message.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_BYTES_MOST + 1)
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingUnusableError(f"{path} cannot be read ({error}); name a file of messages") from error
    if len(content) > _BYTES_MOST:
        raise MappingUnusableError(f"{path} is too long; expected at most {_BYTES_MOST} bytes of messages")
    messages = _read_list(path, text) if text.lstrip().startswith("[") else _read_lines(path, text)
    if not messages:
        raise MappingUnusableError(f"{path} holds no message; expected a topic and a payload a line")
    return messages[:_MESSAGES_MOST]


def _read_list(path: Path, text: str) -> list[SavedMessage]:
    try:
        return [SavedMessage(entry.topic or "", entry.payload.encode()) for entry in _entries(text)]
    except msgspec.MsgspecError as error:
        raise MappingUnusableError(
            f"{path}: {error}; expected a JSON list of objects with topic and payload, both texts"
        ) from error


def _read_lines(path: Path, text: str) -> list[SavedMessage]:
    messages = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        topic, mark, payload = _split(line)
        if line.startswith("{"):
            try:
                entry = _entry(line)
            except msgspec.MsgspecError as error:
                raise MappingUnusableError(
                    f"{path}, line {number}: {error}; expected an object with topic and payload, both texts; "
                    "for one payload alone name its topic: --topic TOPIC"
                ) from error
            messages.append(SavedMessage(entry.topic or "", entry.payload.encode()))
        elif mark:
            messages.append(SavedMessage(topic, payload.encode()))
        else:
            raise MappingUnusableError(
                f"{path}, line {number}: {line[:80]!r} is no message; expected a topic, a space and a payload"
            )
    return messages


def _split(line: str) -> tuple[str, str, str]:
    """Split a line into topic, space and payload: before a bracket, else at the first space."""
    match = _BRACKET.search(line)
    place = match.start() if match else line.find(" ")
    return (line[:place], " ", line[place + 1 :]) if place > 0 else (line, "", "")

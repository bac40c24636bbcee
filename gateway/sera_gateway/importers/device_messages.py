"""Saved MQTT messages of foreign devices: a JSON list of objects with a topic and a payload."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from sera_gateway.importers.recording import RecordedMessage, UnreadableFileError, name_node
from sera_vocabulary import topics
from sera_vocabulary.topic_filters import topic_problem

if TYPE_CHECKING:
    from pathlib import Path

_TOPIC_LONGEST: Final = 1024
_TEXT_MOST: Final = 80
_PLACE: Final = re.compile(r"at `\$\[(?P<entry>[0-9]+)\](?:\.(?P<key>[a-z]+))?`")


class _Entry(msgspec.Struct):
    family: str = "unknown"
    topic: str | None = None
    payload: str | None = None


def recognises(first_line: str) -> bool:
    """Return whether a file may be a list of saved messages, by its first letter."""
    return first_line.lstrip().startswith("[")


def read(path: Path, text: str) -> list[RecordedMessage]:
    """Read a file of saved messages.

    One without a topic that the broker takes gets `recorded/<family>/<place in the file>`, and a note.

    Raises
    ------
    UnreadableFileError
        The file is no JSON list of objects, no object in it holds a payload, or a topic is one of Sera's own.
    """
    try:
        entries = msgspec.json.decode(text, type=list[_Entry])
    except msgspec.MsgspecError as error:
        raise UnreadableFileError(
            f"{path.name}: {_problem(error)}; expected a JSON list of objects, each with the texts topic and "
            "payload (what was sent, quoted as one text)"
        ) from error
    for index, entry in enumerate(entries, 1):
        _refuse_own_topic(path, entry, index)
    messages = [
        _message(entry, entry.payload, index)
        for index, entry in enumerate(entries, 1)
        if entry.payload is not None
    ]
    if not messages:
        raise UnreadableFileError(f"{path.name}: no entry holds a payload; expected saved device messages")
    return messages


def _problem(error: msgspec.MsgspecError) -> str:
    """Describe what is wrong with a file of saved messages, and in which of them."""
    place = _PLACE.search(str(error))
    if place is not None:
        key = f", key {place['key']!r}" if place["key"] else ""
        return f"message {int(place['entry']) + 1}{key}: {str(error).partition(' - at ')[0]}".replace(
            "`str | null`", "a text"
        ).replace("`", "")
    if "truncated" in str(error):
        return "the list does not end; the file may have been cut off: save it again"
    return f"it is no JSON ({error})"


def _refuse_own_topic(path: Path, entry: _Entry, place: int) -> None:
    """Refuse what would speak for one of our nodes, which prove themselves by a certificate."""
    if entry.topic is not None and entry.topic.strip().split("/", 1)[0] == topics.ROOT:
        raise UnreadableFileError(
            f"{path.name}, entry {place}: topic {entry.topic!r} is one of Sera's own nodes, which speak for "
            "themselves and never from a file; take out what is under "
            f"{topics.ROOT}/ and ingest the rest. Nothing of this file was taken"
        )


def _message(entry: _Entry, payload: str, place: int) -> RecordedMessage:
    topic = entry.topic or ""
    problem = _topic_problem(topic)
    if not problem:
        return RecordedMessage(topic, payload.encode())
    moved = f"recorded/{name_node(entry.family)}/{place}"
    if not topic:
        return RecordedMessage(moved, payload.encode())
    note = (
        f"message {place} is read as {moved}, not as {topic[:_TEXT_MOST]!r}: {problem}; no mapping of "
        "that topic reads it"
    )
    return RecordedMessage(moved, payload.encode(), note)


def _topic_problem(topic: str) -> str:
    """Return why a topic cannot be published on; sources often describe it in words instead."""
    if len(topic) > _TOPIC_LONGEST:
        return f"it is longer than {_TOPIC_LONGEST} characters"
    if topic.startswith("$"):
        return "it begins with $, which is the broker's own"
    if " " in topic and "/" not in topic:
        return "it is words without a level, as of a source that describes its topic"
    return topic_problem(topic)

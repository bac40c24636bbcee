"""Reads the keys of all records on a node's flash, for those who check that none was lost.

Written from docs/firmware-store.md alone: it shares no code with the firmware that wrote the flash.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from littlefs import LittleFS, LittleFSError, UserContext

from sera_simulator.errors import UnreadableFlashError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK_BYTES: Final = 4096
_FOLDER: Final = "records"
_SUFFIX: Final = ".seg"
_HEAD: Final = struct.Struct("<HI")
_START: Final = struct.Struct("<8sI")
_RECORD: Final = struct.Struct("<III")
_UNREADABLE: Final = ""


@dataclass(frozen=True, kw_only=True)
class FlashContents:
    """What lies on a node's flash.

    Parameters
    ----------
    epoch
        Epoch of the store, or the empty text where nothing was ever written.
    keys
        Series by sequence, of all records that are held; the empty text where the record is damaged.
    lowest
        Lowest sequence still held.
    next_seq
        Sequence after the highest.
    damaged
        Sequences whose record cannot be read.
    freed
        How many records had to make room.
    """

    epoch: str
    keys: dict[int, str]
    lowest: int
    next_seq: int
    damaged: frozenset[int]
    freed: int


@dataclass(frozen=True)
class _Segment:
    """One segment file: its epoch, first sequence, the last one's successor, and series by sequence."""

    epoch: str
    first: int
    after: int
    series: dict[int, str]


def keys_on_flash(path: Path) -> FlashContents:
    """Read every key on a node's flash.

    Parameters
    ----------
    path
        A littlefs image file, or the folder that a node under CPython keeps its files in.

    Raises
    ------
    UnreadableFlashError
        There is no such flash, it is no littlefs, or its segments are of different epochs.
    """
    contents = _contents(path)
    layouts: dict[int, str] = {}
    for content in contents.values():
        for crc, payload in _frames(content):
            if payload[:1] == b"L":
                layouts[crc] = json.loads(b"{" + payload[1:] + b"}")["s"]
    segments = [_segment(name, contents[name], layouts) for name in sorted(contents)]
    return _summary(path, segments)


def _summary(path: Path, segments: list[_Segment]) -> FlashContents:
    epochs = {segment.epoch for segment in segments if segment.epoch}
    if len(epochs) > 1:
        raise UnreadableFlashError(f"flash {path}: segments of {len(epochs)} epochs; expected one")
    if not segments:
        return FlashContents(epoch="", keys={}, lowest=1, next_seq=1, damaged=frozenset(), freed=0)
    ends = [segment.first for segment in segments[1:]] + [segments[-1].after]
    keys: dict[int, str] = {}
    for segment, end in zip(segments, ends, strict=True):
        keys.update({seq: segment.series.get(seq, _UNREADABLE) for seq in range(segment.first, end)})
    lowest = segments[0].first
    return FlashContents(
        epoch=epochs.pop() if epochs else "",
        keys=keys,
        lowest=lowest,
        next_seq=ends[-1],
        damaged=frozenset(seq for seq, series in keys.items() if series == _UNREADABLE),
        freed=lowest - 1,
    )


def _contents(path: Path) -> dict[str, bytes]:
    """Read all segment files by name."""
    if path.is_dir():
        return {file.name: file.read_bytes() for file in (path / _FOLDER).glob(f"*{_SUFFIX}")}
    try:
        image = path.read_bytes()
        context = UserContext(len(image))
        context.buffer = bytearray(image)
        system = LittleFS(
            context=context, block_size=_BLOCK_BYTES, block_count=len(image) // _BLOCK_BYTES, mount=True
        )
        names = [name for name in system.listdir(_FOLDER) if name.endswith(_SUFFIX)]
        contents = {}
        for name in names:
            with system.open(f"{_FOLDER}/{name}", "rb") as file:
                contents[name] = file.read()
    except (OSError, LittleFSError) as error:
        raise UnreadableFlashError(
            f"flash {path}: {error}; expected a littlefs image of a node, or the folder of one"
        ) from error
    return contents


def _frames(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield checksum and payload of each good frame, stepping over what is damaged."""
    at = 0
    while at + _HEAD.size < len(content):
        length, crc = _HEAD.unpack_from(content, at)
        start, end = at + _HEAD.size, at + _HEAD.size + length
        payload = content[start:end]
        if length and end <= len(content) and zlib.crc32(payload) == crc:
            yield crc, payload
            at = end
        else:
            at += 1


def _segment(name: str, content: bytes, layouts: dict[int, str]) -> _Segment:
    epoch, series = "", {}
    first = int(name.removesuffix(_SUFFIX))
    for _, payload in _frames(content):
        if payload[:1] == b"S":
            epoch = _START.unpack_from(payload, 1)[0].decode()
        elif payload[:1] == b"R":
            layout, _, seq = _RECORD.unpack_from(payload, 1)
            series[seq] = layouts.get(layout, _UNREADABLE)
    return _Segment(epoch, first, max(series, default=first - 1) + 1, series)

"""The form of a backup: one file with a head, and files one after the other, each with its digest.

``docs/backups.md`` describes it byte by byte.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from sera_command.backups.encryption import Lock  # noqa: TC001 - msgspec reads the annotations
from sera_command.backups.names import NAME_BYTES_MOST, is_backup_name, is_key_name
from sera_command.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_command.backups.encryption import Source, Target

FORM: Final = 1
MAGIC: Final = b"SERA BACKUP\n"
ALL, RECORDS, KEYS = "all", "records", "keys"

_HEAD_BYTES_MOST: Final = 4_096
_MANIFEST_BYTES_MOST: Final = 65_536
_FILES_MOST: Final = 1_000_000
_PIECE_BYTES: Final = 1 << 20
# Length of the name, and of the content, in front of each.
_FRONT: Final = struct.Struct(">HQ")


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands before everything else, readable for everybody: the backup's id, and how it is locked."""

    form: int
    id: str
    lock: Lock | None


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup holds, and how far its journal and store reach.

    Parameters
    ----------
    id
        As in the head.
    holds
        `all`, `records` (without the keys) or `keys` (alone).
    files
        How many.
    """

    id: str
    created_s: int
    holds: str
    ledger_position: int
    journal_last: int
    files: int


class Contents(NamedTuple):
    """What was read of a backup: its manifest, and size [bytes] and SHA-256 of each file by name."""

    manifest: Manifest
    files: dict[str, tuple[int, bytes]]


def write_head(target: Target, head: Head) -> bytes:
    """Write magic and head, and return the hash that everything after it is bound to."""
    content = MAGIC + msgspec.json.encode(head) + b"\n"
    target.write(content)
    return hashlib.sha256(content).digest()


def read_head(source: Source, name: str) -> tuple[Head, bytes]:
    """Read magic and head; return the head, and the hash that everything after it is bound to.

    Raises
    ------
    BadInputError
        When this is no backup, or one of a newer Sera.
    """
    content = source.read(len(MAGIC))
    if content != MAGIC:
        raise BadInputError(f"{name} is no backup; name a file that `sera backup` wrote")
    while not content.endswith(b"\n") or len(content) == len(MAGIC):
        byte = source.read(1)
        content += byte
        if not byte or len(content) > _HEAD_BYTES_MOST:
            raise BadInputError(f"{name}: its head has no end; take another backup")
    line = content[len(MAGIC) :]
    try:
        form = msgspec.json.decode(line, type=_Form).form
        if form > FORM:
            raise BadInputError(f"{name} was made by a newer Sera (form {form}); update Sera")
        return msgspec.json.decode(line, type=Head), hashlib.sha256(content).digest()
    except msgspec.MsgspecError as error:
        raise BadInputError(f"{name}: its head cannot be read ({error}); take another backup") from error


class _Form(msgspec.Struct):
    form: int


class ContainerWriter:
    """Writes files one after the other; `finish` writes the manifest, without which nothing is a backup."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._digest = hashlib.sha256()
        self.names: set[str] = set()

    def add(self, name: str, source: Source, size: int) -> None:
        """Write one file of exactly so many bytes."""
        front = _FRONT.pack(len(name.encode()), size) + name.encode()
        own = hashlib.sha256(front)
        self._write(front)
        remaining = size
        while piece := source.read(min(remaining, _PIECE_BYTES)):
            own.update(piece)
            self._write(piece)
            remaining -= len(piece)
        if remaining:
            raise BadInputError(f"{name} became shorter while it was copied; back up again")
        self._write(own.digest())
        self.names.add(name)

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest and the digest of everything."""
        content = msgspec.json.encode(manifest)
        self._write(_FRONT.pack(0, len(content)) + content)
        self._target.write(self._digest.digest())

    def _write(self, content: bytes) -> None:
        self._digest.update(content)
        self._target.write(content)


class ContainerReader:
    """Reads what `ContainerWriter` wrote, and refuses everything else.

    Parameters
    ----------
    source
        The backup behind its head, opened.
    name
        The backup, for messages.
    """

    def __init__(self, source: Source, name: str) -> None:
        self._source = source
        self._name = name
        self._digest = hashlib.sha256()
        self._files: dict[str, tuple[int, bytes]] = {}

    def read(self, receive: Callable[[str, int], Target | None]) -> Contents:
        """Read everything to the end and compare each digest.

        Parameters
        ----------
        receive
            Called with name and size before a file is read; returns where it goes, None for nowhere. The
            content is handed over before its digest is compared: read once for nothing, then once more.

        Raises
        ------
        BadInputError
            When anything is not as it was written, or is named in no form of a backup.
        """
        while True:
            name_bytes, size = _FRONT.unpack(front := self._take(_FRONT.size))
            if not name_bytes:
                return Contents(self._end(size), self._files)
            if name_bytes > NAME_BYTES_MOST:
                raise self._wrong(f"a name has {name_bytes} bytes; expected at most {NAME_BYTES_MOST}")
            name = self._parse_name(content := self._take(name_bytes))
            self._files[name] = size, self._content(front + content, size, receive(name, size), name)

    def _parse_name(self, content: bytes) -> str:
        name = content.decode("utf-8", "replace")
        if not is_backup_name(name):
            raise self._wrong(f"it holds a file named {name!r}, which `sera backup` never writes")
        # On Windows and macOS two such names would be one file.
        if name.casefold() in {other.casefold() for other in self._files}:
            raise self._wrong(f"it holds {name!r} twice")
        if len(self._files) >= _FILES_MOST:
            raise self._wrong(f"it holds more than {_FILES_MOST} files")
        return name

    def _content(self, front: bytes, size: int, target: Target | None, name: str) -> bytes:
        own, remaining = hashlib.sha256(front), size
        while remaining:
            piece = self._take(min(remaining, _PIECE_BYTES))
            own.update(piece)
            remaining -= len(piece)
            if target is not None:
                target.write(piece)
        if self._take(len(own.digest())) != own.digest():
            raise self._wrong(f"{name} is not what was backed up")
        return own.digest()

    def _end(self, size: int) -> Manifest:
        if size > _MANIFEST_BYTES_MOST:
            raise self._wrong(f"its manifest has {size} bytes; expected at most {_MANIFEST_BYTES_MOST}")
        content = self._take(size)
        expected = self._digest.digest()
        if self._take(len(expected)) != expected or self._source.read(1):
            raise self._wrong("it is not what was backed up")
        try:
            manifest = msgspec.json.decode(content, type=Manifest)
        except msgspec.MsgspecError as error:
            raise self._wrong(f"its manifest cannot be read ({error})") from error
        holds = {is_key_name(name) for name in self._files}
        expects = {ALL: {True, False}, RECORDS: {False}, KEYS: {True}}.get(manifest.holds, set())
        if manifest.files != len(self._files) or not holds <= expects:
            raise self._wrong("its manifest does not say what it holds")
        return manifest

    def _take(self, size: int) -> bytes:
        content = self._source.read(size)
        if len(content) != size:
            raise self._wrong("it was cut off")
        self._digest.update(content)
        return content

    def _wrong(self, problem: str) -> BadInputError:
        return BadInputError(f"{self._name}: {problem}; take another backup")

"""A line for each pack and archive that was made: of which gardens and dates, when, and its checksum."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from sera_command.errors import CannotWriteError
from sera_store.private_files import FILE_MODE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILE: Final = "handouts.jsonl"
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Handout:
    """One output that may have left the house.

    Parameters
    ----------
    made_s
        When, Unix time [s].
    kind
        `pack`, or the form of an archive.
    name
        Name of its file or folder; its folder is not kept.
    first, last
        First and last day, ISO 8601.
    sha256
        Of the file, or of the checksums in the folder.
    """

    made_s: int
    kind: str
    name: str
    gardens: tuple[str, ...]
    first: str
    last: str
    sha256: str


def note_handout(
    data: Path, kind: str, out: Path, gardens: Sequence[str], dates: tuple[str, str], made_s: int
) -> None:
    """Note an output that was made; kept on disk before the command ends.

    Raises
    ------
    CannotWriteError
        The note cannot be written.
    """
    sums = out / "SHA256SUMS.txt" if out.is_dir() else out
    handout = Handout(made_s, kind, out.name, tuple(gardens), *dates, _digest(sums))
    line = json.dumps(asdict(handout), ensure_ascii=False) + "\n"
    try:
        handle = os.open(data / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise CannotWriteError(
            f"{data / FILE}: {error.strerror}; {out} is made, but not noted as handed out: make room there"
        ) from error


def handouts_of(data: Path, garden: str = "") -> list[Handout]:
    """List what was handed out, of a garden or of all, the newest first; damaged lines are left out."""
    try:
        lines = (data / FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    handouts = [handout for line in lines if (handout := _read(line)) is not None]
    return [handout for handout in reversed(handouts) if not garden or garden in handout.gardens]


def _read(line: str) -> Handout | None:
    try:
        fields: dict[str, Any] = json.loads(line)
        return Handout(**{**fields, "gardens": tuple(fields["gardens"])})
    except (ValueError, TypeError, KeyError):
        return None


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()

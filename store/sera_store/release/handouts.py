"""What was handed out: a line a pack, archive, export and set of pages, for whoever withdraws consent."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from sera_store.errors import StoreUnusableError
from sera_store.private_files import FILE_MODE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILE: Final = "handouts.jsonl"
# In a folder that has them, they stand for all its files.
SUMS: Final = "SHA256SUMS.txt"
PRINTED: Final = "(printed)"
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Handout:
    """One output that may have left the house.

    Parameters
    ----------
    made_s
        When, Unix time [s].
    kind
        `pack`, `mural`, `pages`, the form of an archive, or `export` and its form.
    name
        Name of its file or folder; its folder is not kept. `(printed)` where it went to a terminal or pipe.
    first, last
        First and last day, ISO 8601; empty where there is no end.
    sha256
        Of the file, of the checksums in the folder, or of the checksums of all its files.
    items
        Stories and recipes that are in it, each as its id and version.
    """

    made_s: int
    kind: str
    name: str
    gardens: tuple[str, ...]
    first: str
    last: str
    sha256: str
    items: tuple[str, ...] = ()


def note_handout(
    data: Path,
    kind: str,
    out: Path | None,
    gardens: Sequence[str],
    dates: tuple[str, str],
    made_s: int,
    *,
    sha256: str = "",
    items: Sequence[str] = (),
) -> None:
    """Note an output that was made; kept on disk before the command ends.

    Parameters
    ----------
    out
        File or folder; None for what was printed. Where `sha256` is given, the file is not read.
    items
        Stories and recipes that are in it, each as its id and version.

    Raises
    ------
    StoreUnusableError
        The note cannot be written.
    """
    try:
        digest = sha256 if sha256 or out is None else digest_of(out)
        name = PRINTED if out is None else out.name
        handout = Handout(made_s, kind, name, tuple(gardens), *dates, digest, tuple(items))
        line = json.dumps(asdict(handout), ensure_ascii=False) + "\n"
        handle = os.open(data / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StoreUnusableError(
            data / FILE,
            str(error.strerror),
            f"{out or PRINTED} is made, but not noted as handed out: make room there",
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
        return Handout(
            **{**fields, "gardens": tuple(fields["gardens"]), "items": tuple(fields.get("items", ()))}
        )
    except (ValueError, TypeError, KeyError):
        return None


def digest_of(out: Path) -> str:
    """Return the SHA-256 of a file, or of what a folder holds, in hexadecimal digits."""
    if not out.is_dir():
        return _digest(out)
    if (out / SUMS).is_file():
        return _digest(out / SUMS)
    files = sorted(path for path in out.rglob("*") if path.is_file())
    lines = [f"{_digest(path)}  {path.relative_to(out).as_posix()}\n" for path in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()

"""Open an archive from a stranger, zip file or folder; what is hostile is refused before unpacking."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from sera_workshop.archives.checks.sentences import add

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

    from sera_workshop.archives.checks.report import Report

FILES_MOST: Final = 10_000
BYTES_MOST: Final = 16 << 30
_RATIO_MOST: Final = 200
# Smaller files may unpack as they like.
_RATIO_FROM_BYTES: Final = 64 << 20
_SYSTEM_NAMES: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_END_RECORD: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_COMMENT_MOST: Final = 65_535

UNPACKING_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


class Container(Protocol):
    """Files of an archive by name."""

    names: dict[str, int]
    """Size of each file that may be read, by its name [bytes]."""

    def open(self, name: str) -> IO[bytes]:
        """Open a file for reading."""
        ...

    def close(self) -> None:
        """Release the archive."""
        ...


@dataclass(slots=True)
class ZipContainer:
    """An archive as a zip file."""

    archive: zipfile.ZipFile
    names: dict[str, int] = field(default_factory=dict)
    members: dict[str, zipfile.ZipInfo] = field(default_factory=dict)

    def open(self, name: str) -> IO[bytes]:
        """Open a file; no more is unpacked than its entry says."""
        return self.archive.open(self.members[name])

    def close(self) -> None:
        """Close the zip file."""
        self.archive.close()


@dataclass(slots=True)
class FolderContainer:
    """An archive as a folder."""

    root: Path
    names: dict[str, int] = field(default_factory=dict)

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        return (self.root / name).open("rb")

    def close(self) -> None:
        """Nothing is held."""


def open_container(path: Path, report: Report) -> Container | None:
    """Open an archive and note what is wrong with its files.

    Parameters
    ----------
    path
        A zip file or a folder.
    report
        Takes the findings.

    Returns
    -------
    Container or None
        None where the archive must not be read at all.
    """
    container = _open_folder(path, report) if path.is_dir() else _open_zip(path, report)
    return None if container is None else _without_outer_folder(container, report)


def _open_folder(path: Path, report: Report) -> FolderContainer | None:
    container = FolderContainer(path)
    for item in sorted(path.rglob("*")):
        name = item.relative_to(path).as_posix()
        if item.is_symlink():
            add(report, "link", name, value=name)
        elif item.is_file() and not _is_system_file(name, report):
            container.names[name] = item.stat().st_size
        if len(container.names) > FILES_MOST:
            add(report, "too_many_files", "", value=f"over {FILES_MOST}", limit=FILES_MOST)
            return None
    return container


def _open_zip(path: Path, report: Report) -> ZipContainer | None:
    try:
        if not _has_bearable_directory(path, report):
            return None
        archive = zipfile.ZipFile(path)
    except (*UNPACKING_ERRORS, ValueError, struct.error) as error:
        add(report, "not_an_archive", "", detail=f"{path.name} cannot be read: {error}")
        return None
    container = ZipContainer(archive)
    if _is_bomb(archive, path.stat().st_size, report):
        archive.close()
        return None
    folded: set[str] = set()
    for entry in archive.infolist():
        if entry.is_dir() or not _is_readable(entry, report):
            continue
        if entry.filename.casefold() in folded:
            add(report, "duplicate_file", entry.filename, value=entry.filename)
            continue
        folded.add(entry.filename.casefold())
        container.names[entry.filename] = entry.file_size
        container.members[entry.filename] = entry
    return container


def _has_bearable_directory(path: Path, report: Report) -> bool:
    """Return whether the zip's own count of files is bearable, before they are all listed in memory."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _END_BYTES - _COMMENT_MOST))
        tail = file.read()
    at = tail.rfind(_END_RECORD)
    if at < 0 or len(tail) - at < _END_BYTES:
        add(report, "not_an_archive", "", detail=f"{path.name} is no zip file")
        return False
    count, directory_bytes = struct.unpack("<H", tail[at + 10 : at + 12])[0], tail[at + 12 : at + 16]
    if count > FILES_MOST or struct.unpack("<I", directory_bytes)[0] > FILES_MOST * 1_000:
        add(report, "too_many_files", "", value=count, limit=FILES_MOST)
        return False
    return True


def _is_bomb(archive: zipfile.ZipFile, packed_bytes: int, report: Report) -> bool:
    entries = archive.infolist()
    if len(entries) > FILES_MOST:
        add(report, "too_many_files", "", value=len(entries), limit=FILES_MOST)
        return True
    total = sum(entry.file_size for entry in entries)
    if total > BYTES_MOST:
        add(report, "too_large", "", value=total, limit=BYTES_MOST)
        return True
    if sum(entry.compress_size for entry in entries) > packed_bytes:
        add(report, "overlapping_files", "")
        return True
    for entry in entries:
        ratio = entry.file_size // max(1, entry.compress_size)
        if entry.file_size > _RATIO_FROM_BYTES and ratio > _RATIO_MOST:
            add(report, "compression_ratio", entry.filename, value=ratio, limit=_RATIO_MOST)
            return True
    return False


def _is_readable(entry: zipfile.ZipInfo, report: Report) -> bool:
    name = entry.filename
    if is_unsafe(name) or name != entry.orig_filename.rstrip("\0"):
        add(report, "unsafe_path", name, value=entry.orig_filename)
    elif stat.S_ISLNK(entry.external_attr >> 16):
        add(report, "link", name, value=name)
    elif entry.flag_bits & 1:
        add(report, "encrypted", name)
    elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        add(report, "compression_method", name, value=entry.compress_type)
    else:
        return not _is_system_file(name, report)
    return False


def is_unsafe(name: str) -> bool:
    """Return whether a name leads, or may lead, out of the folder that it is unpacked in."""
    parts = name.split("/")
    return (
        not name
        or name.startswith(("/", "~"))
        or "\\" in name
        or ":" in name
        or ".." in parts
        or any(not char.isprintable() for char in name)
    )


def _is_system_file(name: str, report: Report) -> bool:
    last = name.rpartition("/")[2]
    if not (name.startswith("__MACOSX/") or last.startswith("._") or last in _SYSTEM_NAMES):
        return False
    add(report, "system_file", name)
    return True


def _without_outer_folder(container: Container, report: Report) -> Container:
    """Step into the one folder that holds everything, as archives made by hand have it."""
    tops = {name.partition("/")[0] for name in container.names if "/" in name}
    if len(tops) != 1 or any("/" not in name for name in container.names):
        return container
    [top] = tops
    add(report, "inner_folder", "", value=top)
    return _Inner(container, f"{top}/")


class _Inner:
    """A container below one of its folders."""

    def __init__(self, container: Container, prefix: str) -> None:
        self._container, self._prefix = container, prefix
        self.names = {name.removeprefix(prefix): size for name, size in container.names.items()}

    def open(self, name: str) -> IO[bytes]:
        return self._container.open(self._prefix + name)

    def close(self) -> None:
        self._container.close()


def read_small(container: Container, name: str, limit: int) -> bytes | None:
    """Read a file whole; None where it is larger than a limit [bytes].

    Raises
    ------
    OSError, zipfile.BadZipFile
        It cannot be unpacked.
    """
    if container.names[name] > limit:
        return None
    with container.open(name) as file:
        return file.read(limit + 1)

"""One file for a bag: a ZIP without compression, always written the same way, and read only if written so.

Stored files cannot swell, so that a size seen before reading is the size in memory. Whatever a ZIP may hold
beside (comments, extra fields, links, other times, bytes between files) has no place: what was read is
written again, and has to be the same bytes.

References
----------
PKWARE Inc., APPNOTE.TXT, .ZIP File Format Specification 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

from sera_coalition.bundles.refusals import Refusal
from sera_coalition.errors import RefusedBundleError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BYTES_MOST: Final = 64 << 20
FILES_MOST: Final = 100
_LOCAL: Final = struct.Struct("<IHHHHHIIIHH")
_CENTRAL: Final = struct.Struct("<IHHHHHHIIIHHHHHII")
_END: Final = struct.Struct("<IHHHHIIH")
_END_MARK: Final = b"PK\x05\x06"
# Stands before the end where a directory is longer than that has room for.
_LONG_END_MARK: Final = b"PK\x06\x07"
_LONG_END_BYTES: Final = 20
_COMMENT_BYTES_MOST: Final = _END.size + (1 << 16)
# Of a folder and two names: more has no entry of the directory.
_ENTRY_BYTES_MOST: Final = _CENTRAL.size + 3 * 101
_NO_ZIP: Final = "is no ZIP that can be read; ask for the bundle again"
_OTHER_PACKING: Final = "is packed in another way than `sera bundle make` does; ask for it again"
_VERSION: Final = 20
# Made on Unix, so that the mode of files is read from the attributes.
_CREATOR: Final = 3 << 8 | _VERSION
# 1 January 1980, midnight: the first time of the format, and no time of anybody.
_DATE: Final = 1 << 5 | 1
_MODE: Final = (stat.S_IFREG | 0o644) << 16
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    EOFError,
    OSError,
    struct.error,
)


def write_container(folder: str, files: Mapping[str, bytes]) -> bytes:
    """Write files into one, in the order of their paths: the same bytes for the same files.

    Parameters
    ----------
    folder
        Name of the folder that all lie in.
    files
        Content by path, in letters of ASCII.
    """
    body, directory = bytearray(), bytearray()
    for path, content in sorted(files.items()):
        name = f"{folder}/{path}".encode("ascii")
        head = (_VERSION, 0, 0, 0, _DATE, zlib.crc32(content), len(content), len(content), len(name), 0)
        directory += _CENTRAL.pack(0x02014B50, _CREATOR, *head, 0, 0, 0, _MODE, len(body)) + name
        body += _LOCAL.pack(0x04034B50, *head) + name + content
    end = _END.pack(0x06054B50, 0, 0, len(files), len(files), len(directory), len(body), 0)
    return bytes(body + directory + end)


def read_container(content: bytes) -> tuple[str, dict[str, bytes]]:
    """Read the name of the folder and the files, content by path.

    Raises
    ------
    RefusedBundleError
        It is not valid, too large, or not in the one form that it has.
    """
    if len(content) > BYTES_MOST:
        raise RefusedBundleError(
            Refusal.TOO_LARGE, f"has {len(content)} bytes; a bundle has at most {BYTES_MOST}"
        )
    _check_end(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _check_members(members, len(content))
            files = {member.filename: archive.read(member) for member in members}
    except _UNREADABLE as error:
        raise RefusedBundleError(Refusal.UNREADABLE, _NO_ZIP) from error
    folder = next(iter(files), "").partition("/")[0]
    inside = {name.removeprefix(f"{folder}/"): content for name, content in files.items()}
    if not is_plain(folder) or len(inside) != len(members) or not all(map(is_path, inside)):
        raise RefusedBundleError(
            Refusal.LAYOUT, "has names that lead out of its folder or stand twice; ask for it again"
        )
    if write_container(folder, inside) != content:
        raise RefusedBundleError(Refusal.LAYOUT, _OTHER_PACKING)
    return folder, inside


def _check_end(content: bytes) -> None:
    """Check how long the directory is: who opens a ZIP makes an object of each entry, of a million too."""
    end = content[-_END.size :]
    if not end.startswith(_END_MARK) or len(end) < _END.size:
        if _END_MARK in content[-_COMMENT_BYTES_MOST:]:
            raise RefusedBundleError(Refusal.LAYOUT, _OTHER_PACKING)
        raise RefusedBundleError(Refusal.UNREADABLE, _NO_ZIP)
    if content[-_END.size - _LONG_END_BYTES :].startswith(_LONG_END_MARK):
        raise RefusedBundleError(Refusal.LAYOUT, _OTHER_PACKING)
    if _END.unpack(end)[5] > FILES_MOST * _ENTRY_BYTES_MOST:
        raise RefusedBundleError(Refusal.TOO_LARGE, f"has a directory of more than {FILES_MOST} files")


def _check_members(members: list[zipfile.ZipInfo], size: int) -> None:
    """Check sizes before anything is read."""
    if len(members) > FILES_MOST or sum(member.file_size for member in members) > size:
        raise RefusedBundleError(
            Refusal.TOO_LARGE, f"says that it holds more than its {size} bytes, or than {FILES_MOST} files"
        )
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED:
            raise RefusedBundleError(
                Refusal.LAYOUT, f"{member.filename[:80]!a} is compressed, and no file of a bundle is"
            )


def read_folder(folder: Path) -> tuple[str, dict[str, bytes]]:
    """Read an unpacked bag as `read_container` does; no link is followed.

    Raises
    ------
    RefusedBundleError
        There is something else than files and folders, or too much.
    """
    files: dict[str, bytes] = {}
    size = 0
    for base, folders, names in os.walk(folder, followlinks=False):
        for name in sorted([*folders, *names]):
            path = os.path.join(base, name)  # noqa: PTH118 - what os.walk gives
            status = os.lstat(path)
            if name in folders and stat.S_ISDIR(status.st_mode):
                continue
            size += status.st_size
            inside = os.path.relpath(path, folder).replace(os.sep, "/")
            _check_sizes(inside, status, size, len(files))
            with open(path, "rb") as file:  # noqa: PTH123 - as above
                files[inside] = file.read(BYTES_MOST + 1)
    return folder.resolve().name, files


def _check_sizes(path: str, status: os.stat_result, size: int, count: int) -> None:
    if not stat.S_ISREG(status.st_mode) or not is_path(path):
        raise RefusedBundleError(Refusal.LAYOUT, f"{path[:80]!a} is a link, or no file of a bundle")
    if size > BYTES_MOST or count >= FILES_MOST:
        raise RefusedBundleError(Refusal.TOO_LARGE, f"has more than {FILES_MOST} files or {BYTES_MOST} bytes")


def is_plain(name: str) -> bool:
    """Return whether a name is one of letters, digits, `-`, `_` and `.`, and hides or leads nowhere."""
    return (
        0 < len(name) <= 100
        and name.isascii()
        and name.replace("-", "a").replace("_", "a").replace(".", "a").isalnum()
        and not name.startswith(".")
        and not name.endswith(".")
    )


def is_path(path: str) -> bool:
    """Return whether a path is one or two plain names."""
    parts = path.split("/")
    return len(parts) <= 2 and all(map(is_plain, parts))

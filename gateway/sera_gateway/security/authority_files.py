"""The files of an authority: what they are called, how they are written, and records that only grow."""

from __future__ import annotations

import errno
import json
import os
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sera_gateway.errors import AuthorityError, FolderUnwritableError

if TYPE_CHECKING:
    from pathlib import Path

PRESENT: Final = "authority-1"
NEXT: Final = "authority-2"
AUTHORITIES: Final = (PRESENT, NEXT)
TRUST: Final = "trust.crt"
LISTS: Final = "revoked.crl"


def write_new(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file that must not exist yet, readable as `mode` says from its first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_entries(path: Path) -> list[dict[str, Any]]:
    """Read a record of one JSON object a line; no file is no entry.

    Raises
    ------
    AuthorityError
        If it is damaged.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    try:
        return [json.loads(line) for line in lines]
    except ValueError as error:
        raise AuthorityError(
            f"authority: {path} is damaged ({error}); bring it back from a backup"
        ) from error


def append_entry(path: Path, entry: dict[str, object]) -> None:
    """Append one JSON object to a record that only its owner reads."""
    line = f"{json.dumps(entry)}\n".encode()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab", buffering=0) as file:
        whole = file.tell()
        if file.write(line) < len(line):
            # Half a line would spoil the file.
            file.truncate(whole)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(file.fileno())


def authority_end(folder: Path, name: str) -> datetime:
    """Return when an authority's certificate ends, without the library that signs.

    Raises
    ------
    AuthorityError
        If the certificate is missing or damaged.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(folder / f"{name}.crt")
        [certificate] = context.get_ca_certs()
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    except (OSError, ValueError, KeyError) as error:
        raise unreadable(folder, name, error) from error


def unreadable(folder: Path, name: str, error: Exception) -> AuthorityError:
    """Explain that an authority's files cannot be read."""
    return AuthorityError(
        f"authority: {folder / name}.crt and .key cannot be read ({error}); "
        f"bring {folder} back from a backup, nodes trust no other"
    )


def unwritable(folder: Path, error: OSError) -> FolderUnwritableError:
    """Explain that the authority's folder cannot be written."""
    return FolderUnwritableError(
        f"authority: cannot write {folder} ({error.strerror}); give a folder that this user may write"
    )

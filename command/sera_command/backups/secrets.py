"""Where passphrases and keys come from: files, the environment or a prompt, never the command line."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

import typer
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from sera_command.errors import BadInputError, CannotWriteError

if TYPE_CHECKING:
    from pathlib import Path

PASSPHRASE_VARIABLE: Final = "SERA_BACKUP_PASSPHRASE"  # noqa: S105 - a name, no passphrase
_BYTES_MOST: Final = 65_536


def passphrase_from(file: Path | None, *, is_new: bool) -> str:
    """Read a passphrase: the first line of a file, else the environment, else asked at the terminal.

    Raises
    ------
    BadInputError
        When there is none, and no terminal to ask at.
    """
    if file is not None:
        lines = _read(file).decode("utf-8", "replace").splitlines()
        return lines[0] if lines else ""
    if PASSPHRASE_VARIABLE in os.environ:
        return os.environ[PASSPHRASE_VARIABLE]
    if not sys.stdin.isatty():
        raise BadInputError(
            f"there is no passphrase; name a file with --passphrase-file, or set {PASSPHRASE_VARIABLE}"
        )
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new, err=True))


def read_recipient(file: Path) -> X25519PublicKey:
    """Read a public key.

    Raises
    ------
    BadInputError
        When the file holds none.
    """
    try:
        key = load_pem_public_key(_read(file))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadInputError(
            f"{file} holds no public key; name the .pub that `sera backup-key` wrote"
        ) from error
    if not isinstance(key, X25519PublicKey):
        raise BadInputError(
            f"{file} holds a key of another kind; expected X25519, as `sera backup-key` writes it"
        )
    return key


def read_private_key(file: Path) -> X25519PrivateKey:
    """Read a private key.

    Raises
    ------
    BadInputError
        When the file holds none.
    """
    try:
        key = load_pem_private_key(_read(file), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadInputError(
            f"{file} holds no private key; name the one that `sera backup-key` wrote"
        ) from error
    if not isinstance(key, X25519PrivateKey):
        raise BadInputError(
            f"{file} holds a key of another kind; expected X25519, as `sera backup-key` writes it"
        )
    return key


def write_key_pair(file: Path) -> Path:
    """Draw a key pair; write the private key, for this user alone, and the public one beside it.

    Returns
    -------
    Path
        The public key's file.

    Raises
    ------
    BadInputError
        When one of the files is there already.
    CannotWriteError
        When they cannot be written.
    """
    key = X25519PrivateKey.generate()
    public = file.with_name(file.name + ".pub")
    contents = (
        (file, 0o600, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())),
        (public, 0o644, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)),
    )
    for path, mode, content in contents:
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as target:
                target.write(content)
        except FileExistsError as error:
            raise BadInputError(
                f"{path} is there already, and a key is never overwritten; name another file"
            ) from error
        except OSError as error:
            raise CannotWriteError(
                f"{path} cannot be written ({error.strerror}); name another file"
            ) from error
    return public


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as source:
            return source.read(_BYTES_MOST)
    except OSError as error:
        raise BadInputError(f"{file} cannot be read ({error.strerror})") from error

"""The private signing key of each community: one file of the data folder, for its owner alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from sera_coalition.errors import KeyMissingError
from sera_store.chronicle.schema import name_in_folder
from sera_store.errors import StoreUnusableError
from sera_store.private_files import make_private, write_private

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "signing"
FILE: Final = "key.pem"
# Drawn for a change of keys, and in force once the chronicle has the change.
NEXT_FILE: Final = "next.pem"


def key_folder(data: Path, community: str) -> Path:
    """Return the folder of a community's signing key within a data folder."""
    return data / FOLDER / name_in_folder(community)


def has_key(data: Path, community: str, name: str = FILE) -> bool:
    """Return whether a community has a signing key here."""
    return (key_folder(data, community) / name).is_file()


def read_key(data: Path, community: str, name: str = FILE) -> Ed25519PrivateKey:
    """Read the signing key of a community.

    Raises
    ------
    KeyMissingError
        There is none, or the file holds no such key.
    """
    path = key_folder(data, community) / name
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError as error:
        raise KeyMissingError(
            f"{community} has no signing key in {data}; `sera agreement key` draws one, or restore a backup"
        ) from error
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyMissingError(
            f"{path} holds no signing key; bring the backup back, or draw a new key with "
            "`sera agreement key --lost`"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyMissingError(f"{path} holds a key of another kind; expected Ed25519")
    return key


def draw_key(data: Path, community: str, name: str = FILE) -> Ed25519PrivateKey:
    """Draw a new key and keep it on disk, in place of the one before.

    Raises
    ------
    StoreUnusableError
        The file cannot be written; the key before is still there.
    """
    key = Ed25519PrivateKey.generate()
    folder = key_folder(data, community)
    try:
        make_private(folder)
        write_private(folder / name, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    except OSError as error:
        raise StoreUnusableError(folder, str(error.strerror), "make room, or name another folder") from error
    return key


def put_next_in_force(data: Path, community: str) -> None:
    """Replace the present key by the one that was drawn for a change."""
    folder = key_folder(data, community)
    (folder / NEXT_FILE).replace(folder / FILE)

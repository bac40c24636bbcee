"""Encrypt a backup as a stream of sealed chunks, for a passphrase or for the holder of a key.

Each chunk of 64 KiB is sealed with ChaCha20-Poly1305. Its nonce is its place in the stream and whether it is
the last, and the hash of the backup's head is bound to it: a chunk that was changed, moved, left out or taken
from another backup does not open, and neither does a stream that was cut off or goes on.
"""

from __future__ import annotations

import hmac
import os
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sera_command.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK_BYTES: Final = 65_536
PASSPHRASE_LEAST: Final = 12
_TAG_BYTES: Final = 16
_KEY_BYTES: Final = 32
_SALT_BYTES: Final = 16
_PLACE_BYTES: Final = 11
# 128 MiB and half a second a try; the numbers belong to the form, so that no file can ask for more.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**17, 8, 1
_INFO: Final = b"sera backup 1"


class PassphraseLock(msgspec.Struct, frozen=True, tag="passphrase", forbid_unknown_fields=True):
    """How the key comes from a passphrase; `check` tells a wrong one from a damaged file."""

    salt: bytes
    check: bytes


class RecipientLock(msgspec.Struct, frozen=True, tag="x25519", forbid_unknown_fields=True):
    """How the key comes from a recipient's private key, which the maker of the backup never has."""

    recipient: bytes
    ephemeral: bytes
    check: bytes


Lock = PassphraseLock | RecipientLock


class Locked(NamedTuple):
    """A lock for the head of a backup, and the key that it hides."""

    lock: Lock
    key: bytes


class Secrets(NamedTuple):
    """What opens backups; `passphrase` asks for one when a backup has need of it."""

    passphrase: Callable[[], str]
    private_key: X25519PrivateKey | None = None


class Source(Protocol):
    """Where bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, fewer only at the end."""


class Target(Protocol):
    """Where bytes are written to."""

    def write(self, content: bytes, /) -> object:
        """Take all of it."""


def lock_with_passphrase(passphrase: str) -> Locked:
    """Draw a salt, and derive a key from it and a passphrase.

    Raises
    ------
    BadInputError
        When the passphrase has fewer than 12 characters.
    """
    if len(passphrase) < PASSPHRASE_LEAST:
        raise BadInputError(
            f"the passphrase has {len(passphrase)} characters; expected {PASSPHRASE_LEAST} or more, such as "
            "five words drawn at random"
        )
    salt = os.urandom(_SALT_BYTES)
    key, check = _from_passphrase(passphrase, salt)
    return Locked(PassphraseLock(salt, check), key)


def lock_for_recipient(recipient: X25519PublicKey) -> Locked:
    """Derive a key that only the holder of the recipient's private key can derive again."""
    ephemeral = X25519PrivateKey.generate()
    ephemeral_public, recipient_public = (
        ephemeral.public_key().public_bytes_raw(),
        recipient.public_bytes_raw(),
    )
    key, check = _from_exchange(ephemeral, recipient, ephemeral_public + recipient_public)
    return Locked(RecipientLock(recipient_public, ephemeral_public, check), key)


def unlock(lock: Lock, secrets: Secrets, name: str) -> bytes:
    """Derive the key of a backup again.

    Parameters
    ----------
    name
        The backup, for messages.

    Raises
    ------
    BadInputError
        When it takes another passphrase or key.
    """
    if isinstance(lock, PassphraseLock):
        key, check = _from_passphrase(secrets.passphrase(), lock.salt)
        wrong = f"{name} does not open with this passphrase; try again, or name another backup"
    else:
        if secrets.private_key is None:
            raise BadInputError(f"{name} is encrypted for a key; name the file of the private one with --key")
        wrong = f"{name} is encrypted for another key than the one that --key names"
        try:
            other = X25519PublicKey.from_public_bytes(lock.ephemeral)
            key, check = _from_exchange(secrets.private_key, other, lock.ephemeral + lock.recipient)
        except ValueError as error:
            raise BadInputError(wrong) from error
    if not hmac.compare_digest(check, lock.check):
        raise BadInputError(wrong)
    return key


def _from_passphrase(passphrase: str, salt: bytes) -> tuple[bytes, bytes]:
    scrypt = Scrypt(salt=salt, length=2 * _KEY_BYTES, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P)
    derived = scrypt.derive(passphrase.encode())
    return derived[:_KEY_BYTES], derived[_KEY_BYTES:]


def _from_exchange(private: X25519PrivateKey, public: X25519PublicKey, salt: bytes) -> tuple[bytes, bytes]:
    hkdf = HKDF(algorithm=SHA256(), length=2 * _KEY_BYTES, salt=salt, info=_INFO)
    derived = hkdf.derive(private.exchange(public))
    return derived[:_KEY_BYTES], derived[_KEY_BYTES:]


class SealedWriter:
    """Seals what is written, chunk by chunk; `close` seals the last one.

    Parameters
    ----------
    target
        Where the chunks go.
    key
        The key of this backup alone.
    bound
        What the chunks are bound to: the hash of the backup's head.
    """

    def __init__(self, target: Target, key: bytes, bound: bytes) -> None:
        self._target = target
        self._cipher = ChaCha20Poly1305(key)
        self._bound = bound
        self._place = 0
        self._waiting = bytearray()

    def write(self, content: bytes) -> None:
        """Take content, and seal the chunks that are full and followed by something."""
        self._waiting += content
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]

    def close(self) -> None:
        """Seal the last chunk; the target stays open."""
        self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._place, is_last=is_last), chunk, self._bound))
        self._place += 1


class SealedReader:
    """Opens sealed chunks, and returns nothing of a chunk that is not what was sealed.

    Parameters
    ----------
    source
        Where the chunks come from, up to its end.
    key, bound
        As they were sealed.
    name
        The backup, for messages.
    """

    def __init__(self, source: Source, key: bytes, bound: bytes, name: str) -> None:
        self._source = source
        self._cipher = ChaCha20Poly1305(key)
        self._bound = bound
        self._name = name
        self._place = 0
        self._next = source.read(CHUNK_BYTES + _TAG_BYTES)
        self._open = b""

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, fewer only at the end.

        Raises
        ------
        BadInputError
            A chunk was changed, moved or left out.
        """
        parts, missing = [], size
        while missing and (self._open or self._open_next()):
            parts.append(self._open[:missing])
            self._open = self._open[missing:]
            missing -= len(parts[-1])
        return b"".join(parts)

    def _open_next(self) -> bool:
        sealed, self._next = self._next, b""
        if not sealed:
            if self._place:
                return False
            raise self._changed_error()
        self._next = self._source.read(CHUNK_BYTES + _TAG_BYTES)
        try:
            self._open = self._cipher.decrypt(
                _nonce(self._place, is_last=not self._next), sealed, self._bound
            )
        except InvalidTag as error:
            raise self._changed_error() from error
        self._place += 1
        return bool(self._open)

    def _changed_error(self) -> BadInputError:
        return BadInputError(
            f"{self._name} is not what was backed up: its part {self._place + 1} of {CHUNK_BYTES} bytes was "
            "changed or cut off; take another backup"
        )


def _nonce(place: int, *, is_last: bool) -> bytes:
    return place.to_bytes(_PLACE_BYTES, "big") + bytes([is_last])

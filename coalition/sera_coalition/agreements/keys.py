"""The key by which a community signs: Ed25519, its public half, and words by which two people compare it.

The library that signs is loaded with the first key: it takes 8 MB, and pages are served for days without one.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from sera_coalition.errors import InvalidAgreementError
from sera_store.chronicle.head_words import hash_words, read_hash_words
from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_KEY: Final = re.compile(r"[0-9a-f]{64}")
_DIGITS: Final = 32


def public_of(key: Ed25519PrivateKey) -> str:
    """Return the public half of a key as 64 hexadecimal digits."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - see the module
        Encoding,
        PublicFormat,
    )

    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def is_key(text: str) -> bool:
    """Return whether a text is a public key: 64 hexadecimal digits that are a point of the curve."""
    if not _KEY.fullmatch(text):
        return False
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - see the module
        Ed25519PublicKey,
    )

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
    except ValueError:
        return False
    return True


def key_id(key: str) -> str:
    """Return by what a key is named: SHA-256 of it behind a line of its own, 64 hexadecimal digits."""
    return hashlib.sha256(b"sera key 1\n" + key.encode()).hexdigest()


def fingerprint(key: str) -> str:
    """Write a key as the twelve words that are read aloud, as heads of a chronicle are."""
    return hash_words(key_id(key))


def check_read_aloud(words: str, key: str, community: str) -> None:
    """Check words that were read aloud against a key.

    Raises
    ------
    InvalidAgreementError
        They are no such words, or those of another key.
    """
    try:
        digits = read_hash_words(words.replace(",", " ").lower().split())
    except InvalidEntryError as error:
        raise InvalidAgreementError("heard", str(error)) from error
    if digits != key_id(key)[:_DIGITS]:
        raise InvalidAgreementError(
            "heard",
            f"these are not the words of the key that this document has for {community}: somebody put "
            "another key in, or you were read those of another community. Do not sign; compare once more",
        )


def is_signed_by(key: str, signature: bytes, content: bytes) -> bool:
    """Return whether a signature of some content is of a public key."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - see the module
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - see the module
        Ed25519PublicKey,
    )

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True

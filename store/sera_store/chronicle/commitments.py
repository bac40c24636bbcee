"""Digests that tell nothing of what they stand for until their salt is known.

A short text, a name or a known picture can be guessed and hashed; with a salt of 32 drawn bytes it cannot.
Whoever has salt and content can show that they belong to the digest; where the salt is erased, nobody can
ever again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

SALT_BYTES: Final = 32
# What is committed to is part of it, so that no digest of an author can be passed off as one of a body.
AUTHOR: Final = b"author"
BODY: Final = b"body"
ATTACHMENT: Final = b"attachment"


def draw_salt() -> bytes:
    """Draw a salt."""
    return secrets.token_bytes(SALT_BYTES)


def commitment(salt: bytes, role: bytes, content: bytes) -> str:
    """Return the salted digest of a content in a role: HMAC-SHA-256 (RFC 2104) as 64 hexadecimal digits.

    Parameters
    ----------
    salt
        32 bytes, drawn for this content alone.
    role
        `AUTHOR`, `BODY` or `ATTACHMENT`.
    content
        What the digest stands for.
    """
    return hmac.new(salt, role + b"\n" + content, hashlib.sha256).hexdigest()

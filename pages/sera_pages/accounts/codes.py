"""Codes that people read aloud and type: letters that cannot be mistaken, and a hash that is kept of them."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Final

# Without i, l, o and u, so that a code can be read aloud; five bits a letter.
LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_GROUP: Final = 4


def draw_code(letters: int) -> str:
    """Draw a code of so many letters."""
    return "".join(secrets.choice(LETTERS) for _ in range(letters))


def plain_code(text: str) -> str:
    """Return a code as it was drawn, from how a person typed it: capitals, spaces and dashes do not count."""
    letters = "".join(letter for letter in text.lower() if letter.isalnum())
    return letters.translate(str.maketrans("ilo", "110"))


def code_hash(code: str) -> bytes:
    """Return what is kept of a code, however it was typed."""
    return sha256(plain_code(code).encode()).digest()


def grouped_code(code: str) -> str:
    """Write a code in groups of four, as it is read aloud.

    Examples
    --------
    >>> grouped_code("0a1b2c3d")
    '0a1b-2c3d'
    """
    return "-".join(code[index : index + _GROUP] for index in range(0, len(code), _GROUP))

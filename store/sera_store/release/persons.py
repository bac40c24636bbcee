"""The one function through which every person's id leaves: a pseudonym that holds in one output alone."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Final

_KEY_BYTES: Final = 32
_DIGITS: Final = 10
_DRAWN_BYTES: Final = 5
PREFIX: Final = "person-"


class Pseudonyms:
    """Names for the persons of one output, made with a key that is kept nowhere.

    Parameters
    ----------
    key
        Drawn where none is given. The same key gives the same pseudonyms, so it never serves two outputs.

    Examples
    --------
    >>> one, other = Pseudonyms(), Pseudonyms()
    >>> one.of("person-1") == one.of("person-1"), one.of("person-1") == other.of("person-1")
    (True, False)
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = secrets.token_bytes(_KEY_BYTES) if key is None else key

    def of(self, counter: str) -> str:
        """Return the pseudonym of a counter id in this output."""
        digest = hmac.new(self._key, counter.encode(), sha256).hexdigest()
        return PREFIX + digest[:_DIGITS]


def draw_counter_id() -> str:
    """Draw the id under which a person counts; nothing of the person is in it."""
    return draw_id(PREFIX.rstrip("-"))


def draw_id(kind: str) -> str:
    """Draw an id that says only of what kind the thing is: `person-0f3a9c41d2`."""
    return f"{kind}-{secrets.token_hex(_DRAWN_BYTES)}"

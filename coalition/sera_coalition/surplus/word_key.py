"""What is kept of a word of one's own choosing, of a giver and of a link: keyed digests, and nothing else."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from hashlib import scrypt, sha256
from typing import TYPE_CHECKING, Final, Self

from sera_coalition.errors import InvalidSurplusError
from sera_store.errors import StoreUnusableError
from sera_store.private_files import make_private, write_private

if TYPE_CHECKING:
    from pathlib import Path

KEY_FILE: Final = "words.key"
WORD_SHORTEST: Final = 3
WORD_LONGEST: Final = 40
_KEY_BYTES: Final = 32
_BLOCK: Final = 8
# 16 MB and some 40 ms of a processor a guess (RFC 7914): a short word withstands those who have the database
# without its key; who has both is slowed.
COST: Final = 2**14
_LINK_LETTERS: Final = 20


class WordKey:
    """Makes digests with the key of an installation.

    Parameters
    ----------
    key
        Thirty-two drawn bytes.
    cost
        Of scrypt, a power of two.
    """

    def __init__(self, key: bytes, cost: int = COST) -> None:
        self._key = key
        self._cost = cost

    @classmethod
    def open(cls, folder: Path, cost: int = COST) -> Self:
        """Read the key of a folder, drawn where there is none.

        Raises
        ------
        StoreUnusableError
            It cannot be read or written; the message names the path and the remedy.
        """
        path = folder / KEY_FILE
        try:
            make_private(folder)
            if not path.exists():
                write_private(path, secrets.token_bytes(_KEY_BYTES))
            return cls(path.read_bytes(), cost)
        except OSError as error:
            raise StoreUnusableError(
                path, f"cannot be used ({error.strerror})", "make room, or give this user the right to it"
            ) from error

    def word(self, offer: str, text: str) -> bytes:
        """Return what is kept of a word at one offer; the same word at another offer gives something else."""
        salt = self._keyed("word", offer)
        return scrypt(plain_word(text).encode(), salt=salt, n=self._cost, r=_BLOCK, p=1, dklen=_KEY_BYTES)

    def giver(self, community: str, person: str) -> bytes:
        """Return what is kept of whoever gives."""
        return self._keyed("giver", f"{community}\n{person}")

    def link(self, purpose: str, name: str) -> str:
        """Return the end of an address that opens something, made of its id: eighty bits, kept nowhere."""
        return f"{name}-{self._keyed(purpose, name).hex()[:_LINK_LETTERS]}"

    def opened(self, purpose: str, link: str) -> str | None:
        """Return the id that an address opens; None where it is not one of ours."""
        name = link.partition("-")[0]
        return name if hmac.compare_digest(self.link(purpose, name).encode(), link.encode()) else None

    def _keyed(self, purpose: str, text: str) -> bytes:
        return hmac.new(self._key, f"{purpose}\n{text}".encode(), sha256).digest()


def plain_word(text: str) -> str:
    """Return a word as it is compared: capitals and the spaces around it do not count.

    Raises
    ------
    InvalidSurplusError
        It is too short or too long.

    Examples
    --------
    >>> plain_word("  Blue  Kettle ")
    'blue kettle'
    """
    word = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if not WORD_SHORTEST <= len(word) <= WORD_LONGEST:
        raise InvalidSurplusError(
            "word",
            "word",
            f"expected {WORD_SHORTEST} to {WORD_LONGEST} characters",
            least=WORD_SHORTEST,
            most=WORD_LONGEST,
        )
    return word

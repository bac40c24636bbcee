"""A head of the chain as words that can be read aloud, printed on a poster and typed in again.

Twelve words stand for the first 128 bits of the hash, with four bits by which most slips of the ear are
noticed; the list is the English one of BIP-39, whose words differ in their first four letters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from mnemonic import Mnemonic

from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.chronicle.entries import Entry

WORDS: Final = 12
_HEX_DIGITS: Final = 32
_LIST: Final = Mnemonic("english")


class Head(NamedTuple):
    """Where a chain stood: number of its last entry, and the beginning of that entry's hash (32 digits)."""

    number: int
    hash_start: str

    def holds_for(self, entry: Entry) -> bool:
        """Return whether an entry is the one that this head was noted of."""
        return entry.number == self.number and entry.hash.startswith(self.hash_start)


def words_of(entry: Entry) -> str:
    """Write a head as its number and twelve words, as `12 abandon ability ...`."""
    return f"{entry.number} {hash_words(entry.hash)}"


def hash_words(digest: str) -> str:
    """Write the first 128 bits of a digest (hexadecimal digits) as twelve words."""
    return str(_LIST.to_mnemonic(bytes.fromhex(digest[:_HEX_DIGITS])))


def read_words(text: str) -> Head:
    """Read a head as somebody noted it: capitals, commas and letters after the fourth are free.

    Raises
    ------
    InvalidEntryError
        It is not a number and twelve words of the list, or was misread; the message names the word.
    """
    number, *words = text.replace(",", " ").replace(":", " ").lower().split() or [""]
    if not number.isdecimal() or len(words) != WORDS:
        raise InvalidEntryError(
            f"a head is the number of an entry and {WORDS} words, as `sera chronicle show` prints it; "
            f"there are {len(words)} words after {number!r}"
        )
    return Head(int(number), read_hash_words(words))


def read_hash_words(words: Sequence[str]) -> str:
    """Read twelve words, in small letters, back into the first 32 hexadecimal digits of a digest.

    Raises
    ------
    InvalidEntryError
        They are not twelve words of the list, or one was misread; the message names the word.
    """
    if len(words) != WORDS:
        raise InvalidEntryError(f"expected {WORDS} words, and there are {len(words)}; read them once more")
    full = [_full(word) for word in words]
    if not _LIST.check(" ".join(full)):
        raise InvalidEntryError("these words do not belong together: one was misread, or two changed places")
    return bytes(_LIST.to_entropy(full)).hex()


def _full(word: str) -> str:
    if word in _LIST.wordlist:
        return word
    found = [known for known in _LIST.wordlist if len(word) >= 4 and known[:4] == word[:4]]
    if len(found) != 1:
        raise InvalidEntryError(f"{word!r} is no word of the list; read it once more")
    return str(found[0])

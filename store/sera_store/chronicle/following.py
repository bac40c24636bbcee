"""What came into a chronicle since the last look: for who holds in memory what is given there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sera_store.chronicle.drafts import Draft, draw_item
from sera_store.chronicle.entries import Entry, read_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_store.chronicle.chronicle import Chronicle

HIDING: Final = "hiding"


class Follower:
    """Gives the entries of a chronicle once each, in order, whoever entered them."""

    def __init__(self, chronicle: Chronicle) -> None:
        self._chronicle = chronicle
        self._after = 0

    def entries(self) -> Iterator[Entry]:
        """Give the entries since the last one that was taken."""
        head = self._chronicle.head()
        if head is None or head.number == self._after:
            return
        for header, _ in self._chronicle.lines(self._after):
            entry = read_header(header)
            yield entry
            self._after = entry.number


class Hiding(msgspec.Struct, frozen=True, kw_only=True):
    """That a moderator hides what an entry stands for, or shows it again."""

    number: int
    is_hidden: bool


def hiding_draft(number: int, author: str, *, is_hidden: bool) -> Draft:
    """Return what is entered when a moderator hides an entry's contents, or shows them again."""
    body = msgspec.json.encode(Hiding(number=number, is_hidden=is_hidden))
    return Draft(HIDING, draw_item(), 1, author, body)


def read_hiding(body: bytes) -> Hiding:
    """Read the body of such an entry."""
    return msgspec.json.decode(body, type=Hiding)

"""What comes into a chronicle, handed to the books that hold in memory what is given there."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from sera_store.chronicle.drafts import NO_CONTENTS, Draft, draw_item
from sera_store.chronicle.entries import ERASURE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sera_store.chronicle.chronicle import Chronicle
    from sera_store.chronicle.drafts import Contents
    from sera_store.chronicle.entries import Entry

HIDING: Final = "hiding"


class Hiding(msgspec.Struct, frozen=True, kw_only=True):
    """That a moderator hides what an entry stands for, or shows it again."""

    number: int
    is_hidden: bool


def hiding_draft(number: int, author: str, *, is_hidden: bool) -> Draft:
    """Return what is entered when a moderator hides an entry's contents, or shows them again."""
    body = msgspec.json.encode(Hiding(number=number, is_hidden=is_hidden))
    return Draft(HIDING, draw_item(), 1, author, body)


class Follower:
    """Hands the entries of a chronicle to a book, once each and in order, whoever entered them.

    Parameters
    ----------
    chronicle
        Which is followed.
    take
        What takes in an entry with its contents, by kind of entry; other kinds are passed over. Of one that
        was erased the contents are `NO_CONTENTS`.
    forget
        Takes the number of each entry that was erased.
    hide
        Takes each hiding that was not erased.

    Notes
    -----
    Threads may share it. A function that it calls must not follow.
    """

    def __init__(
        self,
        chronicle: Chronicle,
        take: Mapping[str, Callable[[Entry, Contents], None]],
        *,
        forget: Callable[[int], None] | None = None,
        hide: Callable[[Hiding], None] | None = None,
    ) -> None:
        self._chronicle = chronicle
        self._take = take
        self._forget = forget
        self._hide = hide
        self._lock = threading.RLock()
        self._after = 0

    @contextmanager
    def follow(self) -> Iterator[None]:
        """Hand over what is new, also of another process; until the end no other thread hands over more."""
        with self._lock:
            for entry in self._chronicle.entries(self._after):
                self._hand_over(entry)
                self._after = entry.number
            yield

    def _hand_over(self, entry: Entry) -> None:
        if entry.kind == ERASURE and self._forget is not None:
            for number in entry.erases:
                self._forget(number)
        elif entry.kind == HIDING and self._hide is not None:
            if (body := self._contents(entry).body) is not None:
                self._hide(msgspec.json.decode(body, type=Hiding))
        elif entry.kind in self._take:
            self._take[entry.kind](entry, self._contents(entry))

    def _contents(self, entry: Entry) -> Contents:
        return self._chronicle.contents(entry.number) or NO_CONTENTS

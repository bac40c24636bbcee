"""The stories and events of each community, opened once and held for all threads that serve pages."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sera_coalition.agreements.book import AgreementBook
from sera_commons.storage.event_book import EventBook
from sera_commons.storage.shelf import Shelf
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.schema import chronicle_folder, communities_with_chronicle, holds_nothing
from sera_store.errors import StoreUnusableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Shelves:
    """The shelves of an installation, by community.

    Parameters
    ----------
    data
        The data folder.
    clock
        Unix time [s].
    """

    def __init__(self, data: Path, clock: Callable[[], float]) -> None:
        self._data = data
        self._clock = clock
        self._lock = threading.Lock()
        self._shelves: dict[str, Shelf] = {}
        self._books: dict[str, EventBook] = {}
        self._agreements: dict[str, AgreementBook] = {}

    def of(self, community: str) -> Shelf:
        """Return the shelf of a community, begun where there is none.

        Raises
        ------
        StoreUnusableError
            Its chronicle cannot be used; the message names the path and the remedy.
        """
        with self._lock:
            if community not in self._shelves:
                chronicle = Chronicle.open(chronicle_folder(self._data, community), clock=self._clock)
                self._shelves[community] = Shelf(chronicle, community)
            return self._shelves[community]

    def find(self, community: str) -> Shelf | None:
        """Return the shelf of a community; None where nothing was ever given there.

        Raises
        ------
        StoreUnusableError
            Something was given, and its chronicle cannot be used; the message names the path and the remedy.
        """
        if community not in self._shelves and community not in communities_with_chronicle(self._data):
            return None
        try:
            return self.of(community)
        except StoreUnusableError:
            # The first who gave something met a full disk: that hides no page.
            if not holds_nothing(chronicle_folder(self._data, community)):
                raise
            return None

    def events_of(self, community: str) -> EventBook:
        """Return the events of a community, in the same chronicle.

        Raises
        ------
        StoreUnusableError
            As of `of`.
        """
        shelf = self.of(community)
        with self._lock:
            return self._books.setdefault(community, EventBook(shelf))

    def find_events(self, community: str) -> EventBook | None:
        """Return the events of a community; None where nothing was ever given there."""
        return self.events_of(community) if self.find(community) is not None else None

    def agreements(self, community: str) -> AgreementBook | None:
        """Return what a community agreed with others; None where nothing was ever given there."""
        shelf = self.find(community)
        if shelf is None:
            return None
        with self._lock:
            if community not in self._agreements:
                self._agreements[community] = AgreementBook(shelf.chronicle, community)
            return self._agreements[community]

    def close(self) -> None:
        """Close the chronicles."""
        with self._lock:
            self._books.clear()
            for shelf in self._shelves.values():
                shelf.chronicle.close()
            self._shelves.clear()
            self._agreements.clear()

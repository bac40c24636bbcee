"""Who draws on a design just now: one document in memory for all, and what each is still to be sent."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import anyio.to_thread

from sera_commons.designs.document import apply, has_gap, open_document
from sera_commons.errors import DesignError
from sera_pages.errors import RefusedRequestError
from sera_pages.security.limits import Bucket, Rate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pycrdt import Doc

    from sera_commons.designs.update_log import DesignRow, UpdateLog

AT_ONE_MOST: Final = 24
SESSION_MOST: Final = 4
ALL_MOST: Final = 96
_WAITING_MOST: Final = 256
# A phone that drags sends ten a second; an afternoon without a network comes as one.
CHANGES: Final = Rate(100, 25)
BYTES: Final = Rate(512 * 1024, 32 * 1024)
# A change that is not kept has the document made again of all of its updates.
NOT_KEPT_COSTS: Final = 25


class GapError(Exception):
    """A change waits for another that has not come: the phone is to send everything that the server lacks."""


class Room:
    """One design that is open.

    Parameters
    ----------
    log
        Where changes are kept.
    row
        The design.
    document
        What its updates make.
    """

    def __init__(self, log: UpdateLog, row: DesignRow, document: Doc[Any]) -> None:
        self.row = row
        self.guests: set[Guest] = set()
        self._log = log
        self._document = document
        self._turn = asyncio.Lock()

    def state(self) -> bytes:
        """Return how far the document is, from which a phone makes what is missing here."""
        return self._document.get_state()

    def missing(self, state: bytes) -> bytes:
        """Return the update that brings a copy of some state up to the document.

        Raises
        ------
        DesignError
            The state is not valid.
        """
        try:
            return self._document.get_update(state)
        except ValueError as error:
            raise DesignError(f"not a state of a drawing: {error}") from error

    async def change(self, make: Callable[[Doc[Any]], bytes]) -> None:
        """Keep a change that a form makes on a copy of the document, and pass it on to all.

        Raises
        ------
        DesignError, StoreError
            As of `take`.
        """
        await self.take(make(open_document([self._document.get_update()])), None)

    async def take(self, update: bytes, sender: Guest | None) -> None:
        """Keep a change on disk, and then pass it on to all others.

        Raises
        ------
        DesignError
            It is no change, too large, or of another generation; nothing of it was kept.
        GapError
            It waits for another that is not there; nothing of it was kept.
        StoreError
            The disk refuses; nothing of it was kept.
        """
        async with self._turn:
            try:
                apply(self._document, update)
                self._require_whole(update)
                await anyio.to_thread.run_sync(self._log.append, self.row.id, self.row.generation, update)
            except BaseException:
                # What was not kept is not in the document either.
                updates = await anyio.to_thread.run_sync(self._log.updates, self.row.id)
                self._document = open_document(updates)
                raise
            for guest in self.guests - {sender}:
                guest.put(update)

    def _require_whole(self, update: bytes) -> None:
        if has_gap(self._document, update):
            raise GapError


class Guest:
    """One open page of somebody who draws: what waits to be sent to it."""

    def __init__(self, changes: Bucket, amount: Bucket) -> None:
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(_WAITING_MOST)
        self.is_behind = asyncio.Event()
        self._changes = changes
        self._amount = amount

    def put(self, update: bytes) -> None:
        """Queue a change; a page that reads too slowly is to come again, and gets all at once."""
        try:
            self.waiting.put_nowait(update)
        except asyncio.QueueFull:
            self.is_behind.set()

    def pause_s(self, size: int, now_s: float, changes: int = 1) -> float:
        """Take a message of some size from the sender's budget; return how long to read nothing more [s]."""
        return max(self._changes.wait_s(CHANGES, now_s, changes), self._amount.wait_s(BYTES, now_s, size))


class Rooms:
    """All designs that are open.

    Parameters
    ----------
    log
        Where changes are kept.
    """

    def __init__(self, log: UpdateLog) -> None:
        self._log = log
        self._rooms: dict[str, Room] = {}
        self._sessions: dict[str, tuple[int, Bucket, Bucket]] = {}
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def enter(self, row: DesignRow, session: str, now_s: float) -> AsyncIterator[tuple[Room, Guest]]:
        """Join the room of a design while the body runs.

        Raises
        ------
        RefusedRequestError
            There are too many pages of this session, at this design, or in all (429).
        """
        self._forget_budgets(now_s)
        guest = self._admit(session, row.id, now_s)
        try:
            room = await self._room(row)
            room.guests.add(guest)
            try:
                yield room, guest
            finally:
                room.guests.discard(guest)
                if not room.guests and self._rooms.get(row.id) is room:
                    del self._rooms[row.id]
        finally:
            self._leave(session)

    async def change(self, row: DesignRow, make: Callable[[Doc[Any]], bytes]) -> None:
        """Change a design by a form: on disk when this returns, and on all pages on which it is open.

        Raises
        ------
        DesignError, StoreError
            As of `Room.take`.
        """
        room = await self._room(row)
        try:
            await room.change(make)
        finally:
            if not room.guests and self._rooms.get(row.id) is room:
                del self._rooms[row.id]

    def close(self, design: str) -> None:
        """Make all pages of a design come again, since it was begun again or erased."""
        room = self._rooms.pop(design, None)
        for guest in room.guests if room else ():
            guest.is_behind.set()

    async def _room(self, row: DesignRow) -> Room:
        async with self._turn:
            room = self._rooms.get(row.id)
            if room is None or room.row.generation != row.generation:
                updates = await anyio.to_thread.run_sync(self._log.updates, row.id)
                room = self._rooms[row.id] = Room(self._log, row, open_document(updates))
            return room

    def _admit(self, session: str, design: str, now_s: float) -> Guest:
        count, changes, amount = self._sessions.get(
            session, (0, Bucket(CHANGES.at_once, now_s), Bucket(BYTES.at_once, now_s))
        )
        room = self._rooms.get(design)
        everywhere = sum(pages for pages, *_ in self._sessions.values())
        is_full = room is not None and len(room.guests) >= AT_ONE_MOST
        if count >= SESSION_MOST or is_full or everywhere >= ALL_MOST:
            raise RefusedRequestError(429, "design.many_pages")
        self._sessions[session] = count + 1, changes, amount
        return Guest(changes, amount)

    def _leave(self, session: str) -> None:
        # What a session owes stays, so that coming again is no way around it.
        count, changes, amount = self._sessions[session]
        self._sessions[session] = count - 1, changes, amount

    def _forget_budgets(self, now_s: float) -> None:
        """Forget sessions without a page that owe nothing any more."""
        self._sessions = {
            session: (count, changes, amount)
            for session, (count, changes, amount) in self._sessions.items()
            if count or not (changes.is_full(CHANGES, now_s) and amount.is_full(BYTES, now_s))
        }

"""Tell all screens of a workshop when its numbers move: one look at the store for all who watch."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import anyio.to_thread

from sera_pages.errors import RefusedRequestError
from sera_pages.workshop.board import board_of
from sera_store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from sera_pages.installation import ServedInstallation
    from sera_pages.workshop.board import Board

GLANCE_S: Final = 0.5
# A connection that says nothing is cut by phones and by boxes in between.
QUIET_S: Final = 15.0
WATCHERS_MOST: Final = 160
A_SESSION_MOST: Final = 3


@dataclass
class _Audience:
    """One workshop that somebody watches."""

    board: Board | None = None
    version: int = 0
    watchers: int = 0
    moved: asyncio.Condition = field(default_factory=asyncio.Condition)
    task: asyncio.Task[None] | None = None

    async def move_beyond(self, version: int) -> None:
        """Return once the board is newer than a version."""
        async with self.moved:
            await self.moved.wait_for(lambda: self.version > version)


class Streams:
    """All screens that are open.

    Parameters
    ----------
    installation
        What is shown.
    glance_s
        Pause between two looks at the store's newest change number [s].
    """

    def __init__(self, installation: ServedInstallation, glance_s: float = GLANCE_S) -> None:
        self._installation = installation
        self._glance_s = glance_s
        self._audiences: dict[str, _Audience] = {}
        self._sessions: dict[str, int] = {}

    def require_place(self, session: str) -> None:
        """Raise where a session has no place for one more screen; else hold one with `place` at once.

        Raises
        ------
        RefusedRequestError
            This session has three screens, or there are 160 (429).
        """
        if self._sessions.get(session, 0) >= A_SESSION_MOST or sum(self._sessions.values()) >= WATCHERS_MOST:
            raise RefusedRequestError(429, "workshop.many_screens")

    @contextmanager
    def place(self, session: str) -> Iterator[None]:
        """Hold a place for a screen of a session."""
        self._sessions[session] = self._sessions.get(session, 0) + 1
        try:
            yield
        finally:
            self._sessions[session] -= 1
            if not self._sessions[session]:
                del self._sessions[session]

    async def boards(self, workshop: str, quiet_s: float = QUIET_S) -> AsyncGenerator[Board | None, None]:
        """Yield the board of a workshop now and whenever it has moved; None where it has not for a while."""
        audience = self._audiences.setdefault(workshop, _Audience())
        audience.watchers += 1
        if audience.task is None:
            audience.task = asyncio.create_task(self._watch(workshop, audience))
        version_sent = 0
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(quiet_s):
                        await audience.move_beyond(version_sent)
                is_new, version_sent = audience.version > version_sent, audience.version
                yield audience.board if is_new else None
        finally:
            audience.watchers -= 1
            if not audience.watchers:
                audience.task.cancel()
                self._audiences.pop(workshop, None)

    async def _watch(self, workshop: str, audience: _Audience) -> None:
        """Check whether something has changed, and count again only then."""
        before: tuple[int, int, int] | None = None
        while True:
            try:
                before = await self._look(workshop, audience, before)
            except StoreError as error:
                self._installation.log.warning("workshop_not_read", detail=str(error))
            await asyncio.sleep(self._glance_s)

    async def _look(
        self, workshop: str, audience: _Audience, before: tuple[int, int, int] | None
    ) -> tuple[int, int, int] | None:
        installation = self._installation
        entity = await anyio.to_thread.run_sync(installation.workshops.read, workshop)
        if entity is None:
            return before
        now = await anyio.to_thread.run_sync(
            lambda: (installation.view.last_change(), installation.registry.version(), entity.version)
        )
        if now == before:
            return before
        board = await anyio.to_thread.run_sync(board_of, installation, entity)
        if board != audience.board:
            async with audience.moved:
                audience.board, audience.version = board, audience.version + 1
                audience.moved.notify_all()
        return now

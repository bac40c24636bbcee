"""A web server that wakes for requests alone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from types import FrameType


class QuietServer(uvicorn.Server):
    """A server that is told when it shall end, and does not look ten times a second.

    What else a tick does, the date of answers, `BoundedProtocol` does with each request.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ends = asyncio.Event()

    async def main_loop(self) -> None:
        """Serve until told to end."""
        self._loop = asyncio.get_running_loop()
        # It may have been asked to end before there was a loop.
        if not self.should_exit:
            await self._ends.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End in good order at a signal; at once at the second interrupt."""
        super().handle_exit(sig, frame)
        self._tell()

    def end(self) -> None:
        """End in good order; for another thread."""
        self.should_exit = True
        self._tell()

    def _tell(self) -> None:
        # Without a loop it has not begun to wait, and looks before it does.
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._ends.set)

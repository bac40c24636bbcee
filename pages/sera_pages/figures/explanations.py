"""How a figure was made, from a process that ends: one at a time, and few that wait."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

EXPLAINED_WITHIN_S: Final = 30.0
# Who comes after these is told so at once: a flood of them would hold everybody up for minutes.
WAITING_MOST: Final = 5


class Explanations:
    """Asks the command that explains a figure, which takes a processor and a hundred megabytes for seconds.

    Parameters
    ----------
    command
        What is run, with the number of a figure behind it; none explains nothing.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._single = asyncio.Semaphore(1)
        self._waiting = 0

    async def of(self, *words: str | int) -> dict[str, Any] | None:
        """Return what the command says when it is called with some words; None where it has no answer."""
        if not self._command or self._waiting > WAITING_MOST:
            return None
        self._waiting += 1
        try:
            async with self._single:
                return _content(await self._output(words))
        finally:
            self._waiting -= 1

    async def _output(self, words: Sequence[str | int]) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *map(str, words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), EXPLAINED_WITHIN_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            return b""
        return output


def _content(output: bytes) -> dict[str, Any] | None:
    try:
        content = msgspec.json.decode(output)
    except msgspec.MsgspecError:
        return None
    return content if isinstance(content, dict) else None

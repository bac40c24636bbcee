"""A screen of a workshop without a browser: it hears server-sent events, and notes when which board came."""

from __future__ import annotations

import threading
import time
import urllib.request
from typing import TYPE_CHECKING

from real_parts import wait_until

if TYPE_CHECKING:
    from web.http import Visitor


class Screen(threading.Thread):
    """Hears the boards of a workshop until its server ends."""

    def __init__(self, visitor: Visitor, path: str) -> None:
        super().__init__(daemon=True)
        self._answer = visitor.opener.open(urllib.request.Request(visitor.address + path), timeout=120)
        self.boards: list[tuple[float, str]] = []
        self.start()

    def run(self) -> None:
        lines: list[str] = []
        for raw in self._answer:
            line = raw.decode().rstrip("\n")
            if line.startswith("data: "):
                lines.append(line.removeprefix("data: "))
            elif not line and lines:
                self.boards.append((time.perf_counter(), "\n".join(lines)))
                lines = []

    def shows(self, words: str) -> bool:
        return any(words in board for _, board in self.boards)

    def await_words(self, words: str) -> float:
        """Wait until a board has these words; return when it came (`time.perf_counter`)."""
        wait_until(lambda: self.shows(words), label=words)
        return next(came_s for came_s, board in self.boards if words in board)

"""Virtual nodes: one process each, running the unchanged firmware."""

from __future__ import annotations

import json
import subprocess
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from sera_command.errors import PartDidNotStartError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

_END_WITHIN_S: Final = 5.0
_LOG_LINES: Final = 5


@dataclass(slots=True)
class Board:
    """One virtual node: its settings, its process, and the last it said of itself."""

    node: str
    settings: Path
    log: Path
    process: subprocess.Popen[str] | None = None
    report: dict[str, Any] = field(default_factory=dict)
    listener: threading.Thread | None = None

    @property
    def is_done(self) -> bool:
        """Whether the node came to the end of its days."""
        return bool(self.report.get("done"))


class Boards:
    """Virtual nodes, started together and watched until they are done.

    Parameters
    ----------
    interpreter
        The program and its options that run the board: real MicroPython, or this Python.
    script
        The board's program.
    boards
        Nodes with their settings files.
    """

    def __init__(self, interpreter: Sequence[str], script: Path, boards: Iterable[Board]) -> None:
        self._start = [*interpreter, str(script)]
        self.all = list(boards)

    def __enter__(self) -> Self:
        for board in self.all:
            with board.log.open("w", encoding="utf-8") as log:
                board.process = subprocess.Popen(
                    [*self._start, str(board.settings)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
            board.listener = threading.Thread(target=_listen, args=(board,), daemon=True, name=board.node)
            board.listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for board in self.all:
            if board.process is not None and board.process.poll() is None:
                board.process.terminate()
        for board in self.all:
            _end(board)

    @property
    def are_done(self) -> bool:
        """Whether every process has ended.

        Raises
        ------
        PartDidNotStartError
            A node ended before its last day; the message holds the end of its log.
        """
        for board in self.all:
            if board.process is None or board.process.poll() is None:
                return False
            if board.listener is not None:
                board.listener.join()
            if board.process.returncode or not board.is_done:
                raise PartDidNotStartError(
                    f"node {board.node} ended with code {board.process.returncode} before its last day; "
                    f"{board.log} ends with:\n{_last_lines(board.log)}"
                )
        return True


def _listen(board: Board) -> None:
    """Keep the last report of a node; each line is one JSON object."""
    if board.process is None or board.process.stdout is None:
        return
    for line in board.process.stdout:
        try:
            report = json.loads(line)
        except ValueError:
            continue
        if isinstance(report, dict):
            board.report = board.report | report


def _end(board: Board) -> None:
    process = board.process
    if process is None:
        return
    try:
        process.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if board.listener is not None:
        board.listener.join()
    if process.stdout is not None:
        process.stdout.close()


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:])

"""Virtual nodes: one process each from one reset to the next, running the unchanged firmware."""

from __future__ import annotations

import json
import subprocess
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from sera_command.errors import PartDidNotStartError
from sera_simulator.board.life import RESET_CODE

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
    is_ending: bool = False
    # Held while its process is exchanged for the next.
    exchange: threading.Lock = field(default_factory=threading.Lock)

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
            board.log.write_bytes(b"")
            board.process = self._start_process(board)
            board.listener = threading.Thread(target=self._live, args=(board,), daemon=True, name=board.node)
            board.listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for board in self.all:
            with board.exchange:
                board.is_ending = True
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
            if board.process is None or board.listener is None or board.listener.is_alive():
                return False
            if board.process.returncode or not board.is_done:
                raise PartDidNotStartError(
                    f"node {board.node} ended with code {board.process.returncode} before its last day; "
                    f"{board.log} ends with:\n{_last_lines(board.log)}"
                )
        return True

    def _live(self, board: Board) -> None:
        """Listen to a node's process, and start the next one after each reset."""
        while board.process is not None:
            _listen(board, board.process)
            if board.process.wait() != RESET_CODE:
                return
            with board.exchange:
                if board.is_ending:
                    return
                board.process = self._start_process(board, json.dumps(board.report["resume"]))

    def _start_process(self, board: Board, *resume: str) -> subprocess.Popen[str]:
        with board.log.open("a", encoding="utf-8") as log:
            return subprocess.Popen(
                [*self._start, str(board.settings), *resume],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )


def _listen(board: Board, process: subprocess.Popen[str]) -> None:
    """Keep the last report of a node until its process ends; each line is one JSON object."""
    if process.stdout is None:
        return
    with process.stdout:
        for line in process.stdout:
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


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:])

"""Parts of an installation in processes of their own: started, awaited, started again, ended."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Self

from sera_command.errors import PartDidNotStartError
from sera_store.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sera_gateway.process.log_file import LogFile
    from sera_gateway.process.logs import JsonLog

# A small computer that is busy with something else takes its time.
_READY_WITHIN_S: Final = 90.0
_END_WITHIN_S: Final = 20.0
_LOG_LINES: Final = 5
BACKOFF_FIRST_S: Final = 1.0
BACKOFF_MOST_S: Final = 60.0
_GLANCE_S: Final = 1.0


class ChildLog:
    """What a process writes: into its log file, and read on the way for the line that says it is ready.

    Parameters
    ----------
    name
        What the process is, for messages: `gateway`.
    process
        Started with its output in a pipe.
    file
        Where its lines are appended.
    ready
        The event of the line by which it says that it is ready.
    """

    def __init__(self, name: str, process: subprocess.Popen[bytes], file: LogFile, ready: str) -> None:
        self._name = name
        self._process = process
        self._file = file
        self._ready = f'"event":"{ready}"'.encode()
        self._last: deque[bytes] = deque(maxlen=_LOG_LINES)
        self.ready_line = b""
        self._ready_or_over = threading.Event()
        self._thread = threading.Thread(target=self._copy, name=f"{name}-log", daemon=True)
        self._thread.start()

    def await_ready(self) -> None:
        """Wait until the process is ready.

        Raises
        ------
        PartDidNotStartError
            It ended, or was not ready within 90 s; the message holds the end of its log.
        """
        self._ready_or_over.wait(_READY_WITHIN_S)
        if self.ready_line:
            return
        ended = self._ready_or_over.is_set()
        state = f"ended with {self._process.wait()}" if ended else "did not get ready"
        last = b"".join(self._last).decode(errors="replace")
        raise PartDidNotStartError(f"the {self._name} {state}; its log {self._file.path} ends with:\n{last}")

    def close(self) -> None:
        """Close the log once the process has ended."""
        # A worker that outlives the process by a moment may hold the other end of the pipe.
        self._thread.join(_END_WITHIN_S)
        if not self._thread.is_alive() and self._process.stdout is not None:
            self._process.stdout.close()

    def _copy(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - asked for
        for line in self._process.stdout:
            self._file.write(line)
            self._last.append(line)
            if not self.ready_line and self._ready in line.replace(b'": "', b'":"'):
                self.ready_line = line
                self._ready_or_over.set()
        self._ready_or_over.set()
        self._file.close()


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process in good order, and by force where it takes longer than 20 s."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class RestartedPart:
    """A part in a process of its own, started again when it ends or cannot be started, with growing pauses.

    What keeps it from its first start, whatever that is, is raised where the body would begin.

    Parameters
    ----------
    name
        What the part is, for reports: `gateway`.
    running
        Runs the process while the body runs; gives it once it is ready.
    log
        Where it is reported that it ended, or did not get ready again.
    is_outdated
        Whether what it was started with has changed, so that it has to be started again at once.
    """

    def __init__(
        self,
        name: str,
        running: Callable[[], AbstractContextManager[subprocess.Popen[bytes]]],
        log: JsonLog,
        is_outdated: Callable[[], bool] = lambda: False,
    ) -> None:
        self._name = name
        self._is_outdated = is_outdated
        self._running = running
        self._log = log
        self._ended = threading.Event()
        self._ready = threading.Event()
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._keep_running, name=name, daemon=True)
        self.pid: int | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._problem is not None:
            raise self._problem
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _keep_running(self) -> None:
        backoff = Backoff(BACKOFF_FIRST_S, BACKOFF_MOST_S)
        while not self._ended.is_set():
            began_s = time.monotonic()
            try:
                with self._running() as process:
                    self.pid = process.pid
                    self._ready.set()
                    if self._watch(process):
                        self._log.info(f"{self._name}_started_anew")
                        continue
            except Exception as problem:  # noqa: BLE001 - a full disk, say, must not end the watch over a part
                if not self._ready.is_set():
                    self._problem = problem
                    self._ready.set()
                    return
                self._log.warning(f"{self._name}_not_ready", problem=str(problem) or type(problem).__name__)
            if not self._ended.is_set():
                if time.monotonic() - began_s > BACKOFF_MOST_S:
                    backoff.reset()
                wait_s = backoff.next_s()
                self._log.warning(f"{self._name}_ended", again_in_s=wait_s)
                self._ended.wait(wait_s)

    def _watch(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait until a process ends, or this does; True where it has to be started again at once."""
        while process.poll() is None and not self._ended.wait(_GLANCE_S):
            if self._is_outdated():
                return True
        return False

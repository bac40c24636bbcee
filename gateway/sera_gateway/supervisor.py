"""Start the processes beside the receiving one, start them again where one dies, and end them in order."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from sera_gateway.tasks import Task
from sera_store.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sera_gateway.config import GatewaySettings
    from sera_gateway.process.log_file import LogFile
    from sera_gateway.process.logs import JsonLog

# One that has worked for so long is started again at once.
_GOOD_START_S: Final = 30.0
END_WITHIN_S: Final = 30.0


class Worker:
    """One process beside the receiving one.

    Parameters
    ----------
    work
        What it does, a key of `worker.WORK`.
    settings
        Of the gateway.
    log
        Where its death is reported; it reports on stderr itself.
    on_line
        Called with each line that it writes.
    environ
        Where it finds secrets, besides this process's environment.
    reports
        Where it writes its own log; our stderr by default.
    """

    def __init__(
        self,
        work: str,
        settings: GatewaySettings,
        log: JsonLog,
        on_line: Callable[[bytes], None] = lambda _: None,
        environ: Mapping[str, str] = os.environ,
        reports: LogFile | None = None,
    ) -> None:
        self.work = work
        self._reports = reports
        self._task = msgspec.json.encode(Task(work, settings)) + b"\n"
        self._log = log
        self._on_line = on_line
        self._environ = {**os.environ, **environ}
        self._lock = threading.Lock()
        self._ended = False
        self._begun = False
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        process = self._process
        return None if process is None else process.pid

    def run(self, stop: threading.Event) -> None:
        """Keep it running until `end` is called; between two starts it waits, at most until `stop`."""
        backoff = Backoff()
        while (process := self._start()) is not None:
            began_s = time.monotonic()
            assert process.stdout is not None  # noqa: S101 - asked for
            for line in io.BufferedReader(process.stdout):  # type: ignore[type-var]
                self._begun = True
                if line.strip():
                    self._on_line(line)
            code = process.wait()
            if self._ended:
                return
            if time.monotonic() - began_s > _GOOD_START_S:
                backoff.reset()
            wait_s = backoff.next_s()
            self._log.error("worker_ended", work=self.work, code=code, retry_s=wait_s)
            stop.wait(wait_s)

    def wake(self) -> None:
        """Signal that something was committed; never wait."""
        process = self._process
        if process is None or process.stdin is None:
            return
        # Full means that it will look anyway; closed means that a new one looks when it starts.
        with suppress(OSError, ValueError):
            process.stdin.write(b"\n")

    def end(self) -> None:
        """End it once it has finished what it is doing; kill it where it does not end."""
        with self._lock:
            self._ended = True
            process = self._process
        if process is None:
            return
        assert process.stdin is not None  # noqa: S101 - asked for
        if not self._begun:
            # It is still loading, and nothing is lost with it.
            process.kill()
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._log.error("worker_killed", work=self.work, after_s=END_WITHIN_S)
            process.kill()
            process.wait()

    def _start(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._ended:
                return None
            process = subprocess.Popen(
                [sys.executable, "-m", "sera_gateway.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if self._reports is None else self._reports.fileno(),
                bufsize=0,
                env=self._environ,
            )
            assert process.stdin is not None  # noqa: S101 - asked for
            with suppress(BrokenPipeError):
                process.stdin.write(self._task)
            os.set_blocking(process.stdin.fileno(), False)
            self._process, self._begun = process, False
            return process

"""A gateway in a process of its own, for the verbs that own a data folder and need one: `demo` and `up`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from sera_command.errors import PartDidNotStartError
from sera_gateway.process.log_file import LogFile
from sera_store.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_gateway.config import GatewaySettings

_READY: Final = b'"event":"ready"'
# A small computer that is busy with something else takes its time.
_READY_WITHIN_S: Final = 90.0
_END_WITHIN_S: Final = 20.0
_LOG_LINES: Final = 5


@contextmanager
def running_gateway(
    settings: GatewaySettings, settings_file: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a gateway while the body runs, and end it in good order.

    Parameters
    ----------
    settings, settings_file
        What the gateway is told, and where that is written for it. Beside it lies `gateway.pid`, by which the
        next owner of the data folder ends a gateway that outlived this process.
    log
        Where its log is appended, one JSON object a line; at 10 MiB the file becomes `<log>.1`.

    Raises
    ------
    PartDidNotStartError
        It ended, or was not ready within 90 s; the message holds the end of its log.
    """
    # It names files and ids, which are private.
    write_private(settings_file, msgspec.toml.encode(settings).decode())
    pid_file = settings_file.with_suffix(".pid")
    process = _start(settings_file)
    lines = _Lines(process, LogFile(log))
    try:
        write_private(pid_file, f"{process.pid}\n")
        lines.await_ready()
        yield process
    finally:
        _end(process)
        lines.close()
        pid_file.unlink(missing_ok=True)


class _Lines:
    """What a gateway writes: into its log file, and read on the way for the line that says it is ready."""

    def __init__(self, process: subprocess.Popen[bytes], file: LogFile) -> None:
        self._process = process
        self._file = file
        self._last: deque[bytes] = deque(maxlen=_LOG_LINES)
        self._is_ready = False
        self._ready_or_over = threading.Event()
        self._thread = threading.Thread(target=self._copy, name="gateway-log", daemon=True)
        self._thread.start()

    def await_ready(self) -> None:
        self._ready_or_over.wait(_READY_WITHIN_S)
        if self._is_ready:
            return
        ended = self._ready_or_over.is_set()
        state = f"ended with {self._process.wait()}" if ended else "did not get ready"
        last = b"".join(self._last).decode(errors="replace")
        raise PartDidNotStartError(f"the gateway {state}; its log {self._file.path} ends with:\n{last}")

    def close(self) -> None:
        # A worker that outlives the gateway by a moment may hold the other end of the pipe.
        self._thread.join(_END_WITHIN_S)
        if not self._thread.is_alive() and self._process.stdout is not None:
            self._process.stdout.close()

    def _copy(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - asked for
        for line in self._process.stdout:
            self._file.write(line)
            self._last.append(line)
            if not self._is_ready and _READY in line.replace(b'": "', b'":"'):
                self._is_ready = True
                self._ready_or_over.set()
        self._ready_or_over.set()
        self._file.close()


def _start(settings_file: Path) -> subprocess.Popen[bytes]:
    words = ["-m", "sera_command", "gateway", "run", "--no-wait", "--owned", "--config", str(settings_file)]
    return subprocess.Popen(
        [sys.executable, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

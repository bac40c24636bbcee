"""Processes that outlived whoever started them: recognised by their number and command line, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sera_gateway.errors import LeftoverError

if TYPE_CHECKING:
    from sera_gateway.process.logs import JsonLog

END_WITHIN_S: Final = 30.0
_GLANCE_S: Final = 0.02


def running_pid(pid_file: Path, settings_file: Path) -> int | None:
    """Return the process that a file names, or None where its command line names other settings."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        if str(settings_file) in command_line(pid):
            return pid
    return None


def end_leftover(pid_file: Path, settings_file: Path, log: JsonLog, within_s: float = END_WITHIN_S) -> None:
    """End a process that outlived its owner; where it does not end in time, kill it.

    Raises
    ------
    LeftoverError
        It cannot be ended.
    """
    pid = running_pid(pid_file, settings_file)
    if pid is None:
        return
    log.warning("leftover_ended", pid=pid, settings=str(settings_file))
    for number in (signal.SIGTERM, _LAST_SIGNAL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
        if _is_gone(pid, pid_file, settings_file, within_s):
            return
    raise LeftoverError(
        f"process {pid}, which runs with {settings_file} from before, does not end; end it, then try again"
    )


def command_line(pid: int) -> str:
    """Return the command line of a process, empty where it cannot be known."""
    process = Path(f"/proc/{pid}/cmdline")
    if process.parent.parent.is_dir() and sys.platform == "linux":
        return process.read_text(errors="replace").replace("\0", " ")
    if os.name != "posix":
        return ""
    return subprocess.run(
        ["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    ).stdout


# Windows has no stronger signal than the one that ends.
_LAST_SIGNAL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)


def _is_gone(pid: int, pid_file: Path, settings_file: Path, within_s: float) -> bool:
    deadline, pause = time.monotonic() + within_s, threading.Event()
    while running_pid(pid_file, settings_file) == pid:
        if time.monotonic() > deadline:
            return False
        pause.wait(_GLANCE_S)
    return True

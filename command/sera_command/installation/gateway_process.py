"""A gateway in a process of its own, for the verbs that own a data folder and need one: `demo` and `up`."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from sera_command.installation.child_process import ChildLog, end
from sera_gateway.process.log_file import LogFile
from sera_store.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_gateway.config import GatewaySettings

_READY: Final = "ready"


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
    lines = ChildLog("gateway", process, LogFile(log), _READY)
    try:
        write_private(pid_file, f"{process.pid}\n")
        lines.await_ready()
        yield process
    finally:
        end(process)
        lines.close()
        pid_file.unlink(missing_ok=True)


def _start(settings_file: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "sera_gateway.serving", str(settings_file)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )

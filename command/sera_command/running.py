"""A gateway in a process of its own, for the verbs that need one for a while: `demo`, `up` and `ingest`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from sera_command.errors import PartDidNotStartError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_gateway.config import GatewaySettings

_READY: Final = '"event":"ready"'
# A small computer that is busy with something else takes its time.
_READY_WITHIN_S: Final = 90.0
_END_WITHIN_S: Final = 20.0
_GLANCE_S: Final = 0.05
_LOG_LINES: Final = 5


@contextmanager
def running_gateway(
    settings: GatewaySettings, settings_file: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a gateway while the body runs, and end it in good order.

    Parameters
    ----------
    settings, settings_file
        What the gateway is told, and where that is written for it.
    log
        Where its log goes, one JSON object a line.

    Raises
    ------
    PartDidNotStartError
        It ended, or was not ready within 90 s; the message holds the end of its log.
    """
    # It names files and ids that are nobody else's business.
    settings_file.touch(mode=0o600)
    settings_file.chmod(0o600)
    settings_file.write_bytes(msgspec.toml.encode(settings))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sera_command",
                "gateway",
                "run",
                "--no-wait",
                "--config",
                str(settings_file),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
    try:
        _await_ready(process, log)
        yield process
    finally:
        _end(process)


def _await_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    ends_at = time.monotonic() + _READY_WITHIN_S
    while _READY not in _text(log).replace('": "', '":"'):
        if process.poll() is not None or time.monotonic() > ends_at:
            state = "did not get ready" if process.returncode is None else f"ended with {process.returncode}"
            last = "\n".join(_text(log).splitlines()[-_LOG_LINES:])
            raise PartDidNotStartError(f"the gateway {state}; its log {log} ends with:\n{last}")
        time.sleep(_GLANCE_S)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")

"""Let the timers of a process started here ring a little late, so that it wakes less often while idle.

Linux lets each thread say how much later than asked its timers may ring, and a program that is started takes
that over (`man 2 prctl`, PR_SET_TIMERSLACK; `man 5 proc`, timerslack_ns). What arrives over the network wakes
it at once all the same. Elsewhere nothing happens.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def timer_slack(slack_ns: int) -> Iterator[None]:
    """Set the timer slack [ns] of what this thread starts while the body runs; its own returns."""
    file = Path(f"/proc/{threading.get_native_id()}/timerslack_ns")
    before = _read(file)
    if before is None:
        yield
        return
    _write(file, slack_ns)
    try:
        yield
    finally:
        _write(file, before)


def _read(file: Path) -> int | None:
    # A thread's own may always be read and written; a container may hide the file.
    with suppress(OSError, ValueError):
        return int(file.read_text(encoding="ascii"))
    return None


def _write(file: Path, slack_ns: int) -> None:
    with suppress(OSError):
        file.write_text(str(slack_ns), encoding="ascii")

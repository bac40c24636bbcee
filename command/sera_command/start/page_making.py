"""Make figures and pages in a process of their own, at the start of `sera up` and at intervals."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

from sera_command.errors import ExitCode, PartDidNotStartError
from sera_pages.report_folder import RENEWAL_REQUEST, REPORT_FOLDER

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from sera_gateway.process.logs import JsonLog


_GLANCE_S: Final = 0.2
_REQUEST_GLANCE_S: Final = 1.0
_END_WITHIN_S: Final = 20.0


class PageMaking:
    """Makes the pages of one installation, never twice at a time.

    Parameters
    ----------
    folder
        The installation's folder, which this process owns.
    stop
        Ends what is being made.
    log
        Where it is reported that a process ended without a word; it reports on stderr itself.
    """

    def __init__(self, folder: Path, stop: threading.Event, log: JsonLog) -> None:
        self._folder = folder
        self._stop = stop
        self._log = log

    def make_first(self) -> None:
        """Make the first pages; where only they lack room, readings come in all the same.

        Raises
        ------
        PartDidNotStartError
            They cannot be made for another reason.
        """
        code = self._make()
        if code not in (ExitCode.DONE, ExitCode.CANNOT_WRITE) and not self._stop.is_set():
            raise PartDidNotStartError(
                f"the first pages of {self._folder} cannot be made (exit code {code}); see the lines above"
            )

    def renew_until_stopped(self, every_s: float) -> None:
        """Make the pages again and again; what fails is tried again the next time."""
        while not self._wait(every_s):
            code = self._make()
            if code < 0 and not self._stop.is_set():
                self._log.error("pages_not_renewed", detail=f"their process was ended by signal {-code}")

    def _wait(self, every_s: float) -> bool:
        """Wait until pages are due, or asked for by whoever hides something; return whether to stop."""
        request, ends = self._folder / REPORT_FOLDER / RENEWAL_REQUEST, time.monotonic() + every_s
        while not self._stop.wait(min(_REQUEST_GLANCE_S, every_s)):
            if request.exists():
                request.unlink(missing_ok=True)
                return False
            if time.monotonic() >= ends:
                return False
        return True

    def _make(self) -> int:
        """Run the process to its end, or until this one is told to stop; return its exit code."""
        # The other side of its stdin is closed when this process ends in whatever way, and then it ends too.
        # A group of its own: Ctrl-C reaches this process, which ends it.
        process = subprocess.Popen(
            [sys.executable, "-m", "sera_command.start.pages", str(self._folder)],
            stdin=subprocess.PIPE,
            start_new_session=os.name == "posix",
        )
        try:
            while process.poll() is None and not self._stop.wait(_GLANCE_S):
                pass
        finally:
            _end(process)
        return process.returncode


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None  # noqa: S101 - asked for
    process.stdin.close()
    try:
        process.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

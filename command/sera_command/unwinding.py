"""End a verb from within where its process is asked to end, so that nothing it started outlives it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sera_command.errors import ExitCode, exit_code, explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def guarded(run: Callable[[], object]) -> int:
    """Run what a process is for, to its end or until a signal ends it.

    Returns
    -------
    int
        The exit code; errors have been shown on stderr by then.
    """
    try:
        with unwinding_at_signals():
            run()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else ExitCode.DONE
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last place that can explain it
        if os.environ.get("SERA_TRACEBACK"):
            traceback.print_exc()
        sys.stderr.write(explain(error) + "\n")
        return exit_code(error)
    return ExitCode.DONE


@contextmanager
def unwinding_at_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt in the body at the first SIGTERM, SIGHUP or Ctrl-C, and ignore the next ones.

    So each `finally` on the way ends what was started there, and a second signal does not interrupt that. A
    SIGHUP that `nohup` has ignored stays so. Outside the main thread nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def unwind(number: int, _: object) -> None:
        if not received:
            received.append(number)
            raise KeyboardInterrupt

    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    handlers = {number: signal.signal(number, unwind) for number in numbers}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)

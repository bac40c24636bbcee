"""End a verb from within where its process is asked to end, so that nothing it started outlives it."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


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

"""End a service in good order when its process gets a signal, however many come."""

from __future__ import annotations

import queue
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What asks a process to end: Ctrl-C, a service's end, a closing terminal (which Windows does not have).
ENDING: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextmanager
def stopping_at_signals(stop: threading.Event) -> Iterator[None]:
    """Set an event when the process is asked to end while the body runs; for the main thread."""
    # A handler may interrupt whoever holds the event's lock, another handler for one, and would then wait
    # for it for ever. Putting into this queue never waits.
    signal_queue: queue.SimpleQueue[int] = queue.SimpleQueue()

    def pass_on() -> None:
        signal_queue.get()
        stop.set()

    listener = threading.Thread(target=pass_on, name="signals", daemon=True)
    listener.start()
    before = _handle(lambda number, _: signal_queue.put(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal_queue.put(0)
        listener.join()


def _handle(handler: Callable[[int, object], None]) -> dict[int, Any]:
    """Install a handler for each signal, but for SIGHUP where `nohup` has it ignored; return the old ones."""
    always = (signal.SIGINT, signal.SIGTERM)
    numbers = [
        number for number in ENDING if number in always or signal.getsignal(number) is not signal.SIG_IGN
    ]
    return {number: signal.signal(number, handler) for number in numbers}

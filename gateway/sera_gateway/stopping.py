"""Let a service end in good order when its process is asked to, however often it is asked."""

from __future__ import annotations

import queue
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def stopping_at_signals(stop: threading.Event) -> Iterator[None]:
    """Set an event at SIGTERM or Ctrl-C while the body runs; for the main thread."""
    # A handler may interrupt whoever holds the event's lock, another handler for one, and would then wait
    # for it for ever. Putting into this queue waits for nobody.
    asked: queue.SimpleQueue[int] = queue.SimpleQueue()

    def pass_on() -> None:
        asked.get()
        stop.set()

    listener = threading.Thread(target=pass_on, name="signals", daemon=True)
    listener.start()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda number, _: asked.put(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        asked.put(0)
        listener.join()

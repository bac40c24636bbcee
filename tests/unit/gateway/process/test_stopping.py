"""Being asked to end, once or many times at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from sera_gateway.process.stopping import stopping_at_signals

SIGNALS = [signal.SIGINT, signal.SIGTERM]

# All signals come while the event's lock is held, as by another handler or by whoever waits for the event.
STOP_IN_THE_MIDDLE = """
import os, signal, sys, threading
from sera_gateway.process.stopping import stopping_at_signals
stop = threading.Event()
with stopping_at_signals(stop):
    print("working", flush=True)
    with stop._cond:
        for _ in range(5):
            os.kill(os.getpid(), signal.SIGTERM)
    stop.wait()
print("ended in good order", flush=True)
"""


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_sets_the_event_and_the_handlers_come_back(number: signal.Signals) -> None:
    stop, before = threading.Event(), [signal.getsignal(item) for item in SIGNALS]
    with stopping_at_signals(stop):
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.wait(120)
    assert [signal.getsignal(item) for item in SIGNALS] == before


def test_signals_that_come_at_once_do_not_wait_for_one_another() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STOP_IN_THE_MIDDLE], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout.splitlines()) == (0, ["working", "ended in good order"])

"""The processes beside the receiving one: ledger and followers, so that none of them slows the others down.

Started by `supervisor.py` as `python -m sera_gateway.worker`: the first line of stdin says what to do, each
further line that something was committed, its end that the work is over. Lines on stdout report how far nodes
have come.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import msgspec

from sera_gateway.followers import open_followers
from sera_gateway.journal.journal import JournalReader
from sera_gateway.process.disk_space import wait_for_disk_space
from sera_gateway.process.logs import json_log
from sera_gateway.process.stopping import ENDING
from sera_gateway.tasks import FOLLOWERS, LEDGER, Task
from sera_store.backoff import Backoff
from sera_store.errors import StoreUnusableError
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_gateway.config import GatewaySettings
    from sera_gateway.ledger.ledger import Ledger
    from sera_gateway.process.logs import JsonLog
    from sera_store.records.keys import Extent

# A commit wakes the ledger at once; only what people enter meanwhile, a node for example, waits for a glance.
GLANCE_S: Final = 1.0
# After so many glances that saw nothing it looks thoroughly, should a wake have been lost.
_GLANCES: Final = 30
_OBJECTS_A_COLLECTION: Final = 300_000


class Signals:
    """What the receiving process says: something was committed, or the work is over."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.committed = threading.Event()

    def listen(self, lines: BinaryIO) -> None:
        """Read until the other process ends, in whatever way, or closes its side."""
        while os.read(lines.fileno(), 4096):
            self.committed.set()
        self.stop.set()
        self.committed.set()


def keep_ledger(ledger: Ledger, reports: JsonLog, signals: Signals) -> None:
    """Turn messages into records until told to stop; a failure stops neither this nor anything else."""
    backoff = Backoff()
    while not signals.stop.is_set():
        signals.committed.clear()
        try:
            seen = ledger.version()
            ledger.step()
            backoff.reset()
        except StoreUnusableError as error:
            wait_s = backoff.next_s()
            reports.error("ledger_waits", detail=str(error), retry_s=wait_s)
            signals.stop.wait(wait_s)
        except Exception:  # noqa: BLE001 - one message never stops the gateway
            reports.exception("ledger_failed", after=ledger.position)
            _take_singly(ledger, reports, signals)
        else:
            if ledger.is_at_rest:
                _rest(ledger, seen, signals)


def _rest(ledger: Ledger, seen: tuple[int, int], signals: Signals) -> None:
    """Wait until something is committed or entered; a step that finds nothing takes five transactions."""
    for _ in range(_GLANCES):
        if signals.committed.wait(GLANCE_S):
            return
        with suppress(StoreUnusableError):
            if ledger.version() == seen:
                continue
        return


def _take_singly(ledger: Ledger, reports: JsonLog, signals: Signals) -> None:
    """Take messages one by one up to the one that fails alone, which becomes a dead letter."""
    while not signals.stop.is_set():
        try:
            ledger.step(limit=1)
            if ledger.is_at_rest:
                return
        except StoreUnusableError:
            return
        except Exception as error:  # noqa: BLE001 - one message never stops the gateway
            reports.error("message_set_aside", after=ledger.position, detail=repr(error))
            ledger.set_aside(error)
            return


def run_ledger(settings: GatewaySettings, log: JsonLog, signals: Signals) -> None:
    """Keep the ledger of one gateway, and report on stdout how far each node has come."""
    # Here, since the followers' process does not need what decodes and checks messages.
    from sera_gateway.ledger.ledger import Ledger  # noqa: PLC0415

    with Store.open(settings.data.store) as store, JournalReader(settings.data.journal) as journal:
        ledger = Ledger(
            store,
            journal,
            _report_extents,
            on_error=lambda subject, error: log.error("left_out", what=subject, detail=repr(error)),
            on_alarm=lambda beyond: log.error(
                "beyond_budget", sender=beyond.sender, limit=beyond.kind, detail=beyond.rejection.detail
            ),
        )
        keep_ledger(ledger, log, signals)


def _report_extents(extents: list[Extent]) -> None:
    if extents:
        _write(msgspec.json.encode(extents))


def _write(line: bytes) -> None:
    try:
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # The receiving process was killed. What was committed stays committed, and no message is at fault.
        os._exit(os.EX_OK)


def run_followers(settings: GatewaySettings, log: JsonLog, signals: Signals) -> None:
    """Run all followers of one gateway, each in a thread."""
    with Store.open(settings.data.store) as store:
        followers = open_followers(settings, store, log, os.environ)
        threads = [
            threading.Thread(target=partial(follower.following.run, signals.stop), name=name)
            for name, follower in followers.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for follower in followers.values():
            follower.close()


WORK: Final[dict[str, Callable[[GatewaySettings, JsonLog, Signals], None]]] = {
    LEDGER: run_ledger,
    FOLLOWERS: run_followers,
}


def main() -> None:
    """Do the work that the first line of stdin asks for, until stdin ends."""
    # Ctrl-C reaches every process of a terminal, and the end of a service all of its processes: the receiving
    # one ends this one, in order.
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    task = msgspec.json.decode(sys.stdin.buffer.readline(), type=Task)
    signals = Signals()
    listener = threading.Thread(target=signals.listen, args=(sys.stdin.buffer,), daemon=True)
    listener.start()
    log = json_log(gateway=task.settings.gateway.id, process=task.work)
    collect_rarely()
    # An empty line: from now on it has to be ended in order.
    _write(b"")
    work = partial(WORK[task.work], task.settings, log, signals)
    wait_for_disk_space(Path(task.settings.data.folder), work, signals.stop, log)


def collect_rarely() -> None:
    """Look for cycles rarely: what is made of messages has none, and is many thousand objects at once."""
    gc.freeze()
    gc.set_threshold(_OBJECTS_A_COLLECTION)


if __name__ == "__main__":
    main()

"""Import messages from files into a data folder: through the gateway that runs there, or without one."""

from __future__ import annotations

import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from sera_command.errors import PartDidNotStartError
from sera_gateway.config import DataSettings, GatewaySettings
from sera_gateway.errors import FolderInUseError
from sera_gateway.handover import as_message, hand_over, in_parts
from sera_gateway.journal.journal import Journal, JournalReader
from sera_gateway.process.disk_space import require_disk_space
from sera_gateway.process.log_file import LogFile
from sera_gateway.process.logs import json_log
from sera_gateway.process.ownership import owned
from sera_gateway.supervisor import Worker
from sera_gateway.tasks import LEDGER
from sera_store.database.cursors import LEDGER_CURSOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import ExitStack
    from pathlib import Path

    from sera_gateway.handover import Publication
    from sera_store.store import Store

INGEST: Final = "ingest"
LOG: Final = "ingest.log"
_PROGRESS_WITHIN_S: Final = 120.0
_GLANCE_S: Final = 0.05


def own_or_find_owner(stack: ExitStack, data: Path) -> bool:
    """Own a data folder until `held` is closed; True where a gateway owns it, which can be given messages.

    Raises
    ------
    FolderInUseError
        Another `sera ingest` owns it, which takes nothing from others.
    """
    try:
        stack.enter_context(owned(data, INGEST))
    except FolderInUseError as error:
        if error.verb == INGEST:
            raise
        return True
    return False


def give_to_owner(data: Path, store: Store, publications: Iterable[Publication]) -> None:
    """Hand messages over to the gateway that runs, and wait until its ledger has taken all of them.

    Raises
    ------
    PartDidNotStartError
        The gateway took nothing for 120 s; what it has not taken by then is withdrawn.
    """
    waiting = hand_over(data, publications)
    try:
        _await(
            lambda: -sum(path.exists() for path in waiting), 0, "the gateway that runs here took no messages"
        )
    finally:
        for path in waiting:
            path.unlink(missing_ok=True)
    with JournalReader(DataSettings(folder=str(data)).journal) as journal:
        goal = journal.last_number()
    _await(lambda: store.cursors.position(LEDGER_CURSOR), goal, "the ledger of the gateway does not go on")


def take_in(data: Path, store: Store, publications: Iterable[Publication]) -> None:
    """Write messages into the journal of a folder that we own, and run its ledger until it has taken them.

    Raises
    ------
    NoRoomError, JournalFullError
        The disk is full.
    PartDidNotStartError
        The ledger took nothing for 120 s; its log is in `ingest.log`.
    """
    settings = GatewaySettings(data=DataSettings(folder=str(data)))
    with require_disk_space(data), Journal(settings.data.journal, time.time_ns) as journal:
        for part in in_parts(publications):
            now_ns, connection = time.time_ns(), journal.last_connection
            journal.append([as_message(publication, now_ns, connection) for publication in part])
        goal = journal.last_number
        with _running_ledger(settings, data / LOG):
            problem = f"the ledger does not go on; see {data / LOG}"
            _await(lambda: store.cursors.position(LEDGER_CURSOR), goal, problem)


@contextmanager
def _running_ledger(settings: GatewaySettings, path: Path) -> Iterator[None]:
    stop = threading.Event()
    with closing(LogFile(path)) as reports, path.open("a", encoding="utf-8") as lines:
        ledger = Worker(LEDGER, settings, json_log(lines), reports=reports)
        thread = threading.Thread(target=ledger.run, args=(stop,), name=LEDGER, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            ledger.end()
            thread.join()


def _await(position: Callable[[], int], goal: int, problem: str) -> None:
    """Wait until a position has come to its goal; give up where it stands still for too long."""
    last, pause = position(), threading.Event()
    ends_at = time.monotonic() + _PROGRESS_WITHIN_S
    while last < goal:
        if time.monotonic() > ends_at:
            raise PartDidNotStartError(
                f"{problem} for {_PROGRESS_WITHIN_S:.0f} s; ingest again once it does: what is here is not "
                "taken twice"
            )
        pause.wait(_GLANCE_S)
        if (now := position()) != last:
            last, ends_at = now, time.monotonic() + _PROGRESS_WITHIN_S

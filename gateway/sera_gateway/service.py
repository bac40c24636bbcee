"""Run one gateway: network and journal here, ledger and followers in processes of their own."""

from __future__ import annotations

import os
import shutil
import threading
import time
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from sera_gateway.arrival_clock import ArrivalClock
from sera_gateway.config import broker_password, check_settings
from sera_gateway.followers import INFLUXDB, check_followers
from sera_gateway.handover import Handover
from sera_gateway.journal.journal import Journal, JournalReader
from sera_gateway.mqtt.budgets import Budgets
from sera_gateway.mqtt.former_places import FormerPlaces
from sera_gateway.mqtt.further import Acknowledgements, FurtherReceivers
from sera_gateway.mqtt.have import HaveKeeper
from sera_gateway.mqtt.intake import Intake
from sera_gateway.mqtt.receive import Numbering, Receiver
from sera_gateway.mqtt.renewals import RenewalKeeper
from sera_gateway.mqtt.senders import Senders
from sera_gateway.process.disk_space import require_disk_space, wait_for_disk_space
from sera_gateway.process.ownership import owned
from sera_gateway.supervisor import Worker
from sera_gateway.tasks import FOLLOWERS, LEDGER
from sera_store.database.cursors import LATEST_CURSOR, LEDGER_CURSOR
from sera_store.records.keys import Extent
from sera_store.registry.opening import open_registry
from sera_store.view import open_view
from sera_vocabulary.durations import DAY_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sera_gateway.config import GatewaySettings
    from sera_gateway.process.logs import JsonLog
    from sera_store.registry.registry import Registry

TELL_S: Final = 0.1
# Orders of certificates, which are files, wait for so long at most.
_TELL_REST_S: Final = 2.0
_EXTENTS: Final = msgspec.json.Decoder(list[Extent])


class Gateway:
    """One gateway with its journal and store open.

    Parameters
    ----------
    settings
        What it is told to do.
    log
        Where it reports.
    clock_ns
        Unix time [ns], for arrivals and the journal's months.
    clock_s
        The clock of intervals [s].
    environ
        Where secrets may come from.

    Raises
    ------
    GatewayError
        The settings, the journal or the metrics address cannot be used.
    StoreUnusableError
        The store cannot be used.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        log: JsonLog,
        clock_ns: Callable[[], int] = time.time_ns,
        clock_s: Callable[[], float] = time.monotonic,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        check_settings(settings, "settings")
        self._settings = settings
        self._clock_ns = clock_ns
        self._log = log
        self._was_ready = False
        self._failure: BaseException | None = None
        with ExitStack() as opened:
            self._journal = opened.enter_context(Journal(settings.data.journal, clock_ns))
            # The registry makes the folder. Neither loads arrays, which take 9 MB here for nothing.
            self._registry = opened.enter_context(open_registry(settings.data.store))
            self._store = opened.enter_context(open_view(settings.data.store))
            self._clock = ArrivalClock(clock_ns, self._latest_arrival_ns(), log)
            self._clock()
            self._budgets = self._account(clock_s)
            self._receiver, self._further = self._hear(opened, broker_password(environ), clock_s)
            self._keeper = HaveKeeper(settings.gateway, clock_s, self._receiver.publish, log)
            self._renewals = self._keep_renewals()
            self._former = FormerPlaces(self._registry, self._receiver.publish, clock_s, log)
            self._receiver.listen_to_retained(self._former.handle_retained)
            self._receiver.listen(self._keeper.handle_have, self._connected)
            check_followers(settings, environ)
            self._ledger = Worker(LEDGER, settings, log, self._note_progress)
            self._followers = Worker(FOLLOWERS, settings, log, environ=environ)
            self._intake = self._take_in()
            self._serve_metrics(opened)
            self._keeper.note(self._store.latest_extents())
            self._opened = opened.pop_all()

    def _account(self, clock_s: Callable[[], float]) -> Budgets:
        """Open an account of the senders of one broker."""
        return _budgets(self._settings, self._registry, self._log, self._clock_ns, clock_s)

    def _hear(
        self, opened: ExitStack, password: str | None, clock_s: Callable[[], float]
    ) -> tuple[Receiver, FurtherReceivers]:
        """Make the receivers of the own broker and of all further ones."""
        first = self._journal.last_connection + 1
        next_connection = count(first).__next__
        numbering = Numbering(next_connection)
        receiver = Receiver(
            self._settings, password, self._clock, self._log, self._budgets, first, numbering=numbering
        )
        opened.callback(receiver.close)
        further = FurtherReceivers(
            self._settings, self._clock_ns, self._log, partial(self._account, clock_s), next_connection
        )
        opened.callback(further.close)
        return receiver, further

    def _keep_renewals(self) -> RenewalKeeper:
        """Make what brings nodes their next certificates."""
        keeper = RenewalKeeper(
            Path(self._settings.data.folder),
            self._settings.gateway.id,
            self._receiver.publish,
            lambda: self._clock_ns() / 1e9,
            self._log,
        )
        self._receiver.watch(keeper)
        return keeper

    def _take_in(self) -> Intake:
        """Make what takes messages from all brokers, and from files."""
        receivers = (self._receiver, *self._further.by_name.values())
        folder, log = Path(self._settings.data.folder), self._log
        files = Handover(folder, self._clock_ns, lambda: max(self._receiver.connection, 0), log)
        acknowledgements = Acknowledgements(receivers)
        limits = self._settings.receive
        return Intake(self._journal, acknowledgements, limits, log, lambda _: self._ledger.wake(), files)

    def _serve_metrics(self, opened: ExitStack) -> None:
        address = self._settings.metrics.host_and_port
        if address is not None:
            # Its library takes 8 MB, which a gateway without metrics does not need.
            from sera_gateway import metrics  # noqa: PLC0415

            opened.callback(metrics.serve(address, self.figures))

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop, then finish in order: network, journal, ledger, followers.

        Raises
        ------
        BaseException
            What ended the network or the journal, without which there is nothing to do.
        """
        drained = threading.Event()
        receivers = {"network": self._receiver}
        receivers |= {f"network {name}": receiver for name, receiver in self._further.by_name.items()}
        networks = [
            self._start(name, partial(receiver.run, self._intake, stop), stop)
            for name, receiver in receivers.items()
        ]
        journal = self._start("journal", lambda: self._intake.run(drained), stop)
        have = self._start("have", lambda: self._publish_have(stop), stop)
        workers = (self._ledger, self._followers)
        watchers = [self._start(worker.work, partial(worker.run, stop), stop) for worker in workers]
        stop.wait()
        self._keeper.wake()
        for receiver in receivers.values():
            receiver.wake()
        for network in networks:
            network.join()
        drained.set()
        self._intake.wake()
        journal.join()
        for worker in workers:
            worker.end()
        for thread in (have, *watchers):
            thread.join()
        self._log.info("stopped", journal_last=self._journal.last_number)
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Close journal, store and sockets."""
        self._opened.close()

    def figures(self) -> dict[str, float]:
        """Return the state of the gateway, by the names of `metrics.METRICS`."""
        # Here, since the ledger runs in another process.
        from sera_gateway.ledger.ledger import LEFT_OUT  # noqa: PLC0415

        last, position = self._journal.last_number, self._store.cursors.position(LEDGER_CURSOR)
        return {
            "connected": float(self._receiver.online),
            "connection": self._receiver.connection,
            "further_brokers_away": self._further.away,
            "waiting_messages": self._intake.waiting,
            "journaled_messages": self._intake.journaled,
            "journal_last": last,
            "journal_full": float(self._intake.disk_full),
            "disk_free_bytes": shutil.disk_usage(self._settings.data.folder).free,
            "ledger_position": position,
            "ledger_behind": last - position,
            "ledger_jobs": self._store.waiting_jobs(),
            "ledger_left_out": self._store.cursors.position(LEFT_OUT),
            "dead_letters_waiting": sum(self._store.dead_letters.counts().values()),
            "follower_position": self._store.cursors.position(INFLUXDB),
            "other_gateways": len(self._keeper.other_gateways),
            "beyond_budget_senders": len(self._beyond_budget()),
            "beyond_budget_messages": sum(account.refused_messages for account in self._accounts),
            "beyond_budget_bytes": sum(account.refused_bytes for account in self._accounts),
            "clock_behind_s": self._clock.behind_s,
        }

    def _beyond_budget(self) -> set[str]:
        """Return who is beyond a budget now, or was today."""
        day = self._clock_ns() // DAY_NS
        alarms = {sender for account in self._accounts for sender in account.alarms}
        return alarms | {excess.sender for excess in self._store.excess(from_day=day)}

    @property
    def _accounts(self) -> list[Budgets]:
        return [self._budgets, *self._further.budgets]

    def _latest_arrival_ns(self) -> int:
        with JournalReader(self._settings.data.journal) as reader:
            last = reader.entry(self._journal.last_number)
        return max(last.received_ns if last else 0, self._store.cursors.position(LATEST_CURSOR))

    def _connected(self) -> None:
        self._keeper.handle_connection()
        self._renewals.handle_connection()
        if not self._was_ready:
            self._was_ready = True
            self._log.info("ready", broker=self._settings.broker.url, data=self._settings.data.folder)

    def _start(self, name: str, body: Callable[[], None], stop: threading.Event) -> threading.Thread:
        def run_guarded() -> None:
            try:
                body()
            except BaseException as error:  # noqa: BLE001 - reported and raised again by run
                self._log.critical("thread_failed", thread=name, exc_info=True)
                self._failure = error
                stop.set()

        thread = threading.Thread(target=run_guarded, name=name, daemon=True)
        thread.start()
        return thread

    def _note_progress(self, line: bytes) -> None:
        """Take from the ledger how far nodes have come."""
        self._keeper.note(_EXTENTS.decode(line))

    def _publish_have(self, stop: threading.Event) -> None:
        """Publish to nodes what has arrived, as it becomes due."""
        while not stop.is_set():
            # A moment after the first the others of a transaction are due as well.
            if self._keeper.rest(_TELL_REST_S) and stop.wait(TELL_S):
                return
            self._keeper.publish_due()
            self._renewals.publish_due()
            self._former.publish_due()


def _budgets(
    settings: GatewaySettings,
    registry: Registry,
    log: JsonLog,
    clock_ns: Callable[[], int],
    clock_s: Callable[[], float],
) -> Budgets:
    """Open the account of all senders with what the journal holds of today."""
    budgets, now_ns = Budgets(settings.budget, Senders(registry), log, clock_s), clock_ns()
    with JournalReader(settings.data.journal) as journal:
        budgets.restore(now_ns, journal.sizes_since(now_ns // DAY_NS * DAY_NS))
    return budgets


def serve(
    settings: GatewaySettings,
    log: JsonLog,
    stop: threading.Event,
    clock_ns: Callable[[], int] = time.time_ns,
    *,
    waits: bool = True,
    owns: bool = True,
) -> None:
    """Open a gateway and run it until told to stop; on a full disk as soon as that has room.

    Parameters
    ----------
    settings, log, clock_ns
        As for `Gateway`.
    stop
        Ends it, and the waiting for room too.
    waits
        Whether to wait for room.
    owns
        False where whoever started this process owns the data folder.

    Raises
    ------
    GatewayError, StoreUnusableError
        As for `Gateway`; FolderInUseError where another process owns the data folder; without waiting,
        also NoRoomError.
    """
    check_settings(settings, "settings")
    folder = Path(settings.data.folder)

    def begin() -> tuple[Gateway, ExitStack]:
        with ExitStack() as opened:
            if owns:
                opened.enter_context(owned(folder, "gateway run", log))
            gateway = Gateway(settings, log, clock_ns)
            opened.callback(gateway.close)
            return gateway, opened.pop_all()

    if waits:
        begun = wait_for_disk_space(folder, begin, stop, log)
    else:
        with require_disk_space(folder):
            begun = begin()
    if begun is None:
        log.info("stopped")
        return
    gateway, opened = begun
    with opened:
        gateway.run(stop)

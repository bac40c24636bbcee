"""Turn the journal into records, in order, each part of it in one transaction with its cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_gateway.checks.limits_in_force import LimitsInForce
from sera_gateway.checks.series_checks import SeriesChecks
from sera_gateway.decode import reasons
from sera_gateway.decode.decode import decode
from sera_gateway.decode.mappings import Mappings
from sera_gateway.ledger.allowances import StartedCache
from sera_gateway.ledger.arrivals import Arrivals, begin_again
from sera_gateway.ledger.batch_size import MESSAGES_MOST, Pace
from sera_gateway.ledger.dead_letter_retry import CLOCK_LETTERS, ORDERS_CURSOR, DeadLetterRetry
from sera_gateway.ledger.enrichment import Enrichment
from sera_gateway.ledger.redating import Redating
from sera_gateway.ledger.revision import Revision, enter_changes
from sera_gateway.ledger.transaction import Transaction
from sera_store.database.cursors import LEDGER_CURSOR
from sera_store.errors import StoreUnusableError
from sera_store.ledger.jobs import LETTERS, RECORDS, Job
from sera_store.records.dead_letters import DeadLetter

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_gateway.journal.journal import Entry, JournalReader
    from sera_gateway.ledger.allowances import OverLimit
    from sera_store.ledger.transaction import LedgerTransaction
    from sera_store.records.keys import Extent
    from sera_store.store import Store

_DETAIL_LONGEST: Final = 300
# The cursor that holds when the last message taken had arrived [ns], by which another journal is recognised.
_MARK: Final = "ledger_mark"
# How many orders and jobs were left out since they failed.
LEFT_OUT: Final = "ledger_left_out"


class Ledger:
    """The one stage that reads the journal and writes records, dead letters and cursor together.

    Parameters
    ----------
    store
        Where records go.
    journal
        What is read; it may be another process that writes it.
    on_progress
        Called with how far each node of a transaction has come, after it is committed.
    checkpoint
        Called with the name of each step: the kill tests end the process there, at each of them in turn, and
        see that nothing is lost or doubled.
    on_error
        Called with the order or revision that failed, and was left out so that it delays no other.
    on_alarm
        Called with what was beyond a node's allowance for the first time of a day.
    """

    def __init__(
        self,
        store: Store,
        journal: JournalReader,
        on_progress: Callable[[list[Extent]], None] = lambda _: None,
        checkpoint: Callable[[str], None] = lambda _: None,
        on_error: Callable[[str, Exception], None] = lambda _, __: None,
        on_alarm: Callable[[OverLimit], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._journal = journal
        self._on_progress = on_progress
        self._checkpoint = checkpoint
        self._on_error = on_error
        self._on_alarm = on_alarm
        self._enrichment = Enrichment(store.registry)
        self._mappings = Mappings(store.registry)
        self._retries = DeadLetterRetry(store, journal, self._enrichment, self._mappings)
        self._pace = Pace()
        self._started = StartedCache()
        self._checks = SeriesChecks(LimitsInForce(store.registry))
        self._compared = False
        # The node whose letters, and whose records, had the turn last.
        self._turn_of_letters = self._turn_of_records = ""
        self.is_at_rest = False

    @property
    def position(self) -> int:
        """Number of the last message that has become records."""
        return self._store.cursors.position(LEDGER_CURSOR)

    def version(self) -> tuple[int, int]:
        """Return what grows with each commit of others to the store and the registry: cheap to ask.

        Raises
        ------
        StoreUnusableError
            The store cannot be read.
        """
        return self._store.version()

    def step(self, limit: int = MESSAGES_MOST) -> int:
        """Do a part of each kind of work that waits, and return how many messages were taken.

        Beside the next messages these are: a change of the registry, letters that one may mend or a person's
        order; the next job of the node whose turn it is; checks among neighbours, where no message waits.
        `is_at_rest` tells afterwards whether there was nothing to do at all.

        Returns
        -------
        int
            0 where no message waits, or an order has its place before the next one.

        Raises
        ------
        StoreUnusableError
            The store cannot be written; nothing of the transaction was, and the next step takes it again.
        """
        self._compare()
        self._renew()
        has_worked = [self._settle(), self._revise()]
        message_count = self._take_next(limit)
        if not message_count:
            has_worked.append(self._watch())
        self.is_at_rest = not (message_count or any(has_worked))
        return message_count

    def set_aside(self, error: Exception) -> None:
        """Make a dead letter of the next message, on which alone the ledger failed, and go on after it."""
        after = self.position
        for entry in self._journal.read(after, 1):
            letter = DeadLetter(
                journal=entry.number,
                reason=reasons.INTERNAL,
                detail=f"{type(error).__name__}: {error}"[:_DETAIL_LONGEST],
                topic=entry.topic,
                payload=entry.payload,
                received_s=entry.received_s,
            )
            with self._store.ledger() as transaction:
                if transaction.cursor() == after:
                    transaction.dead_letters.add([letter])
                    transaction.move_cursor(entry.number)
                    transaction.cursors.move(_MARK, entry.received_ns)

    def settle(self) -> None:
        """Take people's orders, and try letters again that a change of the registry may mend."""
        self._renew()
        while self._settle():
            pass

    def revise(self) -> None:
        """Finish all revisions that changes of the registry, orders and datings have begun."""
        self._renew()
        while self._settle() or self._revise() or self._watch():
            pass

    def catch_up(self, limit: int = MESSAGES_MOST) -> int:
        """Take all messages there are, finish all other work, and return the number of messages."""
        total = self.step(limit)
        while not self.is_at_rest:
            total += self.step(limit)
        return total

    def _renew(self) -> None:
        self._enrichment.renew()
        self._mappings.renew()

    def _take_next(self, limit: int) -> int:
        after = self.position
        with self._store.ledger() as transaction:
            most = self._retries.until(transaction)
        entries = self._journal.read(after, min(limit, most, self._pace.limit)) if most else []
        if entries:
            with self._pace.measure(len(entries)):
                self._take(after, entries)
        return len(entries)

    def _take(self, after: int, entries: list[Entry]) -> None:
        """Take messages, unless others have moved the cursor or an order comes first."""
        with self._store.ledger() as transaction:
            arrivals = Arrivals(transaction)
        judged = zip(entries, arrivals.judge(entries), strict=True)
        decoded = [(entry, decode(entry, self._mappings, reference)) for entry, reference in judged]
        with self._store.ledger() as transaction:
            # Another process may have taken the chunk, or an order that comes before it.
            if transaction.cursor() != after or not self._retries.until(transaction):
                return
            messages = Transaction(
                transaction, self._store.dead_letters, self._enrichment, started=self._started
            )
            messages.look_up(message for _, message in decoded)
            for entry, message in decoded:
                messages.take(entry, message)
            self._checkpoint("taken")
            extents = messages.finish()
            self._checkpoint("finished")
            transaction.move_cursor(entries[-1].number)
            transaction.cursors.move(_MARK, entries[-1].received_ns)
            if arrivals.note(transaction):
                transaction.jobs.put(LETTERS, CLOCK_LETTERS)
            self._checkpoint("moved")
        self._checkpoint("committed")
        messages.note_committed()
        self._on_progress(extents)
        for beyond in messages.alarms:
            self._on_alarm(beyond)

    def _settle(self) -> bool:
        """Enter changes of the registry, try letters again or take one order; False where there is none."""
        with self._store.ledger() as transaction:
            done = enter_changes(transaction, self._store.registry) > 0
            self._checkpoint("entered")
            job, were_empty = self._retries.next_job(transaction, self._turn_of_letters)
            is_due = job is None and self._retries.is_due(transaction)
            if not (done or were_empty or job or is_due):
                return False
        if job is not None:
            self._turn_of_letters = job.node
            self._guarded(job, lambda transaction: self._try_again(transaction, job))
        elif is_due:
            self._guarded(ORDERS_CURSOR, self._take_order)
        self._checkpoint("settled")
        return True

    def _try_again(self, transaction: LedgerTransaction, job: Job) -> None:
        self._retries.try_again(transaction, job)
        self._checkpoint("tried")

    def _take_order(self, transaction: LedgerTransaction) -> None:
        # Another process may have taken it.
        if self._retries.is_due(transaction):
            self._retries.take_order(transaction, self._checkpoint)

    def _revise(self) -> bool:
        """Do a part of one revision, of the node whose turn it is; False where there is none."""
        with self._store.ledger() as transaction:
            job = transaction.jobs.next_of_records(self._turn_of_records)
        if job is None:
            return False
        self._turn_of_records = job.node
        self._guarded(job, lambda transaction: self._go_on(transaction, job))
        self._checkpoint("kept")
        return True

    def _watch(self) -> bool:
        """Check a part of what is new, or has other limits, among its neighbours; False where nothing is."""
        with self._store.ledger() as transaction:
            has_worked = self._checks.step(transaction)
            self._checkpoint("watched")
        return has_worked

    def _go_on(self, transaction: LedgerTransaction, job: Job) -> None:
        if job.kind == RECORDS:
            Revision(
                transaction,
                self._enrichment,
                self._received_s,
                lambda journal: self._retries.try_message(transaction, journal),
            ).go_on(job)
        else:
            Redating(transaction, self._enrichment).go_on(job)
        self._checkpoint("revised")

    def _guarded(self, subject: Job | str, work: Callable[[LedgerTransaction], None]) -> None:
        """Work in one transaction; what fails is told and left out, for it would fail for ever."""
        try:
            with self._store.ledger() as transaction:
                work(transaction)
        except (StoreUnusableError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - one order or revision never stops the gateway
            self._on_error(str(subject), error)
            with self._store.ledger() as transaction:
                transaction.cursors.move(LEFT_OUT, transaction.cursors.position(LEFT_OUT) + 1)
                if isinstance(subject, Job):
                    transaction.jobs.drop(subject)
                else:
                    self._retries.pass_over(transaction)

    def _received_s(self, number: int) -> int | None:
        entry = self._journal.entry(number)
        return entry.received_s if entry is not None else None

    def _compare(self) -> None:
        """Go back where the journal is an older one than the store's, as after a restored backup."""
        if self._compared:
            return
        with self._store.ledger() as transaction:
            cursor = transaction.cursor()
            last = self._last_position(cursor, transaction.cursors.position(_MARK))
            if last < cursor:
                transaction.move_cursor(last)
                entry = self._journal.entry(last)
                begin_again(transaction, last, entry.received_ns if entry is not None else 0)
        self._compared = True

    def _last_position(self, number: int, mark_ns: int) -> int:
        """Find the last message up to a number that the store has seen; `mark_ns` is when that arrived."""
        entry = self._journal.entry(number)
        if not number or (entry is not None and mark_ns in (0, entry.received_ns)):
            return number
        first, last = 0, min(number, self._journal.last_number())
        while first < last:
            middle = (first + last + 1) // 2
            entry = self._journal.entry(middle)
            if entry is not None and entry.received_ns > mark_ns:
                last = middle - 1
            else:
                first = middle
        return first

"""Turn the journal into records, in order, each chunk in one transaction with its journal cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_gateway.checks.spike_revision import revise_series_flags
from sera_gateway.decode import reasons
from sera_gateway.decode.decode import decode
from sera_gateway.decode.mappings import Mappings
from sera_gateway.ledger.arrivals import Arrivals, begin_again
from sera_gateway.ledger.batch_size import MESSAGES_MOST, Pace
from sera_gateway.ledger.dead_letter_retry import CLOCK_LETTERS, ORDERS_CURSOR, Mender
from sera_gateway.ledger.enrichment import Completion
from sera_gateway.ledger.redating import Redating
from sera_gateway.ledger.revision import Revision, enter_changes
from sera_gateway.ledger.transaction import Chunk
from sera_store.errors import StoreUnusableError
from sera_store.ledger.jobs import LETTERS, RECORDS, Job
from sera_store.ledger.ledger_writes import LEDGER_CURSOR
from sera_store.records.dead_letters import DeadLetter

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_gateway.journal.journal import Entry, JournalReader
    from sera_gateway.ledger.allowances import Beyond
    from sera_store.ledger.ledger_writes import LedgerWrites
    from sera_store.records.keys import Extent
    from sera_store.store import Store

_DETAIL_LONGEST: Final = 300
# The cursor that holds when the last message taken had arrived [ns], by which another journal is recognised.
_MARK: Final = "ledger_mark"
# How many orders and jobs were left out since they failed.
LEFT_OUT: Final = "ledger_left_out"


class Ledger:
    """The one stage that reads the journal and writes records, refusals and cursor together.

    Parameters
    ----------
    store
        Where records go.
    journal
        What is read; it may be another process that writes it.
    progressed
        Told how far each node of a chunk has come, after the chunk is committed.
    passed
        Told each step of a transaction by its name; where a process may be made to die.
    troubled
        Told which order or revision failed, and was left out so that it holds nobody.
    alarmed
        Called with what was beyond a node's allowance for the first time of a day.
    """

    def __init__(
        self,
        store: Store,
        journal: JournalReader,
        progressed: Callable[[list[Extent]], None] = lambda _: None,
        passed: Callable[[str], None] = lambda _: None,
        troubled: Callable[[str, Exception], None] = lambda _, __: None,
        alarmed: Callable[[Beyond], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._journal = journal
        self._progressed = progressed
        self._passed = passed
        self._troubled = troubled
        self._alarmed = alarmed
        self._completion = Completion(store.registry)
        self._mappings = Mappings(store.registry)
        self._mender = Mender(store, journal, self._completion, self._mappings)
        self._pace = Pace()
        self._compared = False
        # The node whose letters, and whose records, had the turn last.
        self._turn_of_letters = self._turn_of_records = ""
        self.is_at_rest = False

    @property
    def position(self) -> int:
        """Number of the last message that has become records."""
        return self._store.cursors.position(LEDGER_CURSOR)

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
            The store cannot be written; nothing of the chunk was, and the next step takes it again.
        """
        self._compare()
        self._renew()
        has_worked = [self._settle(), self._revise()]
        taken = self._take_next(limit)
        if not taken:
            has_worked.append(self._watch())
        self.is_at_rest = not (taken or any(has_worked))
        return taken

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
                received_s=entry.received_ns // 1_000_000_000,
            )
            with self._store.ledger() as writes:
                if writes.cursor() == after:
                    writes.refuse([letter])
                    writes.move_cursor(entry.number)
                    writes.move(_MARK, entry.received_ns)

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
        self._completion.renew()
        self._mappings.renew()

    def _take_next(self, limit: int) -> int:
        after = self.position
        with self._store.ledger() as writes:
            most = self._mender.until(writes)
        entries = self._journal.read(after, min(limit, most, self._pace.limit)) if most else []
        if entries:
            with self._pace.taking(len(entries)):
                self._take(after, entries)
        return len(entries)

    def _take(self, after: int, entries: list[Entry]) -> None:
        """Take messages, unless others have moved the cursor or an order comes first."""
        with self._store.ledger() as writes:
            arrivals = Arrivals(writes)
        judged = zip(entries, arrivals.judge(entries), strict=True)
        decoded = [(entry, decode(entry, self._mappings, reference)) for entry, reference in judged]
        with self._store.ledger() as writes:
            # Another process may have taken the chunk, or an order that comes before it.
            if writes.cursor() != after or not self._mender.until(writes):
                return
            chunk = Chunk(writes, self._store.dead_letters, self._completion)
            chunk.look_up(message for _, message in decoded)
            for entry, message in decoded:
                chunk.take(entry, message)
            self._passed("taken")
            extents = chunk.finish()
            self._passed("finished")
            writes.move_cursor(entries[-1].number)
            writes.move(_MARK, entries[-1].received_ns)
            if arrivals.note(writes):
                writes.put_job(LETTERS, CLOCK_LETTERS)
            self._passed("moved")
        self._passed("committed")
        self._progressed(extents)
        for beyond in chunk.alarms:
            self._alarmed(beyond)

    def _settle(self) -> bool:
        """Enter changes of the registry, try letters again or take one order; False where there is none."""
        with self._store.ledger() as writes:
            done = enter_changes(writes, self._store.registry) > 0
            self._passed("entered")
            job = writes.next_letters_job(self._turn_of_letters)
            is_due = job is None and self._mender.is_due(writes)
            if not (done or job or is_due):
                return False
        if job is not None:
            self._turn_of_letters = job.node
            self._guarded(job, lambda writes: self._try_again(writes, job))
        elif is_due:
            self._guarded(ORDERS_CURSOR, self._take_order)
        self._passed("settled")
        return True

    def _try_again(self, writes: LedgerWrites, job: Job) -> None:
        self._mender.try_again(writes, job)
        self._passed("tried")

    def _take_order(self, writes: LedgerWrites) -> None:
        # Another process may have taken it.
        if self._mender.is_due(writes):
            self._mender.take_order(writes, self._passed)

    def _revise(self) -> bool:
        """Do a part of one revision, of the node whose turn it is; False where there is none."""
        with self._store.ledger() as writes:
            job = writes.next_records_job(self._turn_of_records)
        if job is None:
            return False
        self._turn_of_records = job.node
        self._guarded(job, lambda writes: self._go_on(writes, job))
        self._passed("kept")
        return True

    def _watch(self) -> bool:
        """Check a part of what is new among its neighbours; False where nothing is new."""
        with self._store.ledger() as writes:
            found = revise_series_flags(writes)
            self._passed("watched")
        return found

    def _go_on(self, writes: LedgerWrites, job: Job) -> None:
        if job.kind == RECORDS:
            Revision(writes, self._completion, self._received_s).go_on(job)
        else:
            Redating(writes, self._completion).go_on(job)
        self._passed("revised")

    def _guarded(self, what: Job | str, work: Callable[[LedgerWrites], None]) -> None:
        """Work in one transaction; what fails is told and left out, for it would fail for ever."""
        try:
            with self._store.ledger() as writes:
                work(writes)
        except (StoreUnusableError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - one order or revision never stops the gateway
            self._troubled(str(what), error)
            with self._store.ledger() as writes:
                writes.move(LEFT_OUT, writes.position(LEFT_OUT) + 1)
                if isinstance(what, Job):
                    writes.drop_job(what)
                else:
                    self._mender.pass_over(writes)

    def _received_s(self, number: int) -> int | None:
        entry = self._journal.entry(number)
        return entry.received_ns // 1_000_000_000 if entry is not None else None

    def _compare(self) -> None:
        """Go back where the journal is an older one than the store's, as after a restored backup."""
        if self._compared:
            return
        with self._store.ledger() as writes:
            cursor = writes.cursor()
            last = self._last_known(cursor, writes.position(_MARK))
            if last < cursor:
                writes.move_cursor(last)
                entry = self._journal.entry(last)
                begin_again(writes, last, entry.received_ns if entry is not None else 0)
        self._compared = True

    def _last_known(self, number: int, mark_ns: int) -> int:
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

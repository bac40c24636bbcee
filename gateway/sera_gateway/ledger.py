"""Turn the journal into records, in order, each chunk in one transaction with its journal cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_gateway import reasons
from sera_gateway.arrivals import Arrivals, begin_again
from sera_gateway.chunk import Chunk
from sera_gateway.completion import Completion
from sera_gateway.decode import decode
from sera_gateway.fair_order import FairOrder
from sera_gateway.foreign import waits_for_its_turn
from sera_gateway.mappings import Mappings
from sera_gateway.mending import CLOCK_LETTERS, ORDERS_CURSOR, Mender
from sera_gateway.pace import MESSAGES_MOST, Pace
from sera_gateway.redating import Redating
from sera_gateway.revision import Revision, enter_changes
from sera_gateway.watching import watch
from sera_store.dead_letters import DeadLetter
from sera_store.errors import StoreUnusableError
from sera_store.jobs import BOOT, LETTERS, RECORDS, Job
from sera_store.ledger import LEDGER_CURSOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_gateway.journal import Entry, JournalReader
    from sera_store.keys import Extent
    from sera_store.ledger import LedgerWrites
    from sera_store.store import Store

_DETAIL_LONGEST: Final = 300
# Cursors that hold when the last message taken had arrived [ns], in its turn and before it, by which another
# journal is known.
_MARK: Final = "ledger_mark"
_AHEAD_MARK: Final = "ahead_mark"


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
    """

    def __init__(
        self,
        store: Store,
        journal: JournalReader,
        progressed: Callable[[list[Extent]], None] = lambda _: None,
        passed: Callable[[str], None] = lambda _: None,
        troubled: Callable[[str, Exception], None] = lambda _, __: None,
    ) -> None:
        self._store = store
        self._journal = journal
        self._progressed = progressed
        self._passed = passed
        self._troubled = troubled
        self._completion = Completion(store.registry)
        self._mappings = Mappings(store.registry)
        self._mender = Mender(store, journal, self._completion, self._mappings)
        self._order = FairOrder(journal, self._mappings.sender)
        self._pace = Pace()
        self._compared = False

    @property
    def position(self) -> int:
        """Number of the last message that has become records."""
        return self._store.cursors.position(LEDGER_CURSOR)

    def step(self, limit: int = MESSAGES_MOST) -> int:
        """Do what has to be done first, then take the next chunk and return how many messages it had.

        First come the letters that a change of the registry may mend, and people's orders; revisions of
        records go on beside the chunks, a part a step.

        Returns
        -------
        int
            0 when all messages are taken.

        Raises
        ------
        StoreUnusableError
            The store cannot be written; nothing of the chunk was, and the next step takes it again.
        """
        return self._step(limit, fair=limit > 1)

    def _step(self, limit: int, *, fair: bool) -> int:
        self._compare()
        self._renew()
        while self._settle():
            pass
        self._revise()
        after = self.position
        with self._store.ledger() as writes:
            most, ahead = self._mender.until(writes), 0
        if fair:
            ahead = self._take_ahead(after, most)
        entries = self._journal.read(after, min(limit, most, self._pace.limit))
        if not entries:
            self._watch()
            return ahead
        with self._pace.taking(len(entries)):
            self._take(after, entries)
        return ahead + len(entries)

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
                    if not writes.ahead.between(after, entry.number):
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

    def catch_up(self) -> int:
        """Take all chunks there are, finish all revisions, and return the number of messages."""
        total = 0
        while taken := self._step(MESSAGES_MOST, fair=False):
            total += taken
        self.revise()
        return total

    def _renew(self) -> None:
        self._completion.renew()
        if self._mappings.renew():
            self._order.begin(self.position)

    def _take_ahead(self, after: int, most: int) -> int:
        """Take what would wait behind other senders' backlog; return how many messages that was."""
        entries = self._order.choose(after, min(self._journal.last_number(), after + most))
        if not entries:
            return 0
        done = False
        try:
            done = self._take(after, entries, ahead=True)
        except StoreUnusableError:
            raise
        except Exception as error:  # noqa: BLE001 - in its turn it is found which message fails
            self._troubled("messages taken ahead", error)
        finally:
            if not done:
                self._order.give_up()
        return len(entries) if done else 0

    def _take(self, after: int, found: list[Entry], *, ahead: bool = False) -> bool:
        """Take messages; False where others have moved the cursor, or an order comes first."""
        with self._store.ledger() as writes:
            taken = writes.ahead.between(after, found[-1].number)
            arrivals = Arrivals(writes)
        judged = zip(found, arrivals.judge(found), strict=True)
        decoded = [(entry, decode(entry, self._mappings, reference)) for entry, reference in judged]
        if ahead:
            decoded = [one for one in decoded if one[0].number not in taken and not waits_for_its_turn(*one)]
        with self._store.ledger() as writes:
            # Another process may have taken the chunk, or an order that comes before it.
            if writes.cursor() != after or self._mender.is_due(writes):
                return False
            chunk = Chunk(writes, self._store.dead_letters, self._completion, is_ahead=ahead)
            chunk.look_up(message for _, message in decoded)
            for entry, message in decoded:
                if entry.number in taken:
                    chunk.pass_by(entry, message)
                else:
                    chunk.take(entry, message)
            self._passed("taken")
            extents = chunk.finish()
            self._passed("finished")
            if ahead:
                self._note_ahead(writes, [entry for entry, _ in decoded])
            else:
                writes.move_cursor(found[-1].number)
                writes.move(_MARK, found[-1].received_ns)
                writes.ahead.forget(found[-1].number)
                if arrivals.note(writes):
                    writes.put_job(LETTERS, CLOCK_LETTERS)
            self._passed("moved")
        self._passed("committed")
        self._progressed(extents)
        return True

    def _note_ahead(self, writes: LedgerWrites, entries: list[Entry]) -> None:
        if entries and entries[-1].number > writes.ahead.last():
            writes.move(_AHEAD_MARK, entries[-1].received_ns)
        writes.ahead.add(entry.number for entry in entries)

    def _settle(self) -> bool:
        """Enter changes of the registry, try letters again or take one order; False where there is none."""
        with self._store.ledger() as writes:
            done = enter_changes(writes, self._store.registry) > 0
            self._passed("entered")
            job = writes.next_job(LETTERS)
            is_due = job is None and self._mender.is_due(writes)
            if not (done or job or is_due):
                return False
        if job is not None or is_due:
            self._guarded(job or ORDERS_CURSOR, self._mend)
        self._passed("settled")
        return True

    def _mend(self, writes: LedgerWrites) -> None:
        job = writes.next_job(LETTERS)
        if job is not None:
            self._mender.try_again(writes, job)
            self._passed("tried")
        elif self._mender.is_due(writes):
            self._mender.take_order(writes, self._passed)

    def _revise(self) -> bool:
        """Do a part of one revision; False where there is none."""
        with self._store.ledger() as writes:
            job = writes.next_job(RECORDS) or writes.next_job(BOOT)
        if job is None:
            return False
        self._guarded(job, lambda writes: self._go_on(writes, job))
        self._passed("kept")
        return True

    def _watch(self) -> bool:
        """Check a part of what is new among its neighbours; False where nothing is new."""
        with self._store.ledger() as writes:
            found = watch(writes)
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
                if isinstance(what, Job):
                    writes.move_job(what, None)
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
            ahead = writes.ahead.last()
            writes.ahead.forget_above(self._last_known(ahead, writes.position(_AHEAD_MARK)))
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

"""Journal, ledger and store of one folder, for tests of what messages become."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from gateway_parts import NOW_NS, NOW_S, data_topic, message, rows_of
from sera_gateway.journal.journal import Journal, JournalReader
from sera_gateway.ledger.ledger import Ledger
from sera_store.records.rows import StoredRecord
from sera_store.registry.opening import REGISTRY_FILE
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sera_store.ledger.transaction import LedgerTransaction
    from sera_store.records.completeness import NodeAccount
    from sera_store.records.rows import Record

NODE = "node-a"


def quiet(_: str) -> None:
    """Pass a step of the ledger."""


class Way:
    """Journal, ledger and store of one folder; can be closed and opened again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "store" / "records.sqlite"
        self.on_step: Callable[[str], None] = quiet
        self.open()

    def open(self) -> None:
        """Open everything as a process that starts does."""
        with ExitStack() as opened:
            self.journal = opened.enter_context(Journal(self.folder / "journal", lambda: NOW_NS))
            self.reader = opened.enter_context(JournalReader(self.folder / "journal"))
            self.store = opened.enter_context(Store.open(self.folder / "store", clock=lambda: NOW_S))
            self.ledger = Ledger(self.store, self.reader, checkpoint=lambda step: self.on_step(step))
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Close everything."""
        self._opened.close()

    def take(
        self, *payloads: bytes, topic: str = data_topic(NODE), received_s: int = NOW_S, **marks: Any
    ) -> None:
        """Journal messages, and have the ledger take them in one chunk."""
        self.journal.append([message(topic, payload, received_s, **marks) for payload in payloads])
        self.ledger.catch_up()

    def order(self, action: str, letter: int, **amendment: Any) -> None:
        """Enter an action on a dead letter, and make the ledger take it."""
        result = self.store.dead_letters.show(letter)
        self.store.dead_letter_actions.put(
            action, journal=result.journal, reason=result.reason, by="a test", **amendment
        )
        self.ledger.catch_up()

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the store past the code that wrote it."""
        return rows_of(self.database, statement, *values)

    def letters(self, state: str | None = None) -> list[str]:
        """Reasons of the dead letters, of all or of those in one state."""
        rows = self.sql("SELECT reason FROM dead_letters WHERE ?1 IS NULL OR state = ?1 ORDER BY id", state)
        return [reason for (reason,) in rows]

    def ignored(self) -> list[str]:
        """Reasons of the messages that are no readings."""
        return [reason for (reason,) in self.sql("SELECT reason FROM ignored ORDER BY journal")]

    def account(self, node: str = NODE) -> NodeAccount:
        """The one account of a node, which closes."""
        [account] = self.store.completeness(node)
        assert_closes(account)
        outstanding = self.store.outstanding().get(node)
        if outstanding is not None:
            # The quick count beside the full one.
            assert (outstanding.missing, outstanding.undated) == (account.missing, account.undated)
        return account

    def current(self) -> list[Record]:
        """The current records of all nodes, in order of sequence."""
        rows = self.sql("SELECT record FROM keys WHERE record IS NOT NULL ORDER BY source, seq")
        records = [self.store.records.row(number) for (number,) in rows]
        return [record.record for record in records if isinstance(record, StoredRecord)]

    def state(self) -> dict[tuple[str, str, int], object]:
        """What has become of each key: the record as all see it, or why a letter holds it."""
        state: dict[tuple[str, str, int], object] = {
            (record.node, record.epoch, record.seq): _comparable(record) for record in self.current()
        }
        rows = self.sql(
            "SELECT s.node, s.epoch, k.seq, d.reason FROM keys k JOIN sources s ON s.id = k.source "
            "JOIN dead_letters d ON d.id = k.letter WHERE k.record IS NULL"
        )
        state.update({(node, epoch, seq): reason for node, epoch, seq, reason in rows})
        return state


def assert_same(live: Way, rebuilt: Way) -> None:
    """Fail unless a rebuild ends in the state of the ledger that was disturbed, without any exception."""
    assert live.state() == rebuilt.state()


def assert_closes(account: NodeAccount) -> None:
    """Fail unless made = stored + undated + dead-lettered + erased + missing + lost."""
    assert account.made == sum(
        (
            account.stored,
            account.undated,
            account.dead_lettered,
            account.erased,
            account.missing,
            account.lost,
        )
    )
    assert min(account.stored, account.undated, account.dead_lettered, account.missing, account.lost) >= 0


@contextmanager
def way_in(folder: Path) -> Iterator[Way]:
    """Open a way and close it in the end."""
    way = Way(folder)
    try:
        yield way
    finally:
        way.close()


@contextmanager
def replayed(way: Way, folder: Path, chunk: int) -> Iterator[Way]:
    """Rebuild the store from the journal and the registry alone, some messages a time."""
    shutil.copytree(way.folder / "journal", folder / "journal")
    (folder / "store").mkdir()
    for name in (REGISTRY_FILE, REGISTRY_FILE + "-wal"):
        if (way.folder / "store" / name).exists():
            shutil.copy(way.folder / "store" / name, folder / "store" / name)
    with way_in(folder) as fresh:
        fresh.on_step = way.on_step
        fresh.ledger.catch_up(chunk)
        yield fresh


def _comparable(record: Record) -> object:
    """What can be seen of a record: all of it, but of an undated one neither place nor what belongs to it."""
    detail = record.detail or {}
    if record.time_s is None:
        return record.values, record.flags, "undated"
    output = (record.series, record.community, record.garden, record.columns, record.values, record.quality)
    return (*output, record.time_s, record.uncertainty_s, record.flags, sorted(detail.items()))


def put(writes: LedgerTransaction, record: Record) -> None:
    """Append a record, or supersede the one of the same key, whatever flags that has by now."""
    value = writes.keys.states(record.node, record.epoch, [record.seq]).get(record.seq)
    if value is None:
        writes.records.append([(record, b"")])
    else:
        assert value.record is not None
        writes.records.supersede(value.record, record)


def read_on(data: Path) -> None:
    """Read with a ledger what it has not read yet, as a gateway does when it starts."""
    with Store.open(data / "store") as store, JournalReader(data / "journal") as journal:
        ledger = Ledger(store, journal, quiet)
        while ledger.step():
            pass

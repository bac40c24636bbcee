"""One ledger transaction: records, dead letters, accounts and the journal cursor, all of them or none.

It is composed of parts, each of which owns some tables; a part calls none of the others but what it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_store.database.cursors import LEDGER_CURSOR
from sera_store.ledger.boots import BootWrites
from sera_store.ledger.budgets import BudgetWrites
from sera_store.ledger.clock_spans import ClockSpanWrites
from sera_store.ledger.cursors import CursorWrites
from sera_store.ledger.dead_letters import DeadLetterWrites
from sera_store.ledger.delivery import DeliveryWrites
from sera_store.ledger.foreign_keys import ForeignKeyWrites
from sera_store.ledger.jobs import JobWrites
from sera_store.ledger.keys import KeyWrites
from sera_store.ledger.neighbour_rows import NeighbourRows
from sera_store.ledger.probe_tables import ProbeTableWrites
from sera_store.ledger.records import RecordWrites
from sera_store.ledger.statuses import StatusWrites
from sera_store.ledger.withdrawals import WithdrawalWrites

if TYPE_CHECKING:
    import sqlite3

    from sera_store.database.names import Names


class LedgerTransaction:
    """What the ledger may do inside one transaction; made by `Store.ledger`.

    Attributes
    ----------
    keys
        Which keys are taken, and by what.
    records
        The table of records: new rows, rows that supersede others.
    dead_letters
        Messages that could not become records.
    delivery
        How far each node's records have arrived, and what came twice or was no reading.
    boots
        What dates records without a time of their own.
    jobs
        Work that is begun and not finished.
    probe_tables
        Which chips nodes have named.
    statuses
        What nodes said last of themselves.
    neighbours
        Rows that are new to the checks of series, with what is beside them.
    withdrawals
        Which records people took back.
    budgets, clock_spans, foreign_keys, cursors
        What nodes have begun again; when the gateway's clock was behind; which keys of other makers' devices
        come; positions by name.
    """

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self.cursors = CursorWrites(connection)
        self.keys = KeyWrites(connection, names)
        self.records = RecordWrites(connection, names)
        self.dead_letters = DeadLetterWrites(connection, self.keys)
        self.delivery = DeliveryWrites(connection, names)
        self.boots = BootWrites(connection, names)
        self.jobs = JobWrites(connection)
        self.probe_tables = ProbeTableWrites(connection)
        self.statuses = StatusWrites(connection)
        self.neighbours = NeighbourRows(connection, names)
        self.withdrawals = WithdrawalWrites(connection)
        self.budgets = BudgetWrites(connection)
        self.clock_spans = ClockSpanWrites(connection)
        self.foreign_keys = ForeignKeyWrites(connection, names)

    def cursor(self) -> int:
        """Return the journal number up to which everything is in the store."""
        return self.cursors.position(LEDGER_CURSOR)

    def move_cursor(self, journal: int) -> None:
        """Note that everything up to this journal number is in the store."""
        self.cursors.move(LEDGER_CURSOR, journal)

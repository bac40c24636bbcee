"""Enter what people counted and did from the command line: by way of the outbox into the journal."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_command.errors import BadInputError
from sera_command.installation.ingestion import own_or_find_owner, take_in
from sera_command.installation.installation import BY
from sera_gateway.handover import Publication
from sera_pages.accounts.schema import open_accounts
from sera_pages.counting.counters import counter_of
from sera_pages.counting.submission import time_of
from sera_pages.sending.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sera_pages.sending.messages import Entry
    from sera_pages.sending.outbox import OutboxEntry
    from sera_store.registry.registry import Garden
    from sera_store.store import Store

# The process of the pages sends what waits; it looks every two seconds, and waits 8 s for the journal.
_STANDS_STILL_S: Final = 20.0
_GLANCE_S: Final = 0.1


class NewEntry(NamedTuple):
    """Something to enter: what it is known by, its garden, and what it is."""

    form: str
    garden: Garden
    entry: Entry


class Outcome(NamedTuple):
    """How many entries the journal has, and how many wait for the gateway on this machine."""

    journaled: int
    waiting: int


def registered_garden(store: Store, name: str) -> Garden:
    """Return a garden of the registry.

    Raises
    ------
    BadInputError
        There is none with this id.
    """
    garden = store.registry.garden(name)
    if garden is None:
        garden_ids = ", ".join(entity.id for entity in store.registry.gardens()) or "none"
        raise BadInputError(f"garden {name!r} is not registered; known: {garden_ids}")
    return garden


def enter(data: Path, store: Store, entries: Sequence[NewEntry], person: str = "") -> Outcome:
    """Enter what was counted or done, and wait until the journal has it.

    Parameters
    ----------
    data, store
        The installation's folder, and its store.
    entries
        Each is entered once, however often it is given.
    person
        Id of the person whose entries they are; the empty id is that of the command line.

    Returns
    -------
    Outcome
        What waits is on disk, and is sent as soon as `sera up` runs.
    """
    with closing(open_accounts(data)) as accounts:
        outbox = Outbox(accounts, time.time)
        outbox_entries = [_enter(outbox, store, entry, person) for entry in entries]
        with ExitStack() as stack:
            if own_or_find_owner(stack, data):
                _await_journal(outbox, outbox_entries)
            else:
                _journal(data, store, outbox, outbox_entries)
        journaled = sum(outbox.is_kept(entry.id) for entry in outbox_entries)
    return Outcome(journaled, len(outbox_entries) - journaled)


def _enter(outbox: Outbox, store: Store, new: NewEntry, person: str) -> OutboxEntry:
    counter = counter_of(store.registry, person, new.garden.id, time_of(new.entry), BY)
    return outbox.enter(f"{person or BY}/{new.form}", new.garden.community, counter, new.entry)


def _journal(data: Path, store: Store, outbox: Outbox, outbox_entries: Sequence[OutboxEntry]) -> None:
    """Write what waits into the journal of a folder that we own."""
    waiting = [entry for entry in outbox_entries if entry.journaled_s is None]
    if not waiting:
        return
    take_in(data, store, [Publication(entry.topic, entry.payload) for entry in waiting])
    for entry in waiting:
        outbox.note_journaled(entry.id)


def _await_journal(outbox: Outbox, outbox_entries: Sequence[OutboxEntry]) -> None:
    """Wait for the process that sends what waits, for as long as it goes on."""
    ids, pause = [entry.id for entry in outbox_entries if entry.journaled_s is None], threading.Event()
    ends_at = time.monotonic() + _STANDS_STILL_S
    while ids and time.monotonic() < ends_at:
        left = [name for name in ids if not outbox.is_kept(name)]
        if len(left) < len(ids):
            ids, ends_at = left, time.monotonic() + _STANDS_STILL_S
        pause.wait(_GLANCE_S)

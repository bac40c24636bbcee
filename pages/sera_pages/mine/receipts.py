"""Receipts: what somebody took back, when, whether the journal has it, and what had left the house before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sera_pages.counting.counters import counters_of
from sera_pages.people.people import day_words
from sera_pages.sending.withdrawals import stored_withdrawals, waiting_withdrawals
from sera_store.local_clock import NO_TIMEZONE, local_time
from sera_store.release.handouts import handouts_of
from sera_vocabulary import measurements as m
from sera_vocabulary import messages as keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_pages.views.visit import Visit
    from sera_store.records.rows import Record
    from sera_store.registry.registry import Person

_OUTPUTS_MOST = 200


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One withdrawal: local time, garden, the key of what was taken back, and its journal number or 0."""

    when: str
    garden: str
    key: str
    journal: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """All that somebody took back.

    Parameters
    ----------
    person
        Drawn id.
    day
        On which the receipt was made, in words.
    lines
        The newest first; those that wait first of all.
    handed_out
        Days on which a pack was made of a workshop in which they took part: it cannot be called back.
    outputs
        What else was made of the gardens in which they took something back, before the last of it was: day
        and name of the file.
    """

    person: str
    day: str
    lines: tuple[ReceiptLine, ...]
    handed_out: tuple[str, ...]
    outputs: tuple[str, ...]


def receipt_of(visit: Visit, person: Person) -> Receipt:
    """Make the receipt of a person from the withdrawals in the store, and those that wait to be sent."""
    installation = visit.installation
    counters = counters_of(installation.registry, person)
    records = stored_withdrawals(installation.view, counters)
    waiting = [
        _waiting(visit, copy.counter, message, counters)
        for copy, message in waiting_withdrawals(installation.outbox, counters, records)
    ]
    parts = installation.participants.parts_of(person.id)
    workshops = [installation.workshops.read(part.workshop) for part in parts]
    return Receipt(
        person.id,
        day_words(visit, installation.now_s()),
        (*waiting, *(_line(visit, record, counters) for record in records)),
        tuple(
            day_words(visit, workshop.frozen_s)
            for workshop in workshops
            if workshop is not None and workshop.frozen_s is not None
        ),
        _outputs(visit, records, counters),
    )


def _outputs(visit: Visit, records: Sequence[Record], counters: dict[str, str]) -> tuple[str, ...]:
    """List what was handed out of the gardens of withdrawals before them, the newest first."""
    last_s: dict[str, int] = {}
    for record in records:
        garden = counters[record.node]
        last_s[garden] = max(last_s.get(garden, 0), record.time_s or 0)
    return tuple(
        [
            visit.words.say("form.problem_at", label=day_words(visit, handout.made_s), problem=handout.name)
            for handout in handouts_of(visit.installation.folder)
            if any(handout.made_s <= last_s.get(garden, 0) for garden in handout.gardens)
        ][:_OUTPUTS_MOST]
    )


def _line(visit: Visit, record: Record, counters: dict[str, str]) -> ReceiptLine:
    values = record.by_column
    epoch, seq = int(values.get(m.WITHDRAWN_EPOCH) or 0), int(values.get(m.WITHDRAWN_SEQ) or 0)
    key = _key(record.node, f"{epoch:0{keys.EPOCH_DIGITS}x}", seq)
    garden = counters[record.node]
    return ReceiptLine(_when(visit, garden, record.time_s or 0), garden, key, record.journal)


def _waiting(visit: Visit, counter: str, message: dict[str, Any], counters: dict[str, str]) -> ReceiptLine:
    """Read a withdrawal out of the message that carries it."""
    (row,) = message[keys.KEY_ROWS]
    values = dict(zip(message[keys.KEY_COLUMNS], row[5:], strict=True))
    key = _key(counter, f"{values[m.WITHDRAWN_EPOCH]:0{keys.EPOCH_DIGITS}x}", values[m.WITHDRAWN_SEQ])
    garden = counters[counter]
    return ReceiptLine(_when(visit, garden, row[2]), garden, key, 0)


def _key(counter: str, epoch: str, seq: int) -> str:
    return f"{counter}/{epoch}/{seq}"


def _when(visit: Visit, garden: str, time_s: int) -> str:
    entity = visit.installation.registry.garden(garden)
    moment = local_time(time_s, entity.timezone if entity is not None else NO_TIMEZONE)
    return f"{visit.words.figures.date(moment.date())}, {moment:%H:%M}"

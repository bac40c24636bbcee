"""Messages of other makers' devices: gathered over a transaction, and made records all at once.

What the messages of one recipe hold is one matrix of numbers, converted, checked and written as columns; a
single message is a matrix of one row. Only what has to do with keys that are taken already is decided about
row by row.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sera_gateway.decode.decoded import HASH_BYTES
from sera_gateway.decode.mapping import REFUSED
from sera_gateway.decode.mappings import unread_keys
from sera_gateway.ledger.decision import Action
from sera_gateway.ledger.enrichment import EnrichmentPlan, completed
from sera_store.records.blocks import Block, MessageBlock
from sera_store.records.rows import SIMULATED, TIME_SUSPECT, Record, unpack
from sera_vocabulary import quality

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from sera_gateway.decode.envelope import Rejection
    from sera_gateway.decode.mapping import ForeignMessage
    from sera_gateway.decode.recipe import Part
    from sera_gateway.journal.journal import Entry
    from sera_gateway.ledger.enrichment import Enrichment
    from sera_gateway.ledger.record_writer import RecordWriter
    from sera_gateway.ledger.rejections import Rejections
    from sera_store.ledger.transaction import LedgerTransaction

_PREFIX: Final = REFUSED + ":"


class PlacedMessage(NamedTuple):
    """A message with its journal entry and what the registry adds to it."""

    entry: Entry
    message: ForeignMessage
    plan: EnrichmentPlan


class ForeignMessages:
    """The messages of other makers' devices in one transaction.

    Parameters
    ----------
    transaction, enrichment
        Where their records go, and what the registry adds.
    writer, rejections
        Decide about rows whose keys are taken, and take up what conflicts.
    """

    def __init__(
        self,
        transaction: LedgerTransaction,
        enrichment: Enrichment,
        writer: RecordWriter,
        rejections: Rejections,
    ) -> None:
        self._transaction = transaction
        self._enrichment = enrichment
        self._writer = writer
        self._rejections = rejections
        self._first: dict[tuple[str, str, int], PlacedMessage] = {}
        self._again: list[PlacedMessage] = []
        self._noted: list[PlacedMessage] = []

    def add(self, placed: PlacedMessage) -> None:
        """Gather a message; of two with the same keys the first has them, whatever form they have."""
        entry, message, _ = placed
        if self._first.setdefault((message.node, message.mapping.id, message.name), placed) is not placed:
            self._again.append(placed)
        if message.mapping.is_note_due(message, entry.received_s):
            self._noted.append(placed)

    def write(self) -> None:
        """Write the records of all messages, and note which keys of theirs have come."""
        contested = [(placed, part) for placed in self._again for part in placed.message.recipe.parts]
        for group in _by_recipe(self._first.values()):
            parts = group[0].message.recipe.parts
            duplicates = self._append(group, parts)
            contested += [(group[index // len(parts)], parts[index % len(parts)]) for index in duplicates]
        self._decide(sorted(contested, key=lambda row: row[0].entry.number))
        for entry, message, _ in self._noted:
            self._note_keys(entry, message)

    def _append(self, messages: Sequence[PlacedMessage], parts: Sequence[Part]) -> list[int]:
        """Append the rows of messages of one form, and return the indexes of those whose keys are taken."""
        numbers = np.array([message.numbers for _, message, _ in messages], dtype=float)
        rows = [part.convert(numbers) for part in parts]
        records = self._transaction.records
        is_plain = not (messages[0].message.recipe.is_positioned or self._writer.notes)
        if is_plain and not any(message.notes or SIMULATED in plan.detail for _, message, plan in messages):
            return records.append_message_block(self._message_block(messages, parts, rows))
        block = Block()
        for index, placed in enumerate(messages):
            for part, converted in zip(parts, rows, strict=True):
                record = self._record(placed, part, converted[index : index + 1])
                records.add_to(block, record, placed.message.digest)
        return records.append_block(block)

    def _message_block(
        self, messages: Sequence[PlacedMessage], parts: Sequence[Part], rows: Sequence[NDArray[Any]]
    ) -> MessageBlock:
        """Make the rows of messages that differ in numbers alone."""
        records, first = self._transaction.records, messages[0].message
        # Many messages of few nodes: the origins of each place are looked up once.
        places: dict[tuple[str, str, str], int] = {}
        of_message = [
            places.setdefault((message.node, plan.community, plan.garden), len(places))
            for _, message, plan in messages
        ]
        origins = [
            [records.origin((node, first.mapping.id, community, garden, part.series)) for part in parts]
            for node, community, garden in places
        ]
        sources = [records.source(node, first.mapping.id) for node, _, _ in places]
        names = np.array([message.name for _, message, _ in messages], dtype=np.int64)
        return MessageBlock(
            sources=[sources[place] for place in of_message],
            hashes=[message.digest for _, message, _ in messages],
            journals=[entry.number for entry, _, _ in messages],
            times_s=[message.time_s for _, message, _ in messages],
            origins=np.array(origins)[of_message].T.tolist(),
            seqs=[(names ^ part.mark).tolist() for part in parts],
            bodies=[_bodies(converted) for converted in rows],
            layouts=[records.layout(part.columns) for part in parts],
            uncertainty_s=first.uncertainty_s,
            detail=records.detail(first.mapping.detail),
        )

    def _record(self, placed: PlacedMessage, part: Part, rows: NDArray[Any]) -> Record:
        """Make one record of one row, with the notes of its message and what the registry adds."""
        entry, message, plan = placed
        refused = _refused(message, part, rows)
        rows["quality"][0, [part.columns.index(column) for column in refused]] = quality.FAIL
        values, flags = unpack(rows.tobytes())
        base = Record(
            message.node,
            message.mapping.id,
            message.name ^ part.mark,
            None,
            part.series,
            plan.community,
            plan.garden,
            None,
            message.time_s,
            message.uncertainty_s,
            0,
            part.columns,
            values,
            flags,
            None,
            entry.number,
            {**message.mapping.detail, **_notes(message, part, refused), **self._writer.notes},
        )
        return completed(base, self._exact_plan(placed, part))

    def _exact_plan(self, placed: PlacedMessage, part: Part) -> EnrichmentPlan:
        _, message, plan = placed
        if not message.recipe.is_positioned:
            return plan
        tables = self._transaction.probe_tables.find
        return self._enrichment.plan(message.node, part.columns, None, message.time_s, tables) or plan

    def _decide(self, rows: Sequence[tuple[PlacedMessage, Part]]) -> None:
        """Decide about rows whose keys are taken, in the order of the journal."""
        rejections: dict[int, tuple[Entry, str, list[Rejection]]] = {}
        for placed, part in rows:
            entry, message, _ = placed
            source, seq = (message.node, message.mapping.id), message.name ^ part.mark
            self._writer.look_up(source, (seq,))
            action = self._writer.decide(entry, source, seq, message.digest)
            if action in (Action.REPEAT, Action.ERASED):
                self._writer.count_repeat(entry, source)
                continue
            *_, of_message = rejections.setdefault(entry.number, (entry, message.node, []))
            record = self._record(placed, part, part.convert(np.array([message.numbers], dtype=float)))
            self._writer.carry_out(action, entry, record, message.digest, of_message)
        for entry, node, of_message in rejections.values():
            self._rejections.reject(entry, node, of_message)

    def _note_keys(self, entry: Entry, message: ForeignMessage) -> None:
        source, at_s = (message.node, message.mapping.id), entry.received_s
        keys = self._transaction.foreign_keys
        keys.note(*source, message.recipe.names, at_s, is_read=True)
        keys.note(*source, unread_keys(message, entry), at_s, is_read=False)


def _bodies(rows: NDArray[Any]) -> list[bytes]:
    """Cut converted rows into the bodies of their records."""
    content, size = rows.tobytes(), rows.itemsize
    return [content[start : start + size] for start in range(0, len(content), size)]


def _by_recipe(messages: Iterable[PlacedMessage]) -> list[list[PlacedMessage]]:
    """Group messages of one form, each group in the order of the tables that its records go into."""
    groups: dict[tuple[str, int, bool], list[PlacedMessage]] = {}
    for placed in messages:
        message = placed.message
        form = (message.mapping.id, id(message.recipe), message.has_time)
        groups.setdefault(form, []).append(placed)
    return [sorted(group, key=_by_node_and_time) for group in groups.values()]


def _by_node_and_time(placed: PlacedMessage) -> tuple[str, int]:
    return placed.message.node, placed.message.time_s


def _refused(message: ForeignMessage, part: Part, rows: NDArray[Any]) -> list[str]:
    """List the columns of one row that hold no value since it was refused."""
    notes = message.notes or {}
    return [
        column
        for column, value in zip(part.columns, rows["values"][0], strict=True)
        if _PREFIX + column in notes and np.isnan(value)
    ]


def _notes(message: ForeignMessage, part: Part, refused: Sequence[str]) -> dict[str, str]:
    """Return the notes that belong to one of a message's records; what has no column goes to the first."""
    notes = message.notes or {}
    own = {key: why for key, why in notes.items() if key == TIME_SUSPECT}
    if part is message.recipe.parts[0]:
        own |= _without_column(message)
    return own | {_PREFIX + column: notes[_PREFIX + column] for column in refused}


def _without_column(message: ForeignMessage) -> dict[str, str]:
    """Return one note about all that belongs to no column: a device's words are text, never names."""
    columns = {_PREFIX + column for part in message.recipe.parts for column in part.columns}
    notes = [
        why if name == REFUSED else f"{name.removeprefix(_PREFIX)}: {why}"
        for name, why in (message.notes or {}).items()
        if name not in columns and name != TIME_SUSPECT
    ]
    return {REFUSED: "; ".join(notes)} if notes else {}


def delivery_hash(entry: Entry) -> bytes:
    """Hash topic and payload, by which a broker's second delivery is recognised."""
    return blake2b(entry.topic.encode() + b"\n" + entry.payload, digest_size=HASH_BYTES).digest()

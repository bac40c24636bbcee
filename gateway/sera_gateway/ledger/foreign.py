"""What messages of other makers' devices become: alike ones together, any other one by one."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_gateway.decode.decoded import HASH_BYTES, DataMessage, DecodedRow
from sera_gateway.decode.envelope import Envelope
from sera_gateway.decode.mapping import REFUSED, ForeignMessage
from sera_store.records.blocks import Block, BlockPart
from sera_store.records.rows import TIME_SUSPECT
from sera_vocabulary import quality
from sera_vocabulary.messages import PROTOCOL_VERSION, SEQ_FIRST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_gateway.decode.mapping import ForeignMessage
    from sera_gateway.decode.recipe import Part
    from sera_gateway.journal.journal import Entry
    from sera_gateway.ledger.enrichment import Plan

_PREFIX: Final = REFUSED + ":"

# A message with its journal entry and its place in a garden.
Placed = tuple["Entry", "ForeignMessage", "Plan"]


def block_of(messages: Sequence[Placed]) -> Block:
    """Make the records of messages of one recipe and mapping, all dated alike."""
    first = messages[0][1]
    numbers = np.array([message.numbers for _, message, _ in messages], dtype=float)
    names = [message.name for _, message, _ in messages]
    # Many messages of few nodes: each place is looked up once.
    known: dict[tuple[str, str, str], int] = {}
    places = [
        known.setdefault((message.node, plan.community, plan.garden), len(known))
        for _, message, plan in messages
    ]
    parts = [
        BlockPart(
            columns=part.layout.columns,
            bodies=part.bodies(numbers),
            origins=[
                (node, first.mapping.id, community, garden, part.layout.stream)
                for node, community, garden in known
            ],
            seqs=[name ^ part.mark for name in names],
        )
        for part in first.recipe.parts
    ]
    return Block(
        parts,
        first.uncertainty_s,
        first.mapping.detail,
        places,
        times_s=[message.time_s for _, message, _ in messages],
        hashes=[message.digest for _, message, _ in messages],
        journals=[entry.number for entry, _, _ in messages],
    )


def as_batch(message: ForeignMessage, part: Part, community: str) -> DataMessage:
    """Make of one part of a message what a batch of one row of our own would be."""
    envelope = Envelope(
        version=PROTOCOL_VERSION,
        epoch=message.mapping.id,
        lowest_held=SEQ_FIRST,
        made_next=SEQ_FIRST,
        stream=part.layout.stream,
        columns=part.layout.columns,
        rows=[],
    )
    return DataMessage(community, message.node, envelope, part.layout, [_row(message, part)], [])


def _row(message: ForeignMessage, part: Part) -> DecodedRow:
    values, flags = part.convert(message.numbers)
    told = message.notes or {}
    notes = {TIME_SUSPECT: told[TIME_SUSPECT]} if TIME_SUSPECT in told else {}
    # What belongs to no column is told with the first record of the message.
    if part is message.recipe.parts[0]:
        notes |= _of_no_column(message)
    for place, column in enumerate(part.layout.columns):
        if values[place] is None and _PREFIX + column in told:
            flags[place] = quality.FAIL
            notes[_PREFIX + column] = told[_PREFIX + column]
    return DecodedRow(
        message.name ^ part.mark,
        None,
        message.time_s,
        message.uncertainty_s,
        0,
        tuple(values),
        tuple(flags),
        message.digest,
        {**message.mapping.detail, **notes},
    )


def _of_no_column(message: ForeignMessage) -> dict[str, str]:
    """Return one note about all that belongs to no column: a device's words are text, never names."""
    columns = {_PREFIX + column for part in message.recipe.parts for column in part.layout.columns}
    told = [
        why if name == REFUSED else f"{name.removeprefix(_PREFIX)}: {why}"
        for name, why in (message.notes or {}).items()
        if name not in columns and name != TIME_SUSPECT
    ]
    return {REFUSED: "; ".join(told)} if told else {}


def delivery_hash(entry: Entry) -> bytes:
    """Hash topic and payload, by which a broker's second delivery is known."""
    return blake2b(entry.topic.encode() + b"\n" + entry.payload, digest_size=HASH_BYTES).digest()

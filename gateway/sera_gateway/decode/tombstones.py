"""What the journal keeps of a message that was erased: its number, the day, why, and which keys it held."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sera_gateway.decode import reasons
from sera_gateway.decode.decoded import DataMessage, ErasedMessage, RejectedMessage
from sera_gateway.decode.envelope import Rejection
from sera_gateway.decode.mapping import ForeignBatch, ForeignMessage
from sera_gateway.journal.message import OWN_QOS, Message, checksum
from sera_vocabulary.durations import DAY_NS
from sera_vocabulary.messages import SEQ_FIRST

if TYPE_CHECKING:
    from sera_gateway.journal.message import Entry

TOPIC: Final = "erased"
_SEQ_BITS: Final = 62


class Tombstone(msgspec.Struct, frozen=True, omit_defaults=True):
    """The payload of an erased message's row.

    Parameters
    ----------
    erasure
        Number of the erasure in the registry, which says by whom.
    reason
        Why, as the steward put it.
    community, node, epoch, seqs
        Whose the message was, and the keys it held, so that accounts close and nothing is asked for again.
        Keys of another maker's device are made of its content, and so others are drawn in their place.
    lowest_seq, next_seq, boot
        How far the node had come.
    """

    erasure: int
    reason: str
    community: str | None = None
    node: str | None = None
    epoch: str | None = None
    seqs: tuple[int, ...] = ()
    lowest_seq: int = SEQ_FIRST
    next_seq: int = SEQ_FIRST
    boot: int | None = None


def tombstone_of(decoded: object, erasure: int, reason: str, drawn: dict[int, int]) -> Tombstone:
    """Keep of a message what accounts have need of.

    Parameters
    ----------
    decoded
        What `decode` made of the message.
    drawn
        What was drawn in place of the keys of other makers' devices, so that a repeat gets the same again.
    """
    if isinstance(decoded, ForeignBatch) and decoded.messages:
        # One node has the tombstone of what several sent together; of the others the records alone say it.
        decoded = decoded.messages[0]
    stone = Tombstone(erasure, reason, node=getattr(decoded, "node", None))
    if isinstance(decoded, ForeignMessage):
        seqs = tuple([drawn.setdefault(seq, secrets.randbits(_SEQ_BITS)) for seq in decoded.seqs])
        return msgspec.structs.replace(stone, epoch=decoded.mapping.id, seqs=seqs)
    if not isinstance(decoded, DataMessage | RejectedMessage):
        return stone
    stone = msgspec.structs.replace(stone, community=decoded.community, **_keys(decoded))
    envelope = decoded.envelope
    if envelope is None:
        return stone
    lowest, next_seq = envelope.lowest_seq, envelope.next_seq
    return msgspec.structs.replace(stone, lowest_seq=lowest, next_seq=next_seq, boot=envelope.boot)


def _keys(decoded: DataMessage | RejectedMessage) -> dict[str, Any]:
    if isinstance(decoded, RejectedMessage):
        return {"epoch": decoded.rejection.epoch, "seqs": decoded.rejection.seqs}
    seqs = [row.seq for row in decoded.rows] + [
        seq for rejection in decoded.rejections for seq in rejection.seqs
    ]
    return {"epoch": decoded.envelope.epoch, "seqs": tuple(dict.fromkeys(seqs))}


def tombstone_row(entry: Entry, stone: Tombstone) -> tuple[Any, ...]:
    """Make the journal's row that takes the place of a message: coarse in time, with its checksum."""
    message = Message(
        received_ns=entry.received_ns // DAY_NS * DAY_NS,
        topic=TOPIC,
        payload=msgspec.json.encode(stone),
        qos=OWN_QOS,
        connection=entry.connection,
    )
    return (entry.number, *map(_number, message), checksum(entry.number, message))


def read_tombstone(payload: bytes) -> ErasedMessage | RejectedMessage:
    """Read what a row of the journal's own says of an erased message."""
    try:
        stone = msgspec.json.decode(payload, type=Tombstone)
    except msgspec.MsgspecError as error:
        rejection = Rejection(reasons.WRONG_SHAPE, f"a row of the journal's own: {error}")
        return RejectedMessage(None, None, rejection)
    return ErasedMessage(
        stone.community,
        stone.node,
        stone.epoch,
        stone.seqs,
        stone.lowest_seq,
        stone.next_seq,
        stone.boot,
    )


def _number(value: object) -> object:
    return int(value) if isinstance(value, bool) else value

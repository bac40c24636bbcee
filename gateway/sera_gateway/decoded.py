"""What one journaled message turned out to be, before the ledger decides what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from sera_gateway.envelope import Envelope, Layout, Refusal
    from sera_gateway.excess import Excess

AHEAD_MOST_S: Final = 86_400
HASH_BYTES: Final = 16
NOT_A_NUMBER: Final = "no finite number"


class DecodedRow(NamedTuple):
    """One row whose head is sound; a value that was none is None and noted."""

    seq: int
    uptime_s: int | None
    utc_s: int | None
    uncertainty_s: int
    flags: int
    values: tuple[float | None, ...]
    quality: tuple[int, ...]
    content_hash: bytes
    notes: dict[str, str] | None


class DataMessage(NamedTuple):
    """A batch that could be read: its rows, and those that were refused."""

    community: str
    node: str
    envelope: Envelope
    layout: Layout
    rows: list[DecodedRow]
    refusals: list[Refusal]


class ProbesMessage(NamedTuple):
    """A node's table of probes: position, model and serial each."""

    community: str
    node: str
    table: str
    probes: list[tuple[int, str, str]]


class RefusedMessage(NamedTuple):
    """A message of which nothing could be read but, perhaps, whose it is."""

    community: str | None
    node: str | None
    refusal: Refusal
    envelope: Envelope | None = None


class ErasedMessage(NamedTuple):
    """What is left of a message that was erased: whose it was, which keys it held, how far its node had come.

    What it was of is None where that could not be read.
    """

    community: str | None
    node: str | None
    epoch: str | None
    seqs: tuple[int, ...]
    lowest_held: int
    made_next: int
    boot: int | None


class IgnoredMessage(NamedTuple):
    """A message that is no reading, with its reason."""

    reason: str


class ExcessMessage(NamedTuple):
    """What the receiving side journaled in place of messages beyond a budget."""

    excess: Excess

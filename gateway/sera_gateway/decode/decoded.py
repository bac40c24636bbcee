"""What one journaled message turned out to be, before the ledger decides what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_vocabulary import topics
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from sera_gateway.decode.envelope import Envelope, Layout, Rejection
    from sera_gateway.journal.excess import Excess

# Further ahead of its arrival a time is refused; by more than its uncertainty and the second, it is suspect.
AHEAD_MOST_S: Final = DAY_S
AHEAD_GOOD_S: Final = 300
AHEAD_OF_ARRIVAL: Final = "ahead of its arrival"
CLOCKS_CHANGE: Final = "at a change of clocks, and not near its arrival"
HASH_BYTES: Final = 16
NOT_A_NUMBER: Final = "no finite number"


class Reference(NamedTuple):
    """By what the times of a message are judged, Unix time [s].

    Parameters
    ----------
    arrived_s
        When it arrived, or a later time that had passed by then: what lies well ahead of it is suspect.
    latest_s
        A time that is known to have passed now: what lies more than a day ahead of it is refused.
    """

    arrived_s: int
    latest_s: int

    @classmethod
    def of(cls, arrived_s: int) -> Reference:
        """Judge a message as it arrives."""
        return cls(arrived_s, arrived_s)


class DecodedRow(NamedTuple):
    """One row whose head is sound; an invalid value is None and noted."""

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
    """A batch that could be read: its rows, those that were refused, and the channel it came on."""

    community: str
    node: str
    envelope: Envelope
    layout: Layout
    rows: list[DecodedRow]
    rejections: list[Rejection]
    channel: str = topics.DATA


class ProbesMessage(NamedTuple):
    """A node's table of probes: position, model and serial each."""

    community: str
    node: str
    table: str
    probes: list[tuple[int, str, str]]


class StatusMessage(NamedTuple):
    """What a node says of itself, or the broker in its place once it is lost.

    Parameters
    ----------
    next_contact_s
        In how many seconds it means to be back, or None where it does not say.
    firmware, config
        Version of its firmware, and number of the configuration it took last.
    refused
        Why it did not take the configuration that it was sent; empty where it did.
    """

    community: str
    node: str
    state: str
    next_contact_s: int | None
    firmware: str
    config: int | None
    refused: str


class RejectedMessage(NamedTuple):
    """A message of which nothing could be read but, perhaps, whose it is."""

    community: str | None
    node: str | None
    rejection: Rejection
    envelope: Envelope | None = None
    channel: str = topics.DATA


class ErasedMessage(NamedTuple):
    """What is left of a message that was erased: whose it was, which keys it held, how far its node had come.

    What it was of is None where that could not be read.
    """

    community: str | None
    node: str | None
    epoch: str | None
    seqs: tuple[int, ...]
    lowest_seq: int
    next_seq: int
    boot: int | None


class IgnoredMessage(NamedTuple):
    """A message that is no reading, with its reason."""

    reason: str


class ExcessMessage(NamedTuple):
    """What the receiving side journaled in place of messages beyond a budget."""

    excess: Excess

"""Find the messages of a person in the journal, and leave a tombstone in the place of each."""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from sera_gateway.decode.decode import decode
from sera_gateway.decode.decoded import (
    DataMessage,
    ErasedMessage,
    ExcessMessage,
    ProbesMessage,
    RejectedMessage,
)
from sera_gateway.decode.mapping import ForeignBatch, ForeignMessage
from sera_gateway.decode.tombstones import tombstone_of, tombstone_row
from sera_gateway.errors import JournalFullError, JournalUnusableError
from sera_gateway.journal import packing
from sera_gateway.journal.message import OWN_QOS, Entry
from sera_gateway.journal.months import PACKED, PLAIN, months_of, open_month
from sera_gateway.ledger.foreign import delivery_hash
from sera_store.ledger.erasure import EVER_S
from sera_vocabulary import topics
from sera_vocabulary.recorded import is_own

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from sera_gateway.decode.decode import Decoded
    from sera_gateway.decode.mappings import Mappings
    from sera_gateway.journal.reader import JournalReader
    from sera_store.ledger.erasure import ErasedKeys

_READ_AT_ONCE: Final = 1_000

# A key: node, epoch, sequence.
Key = tuple[str, str, int]


class Subject(NamedTuple):
    """Which messages are to be erased: of a node, of a span of time [s], or some by number.

    With a node and numbers both count. The end is excluded; what brought no time counts by its arrival.
    """

    node: str | None = None
    from_s: int = -EVER_S
    to_s: int = EVER_S
    numbers: tuple[range, ...] = ()

    @property
    def is_whole_node(self) -> bool:
        """Whether everything of a node goes, not a span of time alone."""
        return self.node is not None and (self.from_s, self.to_s) == (-EVER_S, EVER_S)


class TombstoneReason(NamedTuple):
    """What tombstones say: number and reason of the erasure, and the keys that the store has of messages."""

    erasure: int
    reason: str
    keys: Mapping[int, ErasedKeys]


class _MessageKeys(NamedTuple):
    """What one message holds."""

    nodes: frozenset[str]
    keys: frozenset[Key]
    times_s: tuple[int, ...]
    is_probe_table: bool


_NO_KEYS: Final = _MessageKeys(frozenset(), frozenset(), (), is_probe_table=False)


def find_messages(
    journal: JournalReader, mappings: Mappings, subject: Subject, before: Collection[int] = ()
) -> list[int]:
    """List the numbers of the messages to be erased.

    Parameters
    ----------
    before
        Numbers that are chosen already, such as those that the store knows by an amendment.

    Returns
    -------
    list of int
        In order. Whatever holds a key of a chosen message is chosen too, or the same would come back by it.

    Raises
    ------
    JournalUnusableError
        A message that is named by number is a table of probes, without which other records are not read.
    """
    selected = set(before)
    keys_of: dict[int, frozenset[Key]] = {}
    nodes = {subject.node} if subject.node is not None else _nodes_of(journal, mappings, subject)
    for entry in _entries(journal):
        message_keys = _message_keys(entry, mappings)
        if message_keys is None:
            selected.discard(entry.number)
            continue
        if _is_chosen(entry, message_keys, subject):
            selected.add(entry.number)
        if not message_keys.nodes.isdisjoint(nodes) and message_keys.keys:
            keys_of[entry.number] = message_keys.keys
    _add_sharing(selected, keys_of)
    return sorted(selected)


def _is_chosen(entry: Entry, message_keys: _MessageKeys, subject: Subject) -> bool:
    if any(entry.number in numbers for numbers in subject.numbers):
        if message_keys.is_probe_table:
            raise JournalUnusableError(
                f"message {entry.number} is a table of probes, without which other records are not read; "
                "erase the node as a whole, or leave this number out"
            )
        return True
    if subject.node is None or subject.node not in message_keys.nodes:
        return False
    if message_keys.is_probe_table:
        return subject.is_whole_node
    return any(subject.from_s <= time_s < subject.to_s for time_s in message_keys.times_s)


def _add_sharing(selected: set[int], keys_of: dict[int, frozenset[Key]]) -> None:
    """Add what holds a key of a chosen message, until nothing more does."""
    holders: dict[Key, list[int]] = {}
    for number, keys in keys_of.items():
        for key in keys:
            holders.setdefault(key, []).append(number)
    waiting = [number for number in selected if number in keys_of]
    while waiting:
        for key in keys_of[waiting.pop()]:
            more = [number for number in holders.pop(key, ()) if number not in selected]
            selected.update(more)
            waiting += more


def _nodes_of(journal: JournalReader, mappings: Mappings, subject: Subject) -> set[str]:
    nodes: set[str] = set()
    for numbers in subject.numbers:
        for entry in _entries(journal, numbers.start - 1, numbers.stop):
            message_keys = _message_keys(entry, mappings)
            if message_keys is not None:
                nodes |= message_keys.nodes
    return nodes


def _entries(journal: JournalReader, after: int = 0, end: int = EVER_S) -> Iterator[Entry]:
    while entries := journal.read(after, _READ_AT_ONCE):
        for entry in entries:
            if entry.number >= end:
                return
            yield entry
        after = entries[-1].number


def _message_keys(entry: Entry, mappings: Mappings) -> _MessageKeys | None:
    """Read what a message holds; None where it is erased already."""
    if entry.qos == OWN_QOS:
        decoded = decode(entry, mappings)
        return None if isinstance(decoded, ErasedMessage) else _NO_KEYS
    # An old state that the broker had kept is no reading, and still is of its node.
    decoded = decode(entry._replace(retain=False), mappings)
    received_s = entry.received_s
    return _MessageKeys(
        _nodes(entry, decoded),
        frozenset(_keys(decoded)),
        tuple(_times_s(decoded, received_s)),
        isinstance(decoded, ProbesMessage),
    )


def _nodes(entry: Entry, decoded: Decoded) -> frozenset[str]:
    """List whose a message is; what several devices sent together is erased with the first of them."""
    if isinstance(decoded, ForeignBatch):
        return frozenset(message.node for message in decoded.messages)
    node = _node(entry, decoded)
    return frozenset() if node is None else frozenset([node])


def _node(entry: Entry, decoded: Decoded) -> str | None:
    """Return whose a message is, as far as content or topic name it."""
    if isinstance(decoded, ExcessMessage):
        return decoded.excess.sender
    place = topics.parse(entry.topic)
    return getattr(decoded, "node", None) or (place[1] if place else None)


def _keys(decoded: Decoded) -> Iterator[Key]:
    if isinstance(decoded, ForeignMessage):
        yield from ((decoded.node, decoded.mapping.id, seq) for seq in decoded.seqs)
    elif isinstance(decoded, ForeignBatch):
        for message in decoded.messages:
            yield from _keys(message)
    elif isinstance(decoded, DataMessage):
        yield from ((decoded.node, decoded.envelope.epoch, row.seq) for row in decoded.rows)
        for rejection in decoded.rejections:
            yield from ((decoded.node, decoded.envelope.epoch, seq) for seq in rejection.seqs)
    elif isinstance(decoded, RejectedMessage) and decoded.node and decoded.rejection.epoch:
        yield from ((decoded.node, decoded.rejection.epoch, seq) for seq in decoded.rejection.seqs)


def _times_s(decoded: Decoded, received_s: int) -> Iterator[int]:
    if isinstance(decoded, ForeignMessage):
        yield decoded.time_s
    elif isinstance(decoded, ForeignBatch) and decoded.messages:
        yield from (message.time_s for message in decoded.messages)
    elif isinstance(decoded, DataMessage) and decoded.rows:
        yield from (received_s if row.utc_s is None else row.utc_s for row in decoded.rows)
    else:
        yield received_s


def delivery_hashes(journal: JournalReader, numbers: Collection[int]) -> list[bytes]:
    """Hash messages as the ledger does to know a second delivery; of those that are not erased yet."""
    entries = filter(None, (journal.entry(number) for number in sorted(numbers)))
    return [delivery_hash(entry) for entry in entries if entry.qos != OWN_QOS]


def bury(
    folder: Path,
    mappings: Mappings,
    numbers: Collection[int],
    why: TombstoneReason,
    checkpoint: Callable[[str], None] = lambda _: None,
) -> None:
    """Put a tombstone in the place of each message, in plain and packed months, so that its bytes are gone.

    Nobody else may have the journal open. A kill leaves whole messages and whole tombstones; the same call
    does the rest.

    Raises
    ------
    JournalFullError
        There is no room to write a month again.
    """
    drawn: dict[int, int] = {}
    for draft in folder.glob(f".*{packing.DRAFT}"):
        draft.unlink()
    for path in months_of(folder):
        plain = path.with_suffix(PLAIN)
        if path.suffix == PACKED and plain.exists():
            # Packing was killed before its last step; two files of one month would get two tombstones.
            packing.pack(folder, path.stem)
        with closing(open_month(path)) as month:
            first, last = month.span()
        selected = sorted(number for number in numbers if first <= number <= last)
        if selected:
            _bury_in(path, selected, lambda entry: _stone(entry, mappings, why, drawn), checkpoint)


def _stone(entry: Entry, mappings: Mappings, why: TombstoneReason, drawn: dict[int, int]) -> tuple[Any, ...]:
    stone = tombstone_of(decode(entry, mappings), why.erasure, why.reason, drawn)
    keys = why.keys.get(entry.number)
    if keys is not None and is_own(keys.epoch) and stone.epoch in (None, keys.epoch):
        # An amendment has brought more than the message itself tells.
        seqs = tuple(dict.fromkeys((*stone.seqs, *keys.seqs)))
        stone = msgspec.structs.replace(stone, node=keys.node, epoch=keys.epoch, seqs=seqs)
    if stone.node is None:
        node = _node(entry, decode(entry._replace(retain=False), mappings))
        stone = msgspec.structs.replace(stone, node=node)
    return tombstone_row(entry, stone)


def _bury_in(
    path: Path,
    numbers: list[int],
    row_of: Callable[[Entry], tuple[Any, ...]],
    checkpoint: Callable[[str], None],
) -> None:
    change = _change_plain if path.suffix == PLAIN else _change_packed
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("BEGIN IMMEDIATE")
            change(connection, set(numbers), row_of)
            checkpoint(f"{path.suffix} written")
            connection.execute("COMMIT")
            checkpoint(f"{path.suffix} committed")
            # Pages that were moved or left before now may hold what was written once.
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        raise JournalFullError(
            f"{path} cannot be written again ({error}); make room for a second copy of it, then erase again"
        ) from error
    checkpoint(f"{path.suffix} compacted")


def _change_plain(
    connection: sqlite3.Connection, numbers: set[int], row_of: Callable[[Entry], tuple[Any, ...]]
) -> None:
    for number in sorted(numbers):
        row = connection.execute("SELECT * FROM message WHERE number=?", (number,)).fetchone()
        entry = Entry._make(row[:-1])
        if entry.qos != OWN_QOS:
            connection.execute("DELETE FROM message WHERE number=?", (number,))
            connection.execute("INSERT INTO message VALUES (?,?,?,?,?,?,?,?,?,?)", row_of(entry))


def _change_packed(
    connection: sqlite3.Connection, numbers: set[int], row_of: Callable[[Entry], tuple[Any, ...]]
) -> None:
    for first, last in connection.execute("SELECT first, last FROM piece ORDER BY first").fetchall():
        if not any(first <= number <= last for number in numbers):
            continue
        (content,) = connection.execute("SELECT messages FROM piece WHERE first=?", (first,)).fetchone()
        rows = []
        for row in msgspec.msgpack.decode(zlib.decompress(content)):
            entry = Entry._make(row[:-1])
            is_chosen = entry.number in numbers and entry.qos != OWN_QOS
            rows.append(row_of(entry) if is_chosen else row)
        packed = packing.compress_rows(rows)
        connection.execute(
            "UPDATE piece SET crc32=?, messages=? WHERE first=?", (zlib.crc32(packed), packed, first)
        )

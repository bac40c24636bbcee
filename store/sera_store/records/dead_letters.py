"""Messages that could not become records: listed by reason, shown whole, mended and replayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_store.database.database import Database

WAITING: Final = "waiting"
REPLAYED: Final = "replayed"
AMENDED: Final = "amended"
DISMISSED: Final = "dismissed"
STATES: Final = (WAITING, REPLAYED, AMENDED, DISMISSED)

_COLUMNS: Final = "id, journal, reason, detail, topic, payload, node, epoch, seqs, received_s, state"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message, or some of its rows, that was refused.

    Parameters
    ----------
    journal
        Journal number of the message.
    reason
        One of the gateway's reasons, by which letters are counted.
    detail
        What was found and what was expected, for a person.
    topic, payload
        The message as it came.
    node, epoch, seqs
        The keys it holds, as far as its envelope could be read.
    received_s
        When it arrived, Unix time [s].
    state
        One of `STATES`.
    id
        Given by the store.
    """

    journal: int
    reason: str
    detail: str
    topic: str
    payload: bytes
    node: str | None = None
    epoch: str | None = None
    seqs: tuple[int, ...] = ()
    received_s: int = 0
    state: str = WAITING
    id: int | None = None


@dataclass(frozen=True, slots=True)
class OtherCommunities:
    """What is not of a community: nodes that stand elsewhere, and how topics of other communities begin."""

    nodes: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()

    def arguments(self) -> tuple[str, str]:
        """Return both as `_NOT_OTHERS` takes them."""
        return msgspec.json.encode(self.nodes).decode(), msgspec.json.encode(self.topics).decode()


_NOBODY: Final = OtherCommunities()
_NOT_OTHERS: Final = (
    "node NOT IN (SELECT value FROM json_each(?)) AND NOT EXISTS "
    "(SELECT 1 FROM json_each(?) WHERE substr(topic, 1, length(value)) = value)"
)

# Inside the class below, `list` is the method.
_Letters = list[DeadLetter]


class DeadLetters:
    """The refused messages; the ledger writes them, people and jobs read them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(
        self,
        *,
        reason: str | None = None,
        node: str | None = None,
        state: str | None = WAITING,
        journal: int | None = None,
        limit: int = 100,
        without: OtherCommunities = _NOBODY,
    ) -> _Letters:
        """List dead letters, oldest first.

        Parameters
        ----------
        reason, node, state, journal
            Only letters with these; None for all.
        limit
            At most so many.
        without
            What other communities sent is left out.
        """
        filters = (("reason=?", reason), ("node=?", node), ("state=?", state), ("journal=?", journal))
        conditions = [(text, value) for text, value in filters if value is not None]
        where = " AND ".join([_NOT_OTHERS, *[text for text, _ in conditions]])
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM dead_letters WHERE {where} ORDER BY id LIMIT ?",  # noqa: S608
            [*without.arguments(), *[value for _, value in conditions], limit],
        )
        return [_letter(row) for row in rows]

    def show(self, number: int) -> DeadLetter:
        """Read one dead letter whole.

        Raises
        ------
        InvalidEntryError
            When there is none of this id.
        """
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM dead_letters WHERE id=?", (number,))  # noqa: S608
        if not rows:
            raise InvalidEntryError(f"dead letter {number} does not exist; list them for their ids")
        return _letter(rows[0])

    def counts(self, state: str = WAITING, without: OtherCommunities = _NOBODY) -> dict[tuple[str, str], int]:
        """Count dead letters by reason and node; the empty text where the node is not known."""
        rows = self._database.rows(
            f"SELECT reason, node, count(*) FROM dead_letters WHERE {_NOT_OTHERS} AND state=? "  # noqa: S608
            "GROUP BY reason, node",
            (*without.arguments(), state),
        )
        return {(reason, node): count for reason, node, count in rows}

    def last_received_s(self) -> dict[str, int]:
        """Return when the last dead letter of each node arrived, Unix time [s], whatever became of it."""
        rows = self._database.rows(
            "SELECT node, max(received_s) FROM dead_letters WHERE node <> '' GROUP BY node"
        )
        return dict(rows)

    def keys(self) -> Iterator[tuple[str, str, int]]:
        """Read the keys that only a dead letter holds: node, epoch, seq."""
        yield from self._database.rows(
            "SELECT s.node, s.epoch, k.seq FROM keys k JOIN sources s ON s.id = k.source "
            "WHERE k.record IS NULL AND k.letter IN (SELECT id FROM dead_letters) "
            "ORDER BY s.node, s.epoch, k.seq"
        )


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    number, journal, reason, detail, topic, payload, node, epoch, seqs, received_s, state = row
    return DeadLetter(
        journal=journal,
        reason=reason,
        detail=detail,
        topic=topic,
        payload=payload,
        node=node or None,
        epoch=epoch or None,
        seqs=msgspec.json.decode(seqs, type=tuple[int, ...]),
        received_s=received_s,
        state=state,
        id=number,
    )

"""Shared by tests and bench of the gateway: a small registry, batches on the wire, stand-ins of its ports."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from sera_gateway.journal.journal import Entry, Message
from sera_store.registry.entities import Community, Garden, Node
from sera_vocabulary import messages, topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sera_gateway.mqtt.have import Outgoing
    from sera_store.store import Store

COMMUNITY = "avon"
GARDEN = "elm-yard"
EPOCH = "9f2c01aa"
SINCE_S = 1_700_000_000
NOW_S = 1_780_000_000
NOW_NS = NOW_S * 1_000_000_000


def plant(store: Store, nodes: Iterable[str]) -> None:
    """Register nodes in one garden, from long before any record."""
    registry = store.registry
    registry.put(Community(COMMUNITY), since_s=SINCE_S, by="a test")
    garden = Garden(GARDEN, COMMUNITY, None, "Elm Yard", 51.45, -2.59, "Europe/London")
    registry.put(garden, since_s=SINCE_S, by="a test")
    for node in nodes:
        registry.put(Node(node, GARDEN), since_s=SINCE_S, by="a test")


def data_topic(node: str, community: str = COMMUNITY) -> str:
    """The topic of a node's batches."""
    return topics.topic(community, node, topics.DATA)


def row(seq: int, *values: Any, utc_s: Any = NOW_S, uptime_s: Any = None, flags: Any = 0) -> list[Any]:
    """One row of a batch; without an uptime a record a minute."""
    return [seq, seq * 60 if uptime_s is None else uptime_s, utc_s, 2, flags, *values]


def batch(rows: Sequence[Any], columns: Sequence[str] = ("air_temperature",), **changes: Any) -> bytes:
    """One batch; `changes` are keys of the wire, None to leave one out."""
    top = max(
        (item[0] for item in rows if isinstance(item, list) and item and type(item[0]) is int), default=0
    )
    message = {
        messages.KEY_VERSION: messages.PROTOCOL_VERSION,
        messages.KEY_EPOCH: EPOCH,
        messages.KEY_BOOT: 1,
        messages.KEY_LOWEST: 1,
        messages.KEY_NEXT: top + 1,
        messages.KEY_STREAM: "air",
        messages.KEY_COLUMNS: list(columns),
        messages.KEY_ROWS: list(rows),
    } | changes
    present = {key: value for key, value in message.items() if value is not None}
    return json.dumps(present, separators=(",", ":")).encode()


def message(topic: str, payload: bytes, received_s: int = NOW_S, **marks: Any) -> Message:
    """One message as the broker hands it over."""
    return Message(received_s * 1_000_000_000, topic, payload, **marks)


def entry(topic: str, payload: bytes, received_s: int = NOW_S, **marks: Any) -> Entry:
    """One message as the journal gives it back."""
    return Entry(1, *message(topic, payload, received_s, **marks))


def rows_of(database: Path, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Read a database directly, past the code that wrote it."""
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(statement, values).fetchall()


def months(journal: Path) -> list[Path]:
    """List a journal's files that have their table; the writer makes the file a moment earlier."""
    schema_query = "SELECT count(*) FROM sqlite_master WHERE name = 'message'"
    return [path for path in sorted(journal.glob("2*.sqlite")) if rows_of(path, schema_query) == [(1,)]]


class Log:
    """Stands in for the log and keeps what is reported: level, event and its fields."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def __getattr__(self, level: str) -> Any:
        if level.startswith("_"):
            raise AttributeError(level)
        return lambda event, **fields: self.lines.append((level, event, fields))

    def bind(self, **_: Any) -> Log:
        """Keep all in one list, without the fields that are bound."""
        return self

    def events(self) -> list[str]:
        """Names of what was reported, in order."""
        return [event for _, event, _ in self.lines]


class Broker:
    """Stands in for the network: keeps what is published, and refuses while it is offline."""

    def __init__(self) -> None:
        self.online = True
        self.published: list[tuple[str, dict[str, Any]]] = []

    def publish(self, outgoing: Sequence[Outgoing]) -> bool:
        """Take retained messages; False while offline."""
        if self.online:
            self.published += [(line.topic, json.loads(line.payload)) for line in outgoing]
        return self.online


class Clock:
    """A clock that moves when told to [s]."""

    def __init__(self, now_s: float = 0.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s

"""Names that many rows share, kept once: sources, origins, layouts of columns, details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from sera_store.database.recent_cache import RecentCache

if TYPE_CHECKING:
    from sera_store.database.database import Database

# Of each kind; a layout of columns is the longest with some 1.3 kB. Nodes choose them: what they can make
# every process of the gateway remember has an end.
NAMES_MOST: Final = 8_192

Source = tuple[str, str]
"""Node and epoch."""

OriginKey = tuple[str, str, str, str, str]
"""Node, epoch, community, garden, series."""


class Origin(NamedTuple):
    """Where rows come from, and which series they belong to."""

    source: int
    node: str
    epoch: str
    community: str
    garden: str
    series: str


class Names:
    """The small tables of shared names with their caches; rows of them never change.

    One object serves all threads: an id can only be used for writing by the thread that holds the write
    lock, and what a transaction had named is forgotten before it is undone.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sources: RecentCache[Source, int] = RecentCache(NAMES_MOST)
        self._origins: RecentCache[OriginKey, int] = RecentCache(NAMES_MOST)
        self._layouts: RecentCache[tuple[str, ...], int] = RecentCache(NAMES_MOST)
        self._details: RecentCache[str, int] = RecentCache(NAMES_MOST)
        self._origin_of: RecentCache[int, Origin] = RecentCache(NAMES_MOST)
        self._columns_of: RecentCache[int, tuple[str, ...]] = RecentCache(NAMES_MOST)
        self._detail_of: RecentCache[int, dict[str, str]] = RecentCache(NAMES_MOST)
        database.on_rollback(self.forget)

    def forget(self) -> None:
        """Empty the caches."""
        for cache in (
            self._sources,
            self._origins,
            self._layouts,
            self._details,
            self._origin_of,
            self._columns_of,
            self._detail_of,
        ):
            cache.clear()

    def find_source(self, node: str, epoch: str) -> int | None:
        """Find the id of a source, or None where it is not known yet."""
        number = self._sources.get((node, epoch))
        if number is None:
            rows = self._database.rows("SELECT id FROM sources WHERE node=? AND epoch=?", (node, epoch))
            if not rows:
                return None
            self._sources[node, epoch] = number = int(rows[0][0])
        return number

    def source(self, node: str, epoch: str) -> int:
        """Name a source, new where it is not known; only inside a transaction."""
        number = self.find_source(node, epoch)
        if number is None:
            number = self._insert("INSERT INTO sources (node, epoch) VALUES (?,?)", (node, epoch))
            self._sources[node, epoch] = number
        return number

    def origin(self, key: OriginKey) -> int:
        """Name an origin, new where it is not known; only inside a transaction."""
        number = self._origins.get(key)
        if number is None:
            node, epoch, *rest = key
            values = (self.source(node, epoch), *rest)
            number = self._find(
                "SELECT id FROM origins WHERE source=? AND community=? AND garden=? AND series=?", values
            ) or self._insert(
                "INSERT INTO origins (source, community, garden, series) VALUES (?,?,?,?)", values
            )
            self._origins[key] = number
        return number

    def layout(self, columns: tuple[str, ...]) -> int:
        """Name a layout of columns, new where it is not known; only inside a transaction."""
        number = self._layouts.get(columns)
        if number is None:
            text = msgspec.json.encode(columns).decode()
            number = self._find("SELECT id FROM layouts WHERE columns=?", (text,)) or self._insert(
                "INSERT INTO layouts (columns) VALUES (?)", (text,)
            )
            self._layouts[columns] = number
        return number

    def detail(self, detail: dict[str, str] | None) -> int | None:
        """Name a detail, new where it is not known; only inside a transaction."""
        if not detail:
            return None
        text = msgspec.json.encode(detail, order="deterministic").decode()
        number = self._details.get(text)
        if number is None:
            number = self._find("SELECT id FROM details WHERE text=?", (text,)) or self._insert(
                "INSERT INTO details (text) VALUES (?)", (text,)
            )
            self._details[text] = number
        return number

    def origin_of(self, number: int) -> Origin:
        """Read an origin back."""
        origin = self._origin_of.get(number)
        if origin is None:
            row = self._database.rows(
                "SELECT o.source, s.node, s.epoch, o.community, o.garden, o.series "
                "FROM origins o JOIN sources s ON s.id = o.source WHERE o.id=?",
                (number,),
            )[0]
            origin = self._origin_of[number] = Origin(*row)
        return origin

    def origins_in(self, community: str, garden: str) -> list[int]:
        """List the origins of a garden, oldest first."""
        rows = self._database.rows(
            "SELECT id FROM origins WHERE community=? AND garden=? ORDER BY id", (community, garden)
        )
        return [number for (number,) in rows]

    def columns_of(self, number: int) -> tuple[str, ...]:
        """Read the columns of a layout back."""
        columns = self._columns_of.get(number)
        if columns is None:
            text = self._database.rows("SELECT columns FROM layouts WHERE id=?", (number,))[0][0]
            columns = self._columns_of[number] = msgspec.json.decode(text, type=tuple[str, ...])
        return columns

    def detail_of(self, number: int | None) -> dict[str, str] | None:
        """Read a detail back, as a copy that may be changed."""
        if number is None:
            return None
        detail = self._detail_of.get(number)
        if detail is None:
            text = self._database.rows("SELECT text FROM details WHERE id=?", (number,))[0][0]
            detail = self._detail_of[number] = msgspec.json.decode(text, type=dict[str, str])
        return dict(detail)

    def _find(self, statement: str, values: tuple[object, ...]) -> int | None:
        rows = self._database.rows(statement, values)
        return int(rows[0][0]) if rows else None

    def _insert(self, statement: str, values: tuple[object, ...]) -> int:
        return int(self._database.connection.execute(statement, values).lastrowid or 0)

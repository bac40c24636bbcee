"""The newest value of each column of each node, found from the newest record backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_store.records.columns import is_wanted
from sera_store.records.rows import unpack
from sera_vocabulary.quality import FAIL

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from sera_store.database.database import Database
    from sera_store.database.names import Names

# How many records a value may be absent from, or fail in, before the column counts as silent.
_LOOK_BACK: Final = 200

_NEWEST: Final = (
    "SELECT t.time_s, r.layout, r.body FROM timeline t CROSS JOIN records r ON r.id = t.id "
    "WHERE t.origin = ? ORDER BY t.time_s DESC, r.seq DESC LIMIT ?"
)


class LatestValue(NamedTuple):
    """The newest usable value of one column of one node.

    Parameters
    ----------
    name
        Measurement, with `@position` where a probe measured it.
    time_s
        When it was measured, Unix time [s].
    flag
        Its quality flag; never fail.
    """

    node: str
    community: str
    garden: str
    name: str
    time_s: int
    value: float
    flag: int


def latest_values(
    database: Database,
    names: Names,
    origins: Sequence[tuple[int, str]],
    columns: Sequence[str] | None,
) -> list[LatestValue]:
    """Find the newest usable values of some origins, as of one moment.

    Parameters
    ----------
    origins
        Id and node of each.
    columns
        Wire keys, or measurements for all positions; None for all.

    Returns
    -------
    list of LatestValue
        By node and name. A column that failed in the last 200 records is not among them.
    """
    newest: dict[tuple[str, str], LatestValue] = {}
    with database.snapshot() as connection:
        for origin, node in origins:
            for value in _of_origin(connection, names, origin, columns):
                newer = newest.get((node, value.name))
                # A node may have stood elsewhere, or have had another epoch, before.
                if newer is None or value.time_s > newer.time_s:
                    newest[node, value.name] = value
    return [newest[key] for key in sorted(newest)]


def _of_origin(
    connection: sqlite3.Connection, names: Names, number: int, columns: Sequence[str] | None
) -> Iterator[LatestValue]:
    origin = names.origin_of(number)
    keys_with_value: set[str] = set()
    selected_keys: set[str] | None = None
    for time_s, layout, body in connection.execute(_NEWEST, (number, _LOOK_BACK)):
        keys = names.columns_of(layout)
        if selected_keys is None:
            # What the newest record does not have is no longer measured there.
            selected_keys = {key for key in keys if is_wanted(key, columns)}
        values, quality = unpack(body)
        for key, value, flag in zip(keys, values, quality, strict=True):
            if key in selected_keys and key not in keys_with_value and value is not None and flag != FAIL:
                keys_with_value.add(key)
                yield LatestValue(origin.node, origin.community, origin.garden, key, time_s, value, flag)
        if keys_with_value == selected_keys:
            return

"""A record to begin from, for tests of the store and for processes that such tests start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_store.records.records import Record

if TYPE_CHECKING:
    from sera_store.records.records import StoredKey
    from sera_store.store import Store

AIR = Record(
    node="node-a",
    epoch="9f2c01aa",
    seq=1,
    boot=1,
    series="air",
    community="avon",
    garden="elm-yard",
    uptime_s=60,
    time_s=1_780_000_000,
    uncertainty_s=2,
    flags=0,
    columns=("air_temperature", "air_humidity"),
    values=(14.5, 60.0),
    quality=(1, 1),
    probe_table=None,
    journal=1,
)


def keys_in(store: Store, node: str | None = None) -> list[StoredKey]:
    """Read the keys of a store's current rows, from the rows themselves."""
    return list(store.records.keys(node))


def seqs_in(store: Store, node: str | None = None) -> list[int]:
    """Read the sequences of a store's current rows."""
    return [key.seq for key in keys_in(store, node)]

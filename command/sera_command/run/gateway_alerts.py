"""Alerts of `sera gateway status` beside its numbers: a clock that is behind, keys that a device renamed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sera_command.installation.moments import now_s
from sera_gateway.ledger.arrivals import BEHIND_LEAST_NS
from sera_store.database.cursors import LATEST_CURSOR
from sera_vocabulary.durations import HOUR_S, SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_store.ledger.foreign_keys import ForeignKey
    from sera_store.store import Store

# A key that comes with each reading, or each hour, or each night, is no longer away than this.
_STOPPED_AFTER_S: Final = 36 * HOUR_S


def clock_figures(store: Store) -> dict[str, Any]:
    """Return by how much the clock is behind the arrivals that the ledger has seen, and when it was last."""
    behind_s = store.cursors.position(LATEST_CURSOR) // SECOND_NS - now_s()
    span = store.clock_span()
    return {
        "clock_behind_s": behind_s if behind_s * SECOND_NS >= BEHIND_LEAST_NS else 0,
        "clock_was_behind": None
        if span is None
        else {"first": span.first, "last": span.last, "behind_s": span.behind_ns // SECOND_NS},
    }


def stopped_keys(keys: Iterable[ForeignKey]) -> list[ForeignKey]:
    """Find the keys that no longer come from devices that still speak."""
    keys = list(keys)
    newest: dict[tuple[str, str], int] = {}
    for key in keys:
        source = (key.node, key.mapping)
        newest[source] = max(newest.get(source, 0), key.last_s)
    return [
        key for key in keys if key.is_read and newest[key.node, key.mapping] - key.last_s > _STOPPED_AFTER_S
    ]


def key_figures(store: Store) -> dict[str, Any]:
    """Return the keys of devices that stopped coming, and those that no mapping reads."""
    now_read = {
        (table.id, value.key)
        for table in store.registry.mappings()
        for value in (*table.values, *table.observed)
    }
    # What the mapping read once, or reads by now, is asked about no more.
    keys = [key for key in store.foreign_keys() if key.is_read == ((key.mapping, key.key) in now_read)]
    return {
        "keys_stopped": [_as_object(key) for key in stopped_keys(keys)],
        "keys_unread": [_as_object(key) for key in keys if not key.is_read],
    }


def lines(figures: dict[str, Any]) -> list[str]:
    """Return alerts about clock and keys as lines of text; none where all is well."""
    alerts = []
    if behind_s := figures["clock_behind_s"]:
        alerts.append(
            f"ALARM: this machine's clock is {behind_s} s behind the journal's last arrival; set it"
        )
    if span := figures["clock_was_behind"]:
        alerts.append(
            f"clock was behind: messages {span['first']} to {span['last']}, by up to {span['behind_s']} s"
        )
    alerts += [
        f"keys stopped: {of}: {keys}; a device that renamed them needs a new version of its mapping"
        for of, keys in _by_device(figures["keys_stopped"])
    ]
    alerts += [
        f"keys not read: {of}: {keys}; a new version of the mapping can read them, or have them in `ignored`"
        for of, keys in _by_device(figures["keys_unread"])
    ]
    return alerts


def _by_device(keys: list[dict[str, Any]]) -> list[tuple[str, str]]:
    devices: dict[str, list[str]] = {}
    for key in keys:
        devices.setdefault(f"{key['node']} ({key['mapping']})", []).append(ascii(key["key"]))
    return [(of, ", ".join(words)) for of, words in devices.items()]


def _as_object(key: ForeignKey) -> dict[str, Any]:
    last = datetime.fromtimestamp(key.last_s, UTC).isoformat(timespec="minutes")
    return {"node": key.node, "mapping": key.mapping, "key": key.key, "last": last}

"""Exports whose stamps carry an offset on what is UTC, told by what is stored of the same logger."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sera_gateway.importers import Recording
    from sera_store.store import Store

_Values = tuple[float | None, ...]

# So many rows alike at another hour are no chance; fewer leave it open.
_ROWS_LEAST: Final = 8
_SHARE_LEAST: Final = 0.9


def shift_problem(store: Store, recording: Recording) -> str:
    """Explain why the times of a recording cannot be right; nothing where they can.

    Parameters
    ----------
    store
        Holds what earlier files of the logger brought.
    recording
        Of a node. Only stamps with an offset from UTC are looked at.

    Returns
    -------
    str
        Not empty where nine of ten rows are stored already, later by just that offset, and few at their
        own time.
    """
    offset_s = recording.stamp_offset_s
    if not offset_s:
        return ""
    stored = _stored(store, recording, offset_s)
    later = [row for row in recording.rows if row.utc_s + offset_s in stored]
    alike_later = sum(row.values == stored[row.utc_s + offset_s] for row in later)
    alike = sum(row.values == stored.get(row.utc_s) for row in recording.rows)
    if alike_later < max(_ROWS_LEAST, _SHARE_LEAST * len(later)) or 2 * alike > len(recording.rows):
        return ""
    return (
        f"{recording.source}: {alike_later} of its {len(recording.rows)} rows are stored already, each "
        f"{offset_s / 3_600:g} h later: its offset stands on times that were UTC. Ingest the raw download "
        "instead"
    )


def _stored(store: Store, recording: Recording, offset_s: int) -> dict[int, _Values]:
    """Read what is stored of a recording's node around its time, by Unix time [s]."""
    times_s = [row.utc_s for row in recording.rows]
    margin_s = abs(offset_s) + 1
    table = store.records.table(
        recording.stream,
        recording.columns,
        node=recording.node,
        start_s=min(times_s) - margin_s,
        end_s=max(times_s) + margin_s,
    )
    if not len(table.time_s):
        return {}
    columns = [table.values[key].tolist() for key in recording.columns]
    return {
        second: tuple(None if math.isnan(value) else value for value in values)
        for second, *values in zip(table.time_s.tolist(), *columns, strict=True)
    }

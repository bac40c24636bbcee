"""How far the gateway is, what waits for a person, and how far outputs are behind."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from sera_gateway.status.status_points import hour_s, status_point
from sera_vocabulary import series
from sera_vocabulary import status_series as s

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_store.outputs.line_protocol import Point
    from sera_store.store import Store


def gateway_points(
    store: Store, journal_last: int, ledger_position: int, folder: Path, at_s: int
) -> list[Point]:
    """Return the points of a gateway at a time [s].

    Parameters
    ----------
    store
        Its store.
    journal_last, ledger_position
        Number of the newest message in the journal, and of the last that became records.
    folder
        The data folder, whose disk is looked at.
    at_s
        Now, Unix time [s].
    """
    counts = store.dead_letters.counts()
    fields = {
        s.JOURNAL_LAST: journal_last,
        s.LEDGER_BEHIND: journal_last - ledger_position,
        s.LEDGER_JOBS: store.waiting_jobs(),
        s.DISK_FREE_BYTES: shutil.disk_usage(folder).free,
        s.DEAD_LETTERS_WAITING: sum(counts.values()),
    }
    waiting: dict[str, int] = {}
    for (reason, _), count in counts.items():
        waiting[reason] = waiting.get(reason, 0) + count
    return [
        status_point(series.GATEWAY, at_s, {}, fields),
        *[
            status_point(s.DEAD_LETTERS, hour_s(at_s), {s.TAG_REASON: reason}, {s.WAITING: count})
            for reason, count in waiting.items()
        ],
        *_follower_points(store, at_s),
    ]


def _follower_points(store: Store, at_s: int) -> Iterator[Point]:
    for status in store.followers.statuses():
        behind = status.behind
        if status.name == "rollups":
            behind -= store.rollups.progress().position
        fields = {s.BEHIND: behind, s.REJECTED_LINES: status.refused_lines, s.ALARM: float(status.alarm)}
        yield status_point(s.FOLLOWERS, hour_s(at_s), {s.TAG_FOLLOWER: status.name}, fields)

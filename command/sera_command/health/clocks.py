"""Check of this machine's clock against the journal's last arrival and against the clocks of nodes."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from sera_command.health.check import Check, State, graded
from sera_command.health.limits import LIMITS
from sera_command.health.progress import records_rows
from sera_gateway.journal.journal import JournalReader
from sera_vocabulary.durations import SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_command.health.check import Examined

# Of so many last messages and rows the newest of each node are looked at.
_MESSAGES: Final = 1_000
_ROWS: Final = 8_000
_NODES_LEAST: Final = 3
_REMEDY: Final = "set the clock, and let the system hold it: `timedatectl set-ntp true`"


def clock(examined: Examined) -> Iterator[Check]:
    """Compare the clock with the last arrival, and with what nodes say at the moment of arrival."""
    limit = LIMITS["clock"]
    with JournalReader(examined.journal) as journal:
        last = journal.last_number()
        arrivals = {
            entry.number: entry.received_ns / SECOND_NS
            for entry in journal.read(max(0, last - _MESSAGES), _MESSAGES)
        }
    behind_s = max(arrivals.values(), default=0.0) - examined.now_s
    if behind_s >= limit.warn:
        text = f"{behind_s:.0f} s behind the journal's last arrival"
        yield Check("clock", graded(behind_s, limit.warn, limit.fail), text, _REMEDY)
        return
    ahead = clocks_ahead_s(_measured(examined, arrivals))
    fast = {node: seconds for node, seconds in ahead.items() if seconds >= limit.fail}
    if len(ahead) >= _NODES_LEAST and len(fast) * 2 > len(ahead):
        text = f"{median(fast.values()):.0f} s behind the clocks of {len(fast)} of {len(ahead)} nodes"
        yield Check("clock", State.FAIL, text, _REMEDY)
    elif fast:
        node = max(fast, key=lambda name: fast[name])
        text = f"{node} measured {fast[node]:.0f} s after its message arrived; others agree with this machine"
        step = f"look at the clock of {', '.join(sorted(fast)[:3])}: `sera gateway status`"
        yield Check("clock", State.WARN, text, step)
    else:
        compared = f"the clocks of {len(ahead)} nodes" if ahead else "no node yet to compare with"
        yield Check("clock", State.OK, f"not behind the journal; {compared}")


def clocks_ahead_s(rows: list[tuple[str, float, float, float]]) -> dict[str, float]:
    """Return by how much each node's clock is ahead of this machine's, at least [s].

    Parameters
    ----------
    rows
        Node, time of measurement, its uncertainty, and arrival, all in seconds.

    Notes
    -----
    A message cannot arrive before it was measured: what the difference exceeds the uncertainty by, a clock
    is wrong by. A clock that is behind looks like a message that waited, and is not seen in this way.

    Examples
    --------
    >>> clocks_ahead_s([("elm-1", 100.0, 2.0, 40.0), ("oak-1", 90.0, 2.0, 95.0)])
    {'elm-1': 58.0, 'oak-1': 0.0}
    """
    ahead: dict[str, float] = {}
    for node, time_s, uncertainty_s, arrival_s in rows:
        ahead[node] = max(ahead.get(node, 0.0), time_s - uncertainty_s - arrival_s)
    return ahead


def _measured(examined: Examined, arrivals: dict[int, float]) -> list[tuple[str, float, float, float]]:
    rows = records_rows(
        examined,
        "SELECT s.node, r.time_s, r.uncertainty_s, r.journal FROM records r "
        "JOIN origins o ON o.id = r.origin JOIN sources s ON s.id = o.source "
        "WHERE r.time_s IS NOT NULL AND r.supersedes IS NULL ORDER BY r.id DESC LIMIT ?",
        _ROWS,
    )
    return [
        (node, float(time_s), float(uncertainty_s), arrivals[journal])
        for node, time_s, uncertainty_s, journal in rows
        if journal in arrivals
    ]

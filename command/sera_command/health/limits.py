"""From where on a check warns or fails, each limit with its reason; `docs/how-to/doctor.md` shows them."""

from __future__ import annotations

from typing import Final, NamedTuple


class Limit(NamedTuple):
    """One limit: where it warns, where it fails, in which unit, and why there."""

    warn: float
    fail: float
    unit: str
    reason: str


MIB: Final = 1 << 20

LIMITS: Final[dict[str, Limit]] = {
    "free space": Limit(
        1024,
        64,
        "MiB",
        "a database needs room to be copied for a backup; under 64 MiB a start may not succeed",
    ),
    "space left": Limit(30, 7, "days", "a month to buy a disk, a week to make room"),
    "certificate": Limit(
        180, 0, "days", "a node may not be visited before spring; nothing works past the end"
    ),
    "clock": Limit(
        10, 60, "s", "times of records are judged by arrivals; from 60 s on the ledger says so too"
    ),
    "backup": Limit(
        2, 14, "days", "one missed night may happen; other makers' devices send nothing again after a loss"
    ),
    "drill": Limit(
        40, 200, "days", "a monthly timer with a few days of grace; half a year untried is a hope"
    ),
    "ledger": Limit(
        20_000, 1_000_000, "messages", "a backlog after a restart is ordinary; a million is a ledger behind"
    ),
    "waiting dead letters": Limit(
        1, 1_000, "messages", "each one waits for a person; a thousand hide the next one"
    ),
}

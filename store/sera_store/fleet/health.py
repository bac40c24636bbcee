"""A node's battery, queue, clock and radio from its last week of health records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sera_vocabulary import measurements as m
from sera_vocabulary.durations import DAY_S
from sera_vocabulary.messages import FLAG_BATTERY_LOW
from sera_vocabulary.quality import FAIL
from sera_vocabulary.series import CLOCK, HEALTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sera_store.records.records import Records
    from sera_store.records.series_tables import Table

    FloatArray = NDArray[np.float64]

WEEK_S: Final = 7 * DAY_S
# Fewer daily means say nothing about a slope: a cloudy weekend shows no slope.
_SLOPE_DAYS_LEAST: Final = 4
_COLUMNS: Final = (
    m.BATTERY_VOLTAGE,
    m.BATTERY_CHARGE,
    m.SIGNAL_STRENGTH,
    m.QUEUE_LENGTH,
    m.QUEUE_AGE_S,
    m.CLOCK_UNCERTAINTY_S,
)


@dataclass(frozen=True, slots=True)
class NodeHealth:
    """A node's health; see `NodeState` for what each is."""

    battery_v: float | None = None
    battery_charge: float | None = None
    battery_slope_v_d: float | None = None
    is_battery_low: bool = False
    queue: int | None = None
    queue_age_s: int | None = None
    clock_error_s: int | None = None
    signal_dbm: float | None = None


def fleet_health(records: Records, at_s: int) -> dict[str, NodeHealth]:
    """Read the health of all nodes over the week before a time [s]."""
    table = records.table(HEALTH, _COLUMNS, start_s=at_s - WEEK_S, end_s=at_s + 1)
    steps_s = _largest_steps_s(records, at_s)
    health = {node: _health(table.rows(table.node == index)) for index, node in enumerate(table.nodes)}
    for node, step_s in steps_s.items():
        before = health.get(node, NodeHealth())
        error_s = max(step_s, before.clock_error_s or 0)
        health[node] = NodeHealth(**{**_fields(before), "clock_error_s": error_s})
    return health


def slope_a_day(time_s: NDArray[np.int64], values: FloatArray) -> float | None:
    """By how much a quantity changes a day: least squares through its means of UTC days.

    Parameters
    ----------
    time_s, values : array, shape (records,)
        Unix time [s] and value, none of them NaN.

    Returns
    -------
    float or None
        In the quantity's unit a day; None with fewer than four days.
    """
    days, place = np.unique(time_s // DAY_S, return_inverse=True)
    if len(days) < _SLOPE_DAYS_LEAST:
        return None
    means = np.bincount(place, weights=values) / np.bincount(place)
    from_middle = days - days.mean()
    return float(from_middle @ (means - means.mean()) / (from_middle @ from_middle))


def _health(table: Table) -> NodeHealth:
    if not len(table):
        return NodeHealth()
    time_s, volts = _usable(table, m.BATTERY_VOLTAGE)
    signal_s, signals = _usable(table, m.SIGNAL_STRENGTH)
    last_day = signals[signal_s > int(table.time_s[-1]) - DAY_S]
    return NodeHealth(
        battery_v=_last(volts),
        battery_charge=_last(_usable(table, m.BATTERY_CHARGE)[1]),
        battery_slope_v_d=slope_a_day(time_s, volts),
        is_battery_low=bool(table.flags[-1] & FLAG_BATTERY_LOW),
        queue=_last_whole(table, m.QUEUE_LENGTH),
        queue_age_s=_last_whole(table, m.QUEUE_AGE_S),
        clock_error_s=_last_whole(table, m.CLOCK_UNCERTAINTY_S),
        signal_dbm=float(np.median(last_day)) if len(last_day) else None,
    )


def _largest_steps_s(records: Records, at_s: int) -> dict[str, int]:
    """Return by how much each node's clock was set at most in the week [s]."""
    table = records.table(CLOCK, [m.CLOCK_STEP_S], start_s=at_s - WEEK_S, end_s=at_s + 1)
    steps = {}
    for index, node in enumerate(table.nodes):
        values = _usable(table.rows(table.node == index), m.CLOCK_STEP_S)[1]
        if len(values):
            steps[node] = int(np.max(np.abs(values)))
    return steps


def _usable(table: Table, name: str) -> tuple[NDArray[np.int64], FloatArray]:
    values = table.values.get(name)
    if values is None:
        return table.time_s[:0], np.empty(0)
    is_usable = np.isfinite(values) & (table.quality[name] != FAIL)
    return table.time_s[is_usable], values[is_usable]


def _last(values: FloatArray) -> float | None:
    return float(values[-1]) if len(values) else None


def _last_whole(table: Table, name: str) -> int | None:
    value = _last(_usable(table, name)[1])
    return None if value is None else int(value)


def _fields(health: NodeHealth) -> dict[str, Any]:
    return {name: getattr(health, name) for name in NodeHealth.__dataclass_fields__}

"""How far a node's readings can be trusted: doubtful ones, the very same ones, those that drift away."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_vocabulary import measurements as m
from sera_vocabulary.durations import DAY_S
from sera_vocabulary.messages import POSITION_MARK, parse_column
from sera_vocabulary.quality import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT
from sera_vocabulary.series import AIR, SERIES_BY_NAME, SOIL, VISITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from sera_store.records.records import Records
    from sera_store.records.series_tables import Table

    # By node and column, by UTC day.
    _DailyMeans = dict[tuple[str, str], dict[int, float]]

_WEEK_S: Final = 7 * DAY_S
_FORTNIGHT_S: Final = 14 * DAY_S
# Fewer values of a week make no share.
_VALUES_LEAST: Final = 24
# Temperatures alone go together in a community: rain falls where somebody waters, and shade moves with hours.
_DRIFTING: Final = (m.SOIL_TEMPERATURE, m.AIR_TEMPERATURE)
# A median of fewer is as good as any of them; over fewer days weather is no different from drift.
_NEIGHBOURS_LEAST, _DAYS_LEAST, _END_DAYS = 5, 8, 3


@dataclass(frozen=True, slots=True)
class NodeValues:
    """How a node's readings are; see `NodeState` for `doubtful`, `still_s` and `drift`.

    Parameters
    ----------
    usual_gap_s
        Median time between its readings [s], None with fewer than two.
    raw_positions
        Positions at which it measures raw soil moisture.
    """

    doubtful: dict[str, float] = field(default_factory=dict)
    still_s: dict[str, int] = field(default_factory=dict)
    drift: dict[str, float] = field(default_factory=dict)
    usual_gap_s: int | None = None
    raw_positions: frozenset[int] = frozenset()


def fleet_values(
    records: Records,
    at_s: int,
    communities: Mapping[str, str],
    probe_since_s: Mapping[tuple[str, int], int],
) -> dict[str, NodeValues]:
    """Read how the values of all nodes are, over the fortnight before a time [s].

    Parameters
    ----------
    records
        The table of records.
    at_s
        Now, Unix time [s].
    communities
        Community of each node: only nodes of one are compared with one another.
    probe_since_s
        By node and position since when its probe is there, Unix time [s]: what another one measured before
        says nothing about it.
    """
    values: dict[str, NodeValues] = {}
    for series in (SOIL, AIR, VISITS):
        columns = SERIES_BY_NAME[series].columns
        table = _of_present_probes(
            records.table(series, columns, start_s=at_s - _FORTNIGHT_S, end_s=at_s + 1), probe_since_s
        )
        drift = _drift(table, communities)
        for index, node in enumerate(table.nodes):
            before = values.get(node, NodeValues())
            own = _node_values(table.rows(table.node == index), at_s)
            values[node] = NodeValues(
                before.doubtful | own.doubtful,
                before.still_s | own.still_s,
                before.drift | drift.get(node, {}),
                min([gap for gap in (before.usual_gap_s, own.usual_gap_s) if gap is not None], default=None),
                before.raw_positions | own.raw_positions,
            )
    return values


def doubtful_share(quality: NDArray[np.uint8]) -> float | None:
    """Share of values that are suspect, failed or missing; None with fewer than 24 values.

    Parameters
    ----------
    quality : array of uint8, shape (records,)
        QARTOD flags; 0 where a record has no such column.
    """
    is_here = quality > 0
    if np.count_nonzero(is_here) < _VALUES_LEAST:
        return None
    is_doubtful = np.isin(quality, (SUSPECT, FAIL, MISSING))
    return float(np.count_nonzero(is_doubtful) / np.count_nonzero(is_here))


def standstill_s(time_s: NDArray[np.int64], values: NDArray[np.float64]) -> int:
    """For how long the newest of some values has been the very same [s].

    Parameters
    ----------
    time_s, values : array, shape (records,)
        Unix time [s] ascending, and values, none of them NaN.
    """
    if not len(values):
        return 0
    changes = np.flatnonzero(values != values[-1])
    first = int(changes[-1]) + 1 if len(changes) else 0
    return int(time_s[-1] - time_s[first])


def _node_values(table: Table, at_s: int) -> NodeValues:
    gaps = np.diff(np.unique(table.time_s))
    is_week = table.time_s > at_s - _WEEK_S
    doubtful: dict[str, float] = {}
    still_s: dict[str, int] = {}
    for column, values in table.values.items():
        share = doubtful_share(table.quality[column][is_week])
        if share is not None:
            doubtful[column] = share
        is_value = np.isfinite(values)
        still_s[column] = standstill_s(table.time_s[is_value], values[is_value])
    return NodeValues(
        doubtful,
        still_s,
        {},
        int(np.median(gaps)) if len(gaps) else None,
        frozenset(_raw_positions(table)),
    )


def _raw_positions(table: Table) -> list[int]:
    parsed = [parse_column(column) for column, quality in table.quality.items() if np.any(quality > 0)]
    return [position for name, position in filter(None, parsed) if name == m.SOIL_MOISTURE_RAW]


def _of_present_probes(table: Table, probe_since_s: Mapping[tuple[str, int], int]) -> Table:
    """Leave out what was measured at a position before the probe that is there now."""
    first_s: dict[int, NDArray[np.int64]] = {}
    for (node, position), since_s in probe_since_s.items():
        if node in table.nodes:
            by_node = first_s.setdefault(position, np.zeros(len(table.nodes), np.int64))
            by_node[table.nodes.index(node)] = since_s
    values, quality = dict(table.values), dict(table.quality)
    for column, numbers in table.values.items():
        parsed = parse_column(column)
        if parsed is not None and parsed[1] in first_s:
            is_earlier = table.time_s < first_s[parsed[1]][table.node]
            values[column] = np.where(is_earlier, np.nan, numbers)
            quality[column] = np.where(is_earlier, 0, quality[column]).astype(np.uint8)
    return replace(table, values=values, quality=quality)


def _drift(table: Table, communities: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Return by node and column how far it moved against the median of its community's nodes.

    Daily means less the median of the nodes' daily means; the mean of the last three days less that of the
    first three.
    """
    drift: dict[str, dict[str, float]] = {}
    for measurement in _DRIFTING:
        means = _daily_means(table, measurement)
        for community in sorted({communities.get(node, "") for node, _ in means}):
            neighbours = {key: value for key, value in means.items() if communities.get(key[0]) == community}
            for (node, column), change in _changes(neighbours):
                drift.setdefault(node, {})[column] = change
    return drift


def _changes(means: _DailyMeans) -> Iterable[tuple[tuple[str, str], float]]:
    """Return how far each of some neighbours moved against their median."""
    if len({node for node, _ in means}) < _NEIGHBOURS_LEAST:
        return
    days = sorted({day for by_day in means.values() for day in by_day})
    usual = {
        day: float(np.median([by_day[day] for by_day in means.values() if day in by_day])) for day in days
    }
    for key, by_day in means.items():
        differences = [by_day[day] - usual[day] for day in sorted(by_day)]
        if len(differences) >= _DAYS_LEAST:
            yield key, float(np.mean(differences[-_END_DAYS:]) - np.mean(differences[:_END_DAYS]))


def _daily_means(table: Table, measurement: str) -> _DailyMeans:
    """Return by node and column the mean of each UTC day of what is not known to be wrong."""
    means: _DailyMeans = {}
    for column, values in table.values.items():
        if column.partition(POSITION_MARK)[0] != measurement:
            continue
        is_usable = np.isfinite(values) & np.isin(table.quality[column], (GOOD, NOT_EVALUATED, SUSPECT))
        for index, node in enumerate(table.nodes):
            own = is_usable & (table.node == index)
            days, position = np.unique(table.time_s[own] // DAY_S, return_inverse=True)
            if len(days):
                daily = np.bincount(position, weights=values[own]) / np.bincount(position)
                means[node, column] = dict(zip(days.tolist(), daily.tolist(), strict=True))
    return means

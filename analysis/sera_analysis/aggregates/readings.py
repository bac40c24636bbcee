"""Readings of one garden as the tables the indices are made from; the only module that reads records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.aggregates.effort import Bouts
from sera_analysis.aggregates.figure_inputs import InputRecords
from sera_analysis.aggregates.weather import AirReadings
from sera_analysis.diversity.samples import divided
from sera_analysis.thresholds import DAY_UNCERTAINTY_MOST_S, SURVEY_MINUTES, TIME_UNCERTAINTY_MOST_S
from sera_store.aggregates.effort_time import bounded_effort_s, cut_s
from sera_store.registry.entities import DETECTORS
from sera_vocabulary import measurements as m
from sera_vocabulary.figure_codes import LEFT_OUT
from sera_vocabulary.measurements import GROUP_NAMES
from sera_vocabulary.quality import FAIL, GOOD, MISSING, NOT_EVALUATED
from sera_vocabulary.series import AIR, COUNTS, SOIL, VISITS

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import BoolArray, FloatArray, IntArray
    from sera_store.records.series_tables import Table
    from sera_store.store import Store

CAMERA, BEAM, MICROPHONE, NO_DETECTOR, PERSON = DETECTORS

FAILED_CHECK, NO_EFFORT, UNCERTAIN_TIME, NO_TIME = LEFT_OUT


class GardenSpan(NamedTuple):
    """Which records are read: of one garden, from one Unix time [s] to before another, without some nodes."""

    garden: str
    start_s: int
    end_s: int
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class People:
    """What people counted, a row a record: node, time, number of ten-minute counts, hours, visits by group.

    `inferred` is 1 where the hours are inferred from the number of counts.
    """

    nodes: tuple[str, ...]
    node: IntArray
    time_s: IntArray
    surveys: FloatArray
    hours: FloatArray
    visits: FloatArray
    inferred: FloatArray
    certain: BoolArray
    flower_units: FloatArray


def recorded_nodes(store: Store, garden: str) -> tuple[str, ...]:
    """Name the nodes that ever made a record of insects in a garden, also those that stand elsewhere now."""
    # A table over no time has no rows, but names the nodes.
    tables = (
        store.records.table(series, (), garden=garden, start_s=0, end_s=0) for series in (COUNTS, VISITS)
    )
    return tuple(sorted({node for table in tables for node in table.nodes}))


def read_cameras(store: Store, span: GardenSpan, nodes: tuple[str, ...]) -> tuple[Bouts, InputRecords]:
    """Read what cameras counted, with the seconds they were awake."""
    table = _rows_of(
        store.records.table(
            COUNTS, (*GROUP_NAMES, m.AWAKE_S), garden=span.garden, start_s=span.start_s, end_s=span.end_s
        ),
        nodes,
    )
    awake = _column(table, m.AWAKE_S)
    if np.isnan(awake).any():
        awake = np.where(np.isnan(awake), _awake_beside(store, span, table), awake)
    return _bouts(table, nodes, GROUP_NAMES, awake)


def read_beams(store: Store, span: GardenSpan, nodes: tuple[str, ...]) -> tuple[Bouts, InputRecords]:
    """Read what beams counted: passages, which are of no group."""
    table = _rows_of(
        store.records.table(
            VISITS, (m.PASSAGES, m.AWAKE_S), garden=span.garden, start_s=span.start_s, end_s=span.end_s
        ),
        nodes,
    )
    return _bouts(table, nodes, (m.PASSAGES,), _column(table, m.AWAKE_S))


def read_people(store: Store, span: GardenSpan, nodes: tuple[str, ...]) -> tuple[People, InputRecords]:
    """Read what people counted; a row without a number of counts is one count."""
    columns = (*GROUP_NAMES, m.SURVEYS, m.AWAKE_S, m.FLOWER_UNITS)
    table = _rows_of(
        store.records.table(COUNTS, columns, garden=span.garden, start_s=span.start_s, end_s=span.end_s),
        nodes,
    )
    visits = np.stack([_count(table, group) for group in GROUP_NAMES], axis=1)
    failed = np.isnan(visits).any(axis=1)
    uncertain = table.uncertainty_s > 2 * DAY_UNCERTAINTY_MOST_S.value
    certain = table.uncertainty_s <= TIME_UNCERTAINTY_MOST_S.value
    awake_s = _column(table, m.AWAKE_S)
    bounded_s = bounded_effort_s(table, awake_s, certain & ~failed & (awake_s > 0), regular=False)
    surveys = _column(table, m.SURVEYS)
    # No seconds stated, or a number of counts that cannot be, such as 0: never one count of ten minutes.
    idle = (awake_s <= 0) | (surveys <= 0) | (np.isnan(surveys) & _is_stated(table, m.SURVEYS))
    reason = np.select(
        [failed, idle, uncertain, (awake_s > 0) & (bounded_s <= 0)],
        [FAILED_CHECK, NO_EFFORT, UNCERTAIN_TIME, NO_TIME],
        "",
    )
    used = reason == ""
    awake_h = bounded_s / 3600.0
    # One count of ten minutes, or as many of them as its stated time makes: a count that was ended early is
    # no whole one.
    timed = np.where(np.isnan(awake_h), 1.0, awake_h * 60.0 / SURVEY_MINUTES)
    surveys = np.where(np.isnan(surveys), timed, surveys)
    hours = np.where(np.isnan(awake_h), surveys * SURVEY_MINUTES / 60.0, awake_h)
    people = People(
        nodes,
        _node_indices(table, nodes)[used],
        table.time_s[used],
        surveys[used],
        hours[used],
        visits[used],
        np.isnan(awake_h[used]).astype(np.float64),
        certain[used],
        _column(table, m.FLOWER_UNITS)[used],
    )
    cut = cut_s(awake_s, bounded_s, used)
    return people, InputRecords(table.time_s, table.id, _good(table, GROUP_NAMES), reason, cut)


def read_air(store: Store, span: GardenSpan) -> AirReadings:
    """Read a garden's air, for the weather of each bout."""
    names = (m.AIR_TEMPERATURE, m.ILLUMINANCE, m.RAINFALL)
    table = _without(
        store.records.table(AIR, names, garden=span.garden, start_s=span.start_s, end_s=span.end_s),
        span.left_out,
    )
    temperature, light, rain = (_column(table, name) for name in names)
    certain = table.uncertainty_s <= TIME_UNCERTAINTY_MOST_S.value
    return AirReadings(
        table.node[certain].astype(np.int64),
        table.time_s[certain].astype(np.float64),
        temperature[certain],
        light[certain],
        rain[certain],
        table.nodes,
    )


def read_soil(store: Store, span: GardenSpan) -> InputRecords:
    """Read which soil records go into figures; their values come from the roll-ups."""
    names = (m.SOIL_MOISTURE_RAW, m.SOIL_MOISTURE, m.SOIL_WETNESS, m.SOIL_TEMPERATURE)
    table = _without(
        store.records.table(SOIL, names, garden=span.garden, start_s=span.start_s, end_s=span.end_s),
        span.left_out,
    )
    certain = table.uncertainty_s <= DAY_UNCERTAINTY_MOST_S.value
    reason = np.where(certain, "", UNCERTAIN_TIME)
    return InputRecords(
        table.time_s, table.id, _good(table, tuple(table.values)), reason, np.zeros(len(table))
    )


def _bouts(
    table: Table, nodes: tuple[str, ...], columns: tuple[str, ...], awake_s: FloatArray
) -> tuple[Bouts, InputRecords]:
    """Select the rows that say what was counted, for how long, and when; the others get a reason."""
    visits = np.stack([_count(table, column) for column in columns], axis=1)
    certain = table.uncertainty_s <= TIME_UNCERTAINTY_MOST_S.value
    failed = np.isnan(visits).any(axis=1)
    reason = np.select([failed, ~(awake_s > 0), ~certain], [FAILED_CHECK, NO_EFFORT, UNCERTAIN_TIME], "")
    bounded_s = bounded_effort_s(table, awake_s, reason == "")
    reason = np.where((reason == "") & ~(bounded_s > 0), NO_TIME, reason)
    used = reason == ""
    bouts = Bouts(
        nodes,
        _node_indices(table, nodes)[used],
        table.time_s[used].astype(np.float64),
        bounded_s[used],
        visits[used],
    )
    cut = cut_s(awake_s, bounded_s, used)
    return bouts, InputRecords(table.time_s, table.id, _good(table, columns), reason, cut)


def _awake_beside(store: Store, span: GardenSpan, table: Table) -> FloatArray:
    """Find the seconds awake in the record of visits that a node made at the same time as its counts."""
    beside = store.records.table(
        VISITS, (m.AWAKE_S,), garden=span.garden, start_s=span.start_s, end_s=span.end_s
    )
    awake = _column(beside, m.AWAKE_S)
    by_key = {
        (beside.nodes[node], time_s): seconds
        for node, time_s, seconds in zip(
            beside.node.tolist(), beside.time_s.tolist(), awake.tolist(), strict=True
        )
    }
    keys = zip(table.node.tolist(), table.time_s.tolist(), strict=True)
    return np.array([by_key.get((table.nodes[node], time_s), np.nan) for node, time_s in keys])


def _rows_of(table: Table, nodes: tuple[str, ...]) -> Table:
    """Select the rows of some nodes."""
    is_selected = np.isin(table.node, [index for index, node in enumerate(table.nodes) if node in nodes])
    return table.rows(is_selected)


def _without(table: Table, nodes: tuple[str, ...]) -> Table:
    """Leave out the rows of some nodes."""
    if not nodes:
        return table
    return _rows_of(table, tuple(node for node in table.nodes if node not in nodes))


def _node_indices(table: Table, nodes: tuple[str, ...]) -> IntArray:
    """Return each row's node as its index in `nodes`; shape (rows,)."""
    index = {node: number for number, node in enumerate(nodes)}
    numbers = np.array([index.get(node, -1) for node in table.nodes], dtype=np.int64)
    return numbers[table.node] if len(table) else np.empty(0, dtype=np.int64)


def _column(table: Table, key: str) -> FloatArray:
    """Return the values of a column, not a number where absent, null or failed."""
    values = table.values.get(key)
    if values is None:
        return np.full(len(table), np.nan)
    return np.where(np.isin(table.quality[key], (FAIL, MISSING)), np.nan, values)


def _is_stated(table: Table, key: str) -> BoolArray:
    """Return which records have a column at all, whatever its value."""
    return table.quality[key] != 0 if key in table.quality else np.zeros(len(table), dtype=bool)


def _count(table: Table, key: str) -> FloatArray:
    """Return the counts of a column; a record without the column counted none, a null is a failure."""
    values = table.values.get(key)
    if values is None:
        return np.zeros(len(table))
    return np.where(table.quality[key] == 0, 0.0, _column(table, key))


def _good(table: Table, columns: tuple[str, ...]) -> FloatArray:
    """Return which share of a record's values passed all checks; 0 where it has none; shape (rows,)."""
    qualities = [table.quality[column] for column in columns if column in table.quality]
    if not qualities:
        return np.zeros(len(table))
    stacked = np.stack(qualities)
    good = np.isin(stacked, (GOOD, NOT_EVALUATED)).sum(axis=0).astype(np.float64)
    return divided(good, (stacked != 0).sum(axis=0).astype(np.float64), 0.0)

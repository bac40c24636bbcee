"""From a figure back to the readings it was made from, by their change numbers and journal numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from sera_analysis.aggregates.figure_inputs import FIRST_CHANGE, LAST_CHANGE, RECORDS, left_out_key
from sera_analysis.aggregates.gardens import load_nodes
from sera_analysis.aggregates.readings import (
    BEAM,
    CAMERA,
    PERSON,
    GardenSpan,
    read_beams,
    read_cameras,
    read_people,
    read_soil,
)
from sera_analysis.aggregates.tallies import SOIL
from sera_analysis.errors import UnknownResultError
from sera_analysis.figures.garden_figures import GARDEN
from sera_analysis.figures.names import result_name, timezone_of
from sera_store.calendar import intervals_of
from sera_store.local_clock import local_date
from sera_store.release.places import released_garden, released_gardens
from sera_store.results.results import Result, StoredResult
from sera_vocabulary import indices
from sera_vocabulary.figure_codes import LEFT_OUT
from sera_vocabulary.series import COUNTS, VISITS
from sera_vocabulary.series import SOIL as SOIL_SERIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sera_analysis.aggregates.figure_inputs import InputRecords
    from sera_store.records.rows import StoredRecord
    from sera_store.registry.entities import Node
    from sera_store.store import Store

_BY_PEOPLE: Final = (indices.VISITS_PER_SURVEY, indices.VISITS_PER_FLOWER_HOUR, indices.PEOPLE_TO_CAMERA)
_SERIES: Final = {CAMERA: COUNTS, BEAM: VISITS, PERSON: COUNTS, SOIL: SOIL_SERIES}
# Figures that come from the gardens' hours of watching.
_OF_HOURS: Final = (indices.SHARING, indices.WATCHING)


class NodeSource(msgspec.Struct, frozen=True):
    """Records of one node that went into a figure: how many, and first and last of their numbers, if told."""

    node: str
    series: str
    records: int
    first_s: int
    last_s: int
    first_change: int | None
    last_change: int | None
    first_journal: int | None
    last_journal: int | None


class LeftOut(msgspec.Struct, frozen=True):
    """One record that was looked at and left out; its reason is a code of `LEFT_OUT`."""

    reason: str
    node: str
    series: str
    time_s: int
    change: int | None
    journal: int | None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with what it was made from.

    Parameters
    ----------
    name, change
        Its name and its change number.
    supersedes
        Change numbers of its older versions, newest first.
    result
        The figure.
    sources, left_out
        Records of a garden that go into it now, by node, and those that are left out; each for a garden's
        figure alone.
    agrees
        Whether these are the records that it was made from; False where readings have changed since, None
        where the figure names no records.
    parts
        Names of the figures of gardens that a district's or community's figure comes from.
    """

    name: str
    change: int
    supersedes: list[int]
    result: Result
    sources: list[NodeSource]
    left_out: list[LeftOut]
    agrees: bool | None
    parts: list[str]


def explain(store: Store, number: int) -> Explanation:
    """Go from a figure back to its readings.

    Parameters
    ----------
    store
        Where the figure and the readings are.
    number
        The figure's change number.

    Raises
    ------
    UnknownResultError
        When that row is no figure.
    InvalidEntryError
        When there is no such row.
    """
    row = store.records.row(number)
    if not isinstance(row, StoredResult):
        raise UnknownResultError(f"row {number}, a reading of node {row.record.node}", [], 0)
    result = row.result
    timezone = timezone_of(store, result)
    sources: list[NodeSource] = []
    left_out: list[LeftOut] = []
    agrees = None
    if result.scope == GARDEN and result.end_s > result.start_s:
        used, left_out = _records(store, result)
        sources = _sources(used)
        agrees = _agrees(result, sources, left_out)
    return Explanation(
        name=result_name(result.key, timezone),
        change=number,
        supersedes=list(_older(store, row.supersedes)),
        result=result,
        sources=sources,
        left_out=left_out,
        agrees=agrees,
        parts=[] if result.scope == GARDEN else _parts(store, result),
    )


def _older(store: Store, number: int | None) -> Iterator[int]:
    while number is not None:
        yield number
        row = store.records.row(number)
        number = row.supersedes


def _records(store: Store, result: Result) -> tuple[list[StoredRecord], list[LeftOut]]:
    """Read the records of a garden's window again: those that go in, and those that are left out."""
    garden = released_garden(store.registry, result.scope_id)
    if garden is None:
        return [], []
    nodes = load_nodes(store, garden)
    span = GardenSpan(garden.id, result.start_s, result.end_s + 1, garden.left_out)
    used: list[StoredRecord] = []
    left_out: list[LeftOut] = []
    for kind in _kinds(result.index, nodes):
        records = _input_records(store, span, kind, nodes)
        window = np.array([result.start_s, result.end_s])
        inside = intervals_of(window, records.time_s, amounts=kind != SOIL) == 0
        reasons = dict(zip(records.id[inside].tolist(), records.reason[inside].tolist(), strict=True))
        for row in store.records.current(
            series=_SERIES[kind], garden=result.scope_id, start_s=span.start_s, end_s=span.end_s
        ):
            reason = reasons.get(row.id)
            if reason == "":
                used.append(row)
            elif reason is not None:
                left_out.append(_left_out(row, reason))
    return used, left_out


def _kinds(index: str, nodes: dict[str, Node]) -> tuple[str, ...]:
    """Return which readings a figure is about."""
    definition = indices.INDICES_BY_NAME.get(index)
    aspect = definition.aspect if definition is not None else indices.WATCHING
    if aspect in (indices.SOIL_WATER, indices.SOIL_WARMTH):
        return (SOIL,)
    if aspect == indices.PASSERS:
        return (BEAM,)
    if aspect == indices.VISITORS:
        by_people = index in _BY_PEOPLE or not any(node.detector == CAMERA for node in nodes.values())
        return (PERSON,) if by_people else (CAMERA,)
    return (CAMERA, BEAM, PERSON)


def _input_records(store: Store, span: GardenSpan, kind: str, nodes: dict[str, Node]) -> InputRecords:
    names = tuple([name for name, node in nodes.items() if node.detector == kind])
    if kind == CAMERA:
        return read_cameras(store, span, names)[1]
    if kind == BEAM:
        return read_beams(store, span, names)[1]
    return read_people(store, span, names)[1] if kind == PERSON else read_soil(store, span)


def _sources(rows: Iterable[StoredRecord]) -> list[NodeSource]:
    by_node: dict[tuple[str, str], list[StoredRecord]] = {}
    for row in rows:
        by_node.setdefault((row.record.node, row.record.series), []).append(row)
    sources: list[NodeSource] = []
    for (node, series), own in sorted(by_node.items()):
        columns: Any = np.array([(row.record.time_s or 0, row.id, row.record.journal) for row in own])
        first, last = columns.min(axis=0).tolist(), columns.max(axis=0).tolist()
        pairs = [number for pair in zip(first, last, strict=True) for number in pair]
        sources.append(NodeSource(node, series, len(own), *pairs))
    return sources


def _left_out(row: StoredRecord, reason: str) -> LeftOut:
    record = row.record
    return LeftOut(reason, record.node, record.series, record.time_s or 0, row.id, record.journal)


def _agrees(result: Result, sources: list[NodeSource], left_out: list[LeftOut]) -> bool | None:
    """Return whether the records of now are those that the figure names."""
    if RECORDS not in result.inputs:
        return None
    now = {
        "records": sum([source.records for source in sources]),
        "left out": len(left_out),
        "first_change": min([source.first_change or 0 for source in sources], default=None),
        "last_change": max([source.last_change or 0 for source in sources], default=None),
    }
    then = {
        "records": result.inputs[RECORDS],
        "left out": sum([int(result.inputs.get(left_out_key(cause), 0)) for cause in LEFT_OUT]),
        "first_change": result.inputs.get(FIRST_CHANGE),
        "last_change": result.inputs.get(LAST_CHANGE),
    }
    return now == then


def _parts(store: Store, result: Result) -> list[str]:
    """Name the current figures of gardens over the same window that a joint figure comes from."""
    definition = indices.INDICES_BY_NAME.get(result.index)
    index = indices.EFFORT if definition is not None and definition.aspect in _OF_HOURS else result.index
    names = []
    for garden in released_gardens(store.registry):
        if result.scope_id not in (garden.community, garden.district):
            continue
        for key in store.results.heads(GARDEN, garden.id):
            day = local_date(result.start_s, garden.timezone)
            same_window = key[3] == result.period and local_date(key[6], garden.timezone) == day
            if key[2] == index and same_window and key[4] == result.group:
                names.append(result_name(key, garden.timezone))
    return sorted(names)

"""A simulated season written into a real store as its nodes would, with what each test leaves out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sera_store.records.records import Record
from sera_store.registry.entities import Community, Garden, Node
from sera_vocabulary import measurements as m
from sera_vocabulary.measurements import INSECT_GROUPS
from sera_vocabulary.messages import column

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_simulator.world.garden import Node as PlannedNode
    from sera_simulator.world.season import Season
    from sera_store.store import Store

GROUPS = tuple(group.name for group in INSECT_GROUPS)
AIR = (m.AIR_TEMPERATURE, m.ILLUMINANCE, m.RAINFALL)


def write_season(
    store: Store,
    season: Season,
    *,
    is_awake: Callable[[PlannedNode, Any], Any] | None = None,
    copies: dict[str, str] | None = None,
    is_delivered: Callable[[PlannedNode, Any], Any] | None = None,
) -> None:
    """Register a season's gardens and nodes, and write their records.

    `watched` gets a node and its rows' times [s] and tells which rows its detector was awake in, `heard`
    which rows came at all; `copies` names nodes that stand beside another and see the very same.
    """
    put = store.registry.put
    put(Community(season.community.id), since_s=0, by="test")
    for place in season.gardens:
        put(
            Garden(
                place.id,
                season.community.id,
                None,
                place.name,
                place.latitude,
                place.longitude,
                place.timezone,
            ),
            since_s=0,
            by="test",
        )
    for node in season.nodes:
        names = [node.id, *[copy for copy, of in (copies or {}).items() if of == node.id]]
        for name in names:
            put(Node(name, node.garden, node.detector), since_s=0, by="test")
            _write_node(store, season, node, name, is_awake, is_delivered)


def _write_node(
    store: Store,
    season: Season,
    node: PlannedNode,
    name: str,
    is_awake: Callable[[PlannedNode, Any], Any] | None,
    is_delivered: Callable[[PlannedNode, Any], Any] | None = None,
) -> None:
    node_season = season.node_season(node.id)
    values = dict(zip(node.columns, node_season.values.T.astype(np.float64), strict=True))
    time_s = node_season.truth.time_s
    all_items = np.ones(time_s.size, dtype=bool) if is_delivered is None else is_delivered(node, time_s)
    awake = all_items if is_awake is None else is_awake(node, time_s)
    insects = (*GROUPS, m.AWAKE_S) if node.detector == "camera" else (m.PASSAGES, m.AWAKE_S)
    soil = tuple(
        column(item, probe.position)
        for probe in node.probes
        for item in (m.SOIL_MOISTURE_RAW, m.SOIL_TEMPERATURE)
    )
    written = [
        (("counts" if node.detector == "camera" else "visits"), insects, awake & (values[m.AWAKE_S] > 0))
    ]
    written.append(("soil", soil, all_items))
    if m.AIR_TEMPERATURE in values:
        written.append(("air", AIR, all_items))
    seq = 0
    with store.ledger() as ledger:
        for series, columns, saved in written:
            places = np.flatnonzero(saved)
            records = [
                _record(season, node, name, series, seq + number + 1, int(time_s[row]), columns, values, row)
                for number, row in enumerate(places.tolist())
            ]
            seq += len(records)
            ledger.records.append([(record, repr((record.node, record.seq)).encode()) for record in records])


def _record(
    season: Season,
    node: PlannedNode,
    name: str,
    series: str,
    seq: int,
    time_s: int,
    columns: tuple[str, ...],
    values: dict[str, Any],
    row: int,
) -> Record:
    read = [float(values[item][row]) for item in columns]
    result = tuple(None if np.isnan(value) else value for value in read)
    return Record(
        node=name,
        epoch="9f2c01aa",
        seq=seq,
        boot=1,
        series=series,
        community=season.community.id,
        garden=node.garden,
        uptime_s=None,
        time_s=time_s,
        uncertainty_s=2,
        flags=0,
        columns=columns,
        values=result,
        quality=tuple(9 if value is None else 1 for value in result),
        probe_table=None,
        journal=1,
    )

"""A simulated season in a folder that goes again, so that a pack can be looked at before there is a garden.

The records are written as nodes of that season would have sent them in the end: no broker, no board, no fault
on the way. Its gardens are simulated, so every sheet and row says so.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sera_command.simulated.registering import register
from sera_simulator.world.season import DEFAULT_START, season
from sera_store.records.rows import Record
from sera_store.store import Store
from sera_vocabulary import measurements as m
from sera_vocabulary import series
from sera_vocabulary.measurements import GROUP_NAMES
from sera_vocabulary.messages import column
from sera_vocabulary.quality import GOOD, MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_simulator.world.garden import Node
    from sera_simulator.world.season import Season

GARDENS: Final = 3
NODES: Final = 6
DAYS: Final = 14
_SEED: Final = 1
_EPOCH: Final = "00000001"
_AIR: Final = (m.AIR_TEMPERATURE, m.ILLUMINANCE, m.RAINFALL)
_CAMERA: Final = "camera"


class Sample(NamedTuple):
    """A data folder with a simulated season, and its first and last day, ISO 8601."""

    data: Path
    first: str
    last: str


@contextmanager
def sample_season() -> Iterator[Sample]:
    """Make a data folder with the sample season, the same bytes each time, and remove it at the end."""
    planned = season(gardens=GARDENS, nodes=NODES, days=DAYS, seed=_SEED)
    last = DEFAULT_START + timedelta(days=DAYS - 1)
    with tempfile.TemporaryDirectory(prefix="sera-sample-") as folder:
        with Store.open(Path(folder) / "store", clock=lambda: float(planned.end_s)) as store:
            register(planned, store)
            for node in planned.nodes:
                _write_node(store, planned, node)
        yield Sample(Path(folder), DEFAULT_START.isoformat(), last.isoformat())


def _write_node(store: Store, planned: Season, node: Node) -> None:
    season = planned.node_season(node.id)
    values = dict(zip(node.columns, season.values.T.astype(np.float64), strict=True))
    times_s = season.truth.time_s
    is_camera = node.detector == _CAMERA
    soil = []
    for probe in node.probes:
        raw, moisture = (column(name, probe.position) for name in (m.SOIL_MOISTURE_RAW, m.SOIL_MOISTURE))
        values[moisture] = np.polynomial.polynomial.polyval(values[raw], probe.calibration.coefficients)
        soil += [raw, moisture, column(m.SOIL_TEMPERATURE, probe.position)]
    insects = (*GROUP_NAMES, m.AWAKE_S) if is_camera else (m.PASSAGES, m.AWAKE_S)
    streams = [
        (series.COUNTS if is_camera else series.VISITS, insects, values[m.AWAKE_S] > 0),
        (series.SOIL, soil, np.ones(times_s.size, bool)),
    ]
    if m.AIR_TEMPERATURE in values:
        streams.append((series.AIR, _AIR, np.ones(times_s.size, bool)))
    records: list[Record] = []
    for name, columns, is_saved in streams:
        for row in np.flatnonzero(is_saved).tolist():
            read = [float(values[item][row]) for item in columns]
            where = (planned.community.id, node.garden)
            records.append(_record(node.id, len(records) + 1, name, where, int(times_s[row]), columns, read))
    with store.ledger() as ledger:
        ledger.records.append([(record, repr((record.node, record.seq)).encode()) for record in records])


def _record(
    node: str, seq: int, name: str, where: tuple[str, str], time_s: int, columns: Any, read: list[float]
) -> Record:
    values = tuple([None if np.isnan(value) else value for value in read])
    return Record(
        node=node,
        epoch=_EPOCH,
        seq=seq,
        boot=1,
        series=name,
        community=where[0],
        garden=where[1],
        uptime_s=None,
        time_s=time_s,
        uncertainty_s=2,
        flags=0,
        columns=tuple(columns),
        values=values,
        quality=tuple([MISSING if value is None else GOOD for value in values]),
        probe_table=None,
        journal=1,
    )

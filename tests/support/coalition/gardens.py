"""Gardens of a made-up community in a real store: what was measured, noticed and counted there."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

from sera_store.coarse_grid import ConsentLevel
from sera_store.licence import Licence
from sera_store.records.records import Record
from sera_store.registry.entities import PERSON, Community, Garden, Node
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Monday, 7 June 2027, midnight UTC.
WEEK_S = 1_812_326_400
DAY_S = 86_400


class Plot(NamedTuple):
    """A garden: where it is, what its host says, what is measured there each day."""

    name: str
    latitude: float
    longitude: float
    consent: ConsentLevel = ConsentLevel.NEIGHBOURHOOD
    licence: Licence = Licence.CC_BY_NC
    air: float = 14.0
    passages: int = 10
    person: str = ""
    insects: int = 0


def street(count: int, *, north: float = 51.452, east: float = -2.595, first: int = 0) -> list[Plot]:
    """Gardens within one cell of 0.01 degree."""
    return [
        Plot(f"plot-{number}", north + 0.0001 * number, east, air=14.0 + number)
        for number in range(first, first + count)
    ]


def plant(data: Path, community: str, plots: Sequence[Plot], days: int = 7, *, start_s: int = WEEK_S) -> None:
    """Register gardens and write a week of their records, with a beam each and perhaps a person."""
    with Store.open(data / "store") as store:
        store.registry.put(Community(community, community.title()), since_s=0, by="test")
        for plot in plots:
            garden = Garden(
                plot.name, community, None, plot.name, plot.latitude, plot.longitude, "UTC",
                consent=plot.consent, licence=plot.licence,
            )  # fmt: skip
            store.registry.put(garden, since_s=0, by="test")
            store.registry.put(Node(f"{plot.name}-node", plot.name, "beam", {}), since_s=0, by="test")
        for person, own in itertools.groupby(sorted(plots, key=_person), key=_person):
            if person:
                store.registry.put(Node(person, next(own).name, PERSON, {}), since_s=0, by="test")
        records = [record for plot in plots for record in _records(community, plot, days, start_s)]
        with store.ledger() as ledger:
            ledger.records.append([(record, repr(record).encode()) for record in records])


def _person(plot: Plot) -> str:
    return plot.person


def _records(community: str, plot: Plot, days: int, start_s: int) -> list[Record]:
    records = []
    for day in range(days):
        noon = start_s + day * DAY_S + 43_200
        node = f"{plot.name}-node"
        values_by_series = {
            ("air", node): {"air_temperature": plot.air + day, "rainfall": 1.0, "sound_level": 40.0},
            ("visits", node): {"passages": float(plot.passages), "awake_s": 3_600.0},
        }
        if plot.person:
            values_by_series["counts", plot.person] = {"bumblebees": float(plot.insects), "awake_s": 600.0}
        for number, ((series, source), values) in enumerate(values_by_series.items()):
            records.append(_record(community, plot.name, source, series, noon, values, 10 * day + number + 1))
    return records


def _record(
    community: str, garden: str, node: str, series: str, time_s: int, values: dict[str, float], seq: int
) -> Record:
    return Record(
        node=node,
        # One epoch a garden: a person counts in several.
        epoch=f"{sum(garden.encode()):08x}",
        seq=seq,
        boot=1,
        series=series,
        community=community,
        garden=garden,
        uptime_s=None,
        time_s=time_s,
        uncertainty_s=2,
        flags=0,
        columns=tuple(values),
        values=tuple(values.values()),
        quality=tuple(1 for _ in values),
        probe_table=None,
        journal=1,
    )

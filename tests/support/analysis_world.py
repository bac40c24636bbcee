"""A small made-up community in a real store, whose truth each test can state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sera_analysis.runs.jobs import WITHDRAWN
from sera_store.records.records import Record
from sera_store.registry.entities import Community, District, Garden, Node
from sera_vocabulary.measurements import GARDEN_ACTIONS, INSECT_GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.results.results import Result
    from sera_store.store import Store

GROUPS = tuple(group.name for group in INSECT_GROUPS)
# Monday, 1 June 2026, midnight in London.
MIDNIGHT_S = 1_780_268_400
STEP_S = 900
COMMUNITY = "avonbrook"


@dataclass
class World:
    """Writes records of made-up nodes; a camera sees the same truth as every other in its garden."""

    store: Store
    days: int = 14
    sent: dict[str, int] = field(default_factory=dict)

    def garden(self, name: str, *, timezone: str = "Europe/London", district: str | None = None) -> None:
        self.store.registry.put(Community(COMMUNITY), since_s=0, by="test")
        garden = Garden(name, COMMUNITY, district, name, 51.45, -2.59, timezone)
        self.store.registry.put(garden, since_s=0, by="test")

    def district(self, name: str, residents: int | None, deprivation: float | None = None) -> None:
        self.store.registry.put(Community(COMMUNITY), since_s=0, by="test")
        district = District(name, COMMUNITY, name, residents, deprivation, "a made-up census")
        self.store.registry.put(district, since_s=0, by="test")

    def node(
        self, garden: str, name: str, detector: str, *, simulated: bool = False, **comparability: str
    ) -> None:
        node = Node(name, garden, detector, comparability, simulated=simulated)
        self.store.registry.put(node, since_s=0, by="test")

    def times(self) -> np.ndarray[Any, Any]:
        return MIDNIGHT_S + STEP_S * np.arange(1, self.days * 96 + 1)

    def record(
        self,
        garden: str,
        node: str,
        series: str,
        time_s: int | None,
        values: dict[str, float | None],
        *,
        uncertainty_s: int = 2,
    ) -> Record:
        self.sent[node] = seq = self.sent.get(node, 0) + 1
        return Record(
            node=node,
            epoch="9f2c01aa",
            seq=seq,
            boot=1,
            series=series,
            community=COMMUNITY,
            garden=garden,
            uptime_s=None,
            time_s=time_s,
            uncertainty_s=uncertainty_s,
            flags=0,
            columns=tuple(values),
            values=tuple(values.values()),
            quality=tuple(9 if value is None else 1 for value in values.values()),
            probe_table=None,
            journal=1,
        )

    def write(self, records: list[Record]) -> list[int]:
        with self.store.ledger() as ledger:
            return ledger.records.append(
                [(record, f"{record.node} {record.seq}".encode()) for record in records]
            )

    def air(self, garden: str, node: str, *, temperature: float = 20.0, every: int = 1) -> None:
        """Warm, bright and dry weather all along, each step or every so many."""
        values = {"air_temperature": temperature, "illuminance": 60_000.0, "rainfall": 0.0}
        # States of instants: those of a day are read from its midnight to before the next.
        instants = self.times()[::every] - STEP_S
        self.write([self.record(garden, node, "air", int(t), dict(values)) for t in instants])

    def camera(
        self,
        garden: str,
        node: str,
        visits: Callable[[int], dict[str, float]],
        *,
        awake: Callable[[int], bool] = lambda _: True,
        awake_s: float = STEP_S,
    ) -> None:
        """Watch a truth, given as visits by group in the step that ends at a time, while awake."""
        self.write(
            [
                self.record(garden, node, "counts", int(t), self._visit_values(visits(int(t)), awake_s))
                for t in self.times()
                if awake(int(t))
            ]
        )

    def _visit_values(self, visits: dict[str, float], awake_s: float) -> dict[str, float | None]:
        return {group: visits.get(group, 0.0) for group in GROUPS} | {"awake_s": awake_s}

    def beam(self, garden: str, node: str, passages: float) -> None:
        values = {"passages": passages, "awake_s": float(STEP_S)}
        self.write([self.record(garden, node, "visits", int(t), dict(values)) for t in self.times()])

    def action(
        self, garden: str, kind: str, time_s: int, depth_mm: float | None = None, counter: str = "person-act"
    ) -> None:
        """State that something was done in a garden."""
        values = {"garden_action": float(GARDEN_ACTIONS.index(kind)), "water_depth": depth_mm}
        self.write([self.record(garden, counter, "action", time_s, values)])

    def soil(self, garden: str, node: str, values: Callable[[int], dict[str, float | None]]) -> None:
        self.write([self.record(garden, node, "soil", int(t), values(int(t))) for t in self.times()[::4]])


def hour_of(time_s: int) -> float:
    """Hour of the London summer day at the middle of the step that ends at a time."""
    return (time_s - STEP_S / 2 - MIDNIGHT_S) / 3600 % 24


def visits_of(time_s: int) -> dict[str, float]:
    """Bumblebees by a bell around noon; hoverflies in the morning of every second day; moths at night."""
    hour = hour_of(time_s)
    every_second = (time_s - STEP_S - MIDNIGHT_S) // 86_400 % 2 == 0
    return {
        "bumblebees": float(round(6 * np.exp(-0.5 * ((hour - 13) / 4) ** 2))),
        "hoverflies": 1.0 if every_second and 9 <= hour < 10 else 0.0,
        "butterflies_and_moths": 1.0 if 1 <= hour < 2 else 0.0,
    }


def figure_of(world: World, scope_id: str, index: str, *, group: str = "", period: str = "span") -> Result:
    """The one current result of a place, index, group and kind of window."""
    (actual,) = [
        result
        for result in world.store.results.current(scope_id=scope_id, index=index, period=period)
        if result.group == group and result.reason != WITHDRAWN
    ]
    return actual

"""Values of a garden that agree are checked with nothing read beside them; those that may differ are not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fleet.checks_by_definition import NODES, START_S, enter
from sera_gateway.checks.limits_in_force import LimitsInForce
from sera_gateway.checks.series_checks import SeriesChecks
from sera_store.ledger.neighbour_rows import NeighbourRows
from sera_store.store import Store
from sera_vocabulary import quality
from store_parts import AIR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from sera_store.ledger.neighbour_rows import Span
    from sera_store.records.rows import Record

GARDEN, OWN_LIMITS = "ash-yard", "oak-yard"
COLUMNS = {"air": ("air_temperature", "rainfall"), "soil": ("soil_temperature@1", "soil_moisture@1")}
STEP_S = 900


class Checked:
    """A store whose new rows are checked, and the spans that are read for it."""

    def __init__(self, store: Store, spans: list[Span]) -> None:
        self.store = store
        self.spans = spans
        self.start()
        self.count = 0

    def start(self) -> None:
        """Start a process that knows nothing yet."""
        self.checks = SeriesChecks(LimitsInForce(self.store.registry))

    def take(self, records: Iterable[Record]) -> int:
        """Store and check records; return how many spans were read."""
        self.spans.clear()
        with self.store.ledger() as writes:
            writes.records.append([(record, b"") for record in records])
        with self.store.ledger() as writes:
            while self.checks.step(writes):
                pass
        return len(self.spans)

    def turn(self, number: int, *, garden: str = GARDEN, **values: float) -> list[Record]:
        """Make a record of each series of each node, a quarter of an hour after the turn before."""
        moved = number % 3 / 100
        cells = {"air_temperature": 12 + moved, "rainfall": 0.0, "soil_temperature@1": 11 + moved}
        cells |= {"soil_moisture@1": 0.2 + moved} | values
        return [
            replace(
                AIR,
                node=node,
                seq=self.next(),
                series=series,
                garden=garden,
                columns=columns,
                time_s=START_S + number * STEP_S,
                values=tuple(cells[column] for column in columns),
                quality=(quality.GOOD,) * len(columns),
                detail=None,
            )
            for node in NODES
            for series, columns in COLUMNS.items()
        ]

    def next(self) -> int:
        """Return the next sequence number."""
        self.count += 1
        return self.count

    def notes(self) -> set[str]:
        """Return what the checks say of current records."""
        with self.store.ledger() as writes:
            rows = [
                writes.records.stored(state.record).record
                for node in NODES
                for state in writes.keys.states(node, AIR.epoch, range(self.count + 1)).values()
                if state.record
            ]
        return {note for row in rows for note in (row.detail or {}).values()}


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checked]:
    spans: list[Span] = []
    stretches = NeighbourRows.stretches

    def noted(self: NeighbourRows, requested: Sequence[Span], *arguments: Any) -> Any:
        spans.extend(requested)
        return stretches(self, requested, *arguments)

    with Store.open(tmp_path / "store") as store:
        enter(store.registry)
        monkeypatch.setattr(NeighbourRows, "stretches", noted)
        yield Checked(store, spans)


@pytest.mark.slow
def test_values_that_agree_are_read_once_a_process_and_never_again(checked: Checked) -> None:
    assert checked.take(checked.turn(0))
    assert [checked.take(checked.turn(number)) for number in range(1, 200)] == [0] * 199
    checked.start()
    assert checked.take(checked.turn(200))
    assert not checked.take(checked.turn(201))
    assert checked.notes() == set()


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"soil_moisture@1": 0.4}, "rise without water"),
        ({"air_temperature": 40.0}, "air beside"),
    ],
)
def test_values_that_may_be_flagged_by_others_are_looked_at(
    checked: Checked, values: dict[str, float], note: str
) -> None:
    for number in range(4):
        checked.take(checked.turn(number))
    assert checked.take(checked.turn(4, **values))
    assert note in checked.notes()


def test_rain_is_looked_at_only_beside_a_rise(checked: Checked) -> None:
    for number in range(4):
        checked.take(checked.turn(number, rainfall=0.2))
    assert not checked.take(checked.turn(4, rainfall=0.2))
    assert checked.take(checked.turn(5, rainfall=0.2, **{"soil_moisture@1": 0.4}))
    assert checked.take(checked.turn(6, rainfall=0.2, **{"soil_moisture@1": 0.4}))
    assert "rise without water" not in checked.notes()


def test_in_a_garden_with_limits_of_its_own_all_is_looked_at(checked: Checked) -> None:
    for number in range(4):
        assert checked.take(checked.turn(number, garden=OWN_LIMITS))

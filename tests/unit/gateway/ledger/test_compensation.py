"""A capacitive probe's count also follows the soil's temperature, which its calibration takes away again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway_parts import SINCE_S, batch, plant, row
from ledger_parts import NODE, Way, way_in
from sera_store.registry.entities import Calibration, ProbePlace
from sera_vocabulary.quality import FAIL, GOOD, MISSING, SUSPECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOISTURE, TEMPERATURE = "soil_moisture_raw@1", "soil_temperature@1"


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path) as way:
        plant(way.store, [NODE])
        registry = way.store.registry
        registry.put(ProbePlace("c-0007", NODE, 1, 0.1), since_s=SINCE_S, by="a test")
        # A soil of 25 Cel reads 50 counts more than one of 20 Cel: half a hundredth of its water.
        line = Calibration(
            "c-1",
            "c-0007",
            "soil_moisture_raw",
            "soil_moisture",
            (0.0, 0.0001),
            SINCE_S,
            raw_per_degree=10.0,
            reference_temperature=20.0,
        )
        registry.put(line, since_s=SINCE_S, by="a test")
        yield way


def values_with_flags(way: Way) -> list[tuple[float | None, int]]:
    """The moisture of every record, and its flag."""
    return [
        (record.values[place], record.quality[place])
        for record in way.current()
        for place in [record.columns.index("soil_moisture@1")]
    ]


def test_a_warm_soil_is_not_taken_for_a_wet_one(way: Way) -> None:
    rows = [row(1, 2000, 20.0), row(2, 2050, 25.0), row(3, 1900, 10.0)]
    way.take(batch(rows, [MOISTURE, TEMPERATURE], s="soil"))
    assert values_with_flags(way) == [(pytest.approx(0.2), GOOD)] * 3
    assert [record.values[0] for record in way.current()] == [2000, 2050, 1900], "the raw count stays"


def test_the_temperature_may_stand_before_the_count(way: Way) -> None:
    way.take(batch([row(1, 25.0, 2050)], [TEMPERATURE, MOISTURE], s="soil"))
    assert values_with_flags(way) == [(pytest.approx(0.2), GOOD)]


def test_without_a_good_temperature_the_moisture_is_suspect(way: Way) -> None:
    way.take(batch([row(1, 2050, None), row(2, 2050, 900.0)], [MOISTURE, TEMPERATURE], s="soil"))
    way.take(batch([row(3, 2050)], [MOISTURE], s="soil"))
    assert values_with_flags(way) == [(pytest.approx(0.205), SUSPECT)] * 3


def test_a_probe_that_failed_and_an_impossible_value_stay_what_they_are(way: Way) -> None:
    way.take(batch([row(1, None, 25.0), row(2, 65000, None)], [MOISTURE, TEMPERATURE], s="soil"))
    assert values_with_flags(way) == [(None, MISSING), (pytest.approx(6.5), FAIL)]


def test_another_position_lends_no_temperature(way: Way) -> None:
    way.take(batch([row(1, 2050, 25.0)], [MOISTURE, "soil_temperature@2"], s="soil"))
    assert values_with_flags(way) == [(pytest.approx(0.205), SUSPECT)]

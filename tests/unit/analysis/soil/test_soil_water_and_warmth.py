"""Water that plants can take, drying, warmth sums, and soil conditions by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_analysis.errors import InvalidOrderError
from sera_analysis.soil.soil_conditions import (
    CONDITIONS,
    FROZEN,
    TOO_COLD,
    TOO_HOT,
    WATER_STRESS,
    WATERLOGGED,
    WILTING,
    condition_days,
    warmth_conditions,
    water_conditions,
)
from sera_analysis.soil.soil_warmth import day_degrees, frost_days, heat_days, hourly_extremes
from sera_analysis.soil.soil_water import drying_rate, plant_available_water, topp_moisture, wet_days
from sera_quality.soil_texture import TEXTURES, Texture, WaterLimits, water_limits

if TYPE_CHECKING:
    from pathlib import Path

NAN = float("nan")
LIMITS = WaterLimits(0.137, 0.2796)


@pytest.mark.parametrize(
    ("name", "wilting_point", "field_capacity"),
    [
        ("sand", 0.05022058, 0.102827923648587),
        ("sandy loam", 0.0807703, 0.1791676115707),
        ("loam", 0.1370236, 0.2796101649408),
        ("silt", 0.0574231, 0.304541264136675),
    ],
)
def test_saxton_and_rawls_limits_agree_with_the_exact_ones(
    name: str, wilting_point: float, field_capacity: float
) -> None:
    assert water_limits(TEXTURES[name]) == pytest.approx((wilting_point, field_capacity), rel=1e-9)


def test_soil_numbers_agree_with_the_reference_tables(shared: Path) -> None:
    path = shared / "reference" / "soil_phenology_occupancy.json"
    tables = json.loads(path.read_text(encoding="utf-8"))
    for row in tables["saxton_rawls2006"]["rows"]:
        result = water_limits(Texture(row["sand"], row["clay"], row["om_pct"]))
        assert result.wilting_point == pytest.approx(float(row["wilting_point"]), rel=1e-9)
        assert result.field_capacity == pytest.approx(float(row["field_capacity"]), rel=1e-9)
        assert TEXTURES[row["texture"]][:2] == (row["sand"], row["clay"])
    for permittivity, moisture in tables["topp1980"]["table"]:
        assert topp_moisture(np.array(float(permittivity))).item() == pytest.approx(float(moisture), rel=1e-9)
    example = tables["plant_available_water"]["example"]
    share = plant_available_water(np.array(example["theta"]), WaterLimits(example["wp"], example["fc"]))
    assert share.item() == pytest.approx(float(example["paw"]), rel=1e-9)
    for row in tables["gdd"]["rows"]:
        for method in (1, 2):
            degree_days = day_degrees(
                np.array(row["tmax"]),
                np.array(row["tmin"]),
                base=row["tbase"],
                upper=row["tupper"],
                method=method,
            )
            assert degree_days.item() == pytest.approx(float(row[f"method{method}"]), abs=1e-12)


def test_every_texture_of_the_table_holds_more_than_plants_leave() -> None:
    for texture in TEXTURES.values():
        result = water_limits(texture)
        assert 0 < result.wilting_point < result.field_capacity < 0.5


@pytest.mark.parametrize(
    "texture", [Texture(0.7, 0.4), Texture(0.1, 0.7), Texture(0.4, 0.2, 12.0), Texture(NAN, 0.2)]
)
def test_textures_outside_of_what_was_fitted_are_refused(texture: Texture) -> None:
    with pytest.raises(ValueError, match="organic matter to 8 %"):
        water_limits(texture)


@given(st.floats(0, 1))
def test_available_water_is_a_share(moisture: float) -> None:
    assert 0 <= plant_available_water(np.array(moisture), LIMITS) <= 1


def _dried(days: int, loss: float) -> np.ndarray:
    """Moisture that falls by the same loss each day and is filled up by rain every tenth."""
    return 0.30 - loss * (np.arange(days) % 10)


def _every_tenth(days: int) -> np.ndarray:
    return np.arange(days) % 10 == 0


def test_a_known_loss_comes_back_and_twice_the_loss_as_twice_the_rate() -> None:
    for loss in (0.004, 0.008):
        rate = drying_rate(_dried(40, loss), _every_tenth(40))
        assert rate.rate == pytest.approx(loss)
        assert (rate.days, rate.wettings) == (28, 4)


def test_without_a_wetting_nothing_is_said_of_drying() -> None:
    rate = drying_rate(_dried(40, 0.004), np.zeros(40, dtype=bool))
    assert np.isnan(rate.rate)
    assert str(rate.reason) == "0 days of drying after rain or watering; 6 needed"


def test_a_day_without_readings_ends_a_run_and_is_not_bridged() -> None:
    daily = _dried(40, 0.004)
    daily[[5, 15, 25, 35]] = NAN
    rate = drying_rate(daily, _every_tenth(40))
    assert rate.days == 8
    assert rate.rate == pytest.approx(0.004)


def test_watering_and_rain_of_a_millimetre_wet_and_unmeasured_rain_does_not() -> None:
    watered = np.array([False, False, True, False])
    assert wet_days(np.array([0.9, 1.0, 0.0, NAN]), watered).tolist() == [False, True, True, False]


def test_soil_that_gets_wetter_between_known_wettings_dries_at_a_negative_rate() -> None:
    assert drying_rate(_dried(40, -0.004), _every_tenth(40)).rate < 0


@given(st.floats(-20, 45), st.floats(0, 25))
def test_the_second_method_never_gives_less_warmth(lowest: float, span: float) -> None:
    low, high = np.array(lowest), np.array(lowest + span)
    first, second = (day_degrees(high, low, method=method).item() for method in (1, 2))
    assert second >= first - 1e-9
    if lowest >= 5:
        assert second == pytest.approx(first)


def test_an_upper_limit_caps_warmth() -> None:
    assert day_degrees(np.array(40.0), np.array(30.0), upper=30.0).item() == 25
    assert day_degrees(np.array(40.0), np.array(20.0), upper=30.0, method=2).item() == 20


def test_a_method_that_is_neither_is_refused() -> None:
    with pytest.raises(InvalidOrderError, match="expected 1 or 2"):
        day_degrees(np.ones(1), np.ones(1), method=3)


def test_a_day_needs_twenty_hours_for_its_extremes() -> None:
    readings = np.ones((2, 25), dtype=np.int32)
    readings[:, 24] = 0
    readings[1, :5] = 0
    readings[0, 3] = 4
    total = np.tile(np.arange(25.0), (2, 1)) * readings
    low, high = hourly_extremes(readings, total)
    assert (low[0], high[0]) == (0, 23)
    assert np.isnan(low[1])
    assert np.isnan(high[1])


def test_frost_and_heat_are_counted_and_missing_days_are_neither() -> None:
    assert frost_days(np.array([-0.1, 0.0, 5.0, NAN])) == 1
    assert heat_days(np.array([30.0, 29.9, NAN])) == 1


def test_each_condition_has_its_own_days() -> None:
    moisture = np.array([0.10, 0.16, 0.25, 0.40, NAN])
    mean, low = np.array([-2.0, 3.0, 15.0, 31.0, NAN]), np.array([-4.0, 1.0, 12.0, 28.0, NAN])
    conditions = water_conditions(moisture, LIMITS) | warmth_conditions(mean, low)
    days = condition_days(water=moisture, warmth=mean, condition_flags=conditions)
    assert set(days.days) == set(CONDITIONS)
    for name in (WILTING, WATER_STRESS, WATERLOGGED, FROZEN, TOO_COLD, TOO_HOT):
        assert (name, days.days[name], days.judged[name]) == (name, 1, 4)


@given(st.floats(0, 0.6))
def test_no_two_conditions_of_water_hold_at_once(moisture: float) -> None:
    assert sum(days.item() for days in water_conditions(np.array([moisture]), LIMITS).values()) <= 1

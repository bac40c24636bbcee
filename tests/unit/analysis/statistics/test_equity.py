"""Figures of inequality: against exact numbers, by their properties, and what they say where undefined."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sera_analysis.errors import InvalidOrderError, InvalidSampleError
from sera_analysis.statistics import equity
from sera_analysis.statistics.inequality import inequality

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEASURES: dict[str, Callable[..., float]] = {
    "gini": equity.gini,
    "theil_t": equity.theil_t,
    "theil_l": equity.theil_l,
    "hoover": equity.hoover,
    "atkinson 0.5": lambda x, w=None: equity.atkinson(x, 0.5, w),
    "atkinson 1": lambda x, w=None: equity.atkinson(x, 1, w),
    "atkinson 2": lambda x, w=None: equity.atkinson(x, 2, w),
}

amounts = st.lists(st.floats(0.01, 1e6), min_size=2, max_size=12)


@st.composite
def weighted(draw: st.DrawFn) -> tuple[list[float], list[float], list[str]]:
    """Values with weights and groups."""
    values = draw(amounts)
    size = len(values)
    weights = draw(st.lists(st.floats(0.01, 1e4), min_size=size, max_size=size))
    return values, weights, draw(st.lists(st.sampled_from("NSE"), min_size=size, max_size=size))


def _near(value: float | None, expected: str | None) -> None:
    if expected is None:
        assert value is None
    else:
        assert value == pytest.approx(float(expected), rel=1e-9, abs=1e-12)


def test_all_cases_agree_with_the_exact_table(shared: Path) -> None:
    cases = json.loads((shared / "reference" / "equity.json").read_text(encoding="utf-8"))["cases"]
    for expected in cases.values():
        published = expected["input"]
        measures = inequality(published["x"], published.get("w"), published.get("g"))
        _near(measures.gini, expected["gini_population"])
        _near(measures.gini_sample_corrected, expected["gini_sample_corrected"])
        _near(measures.gini_weighted, expected["gini_weighted"])
        _near(measures.theil_t, expected["theil_T_weighted"])
        _near(measures.theil_l, expected["theil_L_weighted"])
        _near(measures.hoover, expected["hoover_weighted"])
        for aversion, value in expected["atkinson"].items():
            _near(measures.atkinson[aversion], value)
        curve = np.array([[float(x) for x in point] for point in expected["lorenz_weighted"]])
        assert np.array(measures.lorenz) == pytest.approx(curve, abs=1e-12)
        _decomposed(published, expected)


def _decomposed(published: dict[str, Any], expected: dict[str, Any]) -> None:
    pairs = (
        ("decomp_theil_T", equity.theil_t_parts, "w"),
        ("decomp_theil_L", equity.theil_l_parts, "w"),
        ("decomp_theil_T_unweighted", equity.theil_t_parts, None),
    )
    for name, parts, weights in pairs:
        if name in expected:
            result = parts(published["x"], published["g"], published[weights] if weights else None)
            for field, value in zip(("total", "within", "between"), result, strict=True):
                _near(value, expected[name][field])


def test_a_hand_made_table_has_the_figures_of_the_textbook() -> None:
    # Two have 1, one has 4: mean 2, and the mean difference of two draws is 4/3.
    assert equity.gini([1, 1, 4]) == pytest.approx(1 / 3)
    assert equity.gini_sample_corrected([1, 1, 4]) == pytest.approx(1 / 2)
    assert equity.hoover([1, 1, 4]) == pytest.approx(1 / 3)
    assert equity.theil_t([1, 1, 4]) == pytest.approx((2 * 0.5 * math.log(0.5) + 2 * math.log(2)) / 3)
    assert equity.theil_l([1, 1, 4]) == pytest.approx((2 * math.log(2) - math.log(2)) / 3)
    assert equity.atkinson([1, 1, 4], 1) == pytest.approx(1 - 4 ** (1 / 3) / 2)
    assert equity.atkinson([1, 1, 4], 2) == pytest.approx(1 - (3 / (1 + 1 + 0.25)) / 2)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
@given(table=weighted())
def test_scale_order_and_splitting_a_unit_change_nothing(
    measure: Callable[..., float], table: tuple[list[float], list[float], list[str]]
) -> None:
    values, weights, _ = table
    result = measure(values, weights)
    assert result >= 0
    assert measure([1e3 * x for x in values], weights) == pytest.approx(result, rel=1e-6, abs=1e-9)
    assert measure(values[::-1], weights[::-1]) == pytest.approx(result, rel=1e-6, abs=1e-9)
    halves = [w / 2 for w in weights] * 2
    assert measure(values * 2, halves) == pytest.approx(result, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
@given(values=amounts, share=st.floats(0.01, 0.49))
def test_giving_from_the_richest_to_the_poorest_never_makes_it_worse(
    measure: Callable[..., float], values: list[float], share: float
) -> None:
    rich, poor = int(np.argmax(values)), int(np.argmin(values))
    assume(values[rich] > values[poor])
    published = share * (values[rich] - values[poor])
    after = list(values)
    after[rich] -= published
    after[poor] += published
    assert measure(after) <= measure(values) + 1e-9


def test_giving_from_the_richest_to_the_poorest_makes_every_figure_smaller() -> None:
    for name, measure in MEASURES.items():
        assert measure([2, 5, 8]) < measure([1, 5, 9]), name


@given(table=weighted())
def test_parts_within_and_between_groups_add_up(table: tuple[list[float], list[float], list[str]]) -> None:
    values, weights, groups = table
    for parts in (equity.theil_t_parts, equity.theil_l_parts):
        result = parts(values, groups, weights)
        assert result.within + result.between == pytest.approx(result.total, rel=1e-9, abs=1e-9)


@given(table=weighted())
def test_the_curve_of_lorenz_runs_from_corner_to_corner_and_bends_down(
    table: tuple[list[float], list[float], list[str]],
) -> None:
    values, weights, _ = table
    curve = equity.lorenz(values, weights)
    assert curve[0].tolist() == [0, 0]
    assert curve[-1].tolist() == [1, 1]
    assert (np.diff(curve, axis=0) >= 0).all()
    slopes = np.diff(curve[:, 1]) / np.diff(curve[:, 0])
    assert (np.diff(slopes) >= -1e-6 * slopes[1:]).all()
    # Twice the area between the curve and the diagonal is the Gini coefficient.
    assert 1 - 2 * np.trapezoid(curve[:, 1], curve[:, 0]) == pytest.approx(
        equity.gini(values, weights), abs=1e-9
    )


@given(table=weighted())
def test_a_unit_that_stands_for_nobody_changes_no_weighted_figure(
    table: tuple[list[float], list[float], list[str]],
) -> None:
    values, weights, _ = table
    for measure in MEASURES.values():
        assert measure([*values, 0.0], [*weights, 0.0]) == pytest.approx(
            measure(values, weights), rel=1e-9, abs=1e-9
        )


def test_undefined_figures_say_why_and_are_never_zero_or_not_a_number() -> None:
    measures = inequality([0, 0], groups=["N", "S"])
    assert (measures.gini, measures.lorenz, measures.atkinson["2"]) == (None, None, None)
    assert "sum to 0" in str(measures.reasons["atkinson.2"])
    assert "sum to 0" in str(measures.reasons["theil_t_within"])
    item = inequality([7], [3])
    assert (item.gini, item.gini_sample_corrected) == (0, None)
    assert "at least 2" in str(item.reasons["gini_sample_corrected"])
    assert "no column group" in str(item.reasons["theil_t_between"])
    assert inequality([0, 3], [0, 1]).theil_l == 0
    assert "1 of 2 units have nothing" in str(inequality([0, 3]).reasons["theil_l"])


def test_numbers_at_the_edge_of_a_float_still_give_figures() -> None:
    measures = inequality([1e308, 1.7e308, 1e-300], [1e308, 1e308, 1e-5])
    plain = [
        measures.gini,
        measures.gini_weighted,
        measures.theil_t,
        measures.theil_l,
        *measures.atkinson.values(),
    ]
    assert all(value is not None and math.isfinite(value) for value in plain)
    assert equity.atkinson([1e-200, 1.0], 50) == pytest.approx(1)


@pytest.mark.parametrize(
    ("values", "weights", "message"),
    [
        ([1, -2], None, "value 2 is -2.0"),
        ([1, math.nan], None, "value 2 is nan"),
        ([1, 2], [1, math.inf], "weight 2 is inf"),
        ([1, 2], [1], "2 values and 1 weights"),
        ([1, 2], [0, 0], "no weight is above 0"),
        ([], None, "at least one number"),
    ],
)
def test_what_is_no_table_is_refused(values: list[float], weights: list[float] | None, message: str) -> None:
    with pytest.raises(InvalidSampleError, match=message):
        inequality(values, weights)


def test_groups_and_aversions_are_checked() -> None:
    with pytest.raises(InvalidSampleError, match="2 values and 1 groups"):
        equity.theil_t_parts([1, 2], ["N"])
    with pytest.raises(InvalidOrderError, match="above 0"):
        equity.atkinson([1, 2], 0)

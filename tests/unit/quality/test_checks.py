"""Flags after QARTOD: the project's own vectors, and what holds for any series."""

from __future__ import annotations

import doctest
import json
from datetime import UTC, datetime
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_quality import checks, stillness
from sera_quality.checks import Climate, Span
from sera_vocabulary import quality

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VALUES = st.lists(st.floats(-1e6, 1e6) | st.none(), max_size=30)
EVERY = {quality.GOOD, quality.NOT_EVALUATED, quality.SUSPECT, quality.FAIL, quality.MISSING}


def vectors(shared: Path) -> list[dict[str, Any]]:
    lines = (shared / "real" / "conformance" / "qartod_vectors.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def values(argument: list[Any]) -> list[float]:
    """Values of a vector: null, a masked one in a list, and NaN as a text are all missing."""
    return [nan if value in (None, "NaN", [None]) else float(value) for value in argument]


def seconds(argument: list[Any]) -> list[float]:
    """Times of a vector as Unix time; naive ones are UTC."""
    return [value if isinstance(value, int | float) else _moment(value) for value in argument]


def _moment(text: str) -> float:
    return datetime.fromisoformat(text.split(".", maxsplit=1)[0]).replace(tzinfo=UTC).timestamp()


def span(argument: Any) -> Span | None:
    if argument is None:
        return None
    return Span(
        *(
            _moment(value) if isinstance(value, str) else value
            for value in (argument["minv"], argument["maxv"])
        )
    )


def climate(argument: dict[str, Any]) -> Climate:
    times, usual = span(argument["tspan"]), span(argument["vspan"])
    assert times is not None
    assert usual is not None
    return Climate(times, usual, span(argument["fspan"]), span(argument["zspan"]), argument["period"])


def flags_of(function: str, args: dict[str, Any]) -> list[int]:
    """Call our check as the vector called theirs."""
    if function == "qartod_compare":
        return checks.combine_flags(args["vectors"]).tolist()
    series = values(args["inp"])
    times = seconds(args.get("tinp", []))
    if function == "gross_range_test":
        return checks.ranges(series, Span(*args["fail_span"]), Span(*args["suspect_span"])).tolist()
    if function == "climatology_test":
        members = [climate(arg) for arg in args["config"]["climatology_members"]]
        return checks.climatology(series, times, members, values(args["zinp"])).tolist()
    limits = (args.get("suspect_threshold"), args.get("fail_threshold"))
    if function == "spike_test":
        return checks.spike(series, *limits, args.get("method", "average")).tolist()
    if function == "rate_of_change_test":
        return checks.rate_of_change(series, times, args["threshold"], args.get("fail_threshold")).tolist()
    if function == "flat_line_test":
        return checks.flat_line(series, times, *limits, args["tolerance"]).tolist()
    window_s, least = args["test_period"], args["min_obs"] or 1
    if args["min_period"]:
        least = int(args["min_period"] / (times[1] - times[0]))
    return checks.attenuated(
        series, times, *limits, window_s=window_s, least_count=least, measure=args["check_type"]
    ).tolist()


@pytest.mark.shared
@pytest.mark.parametrize(
    "function",
    [
        "gross_range_test",
        "climatology_test",
        "spike_test",
        "rate_of_change_test",
        "flat_line_test",
        "attenuated_signal_test",
        "qartod_compare",
    ],
)
def test_flags_are_those_of_the_recorded_project(shared: Path, function: str) -> None:
    expected = [vector for vector in vectors(shared) if vector["function"] == function and "flags" in vector]
    assert expected
    for value in expected:
        assert flags_of(function, value["args"]) == value["flags"], value["test"]


SERIES_CHECKS = {
    "ranges": lambda v, _: checks.ranges(v, Span(-10, 10), Span(-5, 5)),
    "climatology": lambda v, t: checks.climatology(v, t, [Climate(Span(1, 6), Span(0, 9), period="month")]),
    "spike": lambda v, _: checks.spike(v, 1, 5),
    "spike by differences": lambda v, _: checks.spike(v, 1, 5, "differential"),
    "rate of change": lambda v, t: checks.rate_of_change(v, t, 0.1, 1),
    "flat line": lambda v, t: checks.flat_line(v, t, 1800, 3600, 0.01),
    "attenuated": lambda v, t: checks.attenuated(v, t, 2, 1, window_s=3600),
    "neighbour": lambda v, _: checks.neighbour(v, [np.zeros(len(v)), np.ones(len(v))], 5),
    "cross sensor": lambda v, _: checks.cross_sensor(v, np.zeros(len(v)), 5),
}


@pytest.mark.parametrize("name", SERIES_CHECKS)
@given(argument=VALUES)
def test_each_value_gets_one_flag_and_a_missing_one_is_missing(
    name: str, argument: list[float | None]
) -> None:
    series = np.array([nan if value is None else value for value in argument], float)
    before = series.copy()
    flags = SERIES_CHECKS[name](series, np.arange(len(argument)) * 900)
    assert len(flags) == len(argument)
    assert set(flags.tolist()) <= EVERY
    assert (flags == quality.MISSING).tolist() == np.isnan(series).tolist()
    assert np.array_equal(series, before, equal_nan=True)


@given(st.lists(st.lists(st.sampled_from(sorted(EVERY)), min_size=3, max_size=3), min_size=1, max_size=4))
def test_checks_together_are_as_bad_as_the_worst_and_in_any_order(flags: list[list[int]]) -> None:
    result = checks.combine_flags(flags).tolist()
    assert result == checks.combine_flags(flags[::-1]).tolist()
    assert checks.combine_flags([*flags, result]).tolist() == result


@given(st.integers(-(10**9), 4 * 10**9), st.integers(1, 4))
def test_a_quarter_is_usual_where_each_of_its_months_is(time_s: int, quarter: int) -> None:
    # Reckoned by the calendar of another library than the check's.
    month = datetime.fromtimestamp(time_s, UTC).month
    by_quarter = Climate(Span(quarter, quarter), Span(0, 1), period="quarter")
    by_month = Climate(Span(3 * quarter - 2, 3 * quarter), Span(0, 1), period="month")
    flags = [
        checks.climatology([0.5, 2, nan], [time_s] * 3, [value]).tolist() for value in (by_quarter, by_month)
    ]
    is_in = 3 * quarter - 2 <= month <= 3 * quarter
    evaluated = [quality.GOOD, quality.SUSPECT] if is_in else [quality.NOT_EVALUATED] * 2
    assert flags == [[*evaluated, quality.MISSING]] * 2


def test_a_soil_may_be_warm_in_the_third_quarter_and_not_in_the_first() -> None:
    climates = [
        Climate(Span(1, 1), Span(-2, 10), Span(-15, 20), period="quarter"),
        Climate(Span(3, 3), Span(8, 28), Span(0, 40), period="quarter"),
    ]
    moments = [datetime(2026, month, day, tzinfo=UTC).timestamp() for month, day in ((3, 31), (4, 1), (7, 1))]
    assert checks.climatology([15, 15, 15], moments, climates).tolist() == [3, 2, 1]
    assert checks.climatology([24, 24, 24], moments, climates).tolist() == [4, 2, 1]


def test_a_spike_in_soil_temperature_is_seen_and_a_warm_day_is_not() -> None:
    series = [12.0, 12.1, 12.2, 19.0, 12.2, 12.1, 12.6, 13.4, 14.1, 14.6]
    assert checks.spike(series, 3, 10).tolist() == [2, 1, 3, 3, 3, 1, 1, 1, 1, 2]


# Recorded calls of tests that this project has no use for, with the reason in docs/gateway.md.
NOT_OURS = {"location_test", "density_inversion_test"}


@pytest.mark.shared
def test_each_recorded_call_is_compared_or_is_of_a_test_that_gardens_do_not_need(shared: Path) -> None:
    for vector in vectors(shared):
        if vector["function"] in NOT_OURS:
            continue
        if "flags" in vector:
            assert flags_of(vector["function"], vector["args"]) == vector["flags"], vector["test"]
        else:
            with pytest.raises((ValueError, TypeError)):
                flags_of(vector["function"], vector["args"])


@pytest.mark.parametrize(
    ("call", "output"),
    [
        (lambda: checks.ranges([5], 10), "span 10; expected a Span of two numbers"),
        (lambda: checks.ranges([5], Span("a", 1)), "expected a Span of two numbers"),
        (lambda: checks.ranges([5], Span(2, 1)), r"span \(2, 1\) ends before it begins"),
        (lambda: checks.ranges([5], Span(nan, 1)), "ends before it begins"),
        (lambda: checks.ranges("density", Span(0, 1)), "values 'density'; expected numbers"),
        (lambda: checks.climatology([1], [0, 1], []), "2 times for 1 values"),
        (lambda: checks.climatology([1], [0], [], depths_m=[1, 2]), "2 depths for 1 values"),
        (lambda: checks.climatology([1], [0], [Climate(Span(3, 1), Span(0, 1))]), "ends before it begins"),
        (
            lambda: checks.climatology([1], [0], [Climate(Span(), Span(), period="moon")]),
            "period is 'moon'; expected one of None, dayofyear",
        ),
        (lambda: checks.spike([1, 2, 3], "bad"), "suspect is 'bad'; expected a number from 0"),
        (lambda: checks.spike([1, 2, 3], 1, nan), "fail is nan; expected a number from 0"),
        (lambda: checks.spike([1, 2, 3], 1, 2, "mean"), "method is 'mean'; expected one of average"),
        (lambda: checks.rate_of_change([1, 2], [0], 1), "1 times for 2 values"),
        (lambda: checks.flat_line([1, 2], [0, 1], -1, 2, 0.1), "suspect_s is -1; expected a number from 0"),
        (lambda: checks.gap([0, "soon"], 60), "times .* expected numbers"),
        (lambda: checks.attenuated([1, 2], [0, 1], 1, 1, measure="mad"), "measure is 'mad'"),
        (lambda: checks.neighbour([1, 2], [[1]], 5), "1 neighbours for 2 values"),
        (lambda: checks.cross_sensor([1, 2], [1, 2], None), "greatest is None"),
        (lambda: checks.combine_flags([[1, 1], [1]]), r"flags of \[1, 2\] values; expected one length"),
        (lambda: checks.combine_flags([]), r"flags of \[\] values; expected one length"),
    ],
)
def test_an_argument_that_fits_no_series_is_named(call: Callable[[], object], output: str) -> None:
    with pytest.raises(ValueError, match=output):
        call()


def test_a_usual_span_beyond_the_possible_one_and_a_table_of_values_are_refused() -> None:
    with pytest.raises(ValueError, match="goes beyond"):
        checks.ranges([1.0], Span(0, 1), Span(-1, 1))
    with pytest.raises(ValueError, match="expected one series"):
        checks.ranges([[1.0]], Span(0, 1))


def test_the_examples_run() -> None:
    for module in (checks, stillness):
        assert doctest.testmod(module).failed == 0
        assert doctest.testmod(module).attempted > 0

"""How often intervals hold the truth where days hang together; the short form of bench/bench_intervals.py."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

import pytest

from sera_words.statements import Note

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TRIALS = 200


@pytest.fixture(scope="module")
def bench(root: Path) -> Any:
    """The script whose tables stand in the documentation."""
    spec = importlib.util.spec_from_file_location("bench_intervals", root / "bench" / "bench_intervals.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _is_within_chance_of(share: float, low: float, high: float) -> bool:
    """Tell whether so many of the trials could be held by an interval that holds between low and high."""
    from scipy.stats import (
        binom,
    )  # a second of its own, which nobody who runs other tests should wait for

    count = round(share * TRIALS)
    return bool(binom.ppf(0.001, TRIALS, low) <= count <= binom.ppf(0.999, TRIALS, high))


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("nodes", [2, 3, 5, 10, 40])
def test_an_interval_of_a_rate_over_nodes_holds_what_it_claims(
    bench: Any, nodes: int, correlation: float
) -> None:
    coverage = bench.coverage_of_rates(nodes, correlation, TRIALS)
    assert coverage.interval_share == 1
    assert _is_within_chance_of(coverage.these_days, 0.93, 0.97)


@pytest.mark.parametrize(("nodes", "correlation"), [(2, 0.0), (3, 0.5), (5, 0.8), (10, 0.5), (40, 0.8)])
def test_an_interval_of_the_effective_number_over_nodes_holds_what_it_claims(
    bench: Any, nodes: int, correlation: float
) -> None:
    coverage = bench.coverage_of_groups(nodes, correlation, TRIALS)
    assert _is_within_chance_of(coverage.these_days, 0.93, 0.97)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("days", [48, 180])
def test_an_interval_of_these_nodes_holds_no_less_than_its_note_says(
    bench: Any, days: int, correlation: float
) -> None:
    coverage = bench.coverage_of_these_nodes(days, correlation, TRIALS)
    assert coverage.interval_share > 0.9
    assert _is_within_chance_of(coverage.these_days, 0.85 if days < 150 else 0.93, 0.97)


@pytest.mark.parametrize(("correlation", "low"), [(0.0, 0.93), (0.5, 0.93), (0.8, 0.89)])
def test_an_interval_of_an_action_holds_no_less_than_its_note_says(
    bench: Any, correlation: float, low: float
) -> None:
    coverage = bench.coverage_of_actions(correlation, TRIALS)
    assert coverage.interval_share > 0.99
    assert _is_within_chance_of(coverage.coverage, low, 0.97)
    assert "holds 89 % where days hang together by 0.8" in str(Note.of("shortfall_action"))


def test_an_interval_over_many_nodes_does_not_speak_about_other_days(bench: Any) -> None:
    assert bench.coverage_of_rates(40, 0.8, TRIALS).any_days < 0.7

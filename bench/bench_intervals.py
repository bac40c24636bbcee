"""How often the intervals of the analysis hold the truth, on stated communities whose days hang together.

Prints the tables of docs/methods/intervals.md and actions.md. Nodes and days are crossed: a good day is good
at all nodes.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from sera_analysis.diversity.hill import effective_number
from sera_analysis.statistics.action import action_effect
from sera_analysis.statistics.intervals import (
    Interval,
    mean_interval,
    these_nodes_interval,
    unit_intervals,
    weighted_mean,
)
from sera_analysis.visits.incidence import effective_groups

NODES = (2, 3, 5, 10, 40)
CORRELATIONS = (0.0, 0.5, 0.8)
SEASONS = (48, 60, 90, 180)
DAYS = 40
TRIALS = 1000
REPLICATES = 500

# The stated communities: visits an hour, hours a day, and how much nodes, days and both together differ.
RATE, HOURS_A_DAY = 5.0, 6.0
NODE_SPREAD, DAY_SPREAD, CLUMPING = 0.35, 0.35, 0.25
# Logits of the chance that a group comes on a day, and how far they differ between nodes and days.
GROUP_LOGITS = np.log(np.array([9, 4, 1, 0.25, 4, 4, 0.43, 0.43, 1.5, 0.25]))
GROUP_NODE_SPREAD, GROUP_DAY_SPREAD = 0.5, 0.7
# What an action adds, in standard deviations of a garden's own days; days in all; gardens without it.
ACTION, ACTION_DAYS, CONTROLS = 1.0, 80, 4


class Coverage(NamedTuple):
    """Share of intervals that hold the truth of these days, and of any days; share of trials with one."""

    these_days: float
    any_days: float
    interval_share: float


class ActionCoverage(NamedTuple):
    """Share of intervals that hold what an action changed, share given, share that see one where none was."""

    coverage: float
    interval_share: float
    alarms: float


def correlated_days(
    shape: tuple[int, ...], days: int, correlation: float, rng: np.random.Generator
) -> np.ndarray:
    """First-order autoregressions of mean 0 and variance 1, shape (*shape, days)."""
    drawn = rng.normal(size=(*shape, days))
    for day in range(1, days):
        drawn[..., day] = correlation * drawn[..., day - 1] + np.sqrt(1 - correlation**2) * drawn[..., day]
    return drawn


def factors(normal: np.ndarray, spread: float) -> np.ndarray:
    """Log-normal factors of mean 1 from normal numbers."""
    log_normal: np.ndarray = np.exp(spread * normal - spread**2 / 2)
    return log_normal


def counted_rates(nodes: np.ndarray, days: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Clumped visits per hour at nodes (trials, nodes) on days (trials, days); (trials, nodes, days)."""
    mean = RATE * HOURS_A_DAY * nodes[:, :, np.newaxis] * days[:, np.newaxis, :]
    counted: np.ndarray = rng.poisson(mean * rng.gamma(1 / CLUMPING, CLUMPING, mean.shape)) / HOURS_A_DAY
    return counted


def coverage_of(ends: list[Interval], truths: np.ndarray) -> float:
    """Share of the intervals given that hold their truth."""
    covered = [
        end.low <= truth <= (end.high or 0.0)
        for end, truth in zip(ends, truths.tolist(), strict=True)
        if end.low is not None
    ]
    return sum(covered) / max(len(covered), 1)


def coverage_of_rates(nodes: int, correlation: float, trials: int, seed: int = 0) -> Coverage:
    """Coverage of the interval of a garden's rate over its nodes."""
    rng = np.random.default_rng((seed, nodes, round(10 * correlation)))
    day = factors(correlated_days((trials,), DAYS, correlation, rng), DAY_SPREAD)
    node = factors(rng.normal(size=(trials, nodes)), NODE_SPREAD)
    rates = counted_rates(node, day, rng).mean(axis=2)
    ends = [mean_interval(row, unit_name="nodes", seed=0, replicates=REPLICATES) for row in rates.tolist()]
    return Coverage(
        coverage_of(ends, RATE * day.mean(axis=1)),
        coverage_of(ends, np.full(trials, RATE)),
        _share_of_intervals(ends),
    )


def coverage_of_groups(nodes: int, correlation: float, trials: int, seed: int = 0) -> Coverage:
    """Coverage of the interval of a garden's effective number of groups over its nodes."""
    rng = np.random.default_rng((seed, nodes, round(10 * correlation), 1))
    groups = GROUP_LOGITS.size
    day = GROUP_DAY_SPREAD * correlated_days((trials, groups), DAYS, correlation, rng)
    ends = []
    for number in range(trials):
        node = GROUP_NODE_SPREAD * rng.normal(size=(nodes, groups, 1))
        occurrence = rng.random((nodes, groups, DAYS)) < expit(
            GROUP_LOGITS[:, np.newaxis] + node + day[number]
        )
        statistic = effective_groups(occurrence.sum(axis=2).astype(np.float64), (1,))
        ends += unit_intervals(
            statistic, nodes, unit_name="nodes", seed=0, replicates=REPLICATES, within=(1.0, 10.0)
        )
    every = effective_number(chance_over_nodes(long_run_days(rng)).mean(axis=-1), 1)
    own_number = effective_number(chance_over_nodes(day).mean(axis=-1), 1)
    return Coverage(
        coverage_of(ends, own_number),
        coverage_of(ends, np.full(trials, float(every))),
        _share_of_intervals(ends),
    )


def long_run_days(rng: np.random.Generator) -> np.ndarray:
    """Effects of very many days on the groups, shape (groups, days)."""
    drawn: np.ndarray = GROUP_DAY_SPREAD * rng.normal(size=(GROUP_LOGITS.size, 20_000))
    return drawn


def chance_over_nodes(day: np.ndarray) -> np.ndarray:
    """Chance that a group comes on a day (..., groups, days) at a node drawn at random: Gauss-Hermite."""
    points, weights = np.polynomial.hermite_e.hermegauss(15)
    logits = GROUP_LOGITS[:, np.newaxis] + day
    parts = [
        weight * expit(logits + GROUP_NODE_SPREAD * point)
        for point, weight in zip(points.tolist(), weights.tolist(), strict=True)
    ]
    chance: np.ndarray = np.sum(parts, axis=0) / weights.sum()
    return chance


def coverage_of_these_nodes(
    days: int, correlation: float, trials: int, seed: int = 0, nodes: int = 3
) -> Coverage:
    """Coverage of the interval of these very nodes over other days."""
    rng = np.random.default_rng((seed, days, round(10 * correlation), 2))
    day = factors(correlated_days((trials,), days, correlation, rng), DAY_SPREAD)
    node = factors(rng.normal(size=(trials, nodes)), NODE_SPREAD)
    means = counted_rates(node, day, rng).mean(axis=1)
    ends = [
        these_nodes_interval(weighted_mean(row), days, seed=number, replicates=REPLICATES)
        for number, row in enumerate(means)
    ]
    truth = coverage_of(ends, RATE * node.mean(axis=1))
    return Coverage(truth, truth, _share_of_intervals(ends))


def coverage_of_actions(correlation: float, trials: int, seed: int = 0) -> ActionCoverage:
    """Coverage of the interval of what an action changed, and how often chance alone passes for one."""
    rng = np.random.default_rng((seed, round(10 * correlation), 3))
    own = correlated_days((trials, 1 + CONTROLS), ACTION_DAYS, correlation, rng)
    none = [action_effect(series[0], series[1:], ACTION_DAYS // 2) for series in own]
    own[:, 0, ACTION_DAYS // 2 :] += ACTION
    ends = [action_effect(series[0], series[1:], ACTION_DAYS // 2).interval for series in own]
    alarms = sum([effect.chance is not None and effect.chance <= 0.05 for effect in none]) / trials
    return ActionCoverage(coverage_of(ends, np.full(trials, ACTION)), _share_of_intervals(ends), alarms)


def _share_of_intervals(intervals: list[Interval]) -> float:
    return sum(end.low is not None for end in intervals) / len(intervals)


def print_over_nodes(trials: int) -> None:
    """Print both tables of the intervals over nodes."""
    for title, coverage in (("rate", coverage_of_rates), ("effective number, order 1", coverage_of_groups)):
        print(
            f"| {title}, nodes |" + "".join(f" correlation {correlation} |" for correlation in CORRELATIONS)
        )
        print("|---|" + "---|" * len(CORRELATIONS))
        for nodes in NODES:
            row = [coverage(nodes, correlation, trials) for correlation in CORRELATIONS]
            cells = [
                f" {100 * correlation.these_days:.1f} % ({100 * correlation.any_days:.0f} %) |"
                for correlation in row
            ]
            print(f"| {nodes} |" + "".join(cells), flush=True)


def print_over_days(trials: int) -> None:
    """Print the table of the intervals over blocks of days."""
    print("| these nodes, days |" + "".join(f" {correlation} |" for correlation in CORRELATIONS))
    print("|---|" + "---|" * len(CORRELATIONS))
    for days in SEASONS:
        row = [coverage_of_these_nodes(days, correlation, trials) for correlation in CORRELATIONS]
        cells = [
            f" {100 * correlation.these_days:.1f} % of {100 * correlation.interval_share:.0f} % |"
            for correlation in row
        ]
        print(f"| {days} |" + "".join(cells), flush=True)


def print_actions(trials: int) -> None:
    """Print the table of the intervals of what an action changed."""
    print("| action |" + "".join(f" {correlation} |" for correlation in CORRELATIONS))
    print("|---|" + "---|" * len(CORRELATIONS))
    row = [coverage_of_actions(correlation, trials) for correlation in CORRELATIONS]
    print(
        "| holds |"
        + "".join(
            [
                f" {100 * correlation.coverage:.1f} % of {100 * correlation.interval_share:.0f} % |"
                for correlation in row
            ]
        )
    )
    print(
        "| chance of 5 % or less, nothing done |"
        + "".join([f" {100 * correlation.alarms:.1f} % |" for correlation in row])
    )


def main() -> None:
    """Print all tables and the seconds they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=TRIALS)
    trials: int = parser.parse_args().trials
    began = time.perf_counter()
    print_over_nodes(trials)
    print_over_days(trials)
    print_actions(trials)
    sys.stderr.write(f"{time.perf_counter() - began:.0f} s, {trials} trials a cell\n")


if __name__ == "__main__":
    main()

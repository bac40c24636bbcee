"""How fast the analysis is, and with `--coverage` how often its intervals hold the truth.

No peer is compared yet: scikit-bio, vegan and iNEXT are no dependencies of the project; the comparison with
them comes with the full set of diversity functions.
"""

from __future__ import annotations

import math
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.hill import hill_number
from sera_analysis.incidence import effective_groups
from sera_analysis.intervals import Interval, unit_interval, weighted_mean
from sera_analysis.samples import Abundance
from sera_analysis.standardisation import standardised_rate

if TYPE_CHECKING:
    from collections.abc import Callable

SITES, SPECIES, ORDERS = 1000, 200, (0.0, 1.0, 2.0, 3.0)
NODES = (2, 3, 5, 10, 40)
TRIALS = 2000
RATE = 5.0
DAILY = np.array([0.9, 0.8, 0.5, 0.2, 0.8, 0.8, 0.3, 0.3, 0.6, 0.2])
DAYS = 40


def seconds(work: Callable[[], object], runs: int = 3) -> float:
    """Best time of some runs [s]."""
    best = math.inf
    for _ in range(runs):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def plain_hill_numbers(table: list[list[int]]) -> list[list[float]]:
    """Hill numbers as a plain loop writes them, for comparison."""
    found = []
    for row in table:
        total = sum(row)
        shares = [count / total for count in row if count]
        found.append([plain_hill_number(shares, q) for q in ORDERS])
    return found


def plain_hill_number(shares: list[float], q: float) -> float:
    """One Hill number of shares."""
    if q == 1:
        return math.exp(-sum(share * math.log(share) for share in shares))
    return float(sum(share**q for share in shares) ** (1 / (1 - q)))


def speeds() -> None:
    """Print the times of the functions over many sites."""
    counts = np.random.default_rng(0).negative_binomial(0.3, 0.02, (SITES, SPECIES))
    rows = counts.tolist()
    ours = [hill_number(Abundance(counts), q) for q in ORDERS]
    assert np.allclose(np.array(ours).T, plain_hill_numbers(rows), rtol=1e-9)
    vectorised = seconds(lambda: [hill_number(Abundance(counts), q) for q in ORDERS])
    loop = seconds(lambda: plain_hill_numbers(rows), 1)
    print(f"{vectorised:8.3f} s  Hill numbers, {SITES} sites x {SPECIES} species, orders {ORDERS}")
    print(f"{loop:8.3f} s  the same as a plain loop ({loop / vectorised:.0f} times as long)")
    effort = np.full((500 * 365, 12), 2.0)
    rates = seconds(lambda: standardised_rate(effort, effort))
    print(f"{rates:8.3f} s  standardised rates of 500 nodes on 365 days")


def odds_varied(nodes: int, rng: np.random.Generator) -> np.ndarray:
    """Days with each group at nodes whose odds differ; shape (nodes, groups)."""
    odds = DAILY / (1 - DAILY) * np.exp(rng.normal(0, 0.5, (nodes, DAILY.size)))
    days: np.ndarray = rng.binomial(DAYS, odds / (1 + odds)).astype(np.float64)
    return days


def rate_interval(nodes: int, rng: np.random.Generator) -> Interval:
    """Interval of the mean of nodes' rates."""
    values = rng.gamma(8.0, RATE / 8.0, nodes)
    return unit_interval(weighted_mean(values), nodes, unit_name="nodes", seed=0, linear=True, replicates=500)


def groups_interval(nodes: int, rng: np.random.Generator) -> Interval:
    """Interval of the effective number of groups."""
    statistic = effective_groups(odds_varied(nodes, rng), 1)
    return unit_interval(statistic, nodes, unit_name="nodes", seed=0, replicates=500, within=(1.0, 10.0))


def held(make: Callable[[int, np.random.Generator], Interval], nodes: int, truth: float) -> float:
    """Share of intervals that hold the truth."""
    rng = np.random.default_rng(nodes)
    ends = [make(nodes, rng) for _ in range(TRIALS)]
    return sum(end.low is not None and end.low <= truth <= (end.high or 0.0) for end in ends) / TRIALS


def coverage() -> None:
    """Print the table of the intervals page in docs/methods."""
    many = 200_000
    truth = float(effective_groups(odds_varied(many, np.random.default_rng(0)), 1)(np.ones((1, many)))[0])
    print("| nodes | rate | effective number of groups, order 1 |")
    print("|---|---|---|")
    for nodes in NODES:
        rates, groups = held(rate_interval, nodes, RATE), held(groups_interval, nodes, truth)
        print(f"| {nodes} | {100 * rates:.1f} % | {100 * groups:.1f} % |")


if __name__ == "__main__":
    if "--coverage" in sys.argv:
        coverage()
    else:
        speeds()

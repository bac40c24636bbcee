"""How fast the analysis is; bench_intervals.py measures how often its intervals hold the truth.

The diversity of verified lists is measured beside scikit-bio and iNEXT in bench_diversity.py, beside vegan in
bench_vegan.py.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.diversity.hill import hill_number
from sera_analysis.diversity.samples import Abundance
from sera_analysis.visits.standardisation import standardised_rate

if TYPE_CHECKING:
    from collections.abc import Callable

SITES, SPECIES, ORDERS = 1000, 200, (0.0, 1.0, 2.0, 3.0)


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
    numbers = []
    for row in table:
        total = sum(row)
        shares = [count / total for count in row if count]
        numbers.append([plain_hill_number(shares, q) for q in ORDERS])
    return numbers


def plain_hill_number(shares: list[float], q: float) -> float:
    """One Hill number of shares."""
    if q == 1:
        return math.exp(-sum(share * math.log(share) for share in shares))
    return float(sum(share**q for share in shares) ** (1 / (1 - q)))


def speeds() -> None:
    """Print the times of the functions over many sites."""
    counts = np.random.default_rng(0).negative_binomial(0.3, 0.02, (SITES, SPECIES))
    rows = counts.tolist()
    hill_numbers = [hill_number(Abundance(counts), q) for q in ORDERS]
    assert np.allclose(np.array(hill_numbers).T, plain_hill_numbers(rows), rtol=1e-9)
    vectorised = seconds(lambda: [hill_number(Abundance(counts), q) for q in ORDERS])
    loop = seconds(lambda: plain_hill_numbers(rows), 1)
    print(f"{vectorised:8.3f} s  Hill numbers, {SITES} sites x {SPECIES} species, orders {ORDERS}")
    print(f"{loop:8.3f} s  the same as a plain loop ({loop / vectorised:.0f} times as long)")
    effort = np.full((500 * 365, 12), 2.0)
    rates = seconds(lambda: standardised_rate(effort, effort))
    print(f"{rates:8.3f} s  standardised rates of 500 nodes on 365 days")


if __name__ == "__main__":
    speeds()

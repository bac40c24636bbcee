"""How fast the diversity of verified lists is, beside scikit-bio and iNEXT, and how it grows.

scikit-bio computes the same figures of the same table in this run, and must agree with ours. iNEXT's time
was measured once on two such cores, on a table of the same shape. Where it says so, time is that of the
processor, which others on the same machine do not lengthen. bench_vegan.py has R's vegan.
"""

from __future__ import annotations

import math
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from skbio.diversity import alpha_diversity

from sera_analysis.diversity.chao_bootstrap import resampled
from sera_analysis.diversity.coverage import expected_coverage
from sera_analysis.diversity.estimates import observed_richness
from sera_analysis.diversity.hill import berger_parker, gini_simpson, hill_number, shannon
from sera_analysis.diversity.rare_kinds import rare_coverage_estimate
from sera_analysis.diversity.rarefaction import expected_hill_numbers
from sera_analysis.diversity.richness import chao_bias_corrected
from sera_analysis.diversity.samples import Abundance
from sera_analysis.sites.site_bootstrap import Bootstrap
from sera_analysis.sites.site_diversity import site_diversity
from sera_analysis.sites.site_figures import Question

if TYPE_CHECKING:
    from collections.abc import Callable

SITES, SPECIES = 1000, 200
INEXT_S = 32.2
CURVE_SITES, REPLICATES, KNOTS = 20, 50, 40
RAREFY_TO = (10, 100, 500)


def seconds(
    work: Callable[[], object], runs: int = 3, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Best time of some runs [s]: others may use this machine too."""
    best = math.inf
    for _ in range(runs):
        began = clock()
        work()
        best = min(best, clock() - began)
    return best


def table(sites: int, species: int, mean: float = 14.7, seed: int = 0) -> np.ndarray:
    """Draw counts with many rare kinds; shape (sites, species)."""
    counts = np.random.default_rng(seed).negative_binomial(0.3, 0.3 / (0.3 + mean), (sites, species))
    return counts[counts.sum(axis=1) > 1]


def alpha_set(counts: np.ndarray) -> list[np.ndarray]:
    """Compute the figures that all three programs have."""
    sample = Abundance(counts)
    return [
        observed_richness(sample),
        shannon(sample),
        gini_simpson(sample),
        berger_parker(sample),
        hill_number(sample, 2),
        chao_bias_corrected(sample).value,
        rare_coverage_estimate(sample).value,
    ]


def without_factor(counts: np.ndarray, figures: list[np.ndarray]) -> list[np.ndarray]:
    """Our figures in the others' convention: their Chao1 leaves the factor (n-1)/n out."""
    n = counts.sum(axis=1)
    figures = list(figures)
    figures[5] = figures[0] + (figures[5] - figures[0]) * n / (n - 1)
    return figures


def beside_scikit_bio(counts: np.ndarray, own_s: float) -> None:
    """Print scikit-bio's time of the alpha set, after comparing every figure."""
    names = ("observed_features", "shannon", "simpson", "berger_parker_d", "inv_simpson", "chao1", "ace")

    def alpha_figures() -> list[np.ndarray]:
        return [alpha_diversity(name, counts).to_numpy() for name in names]

    for name, figure, own_figure in zip(
        names, alpha_figures(), without_factor(counts, alpha_set(counts)), strict=True
    ):
        assert np.allclose(figure, own_figure, rtol=1e-9), name
    scikit_bio_s = seconds(alpha_figures, 1)
    print(f"{scikit_bio_s:8.3f} s  scikit-bio, the same ({scikit_bio_s / own_s:.0f} times as long)")


def curves(counts: np.ndarray) -> None:
    """Compute full curves with replicates: sizes from 1 to twice the sample, coverage, orders 0, 1 and 2."""
    for index, row in enumerate(counts):
        sample = Abundance(row)
        n = int(sample.n)
        sizes = np.unique(np.linspace(1, 2 * n, KNOTS).round())
        drawn = resampled(sample, REPLICATES, np.random.default_rng(index))
        for individuals in (sample, drawn):
            expected_hill_numbers(individuals, sizes, (0, 1, 2)).std(axis=0)
            expected_coverage(individuals, sizes)


def print_growth() -> None:
    """Print how the whole record of sites grows with sites, kinds and individuals."""
    question = Question(sizes=(10, 100, 1000), coverages=(0.5, 0.9))
    for sites, species, mean in (
        (100, 200, 14.7),
        (1000, 200, 14.7),
        (5000, 200, 14.7),
        (1000, 50, 14.7),
        (1000, 1000, 14.7),
        (1000, 200, 147.0),
        (1000, 200, 1470.0),
    ):
        counts = table(sites, species, mean)
        names = [f"s{index}" for index in range(len(counts))]
        work = partial(site_diversity, Abundance(counts), names, question)
        took = seconds(work, 1, time.process_time)
        n = np.median(counts.sum(axis=1))
        shape = f"{len(counts)} sites x {species} kinds, {n:,.0f} individuals a site"
        print(f"{took:8.3f} s of processor  all figures, 3 sizes and 2 coverages, {shape}")


def million() -> None:
    """Print the time of one site of nearly a million individuals."""
    rng = np.random.default_rng(4)
    row = (999_000 * rng.dirichlet(np.full(300, 0.3))).astype(np.int64)
    n = int(row.sum())
    question = Question(orders=(0, 0.5, 1, 2), sizes=(1000, n // 2, 2 * n), coverages=(0.9, 0.999))
    sample = Abundance(row[None])
    took = seconds(lambda: site_diversity(sample, ["s"], question))
    print(f"{took:8.3f} s  one site of {n:,} individuals, orders 0, 0.5, 1, 2, by size and by coverage")
    took = seconds(lambda: site_diversity(sample, ["s"], question, Bootstrap(50)), 1)
    print(f"{took:8.3f} s  the same with 50 bootstrap replicates")


def main() -> None:
    """Print all tables."""
    counts = table(SITES, SPECIES)
    counts = counts[counts.sum(axis=1) >= max(RAREFY_TO)]
    own_s = seconds(lambda: alpha_set(counts))
    print(f"{own_s:8.3f} s  alpha set of {len(counts)} sites x {SPECIES} kinds, ACE and Chao1 with errors")
    beside_scikit_bio(counts, own_s)
    subset = table(CURVE_SITES, SPECIES)
    curve_s = seconds(lambda: curves(subset))
    processor_s = seconds(lambda: curves(subset), clock=time.process_time)
    shape = f"{CURVE_SITES} sites x {SPECIES} kinds, {REPLICATES} replicates"
    print(f"{curve_s:8.3f} s  full curves of {shape} ({processor_s:.3f} s of processor)")
    ratio = INEXT_S / processor_s
    print(f"{INEXT_S:8.1f} s  iNEXT 3.0.2, measured once on two such cores alone ({ratio:.0f} times as long)")
    print_growth()
    million()


if __name__ == "__main__":
    sys.exit(main())

"""Every figure that R's vegan has too, of one table: how long each takes, and how far the two differ at most.

R and vegan are installed by apt (`r-cran-vegan`) where this runs as root; elsewhere it says that they lack.
Where the two follow other conventions (docs/methods/richness.md) the difference is printed and not asked for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.diversity.hill import gini_simpson, hill_profile, shannon
from sera_analysis.diversity.rare_kinds import rare_coverage_estimate
from sera_analysis.diversity.rarefaction import expected_hill_numbers
from sera_analysis.diversity.richness import chao, chao_bias_corrected, jackknife
from sera_analysis.diversity.samples import Abundance, Incidence
from sera_analysis.sites.dissimilarity import dissimilarity

if TYPE_CHECKING:
    from collections.abc import Callable

SITES, SPECIES, PAIRED = 1000, 200, 400
ORDERS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
SIZES = (10, 100, 500)
# Sampling units, and the individuals beyond which a kind counts as found, so that some are found only once.
UNITS, PRESENT = 40, 120
# Ours, and what vegan calls it, with what it has to be told.
MEASURES = {
    "bray_curtis": '"bray"',
    "ruzicka": '"jaccard"',
    "sorensen": '"bray", binary = TRUE',
    "jaccard": '"jaccard", binary = TRUE',
    "morisita_horn": '"horn"',
    "morisita": '"morisita"',
    "kulczynski": '"kulczynski"',
    "manhattan": '"manhattan"',
    "euclidean": '"euclidean"',
    "chord": '"chord"',
    "hellinger": '"hellinger"',
}
ALIKE = 1e-9

R_SCRIPT = """
suppressMessages(library(vegan))
x <- as.matrix(read.csv("table.csv", header = FALSE))
put <- function(name, f) {
  s <- system.time(r <- f())["elapsed"]
  write.table(as.matrix(r), paste0(name, ".csv"), sep = ",", row.names = FALSE, col.names = FALSE)
  cat(name, s, "\\n")
}
put("shannon", function() diversity(x))
put("gini_simpson", function() diversity(x, "simpson"))
put("hill", function() renyi(x, c(ORDERS), hill = TRUE))
put("rarefied", function() rarefy(x, c(SIZES)))
put("estimates", function() t(estimateR(x)))
pool <- function() {
  p <- specpool((x[1:UNITS, ] > PRESENT) * 1, smallsample = TRUE)
  unlist(p[c("chao", "chao.se", "jack1", "jack2")])
}
put("pool", pool)
y <- x[1:PAIRED, ]
"""


class Compared(NamedTuple):
    """One figure of both: how long each took [s], and the largest relative difference."""

    name: str
    own_s: float
    vegan_s: float
    difference: float
    is_alike: bool = True


def table() -> np.ndarray:
    """Draw counts with many rare kinds; each site is large enough to be rarefied. Shape (sites, species)."""
    counts = np.random.default_rng(0).negative_binomial(0.3, 0.3 / 15.0, (SITES, SPECIES))
    return counts[counts.sum(axis=1) >= max(SIZES)]


def rscript_with_vegan() -> str | None:
    """Find Rscript with vegan, installing it where that can be done; None where it cannot."""
    if not has_vegan() and shutil.which("apt-get") and os.geteuid() == 0:
        print("installing r-cran-vegan with apt")
        command = ("apt-get", "install", "-y", "--no-install-recommends", "r-cran-vegan")
        subprocess.run(command, check=False, capture_output=True)
    return shutil.which("Rscript") if has_vegan() else None


def has_vegan() -> bool:
    """Return whether R and vegan are installed."""
    if not shutil.which("Rscript"):
        return False
    answer = subprocess.run(("Rscript", "-e", "library(vegan)"), check=False, capture_output=True)
    return answer.returncode == 0


def run_vegan(program: str, counts: np.ndarray) -> tuple[str, dict[str, tuple[float, np.ndarray]]]:
    """Return vegan's version, and of each figure its time [s] and its numbers."""
    script = R_SCRIPT.replace("ORDERS", ", ".join(map(str, ORDERS)))
    script = script.replace("SIZES", ", ".join(map(str, SIZES))).replace("PAIRED", str(PAIRED))
    script = script.replace("UNITS", str(UNITS)).replace("PRESENT", str(PRESENT))
    for name, method in MEASURES.items():
        script += f'put("{name}", function() as.matrix(vegdist(y, {method})))\n'
    script += 'cat("vegan", as.character(packageVersion("vegan")), "\\n")\n'
    with tempfile.TemporaryDirectory() as folder:
        np.savetxt(Path(folder) / "table.csv", counts, fmt="%d", delimiter=",")
        ran = subprocess.run((program, "-e", script), cwd=folder, check=False, capture_output=True, text=True)
        if ran.returncode:
            sys.exit(f"vegan did not go through: {ran.stderr.strip()[-400:]}")
        *lines, (_, version) = [line.split() for line in ran.stdout.splitlines()]
        return version, {
            name: (float(took), np.loadtxt(Path(folder) / f"{name}.csv", delimiter=",", ndmin=2))
            for name, took in lines
        }


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Return the best time of three runs [s], and what came out."""
    best = np.inf
    for _ in range(3):
        began = time.perf_counter()
        numbers = work()
        best = min(best, time.perf_counter() - began)
    return best, numbers


def difference(own: np.ndarray, other: np.ndarray) -> float:
    """Return the largest difference, as a share of the larger number; where both are none, there is none."""
    both = np.isfinite(own) & np.isfinite(other)
    if (np.isfinite(own) != np.isfinite(other)).any():
        return np.inf
    scale = np.maximum(np.maximum(np.abs(own), np.abs(other)), 1e-12)
    return float(np.max(np.where(both, np.abs(own - other) / scale, 0.0), initial=0.0))


def compare(counts: np.ndarray, vegan: dict[str, tuple[float, np.ndarray]]) -> list[Compared]:
    """Compare all figures of counts and pairs."""
    sample, paired = Abundance(counts), Abundance(counts[:PAIRED])
    work: dict[str, Callable[[], np.ndarray]] = {
        "shannon": lambda: shannon(sample)[:, np.newaxis],
        "gini_simpson": lambda: gini_simpson(sample)[:, np.newaxis],
        "hill": lambda: hill_profile(sample, ORDERS),
        "rarefied": lambda: expected_hill_numbers(sample, SIZES, (0,))[..., 0],
    }
    for measure in MEASURES:
        work[measure] = lambda measure=measure: dissimilarity(paired, measure)  # type: ignore[misc]
    compared = []
    for name, function in work.items():
        (own_s, own), (vegan_s, other) = timed(function), vegan[name]
        own = np.moveaxis(own, 0, -1) if name == "hill" and own.shape != other.shape else own
        compared.append(Compared(name, own_s, vegan_s, difference(own, other)))
    return compared + richness(counts, vegan)


def richness(counts: np.ndarray, vegan: dict[str, tuple[float, np.ndarray]]) -> list[Compared]:
    """Compare the estimates of the number of kinds, of individuals and of sampling units.

    vegan makes those of one function together, so that times are those of all of them.
    """
    sample, n = Abundance(counts), counts.sum(axis=1)
    vegan_s, numbers = vegan["estimates"]
    observed, chao1, chao1_error, ace, ace_error = numbers.T
    own_s, own = timed(
        lambda: np.array([*chao_bias_corrected(sample)[:2], *rare_coverage_estimate(sample)[:2]])
    )
    # Theirs leaves the factor (n-1)/n out.
    without = observed + (own[0] - observed) * n / (n - 1)
    rows = [
        Compared("chao1, bias-corrected, without (n-1)/n", own_s, vegan_s, difference(without, chao1)),
        Compared("its standard error", own_s, vegan_s, difference(own[1], chao1_error), is_alike=False),
        Compared("ace", own_s, vegan_s, difference(own[2], ace)),
        Compared("its standard error", own_s, vegan_s, difference(own[3], ace_error), is_alike=False),
    ]
    present = counts[:UNITS] > PRESENT
    units = Incidence(present.sum(axis=0).astype(float), np.array(float(UNITS)))
    vegan_s, pool = vegan["pool"]
    own_s, own = timed(
        lambda: np.array([*chao(units)[:2], jackknife(units, 1).value, jackknife(units, 2).value])
    )
    names = ("chao2", "its standard error", "jackknife 1 of units", "jackknife 2 of units")
    return rows + [
        Compared(name, own_s, vegan_s, difference(value, other))
        for name, value, other in zip(names, own, pool.ravel(), strict=True)
    ]


def main() -> int:
    """Print one line a figure; return 1 where two differ that follow one definition."""
    program = rscript_with_vegan()
    if program is None:
        print("skipped: no Rscript with vegan here; as root, apt-get install r-cran-vegan")
        return 0
    counts = table()
    version, vegan = run_vegan(program, counts)
    print(f"{len(counts)} sites x {SPECIES} kinds, pairs of {PAIRED}; vegan {version}")
    print(f"{'figure':42}{'Sera':>9}{'vegan':>9}{'ratio':>8}  largest relative difference")
    rows = compare(counts, vegan)
    for row in rows:
        ratio = row.vegan_s / row.own_s
        mark = "" if row.is_alike else "  (another convention)"
        print(f"{row.name:42}{row.own_s:8.3f}s{row.vegan_s:8.3f}s{ratio:7.1f}x  {row.difference:.2g}{mark}")
    wrong = [row.name for row in rows if row.is_alike and not row.difference <= ALIKE]
    if wrong:
        print(f"differ by more than {ALIKE:g}: {', '.join(wrong)}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())

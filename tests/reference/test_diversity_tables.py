"""Against exact tables: computed from the papers with 60 digits, and by the authors' own programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from reference_tables import OWN, Case, exact_cases, own_cases, read_json, rows, units_case
from sera_analysis.diversity.asymptotic import asymptotic_hill_number
from sera_analysis.diversity.coverage import expected_coverage, sample_coverage
from sera_analysis.diversity.coverage_standard import hill_numbers_at_coverage
from sera_analysis.diversity.hill import hill_number
from sera_analysis.diversity.rare_kinds import rare_coverage_estimate
from sera_analysis.diversity.rarefaction import expected_hill_numbers
from sera_analysis.diversity.richness import chao, chao_bias_corrected, improved_chao, jackknife
from sera_analysis.diversity.samples import Abundance

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sera_analysis.diversity.estimates import Estimate
    from sera_analysis.diversity.samples import Sample

CASES = own_cases()
EVERY_CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def same(result: object, exact: str | None, label: object = "") -> None:
    """Compare with an exact value, 1e-9; None there is not a number here."""
    number = np.asarray(result).item()
    if exact is None:
        assert np.isnan(number), label
    else:
        assert number == pytest.approx(float(exact), rel=1e-9, abs=1e-12), label


def check(case: Case) -> None:
    """Compare everything that the exact tables say of a sample."""
    sample, exact = case.sample, case.exact
    same(sample.size, exact["n_or_T"])
    same(sample_coverage(sample), exact["coverage"])
    for part, name in zip(chao(sample), ("estimate", "se", "lcl", "ucl"), strict=True):
        same(part, exact["chao1_or_chao2"][name], name)
    same(chao_bias_corrected(sample).value, exact["chao_bias_corrected"]["with_n_factor"])
    for q, value in exact["observed"].items():
        same(hill_number(sample, float(q)), value, q)
    for q, value in exact["asymptotic"].items():
        same(asymptotic_hill_number(sample, float(q)), value, q)
    check_by_size(case)
    check_by_coverage(case)


def check_by_size(case: Case) -> None:
    """Compare rarefied and extrapolated Hill numbers."""
    for entry in case.exact.get("size_based", ()):
        same(expected_coverage(case.sample, entry["m"]), entry["SC"], entry)
        numbers = expected_hill_numbers(case.sample, entry["m"], (0, 1, 2))[0]
        for q, number in enumerate(numbers):
            same(number, entry[f"q{q}"], entry)


def check_by_coverage(case: Case) -> None:
    """Compare sizes and Hill numbers at given coverages."""
    for entry in case.exact.get("coverage_based", ()):
        size, numbers = hill_numbers_at_coverage(case.sample, float(entry["target"]), (0, 1, 2))
        same(size, entry["m"], entry)
        same(expected_coverage(case.sample, size), entry["SC"], entry)
        for q, number in enumerate(numbers[0]):
            same(number, entry[f"q{q}"], entry)


@EVERY_CASE
def test_every_figure_agrees_with_the_exact_tables(case: Case) -> None:
    check(case)


def test_the_copies_here_are_the_tables_beside_the_project(shared: Path) -> None:
    for path in OWN.iterdir():
        beside = shared / "reference" / ("inputs" if path.suffix == ".csv" else "") / path.name
        if path.name != "README.md":
            assert path.read_bytes() == beside.read_bytes(), path.name


def test_the_spiders_of_the_paper_agree_with_the_exact_table(shared: Path) -> None:
    spider = shared / "reference" / "spider"
    cases = exact_cases(spider, "spider", spider / "inputs")
    assert cases
    for case in cases:
        check(case)


SPADER: dict[str, Callable[[Sample], Estimate]] = {
    "Chao1": chao,
    "Chao2": chao,
    "Chao1_bc": chao_bias_corrected,
    "Chao2_bc": chao_bias_corrected,
    "iChao1": improved_chao,
    "iChao2": improved_chao,
    "ACE": rare_coverage_estimate,
    "ICE": rare_coverage_estimate,
    "jackknife1": jackknife,
    "jackknife2": lambda sample: jackknife(sample, 2),
}


def check_spader(sample: Sample, expected: dict[str, list[float]]) -> None:
    """Compare estimates, standard errors and intervals with SpadeR's where those are right."""
    for name, numbers in expected.items():
        if name not in SPADER or isinstance(numbers, str):
            continue
        parts = [part.item() for part in SPADER[name](sample)]
        if np.isnan(parts[0]):
            # All rare kinds are singletons: SpadeR answers another question there.
            assert name in {"ACE", "ICE"}
            continue
        assert parts[0] == pytest.approx(numbers[0], rel=1e-9), name
        if np.isnan(parts[1]) or name.startswith("i"):
            continue
        assert parts[1] == pytest.approx(numbers[1], rel=1e-9), name
        # SpadeR rounds the kinds not found to five decimals before it makes this interval.
        assert parts[2:] == pytest.approx(numbers[2:], rel=1e-6 if name == "Chao1_bc" else 1e-9), name


def test_estimates_of_richness_agree_with_spader() -> None:
    counts = rows(OWN / "synth_gardens.csv")
    for name, expected in read_json(OWN / "spader_abundance_synth_gardens.json")["sites"].items():
        check_spader(Abundance(counts[name]), expected)
    expected = read_json(OWN / "spader_incidence.json")["assemblages"]["synth_incidence_D1"]
    check_spader(units_case().sample, expected)


@pytest.mark.parametrize(("folder", "dataset"), [(".", "edge_cases"), ("spider", "spider")])
def test_estimates_of_hard_cases_agree_with_spader(shared: Path, folder: str, dataset: str) -> None:
    place = shared / "reference" / folder
    counts = rows(place / "inputs" / f"{dataset}.csv")
    for name, expected in read_json(place / f"spader_abundance_{dataset}.json")["sites"].items():
        check_spader(Abundance(counts[name]), expected)

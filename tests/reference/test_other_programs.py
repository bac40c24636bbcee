"""Against what vegan, scikit-bio and iNEXT print, at the tolerances that their own arithmetic allows.

The tables lie beside the project; each tool's convention is named where it differs from ours.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from reference_tables import read_json, rows
from sera_analysis.diversity.asymptotic import asymptotic_hill_number
from sera_analysis.diversity.coverage import expected_coverage, sample_coverage
from sera_analysis.diversity.coverage_standard import hill_numbers_at_coverage
from sera_analysis.diversity.estimates import observed_richness
from sera_analysis.diversity.evenness import evenness, pielou_evenness, simpson_evenness
from sera_analysis.diversity.hill import berger_parker, gini_simpson, hill_number, shannon
from sera_analysis.diversity.rare_kinds import rare_coverage_estimate
from sera_analysis.diversity.rarefaction import expected_hill_numbers
from sera_analysis.diversity.richness import chao, chao_bias_corrected, jackknife
from sera_analysis.diversity.samples import Abundance, Incidence, frequency_count

if TYPE_CHECKING:
    from pathlib import Path

    from sera_analysis.diversity.samples import Sample

TABLES = ("synth_gardens", "edge_cases", "spider")
# iNEXT's q = 1 tail is rounded before it is scaled up; its optimiser misses the asked coverage.
INEXT_WRONG = {"one_singleton_no_doubleton", "single_species"}
INEXT_ROUGH = {"doubletons_only": 3e-4, "zeros_inside": 3e-4}


def table(shared: Path, dataset: str, prefix: str) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """What a tool says of a table, and the table."""
    folder = shared / "reference" / ("spider" if dataset == "spider" else ".")
    return read_json(folder / f"{prefix}_{dataset}.json"), rows(folder / "inputs" / f"{dataset}.csv")


def number(value: Any) -> float:
    """Read a tool's number; 'Infinity' and 'NaN' stand as the tool gave them, errors as texts."""
    if isinstance(value, str):
        return {"inf": math.inf, "Infinity": math.inf}.get(value, math.nan)
    return math.nan if value is None else float(value)


def without_factor(sample: Sample, value: np.ndarray) -> np.ndarray:
    """Chao1 without the factor (n-1)/n, as vegan and scikit-bio have it."""
    result = observed_richness(sample)
    return result + (value - result) * sample.n / (sample.n - 1)


@pytest.mark.parametrize("dataset", TABLES)
def test_alpha_figures_agree_with_vegan(shared: Path, dataset: str) -> None:
    vegan, counts = table(shared, dataset, "vegan_alpha")
    for name in vegan["N"]:
        sample = Abundance(counts[name])
        own_values = {
            "N": sample.n,
            "S_obs": observed_richness(sample),
            "shannon": shannon(sample),
            "shannon_log2": shannon(sample) / math.log(2),
            "gini_simpson": gini_simpson(sample),
            "inv_simpson": hill_number(sample, 2),
            "pielou_J": pielou_evenness(sample),
        }
        for key, value in own_values.items():
            expected = number(vegan[key][name])
            assert value.item() == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), (name, key)
        orders = [float(q) for q in vegan["hill_orders"]]
        result = [hill_number(sample, q).item() for q in orders]
        assert result == pytest.approx([number(value) for value in vegan["hill"][name]], rel=1e-9), name
        unbiased = number(vegan["simpson_unbiased_inverse"][name])
        two = asymptotic_hill_number(sample, 2).item()
        assert (math.isinf(unbiased) and math.isnan(two)) or two == pytest.approx(unbiased, rel=1e-9)
        richness_agrees_with_vegan(name, sample, vegan["estimateR"][name])


def richness_agrees_with_vegan(name: str, sample: Sample, expected: dict[str, Any]) -> None:
    """Compare Chao1 (without the factor) and ACE; vegan gives ACE NaN where no kind is rare."""
    corrected = without_factor(sample, chao_bias_corrected(sample).value)
    assert corrected.item() == pytest.approx(number(expected["S.chao1"]), rel=1e-9), name
    ace = number(expected["S.ACE"])
    if not math.isnan(ace):
        assert rare_coverage_estimate(sample).value.item() == pytest.approx(ace, rel=1e-9), name


@pytest.mark.parametrize("dataset", TABLES)
def test_alpha_figures_agree_with_scikit_bio(shared: Path, dataset: str) -> None:
    message, counts = table(shared, dataset, "skbio_alpha")
    for name, published_values in message["sites"].items():
        sample = Abundance(counts[name])
        single = observed_richness(sample) == 1
        own_values = {
            "observed_features": observed_richness(sample),
            "singles": frequency_count(sample, 1),
            "doubles": frequency_count(sample, 2),
            "shannon": shannon(sample),
            "simpson": gini_simpson(sample),
            "dominance": 1 - gini_simpson(sample),
            "hill": hill_number(sample, 2),
            "inv_simpson": hill_number(sample, 2),
            "berger_parker_d": berger_parker(sample),
            "simpson_e": simpson_evenness(sample),
            # scikit-bio calls one kind alone even; there is nothing that could be uneven.
            "pielou_e": np.array(1.0) if single else pielou_evenness(sample),
            "heip_e": np.array(1.0) if single else evenness(sample, 1),
            "chao1": without_factor(sample, chao_bias_corrected(sample).value),
            "chao1_classic": without_factor(sample, chao(sample).value),
            "ace": rare_coverage_estimate(sample).value,
        }
        for key, value in own_values.items():
            expected = number(published_values[key])
            assert value.item() == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), (name, key)


def test_rarefied_richness_agrees_with_vegan(shared: Path) -> None:
    message, counts = table(shared, "synth_gardens", "vegan_rarefy")
    for name, entries in message["rarefy"].items():
        sizes = [entry["m"] for entry in entries]
        expected = expected_hill_numbers(Abundance(counts[name]), sizes, (0,))[:, 0]
        assert expected == pytest.approx([entry["S"] for entry in entries], rel=1e-9), name


def test_sites_as_sampling_units_agree_with_vegan(shared: Path) -> None:
    message, counts = table(shared, "synth_gardens", "vegan_pool")
    units = Incidence.of_units(list(counts.values()))
    pool = message["specpool"]
    assert observed_richness(units) == pool["Species"]
    assert chao(units).value == pytest.approx(pool["chao"], rel=1e-9)
    assert jackknife(units).value == pytest.approx(pool["jack1"], rel=1e-9)
    assert jackknife(units, 2).value == pytest.approx(pool["jack2"], rel=1e-9)
    curve = message["specaccum_exact"]
    expected = expected_hill_numbers(units, curve["sites"], (0,))[:, 0]
    assert expected == pytest.approx(curve["richness"], rel=1e-9)


def inext_tolerance(name: str, q: float, incidence: bool) -> float:
    """Relative tolerance that the README of the tables gives for iNEXT."""
    if q in (0, 2) and not (incidence and q == 2):
        return 1e-9
    if incidence and q >= 2:
        return 2e-7
    return INEXT_ROUGH.get(name, 1e-6)


def agrees_with_inext(name: str, sample: Sample, expected: dict[str, Any], *, incidence: bool) -> None:
    """Compare coverage, asymptotic numbers, and those by size and by coverage."""
    published = expected["coverage_at_T" if incidence else "coverage_at_n"]
    assert sample_coverage(sample).item() == pytest.approx(published, rel=1e-9), name
    size = "t" if incidence else "m"
    for entry in expected["size_based"]:
        value = expected_hill_numbers(sample, entry[size], (entry["q"],)).item()
        assert value == pytest.approx(entry["qD"], rel=inext_tolerance(name, entry["q"], incidence)), entry
        assert expected_coverage(sample, entry[size]).item() == pytest.approx(entry["SC"], abs=1e-9), entry
    for entry in expected["coverage_based"]:
        # At the size that iNEXT's optimiser settled on, and at the coverage that it was asked for.
        there = expected_hill_numbers(sample, entry[size], (entry["Order.q"],)).item()
        assert there == pytest.approx(number(entry["qD"]), rel=1e-4), entry
        if abs(entry["SC"] - entry["target"]) < 1e-4 * (1 - entry["target"]):
            _, numbers = hill_numbers_at_coverage(sample, entry["target"], (entry["Order.q"],))
            assert numbers.item() == pytest.approx(number(entry["qD"]), rel=1e-4), entry


@pytest.mark.slow
@pytest.mark.parametrize("dataset", TABLES)
def test_curves_agree_with_inext(shared: Path, dataset: str) -> None:
    message, counts = table(shared, dataset, "inext_abundance")
    for name, expected in message["sites"].items():
        if name not in INEXT_WRONG:
            agrees_with_inext(name, Abundance(counts[name]), expected, incidence=False)


def test_curves_of_units_agree_with_inext(shared: Path) -> None:
    folder = shared / "reference"
    expected = read_json(folder / "inext_incidence.json")["assemblages"]["synth_incidence_D1"]
    units = rows(folder / "inputs" / "synth_incidence_D1_units_x_species.csv")
    agrees_with_inext("units", Incidence.of_units(list(units.values())), expected, incidence=True)

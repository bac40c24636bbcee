"""Dissimilarity, its parts, thinning and the partition: against betapart, vegan and hillR, and properties."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_tables import OWN, read_json, rows
from sera_analysis.diversity.hill import hill_number
from sera_analysis.diversity.samples import Abundance, Incidence
from sera_analysis.errors import InvalidOrderError, InvalidSampleError
from sera_analysis.sites.dissimilarity import MEASURES, dissimilarity, multi_site
from sera_analysis.sites.partition import partition
from sera_analysis.sites.thinning import thinned

if TYPE_CHECKING:
    from pathlib import Path

GARDENS = Abundance(list(rows(OWN / "synth_gardens.csv").values()))
BETAPART = read_json(OWN / "betapart_synth_gardens.json")
PAIRS = {
    ("pair_sorensen", "beta.sor"): "sorensen",
    ("pair_sorensen", "beta.sim"): "simpson_turnover",
    ("pair_sorensen", "beta.sne"): "sorensen_nestedness",
    ("pair_jaccard", "beta.jac"): "jaccard",
    ("pair_jaccard", "beta.jtu"): "jaccard_turnover",
    ("pair_jaccard", "beta.jne"): "jaccard_nestedness",
    ("pair_bray", "beta.bray"): "bray_curtis",
    ("pair_bray", "beta.bray.bal"): "bray_curtis_balanced",
    ("pair_bray", "beta.bray.gra"): "bray_curtis_gradient",
    ("pair_ruzicka", "beta.ruz"): "ruzicka",
    ("pair_ruzicka", "beta.ruz.bal"): "ruzicka_balanced",
    ("pair_ruzicka", "beta.ruz.gra"): "ruzicka_gradient",
}
MULTI_SITE = {
    "multi_sorensen": ("sorensen", "SOR", "SIM", "SNE"),
    "multi_jaccard": ("jaccard", "JAC", "JTU", "JNE"),
    "multi_bray": ("bray_curtis", "BRAY", "BRAY.BAL", "BRAY.GRA"),
    "multi_ruzicka": ("ruzicka", "RUZ", "RUZ.BAL", "RUZ.GRA"),
}
VEGAN = {
    "vegdist_bray": "bray_curtis",
    "vegdist_jaccard": "ruzicka",
    "vegdist_morisita": "morisita",
    "vegdist_horn": "morisita_horn",
    "vegdist_kulczynski": "kulczynski",
    "vegdist_canberra": "canberra",
    "vegdist_chord": "chord",
    "vegdist_hellinger": "hellinger",
    "vegdist_manhattan": "manhattan",
    "vegdist_euclidean": "euclidean",
    "jaccard_binary": "jaccard",
    "sorensen_binary": "sorensen",
    "betadiver_sim": "simpson_turnover",
}
# Bounds of measures that have any.
HIGHEST = {"hellinger": math.sqrt(2), "chord": math.sqrt(2), "manhattan": math.inf, "euclidean": math.inf}

tables = st.lists(st.lists(st.integers(0, 30), min_size=4, max_size=4).filter(any), min_size=2, max_size=5)


@pytest.mark.parametrize(("place", "measure"), PAIRS.items(), ids=PAIRS.values())
def test_pairs_agree_with_betapart(place: tuple[str, str], measure: str) -> None:
    table, column = place
    expected = np.array(BETAPART[table][column], dtype=np.float64)
    assert dissimilarity(GARDENS, measure) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("table", MULTI_SITE)
def test_all_sites_at_once_agree_with_betapart(table: str) -> None:
    measure, *names = MULTI_SITE[table]
    expected = [BETAPART[table][f"beta.{name}"] for name in names]
    assert list(multi_site(GARDENS, measure)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("matrix", "measure"), VEGAN.items(), ids=VEGAN.values())
def test_pairs_agree_with_vegan(shared: Path, matrix: str, measure: str) -> None:
    matrices = read_json(shared / "reference" / "vegan_beta_synth_gardens.json")["matrices"]
    expected = np.array(matrices[matrix], dtype=np.float64)
    assert dissimilarity(GARDENS, measure) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("case", read_json(OWN / "hillr_partition_synth_gardens.json")["partition"].items())
def test_the_partition_agrees_with_hillr(case: tuple[str, dict[str, float]]) -> None:
    name, expected = case
    equal = "equal" in name
    result = partition(GARDENS, expected["q"], None if equal else GARDENS.n)
    keys = ["TD_gamma", "TD_alpha", "TD_beta"]
    assert list(result[:3]) == pytest.approx([expected[key] for key in keys], rel=1e-9)
    if equal or expected["q"] != 1:
        # At q = 1 with unequal weights hillR's overlaps end at another largest beta than the number of sites.
        assert result.local_overlap == pytest.approx(expected["local_similarity"], rel=1e-9)
        assert result.regional_overlap == pytest.approx(expected["region_similarity"], rel=1e-9)


def test_by_hand_three_sites_share_by_pairs() -> None:
    sample = Abundance([[10, 5, 0], [4, 5, 6], [0, 0, 3]])
    assert dissimilarity(sample, "bray_curtis")[0] == pytest.approx([0, 1 - 2 * 9 / 30, 1])
    assert dissimilarity(sample, "sorensen")[0] == pytest.approx([0, 1 / 5, 1])
    assert dissimilarity(sample, "simpson_turnover")[0] == pytest.approx([0, 0, 1])


def test_what_has_no_value_is_not_a_number() -> None:
    sample = Abundance([[1, 0], [0, 0], [0, 0]])
    assert np.isnan(dissimilarity(sample, "bray_curtis")[1, 2])
    assert dissimilarity(sample, "bray_curtis")[0, 1] == 1
    assert np.isnan(dissimilarity(sample, "simpson_turnover")[0, 1])


@pytest.mark.parametrize("measure", MEASURES)
@given(table=tables, random=st.randoms(use_true_random=False))
def test_a_measure_is_even_bounded_and_blind_to_the_order_of_kinds(
    measure: str, table: list[list[int]], random: object
) -> None:
    measures = dissimilarity(Abundance(table), measure)
    defined = measures[~np.isnan(measures)]
    assert np.all((defined >= -1e-12) & (defined <= HIGHEST.get(measure, 1.0) + 1e-9))
    assert measures == pytest.approx(measures.T, nan_ok=True, abs=1e-12)
    order = [0, 1, 2, 3]
    random.shuffle(order)  # type: ignore[attr-defined]
    mixed = [[row[place] for place in order] + [0] for row in table]
    assert dissimilarity(Abundance(mixed), measure) == pytest.approx(
        measures, nan_ok=True, rel=1e-9, abs=1e-9
    )


@given(tables, st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.5]), st.booleans())
def test_gamma_is_alpha_times_beta_and_beta_counts_sites(
    table: list[list[int]], q: float, by_size: bool
) -> None:
    sample = Abundance(table)
    result = partition(sample, q, sample.n if by_size else None)
    assert result.gamma == pytest.approx(result.alpha * result.beta, rel=1e-12)
    if q > 0 and not by_size:
        assert 1 - 1e-9 <= result.beta <= len(table) + 1e-9
        assert -1e-9 <= result.local_overlap <= 1 + 1e-9


@pytest.mark.parametrize("q", [0, 0.5, 1, 2, 3])
def test_sites_that_share_nothing_are_that_many_and_copies_are_one(q: float) -> None:
    apart = partition(Abundance([[4, 4, 0, 0], [0, 0, 4, 4]]), q)
    assert (apart.beta, apart.local_overlap, apart.regional_overlap) == pytest.approx((2, 0, 0), abs=1e-12)
    alike = partition(Abundance([[5, 3, 1], [10, 6, 2]]), q)
    assert (alike.beta, alike.local_overlap, alike.regional_overlap) == pytest.approx((1, 1, 1))
    assert alike.alpha == pytest.approx(hill_number(Abundance([5, 3, 1]), q).item())


def test_two_sites_tie_overlap_to_horn_and_morisita() -> None:
    sample = Abundance([[9, 5, 1, 0], [2, 2, 0, 7]])
    assert 1 - partition(sample, 1).local_overlap == pytest.approx(dissimilarity(sample, "horn")[0, 1])
    unlike = dissimilarity(sample, "morisita_horn")[0, 1]
    assert 1 - partition(sample, 2).local_overlap == pytest.approx(unlike)


def test_thinned_sites_have_one_size_and_the_expected_kinds() -> None:
    sample = Abundance([[60, 25, 10, 4, 1], [10, 10, 0, 0, 0]])
    drawn = thinned(sample, 15, 4000, np.random.default_rng(1))
    assert set(drawn.sum(axis=-1).ravel()) == {15}
    assert np.all(drawn <= sample.counts)
    assert drawn.mean(axis=0) == pytest.approx(15 * sample.counts / sample.n[:, None], abs=0.15)
    again = thinned(sample, 15, 4000, np.random.default_rng(1))
    assert np.array_equal(drawn, again)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InvalidOrderError, match="expected one of bray_curtis"):
        dissimilarity(GARDENS, "distance")
    with pytest.raises(InvalidOrderError, match="for many sites"):
        multi_site(GARDENS, "chord")
    with pytest.raises(InvalidSampleError, match="site 2 is empty"):
        partition(Abundance([[1, 2], [0, 0]]), 1)
    with pytest.raises(InvalidSampleError, match="above 0 for each of 2"):
        partition(Abundance([[1, 2], [3, 0]]), 1, [1, 0])
    with pytest.raises(InvalidSampleError, match="site 1 has 3 individuals"):
        thinned(Abundance([[1, 2], [3, 5]]), 4, 1, np.random.default_rng(0))


def test_incidence_is_compared_by_its_kinds_as_counts_are() -> None:
    frequencies = [[5, 1, 0], [2, 2, 2]]
    units = Incidence(frequencies, [6, 6])
    assert dissimilarity(units, "jaccard") == pytest.approx(dissimilarity(Abundance(frequencies), "jaccard"))

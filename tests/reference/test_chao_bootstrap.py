"""Chao's bootstrap: the standard errors of a long run, the number of replicates asked for, the same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from reference_tables import OWN, read_json, rows
from sera_analysis.diversity.asymptotic import asymptotic_hill_number
from sera_analysis.diversity.chao_bootstrap import estimated_assemblage, resampled, spread_of
from sera_analysis.diversity.coverage import sample_coverage
from sera_analysis.diversity.hill import hill_number
from sera_analysis.diversity.samples import Abundance, Incidence
from sera_analysis.errors import InvalidOrderError
from sera_analysis.sites.site_bootstrap import Bootstrap
from sera_analysis.sites.site_diversity import site_diversity
from sera_analysis.sites.site_figures import Question
from sera_words.statements import TableReason

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import Sample

COUNTS = rows(OWN / "synth_gardens.csv")


def test_standard_errors_are_those_of_a_long_run() -> None:
    long_run = read_json(OWN / "bootstrap_limit.json")["results"]["synth_gardens/G01"]
    drawn = resampled(Abundance(COUNTS["G01"]), 4000, np.random.default_rng(7))
    for q in (0, 1, 2):
        asymptotic, observed = asymptotic_hill_number(drawn, q), hill_number(drawn, q)
        assert asymptotic.std(ddof=1) == pytest.approx(long_run[f"asy_q{q}"]["boot_se"], rel=0.1)
        assert observed.std(ddof=1) == pytest.approx(long_run[f"obs_q{q}"]["boot_se"], rel=0.05)
        assert observed.mean() == pytest.approx(long_run[f"obs_q{q}"]["boot_mean"], rel=0.01)
    assert sample_coverage(drawn).std(ddof=1) == pytest.approx(long_run["coverage"]["boot_se"], rel=0.05)


@pytest.mark.parametrize("sample", [Abundance(COUNTS["G05"]), Incidence([5, 1, 1, 5, 2], 5)])
def test_the_assemblage_has_the_whole_and_the_kinds_not_found(sample: Sample) -> None:
    assemblage = estimated_assemblage(sample)
    whole = float(sample.n / sample.size)
    assert assemblage.rates.sum() + assemblage.unseen * assemblage.unseen_rate == pytest.approx(whole)
    assert assemblage.rates.sum() == pytest.approx(whole * float(sample_coverage(sample)))
    assert assemblage.unseen >= 1


def test_units_are_drawn_by_the_rate_of_each_kind() -> None:
    sample = Incidence([14, 9, 4, 2, 1, 1, 1], 14)
    assemblage = estimated_assemblage(sample)
    drawn = resampled(sample, 20_000, np.random.default_rng(2))
    result = drawn.frequencies[:, :7].mean(axis=0)
    assert result == pytest.approx(14 * assemblage.rates, rel=0.03)
    remaining = drawn.frequencies[:, 7:].sum(axis=-1).mean()
    assert remaining == pytest.approx(14 * assemblage.unseen * assemblage.unseen_rate, rel=0.03)
    assert np.all(drawn.units == 14)


def test_replicates_have_the_size_of_the_sample_and_their_number_is_honoured() -> None:
    for number in (2, 37):
        drawn = resampled(Abundance(COUNTS["G02"]), number, np.random.default_rng(0))
        assert drawn.n.tolist() == [217.0] * number


def test_the_same_seed_gives_the_same_bytes_whatever_other_sites_there_are() -> None:
    question = Question(sizes=(10,), coverages=(0.9,))
    names = ["G01", "G02"]
    both = Abundance([COUNTS[name] for name in names])
    diversity = site_diversity(both, names, question, Bootstrap(60, 5))
    again = site_diversity(both, names, question, Bootstrap(60, 5))
    single = site_diversity(Abundance([COUNTS["G02"]]), ["G02"], question, Bootstrap(60, 5))
    other = site_diversity(both, names, question, Bootstrap(60, 6))
    assert json.dumps(diversity, default=repr) == json.dumps(again, default=repr)
    assert single["G02"]["bootstrap"] == diversity["G02"]["bootstrap"]
    assert other["G01"]["bootstrap"] != diversity["G01"]["bootstrap"]
    assert diversity["G01"]["bootstrap"]["replicates"] == 60


def test_two_sites_with_the_same_counts_have_chances_of_their_own() -> None:
    twins = site_diversity(Abundance([COUNTS["G01"]] * 2), ["a", "b"], Question(), Bootstrap(60, 5))
    assert twins["a"]["asymptotic"]["1"]["value"] == twins["b"]["asymptotic"]["1"]["value"]
    assert twins["a"]["asymptotic"]["1"] != twins["b"]["asymptotic"]["1"]


def test_an_interval_stands_around_its_value_and_within_what_is_possible() -> None:
    site = site_diversity(Abundance([COUNTS["G01"]]), ["G01"], Question(), Bootstrap(200))["G01"]
    for q, asymptotic in site["asymptotic"].items():
        assert asymptotic["low"] <= asymptotic["value"] <= asymptotic["high"], q
    assert site["asymptotic"]["0"]["low"] >= site["richness_observed"]
    assert site["bootstrap"]["coverage"]["high"] <= 1


def test_a_site_that_never_varies_has_no_standard_error_but_a_reason() -> None:
    site = site_diversity(Abundance([[17, 0]]), ["one"], Question(), Bootstrap(50))["one"]
    assert site["asymptotic"]["1"]["standard_error"] is None
    assert site["bootstrap"]["observed"]["1"] is None
    assert site["reasons"]["bootstrap.observed.1"] == TableReason.of("resamples_undefined")
    empty = site_diversity(Abundance([[0, 0]]), ["none"], Question(), Bootstrap(50))["none"]
    assert (empty["bootstrap"], empty["reasons"]["bootstrap"]) == (None, TableReason.of("no_individual"))


def test_replicates_without_a_value_take_the_standard_error_away_only_when_many() -> None:
    values = np.ones((100, 2))
    values[:50] = 3.0
    values[:4, 0] = np.nan
    values[:6, 1] = np.nan
    spread = spread_of(np.array([2.0, 2.0]), values, (0.0, np.inf))
    assert spread.undefined.tolist() == [4, 6]
    assert np.isfinite(spread.standard_error).tolist() == [True, False]


def test_one_replicate_and_an_empty_sample_are_refused() -> None:
    with pytest.raises(InvalidOrderError, match="at least 2"):
        resampled(Abundance([1, 2]), 1, np.random.default_rng(0))
    with pytest.raises(InvalidOrderError, match="nothing can be drawn"):
        resampled(Abundance([0, 0]), 9, np.random.default_rng(0))

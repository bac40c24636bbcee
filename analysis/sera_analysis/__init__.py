"""The analysis: honest figures from readings, as pure functions and the jobs that run them over a store.

What people call from Python stands here under its own name and is loaded when it is first used::

    from sera_analysis import Abundance, hill_number, sample_coverage

    sample = Abundance([[12, 6, 2, 1, 1, 0]])
    hill_number(sample, 1.0), sample_coverage(sample)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sera_analysis.diversity.asymptotic import asymptotic_hill_number as asymptotic_hill_number
    from sera_analysis.diversity.coverage import expected_coverage as expected_coverage
    from sera_analysis.diversity.coverage import sample_coverage as sample_coverage
    from sera_analysis.diversity.coverage_standard import hill_numbers_at_coverage as hill_numbers_at_coverage
    from sera_analysis.diversity.coverage_standard import size_at_coverage as size_at_coverage
    from sera_analysis.diversity.evenness import evenness as evenness
    from sera_analysis.diversity.evenness import pielou_evenness as pielou_evenness
    from sera_analysis.diversity.evenness import simpson_evenness as simpson_evenness
    from sera_analysis.diversity.hill import berger_parker as berger_parker
    from sera_analysis.diversity.hill import gini_simpson as gini_simpson
    from sera_analysis.diversity.hill import hill_number as hill_number
    from sera_analysis.diversity.hill import hill_profile as hill_profile
    from sera_analysis.diversity.hill import shannon as shannon
    from sera_analysis.diversity.rare_kinds import rare_coverage_estimate as rare_coverage_estimate
    from sera_analysis.diversity.rarefaction import expected_hill_numbers as expected_hill_numbers
    from sera_analysis.diversity.richness import chao as chao
    from sera_analysis.diversity.richness import chao_bias_corrected as chao_bias_corrected
    from sera_analysis.diversity.richness import improved_chao as improved_chao
    from sera_analysis.diversity.richness import jackknife as jackknife
    from sera_analysis.diversity.samples import Abundance as Abundance
    from sera_analysis.diversity.samples import Incidence as Incidence
    from sera_analysis.sites.dissimilarity import dissimilarity as dissimilarity
    from sera_analysis.sites.dissimilarity import multi_site as multi_site
    from sera_analysis.sites.partition import partition as partition
    from sera_analysis.sites.references import references_of as references_of
    from sera_analysis.sites.site_bootstrap import Bootstrap as Bootstrap
    from sera_analysis.sites.site_diversity import site_diversity as site_diversity
    from sera_analysis.sites.site_figures import Question as Question
    from sera_analysis.statistics.inequality import inequality as inequality
    from sera_analysis.statistics.intervals import mean_interval as mean_interval

_HOMES: Final = {
    "sera_analysis.diversity.samples": ("Abundance", "Incidence"),
    "sera_analysis.diversity.hill": (
        "hill_number",
        "hill_profile",
        "shannon",
        "gini_simpson",
        "berger_parker",
    ),
    "sera_analysis.diversity.asymptotic": ("asymptotic_hill_number",),
    "sera_analysis.diversity.coverage": ("sample_coverage", "expected_coverage"),
    "sera_analysis.diversity.coverage_standard": ("size_at_coverage", "hill_numbers_at_coverage"),
    "sera_analysis.diversity.rarefaction": ("expected_hill_numbers",),
    "sera_analysis.diversity.richness": ("chao", "chao_bias_corrected", "improved_chao", "jackknife"),
    "sera_analysis.diversity.rare_kinds": ("rare_coverage_estimate",),
    "sera_analysis.diversity.evenness": ("evenness", "pielou_evenness", "simpson_evenness"),
    "sera_analysis.sites.site_figures": ("Question",),
    "sera_analysis.sites.site_bootstrap": ("Bootstrap",),
    "sera_analysis.sites.site_diversity": ("site_diversity",),
    "sera_analysis.sites.references": ("references_of",),
    "sera_analysis.sites.dissimilarity": ("dissimilarity", "multi_site"),
    "sera_analysis.sites.partition": ("partition",),
    "sera_analysis.statistics.inequality": ("inequality",),
    "sera_analysis.statistics.intervals": ("mean_interval",),
}
_HOME_BY_NAME: Final = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_BY_NAME)  # noqa: PLE0605 - names of one table


def __getattr__(name: str) -> Any:
    """Load a public function or class from its module."""
    home = _HOME_BY_NAME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__

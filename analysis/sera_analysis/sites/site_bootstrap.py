"""Standard errors and intervals of a site's diversity figures by Chao's bootstrap, for publication."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

import numpy as np

from sera_analysis.diversity.chao_bootstrap import resampled, spread_of
from sera_analysis.diversity.samples import Abundance, Incidence
from sera_analysis.sites.site_figures import site_figures

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray, Sample
    from sera_analysis.sites.site_figures import Question, Record


class Bootstrap(NamedTuple):
    """How many replicates, and the seed from which each site's own chance is derived."""

    replicates: int
    seed: int = 0

    def rng(self, name: str) -> np.random.Generator:
        """Chance for one site: the same for a name and a seed, whatever other sites the table has."""
        return np.random.default_rng([self.seed, crc32(name.encode())])


def bootstrapped(site: Sample, name: str, question: Question, bootstrap: Bootstrap) -> Record:
    """Compute the spreads of one site's figures, in the tree of `site_figures`.

    Parameters
    ----------
    site : Abundance or Incidence, shape (kinds,)
        One site, not empty.
    name : str
        Its name, from which its chance is derived.
    question : Question
        Orders, sizes and coverages.
    bootstrap : Bootstrap
        Replicates and seed.

    Returns
    -------
    dict
        For each figure `standard_error`, `low` and `high`; None where more than a twentieth of the replicates
        have no value, or where all agree, which is no measure of how far others would differ.
    """
    drawn = resampled(site, bootstrap.replicates, bootstrap.rng(name))
    figures = site_figures(_stacked(site, drawn), question)
    observed = float(np.count_nonzero(site.frequencies))
    return {
        "coverage": _spread(figures["coverage"], 0.0, 1.0),
        "observed": {q: _spread(values) for q, values in figures["observed"].items()},
        "asymptotic": {
            q: _spread(values["value"], observed if q == "0" else 1.0)
            for q, values in figures["asymptotic"].items()
        },
        "size_based": [_entry(entry) for entry in figures["size_based"]],
        "coverage_based": [_entry(entry) for entry in figures["coverage_based"]],
    }


def _stacked(site: Sample, drawn: Sample) -> Sample:
    """Put a site above its replicates, so that all are computed at once."""
    kinds = site.frequencies[site.frequencies > 0]
    width = max(len(kinds), drawn.frequencies.shape[-1])
    table = np.zeros((len(drawn.frequencies) + 1, width))
    table[0, : len(kinds)] = kinds
    table[1:, : drawn.frequencies.shape[-1]] = drawn.frequencies
    if isinstance(site, Incidence):
        return Incidence(table, np.full(len(table), float(site.units)))
    return Abundance(table)


def _entry(entry: Record) -> Record:
    """Spreads of one size or coverage; what was asked for has none."""
    target_keys = {"target"} if "target" in entry else {"size"}
    return {
        key: _spread(values, 0.0 if key == "coverage" else 1.0, 1.0 if key == "coverage" else np.inf)
        for key, values in entry.items()
        if key not in target_keys
    }


def _spread(values: FloatArray, low: float = 1.0, high: float = np.inf) -> Record | None:
    """Spread of one figure whose first value is the site's own and the others are replicates."""
    spread = spread_of(values[0], values[1:], (low, high))
    if not spread.standard_error > 1e-12 * np.abs(values[0]):
        return None
    return {
        "standard_error": float(spread.standard_error),
        "low": float(spread.low),
        "high": float(spread.high),
    }

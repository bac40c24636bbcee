"""Evenness from Hill numbers: how equally common the kinds are, apart from how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.diversity.hill import hill_number
from sera_analysis.diversity.samples import divided

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray, Sample


def evenness(sample: Sample, q: float = 1.0) -> FloatArray:
    """Share of the way from one kind alone to all kinds equally common, by the Hill number of order q.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (..., kinds)
        The sample.
    q : float
        Order above 0.

    Returns
    -------
    array, shape (...)
        0 to 1; not a number for a site with one kind or none, where nothing could be uneven.

    Notes
    -----
    (D(q) - 1) / (S - 1). It is not free of effort: S grows with n. Compare at one coverage.

    References
    ----------
    A. Chao and C. Ricotta, "Quantifying evenness and linking it to diversity, beta diversity, and
    similarity," Ecology 100, e02852, 2019, doi 10.1002/ecy.2852, class E3.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> evenness(Abundance([[10, 10, 10], [28, 1, 1]])).round(4).tolist()
    [1.0, 0.169]
    """
    return divided(hill_number(sample, q) - 1, hill_number(sample, 0) - 1)


def pielou_evenness(sample: Sample) -> FloatArray:
    """Shannon entropy over its largest possible value ln S, shape (...); not a number below two kinds.

    References
    ----------
    E. C. Pielou, "The measurement of diversity in different types of biological collections," Journal of
    Theoretical Biology 13, 131-144, 1966, doi 10.1016/0022-5193(66)90013-0.
    """
    return divided(
        np.log(np.maximum(hill_number(sample, 1), 1.0)), np.log(np.maximum(hill_number(sample, 0), 1.0))
    )


def simpson_evenness(sample: Sample) -> FloatArray:
    """Hill number of order 2 over the number of kinds, shape (...); not a number for an empty site."""
    return divided(hill_number(sample, 2), hill_number(sample, 0))

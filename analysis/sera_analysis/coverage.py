"""Sample coverage: the share of the assemblage's individuals or incidences that belong to kinds found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.samples import Incidence, divided

if TYPE_CHECKING:
    from sera_analysis.samples import Abundance, FloatArray


def sample_coverage(sample: Abundance | Incidence) -> FloatArray:
    """Estimate the coverage of a sample from its singletons and doubletons.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (..., kinds)
        The sample, sites in leading axes.

    Returns
    -------
    array, shape (...)
        Coverage, 0 to 1; not a number for an empty site.

    Notes
    -----
    With n individuals (or t units and U incidences), f1 kinds found once and f2 found twice, in the improved
    form C = 1 - f1/n * (n-1) f1 / ((n-1) f1 + 2 f2); without doubletons
    C = 1 - f1/n * (n-1)(f1-1) / ((n-1)(f1-1) + 2). For incidence f1/n becomes Q1/U and n-1 becomes t-1.

    References
    ----------
    A. Chao and L. Jost, "Coverage-based rarefaction and extrapolation," Ecology 93, 2533-2547, 2012,
    doi 10.1890/11-1952.1.

    Examples
    --------
    >>> from sera_analysis.samples import Abundance
    >>> sample_coverage(Abundance([9, 5, 1])).round(6).item()
    1.0
    """
    total = sample.n
    size = sample.units if isinstance(sample, Incidence) else total
    once = np.count_nonzero(sample.frequencies == 1, axis=-1).astype(np.float64)
    twice = np.count_nonzero(sample.frequencies == 2, axis=-1).astype(np.float64)
    top = np.where(twice > 0, (size - 1) * once, (size - 1) * (once - 1))
    bottom = np.where(twice > 0, top + 2 * twice, top + 2)
    share = divided(top, bottom, 0.0)
    unseen = divided(once, total)
    return np.where(once > 0, 1.0 - unseen * share, np.where(total > 0, 1.0, np.nan))

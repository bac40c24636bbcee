"""Random draws without replacement, to bring sites to one effort before they are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.errors import InvalidSampleError

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import Abundance, FloatArray


def thinned(sample: Abundance, size: int, draws: int, rng: np.random.Generator) -> FloatArray:
    """Draw the same number of individuals from each site, many times.

    Parameters
    ----------
    sample : Abundance, shape (sites, kinds)
        Counts; every site needs at least `size` individuals.
    size : int
        Individuals drawn from each site.
    draws : int
        How many times.
    rng : numpy.random.Generator
        Where chance comes from.

    Returns
    -------
    array, shape (draws, sites, kinds)
        Counts of the drawn.

    Raises
    ------
    InvalidSampleError
        Where a site has fewer individuals.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> thinned(Abundance([[9, 5, 1]]), 5, 2, np.random.default_rng(0)).sum(axis=-1).tolist()
    [[5.0], [5.0]]
    """
    short = np.flatnonzero(sample.n < size)
    if len(short):
        raise InvalidSampleError(
            f"site {short[0] + 1} has {sample.n[short[0]]:g} individuals; {size} cannot be drawn from it"
        )
    sites = [
        rng.multivariate_hypergeometric(row.astype(np.int64), size, draws, method="marginals")
        for row in sample.counts
    ]
    return np.stack(sites, axis=1).astype(np.float64)

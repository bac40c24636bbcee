"""Diversity within sites, among them, and of all together: gamma = alpha x beta, in effective numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.diversity.hill import effective_number, shares
from sera_analysis.errors import InvalidSampleError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sera_analysis.diversity.samples import Sample


class Partition(NamedTuple):
    """Effective numbers: kinds in all, kinds within sites, sites among them; and two overlaps, 0 to 1."""

    gamma: float
    alpha: float
    beta: float
    local_overlap: float
    regional_overlap: float


def partition(sample: Sample, q: float, weights: ArrayLike | None = None) -> Partition:
    """Split the diversity of a region into that within and that among its sites.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (sites, kinds)
        Sites with at least one find each. Efforts should be equal: thin the sites to one size first, as
        `thinning.thinned` does.
    q : float
        Order, 0 or more.
    weights : array, shape (sites,), optional
        What each site counts for: one number each, of any sum. By default all count the same; `sample.n`
        weighs them by what was found.

    Returns
    -------
    Partition
        Beta runs from 1, sites alike, to their number, nothing shared. `local_overlap` (C) is the mean share
        of a site's diversity that is shared, `regional_overlap` (U) that of the region's.

    Raises
    ------
    InvalidSampleError
        Where a site is empty or a weight is not above 0.

    Notes
    -----
    With p_ij the share of kind i in site j times the site's weight, summing to 1 in all: gamma is the Hill
    number of p summed over sites, alpha that of all p_ij over the number of sites N, beta their ratio.
    C = (beta^(1-q) - N^(1-q)) / (1 - N^(1-q)) and U with q-1 in place of 1-q; both 1 - ln beta / ln N at
    q = 1.

    References
    ----------
    C.-H. Chiu, L. Jost and A. Chao, "Phylogenetic beta diversity, similarity, and differentiation measures
    based on Hill numbers," Ecological Monographs 84, 21-44, 2014, doi 10.1890/12-0960.1.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> partition(Abundance([[10, 10, 0, 0], [0, 0, 5, 5]]), 1).beta
    2.0
    """
    x = sample.frequencies
    share = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=np.float64)
    if share.shape != (len(x),) or not np.all(np.isfinite(share) & (share > 0)):
        raise InvalidSampleError(f"weights: expected one number above 0 for each of {len(x)} sites")
    empty = np.flatnonzero(sample.n == 0)
    if len(empty):
        raise InvalidSampleError(
            f"partition: site {empty[0] + 1} is empty; it has no shares, so leave it out and say so"
        )
    p = shares(x) * (share / share.sum())[:, np.newaxis]
    gamma = effective_number(p.sum(axis=0), q).item()
    alpha = effective_number(p.ravel(), q).item() / len(x)
    beta = gamma / alpha
    return Partition(gamma, alpha, beta, _overlap(beta, len(x), 1 - q), _overlap(beta, len(x), q - 1))


def _overlap(beta: float, sites: int, power: float) -> float:
    """1 where sites are alike, 0 where nothing is shared; one site is wholly itself."""
    if sites == 1:
        return 1.0
    if power == 0:
        return float(1 - np.log(beta) / np.log(sites))
    if np.isinf(power):
        return float(beta == 1) if power < 0 else float("nan")
    limit = np.expm1(power * np.log(sites))
    return float(1 - np.expm1(power * np.log(beta)) / limit)

"""How many kinds of each site were found how many times: all that rarefaction needs of a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_analysis.samples import FloatArray, IntArray, Sample


class FrequencyTable(NamedTuple):
    """Rows of (site, times found, kinds found that often), ordered by site; kinds never found have no row."""

    site: IntArray
    times: FloatArray
    kinds: FloatArray
    sites: int

    @classmethod
    def of(cls, sample: Sample) -> FrequencyTable:
        """FrequencyTable a sample of shape (sites, kinds)."""
        site, kind = np.nonzero(sample.frequencies)
        times = sample.frequencies[site, kind].astype(np.int64)
        span = int(times.max(initial=0)) + 1
        keys, kinds = np.unique(site * span + times, return_counts=True)
        site, times = np.divmod(keys, span)
        return cls(site, times.astype(np.float64), kinds.astype(np.float64), len(sample.frequencies))

    def sums(self, values: FloatArray) -> FloatArray:
        """Add values of rows, shape (..., rows, sizes), over the kinds of each site; (..., sites, sizes)."""
        total = np.zeros((*values.shape[:-2], self.sites, values.shape[-1]))
        if len(self.site):
            starts = np.flatnonzero(np.diff(self.site, prepend=-1))
            weighted = values * self.kinds[:, np.newaxis]
            total[..., self.site[starts], :] = np.add.reduceat(weighted, starts, axis=-2)
        return total

    def apply(
        self,
        size: FloatArray,
        draws: FloatArray,
        function: Callable[[FloatArray, FloatArray, FloatArray], FloatArray],
    ) -> FloatArray:
        """Add a function of (size, times, draw) over the kinds of each site.

        Parameters
        ----------
        size : array, shape (sites,)
            Size of each site's sample.
        draws : array, shape (sizes,) or (sites, sizes)
            Sizes asked for. Where all sites share them, equal pairs of size and times are computed once.
        function
            Takes arrays (pairs, 1), (pairs, 1), (pairs, sizes); gives (..., pairs, sizes).

        Returns
        -------
        array, shape (..., sites, sizes)
        """
        own = size[self.site]
        if draws.ndim > 1:
            return self.sums(function(own[:, np.newaxis], self.times[:, np.newaxis], draws[self.site]))
        # Whole numbers sort faster than pairs; sizes are ranked so that the key stays small.
        sizes, rank = np.unique(own, return_inverse=True)
        span = int(self.times.max(initial=0)) + 1
        keys, place = np.unique(rank * span + self.times.astype(np.int64), return_inverse=True)
        ranks, times = np.divmod(keys, span)
        at = np.broadcast_to(draws, (len(keys), len(draws)))
        values = function(sizes[ranks][:, np.newaxis], times[:, np.newaxis].astype(np.float64), at)
        return self.sums(np.take(values, place, axis=-2))

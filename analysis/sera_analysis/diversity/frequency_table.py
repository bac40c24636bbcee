"""How many kinds of each site were found how many times: all that rarefaction needs of a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_analysis.diversity.samples import FloatArray, IntArray, Sample

_KEY_MOST: Final = 2.0**62


class FrequencyTable(NamedTuple):
    """Rows of (site, times found, kinds found that often), ordered by site; kinds never found have no row."""

    site: IntArray
    times: FloatArray
    kinds: FloatArray
    sites: int

    @classmethod
    def of(cls, sample: Sample) -> FrequencyTable:
        """Build the table of a sample of shape (sites, kinds)."""
        site, kind = np.nonzero(sample.frequencies)
        codes, levels = _codes(sample.frequencies[site, kind], len(sample.frequencies))
        span = int(codes.max(initial=0)) + 1
        keys, kinds = np.unique(site * span + codes, return_counts=True)
        site, codes = np.divmod(keys, span)
        return cls(site, _times(codes, levels), kinds.astype(np.float64), len(sample.frequencies))

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
        codes, levels = _codes(self.times, len(sizes))
        span = int(codes.max(initial=0)) + 1
        keys, inverse = np.unique(rank * span + codes, return_inverse=True)
        ranks, codes = np.divmod(keys, span)
        at = np.broadcast_to(draws, (len(keys), len(draws)))
        values = function(sizes[ranks][:, np.newaxis], _times(codes, levels)[:, np.newaxis], at)
        return self.sums(np.take(values, inverse, axis=-2))


def _codes(times: FloatArray, rows: int) -> tuple[IntArray, FloatArray | None]:
    """Whole numbers that stand for times in a key: themselves, or their ranks where keys would overflow."""
    if rows * (times.max(initial=0.0) + 1) < _KEY_MOST:
        return times.astype(np.int64), None
    levels, ranks = np.unique(times, return_inverse=True)
    return ranks, levels


def _times(codes: IntArray, levels: FloatArray | None) -> FloatArray:
    """Turn codes back into times."""
    return codes.astype(np.float64) if levels is None else levels[codes]

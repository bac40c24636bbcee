"""How unlike sites are, pair by pair: one table of measures, for counts and for presence.

Effort matters here too: a site seen for longer has more kinds. Compare after `thinning.thinned` to one size,
or state the efforts beside the figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

import numpy as np
from scipy.spatial.distance import pdist, squareform

from sera_analysis.diversity.hill import shares
from sera_analysis.diversity.power_sums import power_term
from sera_analysis.diversity.samples import divided
from sera_analysis.errors import InvalidOrderError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_analysis.diversity.samples import FloatArray, Sample

    Pairs: TypeAlias = Callable[[FloatArray], FloatArray]
    Metric: TypeAlias = Literal["euclidean", "cityblock", "canberra"]


class Parts(NamedTuple):
    """What two sites share, and what each has alone; each of shape (sites, sites)."""

    shared: FloatArray
    row_only: FloatArray
    column_only: FloatArray

    @property
    def less(self) -> FloatArray:
        """The smaller of what the two have alone."""
        return np.minimum(self.row_only, self.column_only)

    @property
    def unshared(self) -> FloatArray:
        """What the two have alone, together."""
        return self.row_only + self.column_only


class Measure(NamedTuple):
    """A dissimilarity: its function of weights (sites, kinds), what it says, and where it is published."""

    pairs: Pairs
    says: str
    reference: str


def _apart(x: FloatArray, metric: Metric) -> FloatArray:
    """Distances of all pairs of rows, each computed once."""
    distances: FloatArray = squareform(pdist(x, metric))
    return distances


def parts_of(x: FloatArray) -> Parts:
    """Split each pair's weights, shape (sites, kinds), into the minimum they share and the rest."""
    total = x.sum(axis=-1)
    apart = _apart(x, "cityblock")
    shared = (total[:, np.newaxis] + total - apart) / 2
    return Parts(shared, total[:, np.newaxis] - shared, total - shared)


def _total(doubled: float) -> Callable[[Parts], FloatArray]:
    """Return the whole difference; Sorensen and Bray-Curtis count the shared part twice, the others once."""
    return lambda parts: divided(parts.unshared, doubled * parts.shared + parts.unshared)


def _turnover(doubled: float) -> Callable[[Parts], FloatArray]:
    """Return the part of the difference that is one kind in place of another."""
    weight = 2 / doubled
    return lambda parts: divided(weight * parts.less, parts.shared + weight * parts.less)


def _rest(doubled: float) -> Callable[[Parts], FloatArray]:
    """Return the part of the difference that is more or less of the same."""
    total, turnover = _total(doubled), _turnover(doubled)
    return lambda parts: total(parts) - turnover(parts)


def _by_presence(function: Callable[[Parts], FloatArray]) -> Pairs:
    return lambda x: function(parts_of((x > 0).astype(np.float64)))


def _by_weight(function: Callable[[Parts], FloatArray]) -> Pairs:
    return lambda x: function(parts_of(x))


def _kulczynski(parts: Parts) -> FloatArray:
    row, column = parts.shared + parts.row_only, parts.shared + parts.column_only
    return 1 - (divided(parts.shared, row) + divided(parts.shared, column)) / 2


def _canberra(x: FloatArray) -> FloatArray:
    present = (x > 0).astype(np.float64)
    kinds = parts_of(present)
    return divided(_apart(x, "canberra"), kinds.shared + kinds.unshared)


def _distance(transform: Callable[[FloatArray], FloatArray], metric: Metric) -> Pairs:
    def pairs(x: FloatArray) -> FloatArray:
        return _apart(transform(x), metric)

    return pairs


def _unit_length(x: FloatArray) -> FloatArray:
    length = np.sqrt(np.square(x).sum(axis=-1, keepdims=True))
    return divided(x, length)


def _root_of_shares(x: FloatArray) -> FloatArray:
    return np.where(x.sum(axis=-1, keepdims=True) > 0, np.sqrt(shares(x)), np.nan)


def _overlap(x: FloatArray, within: FloatArray) -> FloatArray:
    """One minus twice the products over the squares within, of totals 1: Morisita's and Horn's forms."""
    p = shares(x)
    empty = x.sum(axis=-1) == 0
    unlike = 1 - divided(2 * (p @ p.T), within[:, np.newaxis] + within)
    return np.where(empty[:, np.newaxis] | empty, np.nan, unlike)


def _morisita_horn(x: FloatArray) -> FloatArray:
    return _overlap(x, np.square(shares(x)).sum(axis=-1))


def _morisita(x: FloatArray) -> FloatArray:
    total = x.sum(axis=-1)
    unlike = _overlap(x, divided((x * (x - 1)).sum(axis=-1), total * (total - 1)))
    np.fill_diagonal(unlike, np.where(total > 0, 0.0, np.nan))
    # The estimate of a pair that is more alike than chance allows may fall below 0.
    return np.maximum(unlike, 0.0)


def _horn(x: FloatArray) -> FloatArray:
    p = shares(x)
    unshared = power_term(p, 1.0).sum(axis=-1)
    pooled = np.array([power_term((p + row) / 2, 1.0).sum(axis=-1) for row in p])
    unlike = (pooled - (unshared[:, np.newaxis] + unshared) / 2) / np.log(2)
    empty = x.sum(axis=-1) == 0
    return np.where(empty[:, np.newaxis] | empty, np.nan, np.clip(unlike, 0.0, 1.0))


_BASELGA_2010: Final = (
    "Baselga 2010, Global Ecology and Biogeography 19, doi 10.1111/j.1466-8238.2009.00490.x"
)
_BASELGA_2012: Final = (
    "Baselga 2012, Global Ecology and Biogeography 21, doi 10.1111/j.1466-8238.2011.00756.x"
)
_BASELGA_2013: Final = "Baselga 2013, Methods in Ecology and Evolution 4, doi 10.1111/2041-210X.12029"
_BASELGA_2017: Final = "Baselga 2017, Methods in Ecology and Evolution 8, doi 10.1111/2041-210X.12693"
_LEGENDRE: Final = "Legendre and Gallagher 2001, Oecologia 129, doi 10.1007/s004420100716"
_WOLDA: Final = "Wolda 1981, Oecologia 50, doi 10.1007/BF00344966"

MEASURES: Final[dict[str, Measure]] = {
    "bray_curtis": Measure(
        _by_weight(_total(2)),
        "share of the individuals of both sites that are not matched by the other",
        "Bray and Curtis 1957, Ecological Monographs 27, doi 10.2307/1942268",
    ),
    "bray_curtis_balanced": Measure(
        _by_weight(_turnover(2)), "part of Bray-Curtis where one kind's loss is another's gain", _BASELGA_2013
    ),
    "bray_curtis_gradient": Measure(
        _by_weight(_rest(2)), "part of Bray-Curtis where one site has fewer of the same", _BASELGA_2013
    ),
    "ruzicka": Measure(
        _by_weight(_total(1)), "Jaccard's measure for counts", "Ruzicka 1958, Biologia Bratislava 13"
    ),
    "ruzicka_balanced": Measure(
        _by_weight(_turnover(1)), "part of Ruzicka where one kind's loss is another's gain", _BASELGA_2017
    ),
    "ruzicka_gradient": Measure(
        _by_weight(_rest(1)), "part of Ruzicka where one site has fewer of the same", _BASELGA_2017
    ),
    "sorensen": Measure(
        _by_presence(_total(2)),
        "kinds of one site only, over the sum of the kinds of both",
        "Sorensen 1948, Biologiske Skrifter 5",
    ),
    "simpson_turnover": Measure(
        _by_presence(_turnover(2)), "part of Sorensen where kinds take each other's place", _BASELGA_2010
    ),
    "sorensen_nestedness": Measure(
        _by_presence(_rest(2)), "part of Sorensen where one site lacks kinds of the other", _BASELGA_2010
    ),
    "jaccard": Measure(
        _by_presence(_total(1)),
        "kinds of one site only, over all kinds of the two",
        "Jaccard 1912, New Phytologist 11, doi 10.1111/j.1469-8137.1912.tb05611.x",
    ),
    "jaccard_turnover": Measure(
        _by_presence(_turnover(1)), "part of Jaccard where kinds take each other's place", _BASELGA_2012
    ),
    "jaccard_nestedness": Measure(
        _by_presence(_rest(1)), "part of Jaccard where one site lacks kinds of the other", _BASELGA_2012
    ),
    "horn": Measure(
        _horn, "one minus Horn's overlap of shares, order 1", "Horn 1966, American Naturalist 100"
    ),
    "morisita_horn": Measure(
        _morisita_horn, "one minus the overlap of shares, order 2; hardly moved by effort", _WOLDA
    ),
    "morisita": Measure(_morisita, "the same, freed from the bias of small samples; needs counts", _WOLDA),
    "kulczynski": Measure(
        _by_weight(_kulczynski), "one minus the mean share of each site that the other matches", _WOLDA
    ),
    "canberra": Measure(
        _canberra, "mean relative difference of the kinds that either site has", "Lance and Williams 1966"
    ),
    "hellinger": Measure(
        _distance(_root_of_shares, "euclidean"), "distance of the roots of shares, 0 to 1.414", _LEGENDRE
    ),
    "chord": Measure(
        _distance(_unit_length, "euclidean"), "distance of counts scaled to length 1, 0 to 1.414", _LEGENDRE
    ),
    "manhattan": Measure(
        _distance(np.asarray, "cityblock"), "sum of the differences of counts; grows with effort", _LEGENDRE
    ),
    "euclidean": Measure(
        _distance(np.asarray, "euclidean"), "root of the squared differences; grows with effort", _LEGENDRE
    ),
}


def dissimilarity(sample: Sample, measure: str) -> FloatArray:
    """Dissimilarity of each pair of sites.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (sites, kinds)
        The sites.
    measure : str
        A name in `MEASURES`.

    Returns
    -------
    array, shape (sites, sites)
        0 for sites that are alike; symmetric. Not a number where the measure has none: both sites are empty,
        or one is and only turnover is asked for.

    Raises
    ------
    InvalidOrderError
        Where no measure has that name.

    Notes
    -----
    With a shared, b and c alone (kinds, or individuals): Sorensen and Bray-Curtis (b+c)/(2a+b+c), their
    turnover min(b,c)/(a+min(b,c)); Jaccard and Ruzicka (b+c)/(a+b+c), their turnover
    2 min(b,c)/(a+2 min(b,c)); the rest is the difference of the two.

    References
    ----------
    A. Baselga, "Partitioning the turnover and nestedness components of beta diversity," Global Ecology and
    Biogeography 19, 134-143, 2010, doi 10.1111/j.1466-8238.2009.00490.x; further ones in `MEASURES`.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> dissimilarity(Abundance([[10, 5, 0], [4, 5, 6]]), "bray_curtis").round(2).tolist()
    [[0.0, 0.4], [0.4, 0.0]]
    """
    if measure not in MEASURES:
        raise InvalidOrderError(f"measure: found {measure!r}; expected one of {', '.join(MEASURES)}")
    unlike = MEASURES[measure].pairs(sample.frequencies)
    # A site is exactly like itself, whatever rounding says.
    np.fill_diagonal(unlike, np.where(np.isnan(np.diagonal(unlike)), np.nan, 0.0))
    return unlike


class MultiSite(NamedTuple):
    """Difference among all sites at once, and its two parts; their sum is the total."""

    total: float
    turnover: float
    rest: float


def multi_site(sample: Sample, measure: str) -> MultiSite:
    """Dissimilarity among all sites at once, of `sorensen`, `jaccard`, `bray_curtis` or `ruzicka`.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (sites, kinds)
        Two sites or more.
    measure : str
        One of the four.

    Notes
    -----
    As for a pair, with the minima and maxima of b and c summed over pairs, and with sum_i S_i - S_T in place
    of a: S_i the kinds (or individuals) of site i, S_T those of all (for counts, of the largest count of each
    kind).

    References
    ----------
    A. Baselga, "Multiple site dissimilarity quantifies compositional heterogeneity among several sites,
    while average pairwise dissimilarity may be misleading," Ecography 36, 124-128, 2013,
    doi 10.1111/j.1600-0587.2012.00124.x; A. Baselga, Methods in Ecology and Evolution 8, 2017,
    doi 10.1111/2041-210X.12693.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> round(multi_site(Abundance([[1, 1, 0], [0, 1, 1], [0, 0, 1]]), "sorensen").total, 4)
    0.6
    """
    doubled = {"sorensen": 2.0, "bray_curtis": 2.0, "jaccard": 1.0, "ruzicka": 1.0}.get(measure)
    if doubled is None:
        raise InvalidOrderError(
            f"measure: found {measure!r}; expected sorensen, jaccard, bray_curtis or ruzicka for many sites"
        )
    x = sample.frequencies
    x = (x > 0).astype(np.float64) if measure in {"sorensen", "jaccard"} else x
    parts = parts_of(x)
    upper = np.triu_indices(len(x), 1)
    shared = np.array([x.sum() - x.max(axis=0).sum()])
    every = Parts(
        shared, np.array([parts.less[upper].sum()]), np.array([(parts.unshared - parts.less)[upper].sum()])
    )
    total, turnover = _total(doubled)(every).item(), _turnover(doubled)(every).item()
    return MultiSite(total, turnover, total - turnover)

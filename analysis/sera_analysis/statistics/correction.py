"""Counts set right for confusion between groups: by labels of this very detector, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.diversity.samples import divided
from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.intervals import CONFIDENCE, REPLICATES
from sera_analysis.thresholds import CONFUSION_CONDITION_MOST, LABELS_LEAST
from sera_words.statements import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_analysis.diversity.samples import FloatArray

# A group that no event was named has nothing to set right and needs no labels of its own.
_PRIOR = 0.5
# What stands in a reason for a table that cannot be turned round at all.
_CONDITION_MOST = 1e12


class Corrected(NamedTuple):
    """Counts by group after correction, with both ends of their intervals; each of shape (groups,)."""

    counts: FloatArray
    low: FloatArray
    high: FloatArray


class TrueShare(NamedTuple):
    """Share of the events named each group that were insects, and how many labels tell; shape (groups,)."""

    share: FloatArray
    labels: FloatArray


def no_correction_reason(
    counts: FloatArray, labelled: FloatArray, chances: FloatArray, names: Sequence[str]
) -> Reason | None:
    """Return why counts stay as they were named, or None where they can be set right.

    Parameters
    ----------
    counts : array, shape (groups,)
        Visits by the group that the detector named.
    labelled : array, shape (groups,)
        How many labelled events are of each group.
    chances : array, shape (groups, groups)
        Chance that an event of a group (row) is given a group (column); a row may sum to less than 1.
    names
        Names of the groups.
    """
    few = (labelled < LABELS_LEAST.value) & (counts > 0)
    if few.any():
        worst = int(np.argmin(np.where(few, labelled, np.inf)))
        return Reason.of(
            "group_labels_too_few",
            labels=float(labelled[worst]),
            group=names[worst],
            needed=LABELS_LEAST.value,
        )
    has_labels = labelled > 0
    condition = float(np.linalg.cond(chances[np.ix_(has_labels, has_labels)])) if has_labels.any() else np.inf
    if not condition < CONFUSION_CONDITION_MOST.value:
        most = CONFUSION_CONDITION_MOST.value
        return Reason.of("confusion_too_strong", condition=min(condition, _CONDITION_MOST), most=most)
    return None


def corrected_counts(
    counts: FloatArray,
    labelled: FloatArray,
    chances: FloatArray,
    *,
    right: TrueShare | None = None,
    dispersion: float = 1.0,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
) -> Corrected:
    """Set counts right for confusion between groups, the labels' uncertainty carried along.

    Parameters
    ----------
    counts : array, shape (groups,)
        Visits by the group that the detector named.
    labelled : array, shape (groups,)
        How many labelled events are of each group.
    chances : array, shape (groups, groups)
        Chance that a visit of a group (row) is counted as a group (column). Rows of a plain confusion matrix
        sum to 1; where misses were measured too, to the chance of being counted at all.
    right
        Shares of the events named each group that were any insect at all, or None for all of them.
    dispersion
        How much more than chance the counts scatter.
    rng
        Random numbers of the interval.
    replicates, confidence
        Of the interval.

    Returns
    -------
    Corrected
        Counts of 0 or more, and percentile intervals.

    Notes
    -----
    Expected counts are y = C' x with true visits x; x is found by least squares of 0 or more. The interval
    draws each row of C again from the Dirichlet distribution of its labels (Jeffreys' prior), and y from a
    gamma number of the counts' mean and dispersion. Only labels of this detector in this garden may be used:
    chances of confusion travel neither between places nor between mixes of species.

    References
    ----------
    A. Solow, C. Davis and Q. Hu, "Estimating the taxonomic composition of a sample when individuals are
    classified with error," Marine Ecology Progress Series 216, 309-311, 2001, doi 10.3354/meps216309.

    Examples
    --------
    >>> chances = np.array([[0.9, 0.1], [0.2, 0.8]])
    >>> named = np.array([100.0, 40.0]) @ chances
    >>> found = corrected_counts(named, np.array([90, 60]), chances, rng=np.random.default_rng(1))
    >>> found.counts.round(6).tolist(), bool(found.low[1] < 40 < found.high[1])
    ([100.0, 40.0], True)
    """
    y, labels = np.asarray(counts, dtype=np.float64), np.asarray(labelled, dtype=np.float64)
    if y.ndim != 1 or chances.shape != (y.size, y.size) or labels.shape != y.shape:
        raise InvalidSampleError(
            f"correction: counts {y.shape}, labels {labels.shape}, chances {chances.shape}; expected "
            "one row and one "
            "column a group"
        )
    # It takes long to load, and few installations have labels to correct by.
    from scipy.optimize import nnls  # noqa: PLC0415

    insects = 1.0 if right is None else right.share
    best = nnls(chances.T, y * insects)[0]
    drawn = np.empty((replicates, y.size))
    drawn_counts = _drawn_counts(y, dispersion, replicates, rng) * _drawn_shares(right, replicates, rng)
    for number, matrix in enumerate(_drawn_chances(chances, labels, replicates, rng)):
        drawn[number] = nnls(matrix.T, drawn_counts[number])[0]
    low, high = np.quantile(drawn, (0.5 - confidence / 2, 0.5 + confidence / 2), axis=0)
    return Corrected(best, np.minimum(low, best), np.maximum(high, best))


def true_share(weights: FloatArray) -> TrueShare:
    """Estimate from a table of confusion which share of the events named each group was an insect at all.

    Parameters
    ----------
    weights : array, shape (groups + 1, groups + 1)
        Events by what they are and were named; the last row and column are `nothing`.
    """
    group_weights = weights.sum(axis=0)[:-1]
    return TrueShare(1.0 - divided(weights[-1, :-1], group_weights, 0.0), group_weights)


def _drawn_shares(right: TrueShare | None, replicates: int, rng: np.random.Generator) -> FloatArray | float:
    """Draw shares of insects among the events named each group, shape (replicates, groups)."""
    if right is None:
        return 1.0
    wrong = (1 - right.share) * right.labels
    drawn: FloatArray = rng.beta(
        right.share * right.labels + _PRIOR, wrong + _PRIOR * (wrong > 0) + 1e-9, (replicates, wrong.size)
    )
    return drawn


def _drawn_counts(
    counts: FloatArray, dispersion: float, replicates: int, rng: np.random.Generator
) -> FloatArray:
    """Draw counts around those seen, shape (replicates, groups); a count of 0 may have been up to a few."""
    scatter = max(dispersion, 1.0)
    shape = (counts + _PRIOR * (counts == 0)) / scatter
    drawn: FloatArray = rng.gamma(shape, scatter, (replicates, counts.size))
    return drawn


def _drawn_chances(
    chances: FloatArray, labelled: FloatArray, replicates: int, rng: np.random.Generator
) -> FloatArray:
    """Draw matrices of chances, shape (replicates, groups, groups); not to be counted is one way more."""
    ways = np.concatenate([chances, np.maximum(1 - chances.sum(axis=1, keepdims=True), 0.0)], axis=1)
    possible = ways > 0
    prior = _PRIOR * possible
    drawn = rng.gamma(
        np.maximum(ways * labelled[:, np.newaxis] + prior, 1e-12), size=(replicates, *ways.shape)
    )
    shares: FloatArray = drawn / drawn.sum(axis=-1, keepdims=True)
    return shares[..., :-1]

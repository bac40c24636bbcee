"""Use of sites by a group that is not always noticed, from repeated visits: MacKenzie's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import chdtri, expit, logit

from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.intervals import CONFIDENCE, Interval
from sera_analysis.thresholds import USE_SITES_LEAST
from sera_words.statements import IntervalMethod, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_analysis.diversity.samples import FloatArray

# Beyond this logit (0.999) a share is at its bound, where the model has no error that means anything.
_BOUND = 6.9

# Logits among which the chance to notice is looked for, where the share of sites used is held fixed.
_CHANCE_LOGITS = np.linspace(-16.0, 16.0, 129)

# The least of its relative tolerances that the solver takes.
_RELATIVE_LEAST = 4 * float(np.finfo(float).eps)


class DetectionTotals(NamedTuple):
    """Sums of detection histories from which the likelihood follows.

    `noticed` and `missed` are visits to sites where the group was noticed at all, `sites_noticed` the number
    of these sites. Of the other sites, `empty_sites` were visited `empty_visits` times; shape (numbers of
    visits,).
    """

    noticed: float
    missed: float
    sites_noticed: float
    empty_visits: FloatArray
    empty_sites: FloatArray


class Use(NamedTuple):
    """Share of sites used and chance to notice the group on one visit to a used site, each with its error.

    `naive` is the share of sites where the group was noticed at all; `boundary` is true where the share of
    sites used ran to 1, where it has no standard error; `totals` are what the interval is made from.
    """

    used: float
    noticed: float
    used_error: float | None
    noticed_error: float | None
    log_likelihood: float
    naive: float
    sites: int
    boundary: bool
    totals: DetectionTotals


def site_use(detections: FloatArray, visits: FloatArray) -> Use:
    """Estimate the share of sites that a group uses from how often it was noticed at each.

    Parameters
    ----------
    detections : array, shape (sites,)
        Visits on which the group was noticed.
    visits : array, shape (sites,)
        Visits made; sites without one are left out. Visits should be far enough apart to be independent.

    Returns
    -------
    Use
        Maximum likelihood, to the last digits.

    Raises
    ------
    InvalidSampleError
        Where detections exceed visits, or are negative, or where the group was noticed nowhere or no site was
        visited twice, so that nothing can be estimated.

    Notes
    -----
    A site with d of K visits has likelihood psi p^d (1-p)^(K-d), and where d = 0 further 1 - psi. The model
    asks that a used site stays used through all visits; insects come and go, so the share is called use,
    never occupancy: the chance that a site is used at some time of the season.

    References
    ----------
    D. I. MacKenzie et al., "Estimating site occupancy rates when detection probabilities are less than one,"
    Ecology 83, 2248-2255, 2002, doi 10.1890/0012-9658(2002)083[2248:ESORWD]2.0.CO;2.

    Examples
    --------
    >>> found = site_use(np.array([3, 1, 0, 2, 0, 0, 1, 2]), np.full(8, 5))
    >>> round(found.naive, 3), round(found.used, 3), round(found.noticed, 3)
    (0.625, 0.752, 0.299)
    """
    detections = np.asarray(detections, dtype=np.float64)
    visits = np.asarray(visits, dtype=np.float64)
    _check(detections, visits)
    detections, visits = detections[visits > 0], visits[visits > 0]
    naive = float((detections > 0).mean())
    totals = _totals(detections, visits)
    used, noticed, boundary = _estimate(detections, visits)
    used_error, noticed_error = (None, None) if boundary else _errors(used, noticed, detections, visits)
    likelihood = _log_likelihood(used, noticed, totals)
    return Use(used, noticed, used_error, noticed_error, likelihood, naive, detections.size, boundary, totals)


def use_interval(use: Use, confidence: float = CONFIDENCE) -> Interval:
    """Interval of the share of sites used, by profile likelihood.

    Parameters
    ----------
    use : Use
        The estimate of `site_use`.
    confidence : float
        Nominal coverage, between 0 and 1.

    Returns
    -------
    Interval
        Both ends, shares between 0 and 1. Where no share up to 1 is ruled out, the upper end is 1.

    Notes
    -----
    With l(psi) the log-likelihood at its best chance to notice, the interval holds each psi with
    2 (l(best) - l(psi)) <= c, the quantile of chi-squared with 1 degree of freedom: a root on each side of
    the estimate, or the bound where there is none. It needs no standard error, so it stands where the
    estimate runs to 1, and it never reaches further than the likelihood does, as an interval on the logit
    scale does where use and chance to notice can hardly be told apart.

    References
    ----------
    D. J. Venzon and S. H. Moolgavkar, "A method for computing profile-likelihood-based confidence
    intervals," Applied Statistics 37, 87-94, 1988, doi 10.2307/2347496.

    Examples
    --------
    >>> use = site_use(np.array([3, 1, 0, 2, 0, 0, 1, 2]), np.full(8, 5))
    >>> [round(end, 3) for end in use_interval(use)[:2]]
    [0.337, 1.0]
    """
    allowed = use.log_likelihood - float(chdtri(1, 1 - confidence)) / 2

    def excess(share: float) -> float:
        return profile_log_likelihood(share, use.totals) - allowed

    low = _root(excess, 1e-9, use.used, xtol=1e-12)
    high = 1.0 if excess(1.0) >= 0 else _root(excess, use.used, 1.0, xtol=1e-12)
    return Interval(low, high, IntervalMethod.of("profile_likelihood", sites=use.sites))


def profile_log_likelihood(used: float, totals: DetectionTotals) -> float:
    """Log-likelihood of a share of sites used, greater than 0, at the chance to notice that fits it best.

    The likelihood may have several maxima over the chance; the highest of them is taken.
    """
    grid = expit(_CHANCE_LOGITS)
    slopes = _logit_slope(used, grid, totals)
    peaks = np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0))
    chances = [
        float(
            expit(_root(lambda at: float(_logit_slope(used, np.array(expit(at)), totals)), *ends, xtol=1e-12))
        )
        for ends in zip(_CHANCE_LOGITS[peaks], _CHANCE_LOGITS[peaks + 1], strict=True)
    ]
    if slopes[-1] > 0:
        chances.append(1.0)
    return max(_log_likelihood(used, chance, totals) for chance in chances)


def no_use_reason(sites: int) -> Reason | None:
    """Return why the share of sites used has no figure, or None from 20 sites on."""
    if sites >= USE_SITES_LEAST.value:
        return None
    return Reason.of("sites_too_few", sites=sites, needed=USE_SITES_LEAST.value)


def no_group_use_reason(detections: FloatArray, visits: FloatArray) -> Reason | None:
    """Return why `site_use` cannot estimate anything of a group, or None where it can."""
    if not detections.sum() > 0:
        return Reason.of("group_at_no_site")
    return None if (visits > 1).any() else Reason.of("no_site_twice")


def _check(detections: FloatArray, visits: FloatArray) -> None:
    if detections.shape != visits.shape or detections.ndim != 1:
        raise InvalidSampleError(
            f"site use: detections have shape {detections.shape}, visits {visits.shape}; expected one a site"
        )
    for values in (detections, visits):
        if not np.isfinite(values).all() or (values < 0).any() or (values != np.floor(values)).any():
            raise InvalidSampleError("site use: expected whole numbers of 0 or more")
    if (detections > visits).any():
        index = int(np.argmax(detections > visits))
        raise InvalidSampleError(
            f"site use: site {index} has {detections[index]:g} detections on {visits[index]:g} visits"
        )
    if not detections.sum() > 0:
        raise InvalidSampleError("site use: the group was noticed nowhere, so that nothing can be estimated")
    if not (visits > 1).any():
        raise InvalidSampleError(
            "site use: no site was visited twice, so that missed cannot be told from absent"
        )


def _estimate(detections: FloatArray, visits: FloatArray) -> tuple[float, float, bool]:
    """Maximum of the likelihood: for each chance to notice, the best share of sites has one root."""

    def slope(chance: float) -> float:
        used = _best_share(chance, detections, visits)
        return _noticed_slope(used, chance, detections, visits)

    total = float(detections.sum())
    low, high = total / visits.sum() * 1e-3, 1 - 1e-12
    noticed = _root(slope, low, high, xtol=1e-17, rtol=8.9e-16) if slope(high) < 0 else 1.0
    used = _best_share(noticed, detections, visits)
    return used, noticed, bool(logit(used) > _BOUND) or noticed == 1.0


def _best_share(noticed: float, detections: FloatArray, visits: FloatArray) -> float:
    """Share of sites used that is likeliest for a chance to notice."""
    detected_sites = float((detections > 0).sum())
    missed = 1 - (1 - noticed) ** visits[detections == 0]
    if not missed.size:
        return 1.0

    def slope(used: float) -> float:
        return float(detected_sites / used - (missed / (1 - used * missed)).sum())

    if slope(1 - 1e-15) >= 0:
        return 1.0
    return _root(slope, detected_sites / visits.size * 0.5, 1 - 1e-15, xtol=1e-17, rtol=8.9e-16)


def _noticed_slope(used: float, noticed: float, detections: FloatArray, visits: FloatArray) -> float:
    """Differentiate the log-likelihood by the chance to notice."""
    is_detected = detections > 0
    first = detections[is_detected].sum() / noticed - (
        visits[is_detected] - detections[is_detected]
    ).sum() / (1 - noticed)
    k = visits[~is_detected]
    survived = (1 - noticed) ** (k - 1)
    empty = used * k * survived / (1 - used + used * survived * (1 - noticed))
    return float(first - empty.sum())


def _totals(detections: FloatArray, visits: FloatArray) -> DetectionTotals:
    is_detected = detections > 0
    noticed = float(detections.sum())
    missed = float(visits[is_detected].sum()) - noticed
    empty_visits, empty_sites = np.unique(visits[~is_detected], return_counts=True)
    return DetectionTotals(
        noticed, missed, float(is_detected.sum()), empty_visits, empty_sites.astype(np.float64)
    )


def _logit_slope(used: float, chance: FloatArray, totals: DetectionTotals) -> FloatArray:
    """Differentiate the log-likelihood by the logit of the chance to notice, shape of `chance`."""
    chance = np.asarray(chance, dtype=np.float64)
    k = totals.empty_visits
    survived = used * (1 - chance[..., np.newaxis]) ** k
    empty = 1 - used + survived
    is_used = np.divide(survived, empty, out=np.ones_like(survived), where=empty > 0)
    effort = totals.noticed + totals.missed + is_used @ (k * totals.empty_sites)
    return np.asarray(totals.noticed - chance * effort)


def _log_likelihood(used: float, noticed: float, totals: DetectionTotals) -> float:
    """Log-likelihood of detection histories, whatever their order."""
    missed = totals.missed * np.log1p(-noticed) if totals.missed else 0.0
    empty = totals.empty_sites * np.log(1 - used + used * (1 - noticed) ** totals.empty_visits)
    return float(
        totals.sites_noticed * np.log(used) + totals.noticed * np.log(noticed) + missed + empty.sum()
    )


def _errors(used: float, noticed: float, detections: FloatArray, visits: FloatArray) -> tuple[float, float]:
    """Compute standard errors from the observed information."""
    is_detected = detections > 0
    k = visits[~is_detected]
    q = 1 - noticed
    empty = 1 - used + used * q**k
    by_used, by_noticed = (q**k - 1) / empty, -used * k * q ** (k - 1) / empty
    uu = -is_detected.sum() / used**2 - (by_used**2).sum()
    d, m = detections[is_detected].sum(), (visits[is_detected] - detections[is_detected]).sum()
    pp = -d / noticed**2 - m / q**2 + (used * k * (k - 1) * q ** (k - 2) / empty - by_noticed**2).sum()
    up = (-k * q ** (k - 1) / empty - by_used * by_noticed).sum()
    information = -np.array([[uu, up], [up, pp]])
    variance = np.linalg.inv(information)
    return float(np.sqrt(variance[0, 0])), float(np.sqrt(variance[1, 1]))


def _root(
    function: Callable[[float], float], low: float, high: float, xtol: float, rtol: float = _RELATIVE_LEAST
) -> float:
    """Return where a function that has another sign at either end is zero."""
    # Loading it is a quarter of what each round of pages loads, of which few have a root to find.
    from scipy.optimize import brentq  # noqa: PLC0415

    return float(brentq(function, low, high, xtol=xtol, rtol=rtol))

"""Why a figure of a site's diversity has no value: one sentence for each way that happens."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPREAD = {"standard_error", "low", "high"}
# Estimates that fall back to the interval of the number found where they add nothing to it.
_RICHNESS = {"chao1_bias_corrected", "chao2_bias_corrected", "ace", "ice", "jackknife1", "jackknife2"}


def reason_of(path: tuple[str, ...], record: Mapping[str, Any]) -> str:
    """Return why the value under a path is undefined.

    Parameters
    ----------
    path : tuple of str
        Where it stands in the record: `("asymptotic", "2")`, `("chao1", "standard_error")`.
    record : mapping
        The record of the site.

    Returns
    -------
    str
        The reason, for a person.

    Examples
    --------
    >>> site = {"richness_observed": 3, "units": None, "singletons": 0, "n": 9}
    >>> reason_of(("chao1", "low"), site)
    'no kind was found once, so nothing is estimated to be missing and the variance has no value'
    """
    figure = path[0]
    if record["richness_observed"] == 0:
        return "nothing was found in any sampling unit" if record["units"] else "no individuals were found"
    if path[-1] in _SPREAD and figure in _RICHNESS:
        return (
            "nothing is added to the number found, and the sample is too thin, or its rare kinds too many, "
            "for an interval of that number"
        )
    if figure == "more":
        return _without_more(path[1], record)
    if figure in {"chao1", "chao2"}:
        return _without_variance(record)
    if figure in {"ace", "ice"}:
        return _without_rare_coverage(figure, record)
    if figure == "bootstrap" or path[-1] in _SPREAD:
        return "the resampled samples all agree, or too many of them have no value, as the figure itself may"
    if figure == "coverage_based" and record[figure][int(path[1])]["size"] is None:
        return "kinds found once show that others are missing still; no finite sample has this coverage"
    return _without_order(float(path[2 if figure.endswith("based") else 1]), record)


def _without_more(figure: str, record: Mapping[str, Any]) -> str:
    if figure.startswith("ichao"):
        return _without_variance(record)
    return "one kind alone cannot be even or uneven"


def _without_variance(record: Mapping[str, Any]) -> str:
    if record["n"] == 1:
        return "one sampling unit" if record["units"] else "one individual"
    if record["singletons"] == 0:
        return "no kind was found once, so nothing is estimated to be missing and the variance has no value"
    return "one kind was found once and none twice, so nothing is estimated to be missing"


def _without_rare_coverage(estimator: str, record: Mapping[str, Any]) -> str:
    if record["n"] < 2:
        return "one sampling unit" if record["units"] else "one individual"
    chao = "chao2_bias_corrected" if estimator == "ice" else "chao1_bias_corrected"
    return f"all rare kinds were found once, so their coverage is 0; see {chao}"


def _without_order(q: float, record: Mapping[str, Any]) -> str:
    unit = "sampling units" if record["units"] else "individuals"
    if q == inf:
        return "the order infinity has only an observed value"
    if q > record["n"]:
        return f"order {q:g} needs more {unit} than the {record['n']} there are"
    if record["singletons"] == record["richness_observed"]:
        return f"every kind was found once, so order {q:g} is undefined: no two {unit} shared a kind"
    return f"too few kinds were found often enough to estimate order {q:g}"

"""Why a figure of a site's diversity has no value: one reason for each way that happens."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Final

from sera_words.statements import TableReason

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_INCIDENCE: Final = TableReason.of("no_incidence")
NO_INDIVIDUAL: Final = TableReason.of("no_individual")
NO_ADDITION: Final = TableReason.of("nothing_added")
RESAMPLES_UNDEFINED: Final = TableReason.of("resamples_undefined")
COVERAGE_OUT_OF_REACH: Final = TableReason.of("coverage_out_of_reach")
ONE_KIND: Final = TableReason.of("one_kind")
ONE_UNIT: Final = TableReason.of("one_sampling_unit")
ONE_INDIVIDUAL: Final = TableReason.of("one_individual")
NO_KIND_ONCE: Final = TableReason.of("no_kind_once")
ONE_KIND_ONCE: Final = TableReason.of("one_kind_once")
ORDER_INFINITE: Final = TableReason.of("order_infinite")

_SPREAD: Final = {"standard_error", "low", "high"}
# Estimates that fall back to the interval of the number found where they add nothing to it.
_RICHNESS: Final = {
    "chao1_bias_corrected",
    "chao2_bias_corrected",
    "ace",
    "ice",
    "jackknife1",
    "jackknife2",
}


def reason_of(path: tuple[str, ...], record: Mapping[str, Any]) -> TableReason:
    """Return why the value under a path is undefined.

    Parameters
    ----------
    path : tuple of str
        Where it stands in the record: `("asymptotic", "2")`, `("chao1", "standard_error")`.
    record : mapping
        The record of the site.

    Returns
    -------
    TableReason

    Examples
    --------
    >>> site = {"richness_observed": 3, "units": None, "singletons": 0, "n": 9}
    >>> reason_of(("chao1", "low"), site)
    TableReason(code='no_kind_once', arguments={})
    """
    figure = path[0]
    if record["richness_observed"] == 0:
        return NO_INCIDENCE if record["units"] else NO_INDIVIDUAL
    if path[-1] in _SPREAD and figure in _RICHNESS:
        return NO_ADDITION
    if figure == "more":
        return _without_variance(record) if path[1].startswith("ichao") else ONE_KIND
    if figure in {"chao1", "chao2"}:
        return _without_variance(record)
    if figure in {"ace", "ice"}:
        return _without_rare_coverage(figure, record)
    if figure == "bootstrap" or path[-1] in _SPREAD:
        return RESAMPLES_UNDEFINED
    if figure == "coverage_based" and record[figure][int(path[1])]["size"] is None:
        return COVERAGE_OUT_OF_REACH
    return _without_order(float(path[2 if figure.endswith("based") else 1]), record)


def _without_variance(record: Mapping[str, Any]) -> TableReason:
    if record["n"] == 1:
        return ONE_UNIT if record["units"] else ONE_INDIVIDUAL
    return NO_KIND_ONCE if record["singletons"] == 0 else ONE_KIND_ONCE


def _without_rare_coverage(estimator: str, record: Mapping[str, Any]) -> TableReason:
    if record["n"] < 2:
        return ONE_UNIT if record["units"] else ONE_INDIVIDUAL
    chao = "chao2_bias_corrected" if estimator == "ice" else "chao1_bias_corrected"
    return TableReason.of("rare_kinds_once", estimate=chao)


def _without_order(order: float, record: Mapping[str, Any]) -> TableReason:
    if order == inf:
        return ORDER_INFINITE
    number = record["n"]
    if order > number:
        if record["units"]:
            return TableReason.of("order_above_units", order=order, units=number)
        return TableReason.of("order_above_individuals", order=order, individuals=number)
    if record["singletons"] == record["richness_observed"]:
        return TableReason.of(
            "units_share_no_kind" if record["units"] else "individuals_share_no_kind", order=order
        )
    return TableReason.of("order_kinds_too_few", order=order)

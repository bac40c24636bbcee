"""Figures of sites that depend on the sample alone: coverage and Hill numbers, by size and by coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sera_analysis.diversity.asymptotic import asymptotic_hill_number
from sera_analysis.diversity.coverage import expected_coverage, sample_coverage
from sera_analysis.diversity.coverage_standard import size_at_coverage
from sera_analysis.diversity.hill import hill_number
from sera_analysis.diversity.rarefaction import expected_hill_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_analysis.diversity.samples import FloatArray, Sample

Record = dict[str, Any]
ORDERS: Final = (0.0, 1.0, 2.0)


class Question(NamedTuple):
    """What is asked of each site: orders, sizes, coverages, and what is asked for less often."""

    orders: Sequence[float] = ORDERS
    sizes: Sequence[float] = ()
    coverages: Sequence[float] = ()
    more: bool = False


def site_figures(sample: Sample, question: Question) -> Record:
    """Compute the figures of all sites at once.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (sites, kinds)
        The sites.
    question : Question
        Orders, sizes and coverages.

    Returns
    -------
    dict
        A tree of dicts and lists; each leaf is an array of shape (sites,), not a number where undefined.
    """
    orders = {label(q): q for q in question.orders}
    return {
        "coverage": sample_coverage(sample),
        "observed": {key: hill_number(sample, q) for key, q in orders.items()},
        "asymptotic": {key: {"value": asymptotic_hill_number(sample, q)} for key, q in orders.items()},
        "size_based": _size_based(sample, question),
        "coverage_based": _coverage_based(sample, question),
    }


def label(number: float) -> str:
    """Write an order or a size as short as it can be read back: 0, 1, 0.5, inf."""
    return f"{int(number)}" if number == np.floor(number) and np.isfinite(number) else f"{number!r}"


def _size_based(sample: Sample, question: Question) -> list[Record]:
    """One entry a size, with coverage and Hill numbers."""
    if not question.sizes:
        return []
    coverage = expected_coverage(sample, question.sizes)
    numbers = _numbers(sample, np.asarray(question.sizes, dtype=np.float64), question.orders)
    entries = []
    for column, size in enumerate(question.sizes):
        size_label = int(size) if size == int(size) else size
        entry = {"size": np.full(sample.size.shape, size_label), "coverage": coverage[:, column]}
        entries.append(entry | {key: number[:, column] for key, number in numbers.items()})
    return entries


def _coverage_based(sample: Sample, question: Question) -> list[Record]:
    """One entry a coverage, with the size that has it and Hill numbers there."""
    if not question.coverages:
        return []
    sizes = size_at_coverage(sample, question.coverages)
    met = np.isfinite(sizes)
    usable = np.where(met, sizes, 1.0)
    coverage = np.where(met, expected_coverage(sample, usable), np.nan)
    numbers = _numbers(sample, usable, question.orders)
    entries = []
    for column, target in enumerate(question.coverages):
        entry = {
            "target": np.full(sample.size.shape, target),
            "size": sizes[:, column],
            "coverage": coverage[:, column],
        }
        values = {key: np.where(met, number, np.nan)[:, column] for key, number in numbers.items()}
        entries.append(entry | values)
    return entries


def _numbers(sample: Sample, sizes: FloatArray, orders: Sequence[float]) -> dict[str, FloatArray]:
    """Hill numbers by order, shape (sites, sizes); infinite orders have none but the observed one."""
    finite = [q for q in orders if np.isfinite(q)]
    numbers = expected_hill_numbers(sample, sizes, finite) if finite else np.empty((*sizes.shape, 0))
    by_order = {label(q): numbers[..., index] for index, q in enumerate(finite)}
    shape = (len(sample.size), sizes.shape[-1])
    return {label(q): by_order.get(label(q), np.full(shape, np.nan)) for q in orders}

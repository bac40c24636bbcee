"""All that can be said about the diversity of sites from one table of counts or of incidence, with reasons.

The record of a site is made of plain numbers and None; whatever is None has its reason under the same path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sera_analysis.asymptotic import asymptotic_hill_number
from sera_analysis.coverage import expected_coverage, sample_coverage
from sera_analysis.coverage_standard import size_at_coverage
from sera_analysis.estimates import kinds_found
from sera_analysis.hill import hill_number
from sera_analysis.rare_kinds import rare_coverage_estimate
from sera_analysis.rarefaction import expected_hill_numbers
from sera_analysis.richness import chao, chao_bias_corrected, jackknife
from sera_analysis.samples import Incidence, found_times
from sera_analysis.undefined import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sera_analysis.estimates import Estimate
    from sera_analysis.samples import FloatArray, Sample

Record = dict[str, Any]
ORDERS: Final = (0.0, 1.0, 2.0)


class Question(NamedTuple):
    """What is asked of each site: orders, sizes and coverages."""

    orders: Sequence[float] = ORDERS
    sizes: Sequence[float] = ()
    coverages: Sequence[float] = ()


def site_diversity(sample: Sample, names: Sequence[str], question: Question) -> dict[str, Record]:
    """Make the record of each site.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (sites, kinds)
        The sites.
    names : sequence of str
        Their names.
    question : Question
        Orders, sizes and coverages asked for.

    Returns
    -------
    dict
        By name: n, coverage, estimates of richness, Hill numbers observed, asymptotic, by size and by
        coverage, and the reason of each None.
    """
    columns = _columns(sample, question)
    records = {}
    for place, name in enumerate(names):
        record = {key: _picked(value, place) for key, value in columns.items()}
        records[name] = record | {"reasons": _reasons(record)}
    return records


def _columns(sample: Sample, question: Question) -> Record:
    """Everything that is said about the sites, each leaf an array over sites."""
    incidence = isinstance(sample, Incidence)
    number = "2" if incidence else "1"
    orders = {label(q): q for q in question.orders}
    return {
        "n": _whole(sample.size),
        "units": _whole(sample.size) if incidence else np.full(sample.size.shape, None),
        "richness_observed": _whole(kinds_found(sample)),
        "singletons": _whole(found_times(sample, 1)),
        "doubletons": _whole(found_times(sample, 2)),
        "coverage": sample_coverage(sample),
        f"chao{number}": _estimate(chao(sample)),
        f"chao{number}_bias_corrected": _estimate(chao_bias_corrected(sample)),
        "ice" if incidence else "ace": _estimate(rare_coverage_estimate(sample)),
        "jackknife1": _estimate(jackknife(sample, 1)),
        "jackknife2": _estimate(jackknife(sample, 2)),
        "observed": {key: hill_number(sample, q) for key, q in orders.items()},
        "asymptotic": {key: {"value": asymptotic_hill_number(sample, q)} for key, q in orders.items()},
        "size_based": _size_based(sample, question),
        "coverage_based": _coverage_based(sample, question),
    }


def label(number: float) -> str:
    """Write an order or a size as short as it can be read back: 0, 1, 0.5, inf."""
    return f"{int(number)}" if number == np.floor(number) and np.isfinite(number) else f"{number!r}"


def _whole(numbers: FloatArray) -> FloatArray:
    return numbers.astype(np.int64)


def _estimate(estimate: Estimate) -> dict[str, FloatArray]:
    return estimate._asdict()


def _size_based(sample: Sample, question: Question) -> list[Record]:
    """One entry a size, with coverage and Hill numbers."""
    if not question.sizes:
        return []
    coverage = expected_coverage(sample, question.sizes)
    numbers = _numbers(sample, np.asarray(question.sizes, dtype=np.float64), question.orders)
    entries = []
    for place, size in enumerate(question.sizes):
        shown = int(size) if size == int(size) else size
        asked = {"size": np.full(sample.size.shape, shown), "coverage": coverage[:, place]}
        entries.append(asked | {key: number[:, place] for key, number in numbers.items()})
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
    for place, target in enumerate(question.coverages):
        asked = {
            "target": np.full(sample.size.shape, target),
            "size": sizes[:, place],
            "coverage": coverage[:, place],
        }
        there = {key: np.where(met, number, np.nan)[:, place] for key, number in numbers.items()}
        entries.append(asked | there)
    return entries


def _numbers(sample: Sample, sizes: FloatArray, orders: Sequence[float]) -> dict[str, FloatArray]:
    """Hill numbers by order, shape (sites, sizes); infinite orders have none but the observed one."""
    finite = [q for q in orders if np.isfinite(q)]
    numbers = expected_hill_numbers(sample, sizes, finite) if finite else np.empty((*sizes.shape, 0))
    by_order = {label(q): numbers[..., place] for place, q in enumerate(finite)}
    shape = (len(sample.size), sizes.shape[-1])
    return {label(q): by_order.get(label(q), np.full(shape, np.nan)) for q in orders}


def _picked(value: Any, place: int) -> Any:
    """One site's part of a tree of arrays over sites; what is not finite becomes None."""
    if isinstance(value, dict):
        return {key: _picked(part, place) for key, part in value.items()}
    if isinstance(value, list):
        return [_picked(part, place) for part in value]
    one = value[place]
    if one is None:
        return None
    number = one.item() if isinstance(one, np.generic) else one
    return number if np.isfinite(number) else None


def _reasons(record: Record) -> dict[str, str]:
    """Give the reason of each None by its path; an estimate without value has one for all its parts."""
    stated = {key: value for key, value in record.items() if key != "units"}
    return {".".join(path): reason_of(path, record) for path in _undefined(stated, ())}


def _undefined(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Paths of None below a value."""
    if value is None or (isinstance(value, dict) and value.get("value", 0) is None):
        yield path
    elif isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in parts:
            yield from _undefined(part, (*path, str(key)))

"""The two kinds of sample that every diversity function takes: counts and incidence frequencies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from sera_analysis.errors import InvalidSampleError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

Statistic: TypeAlias = Callable[[FloatArray], FloatArray]
"""Figures, shape (draws, figures), of weights of the sampling units, shape (draws, units)."""


@dataclass(frozen=True, eq=False)
class Abundance:
    """Counts of individuals by kind.

    Parameters
    ----------
    counts : array, shape (..., kinds)
        Whole numbers of individuals; leading axes are sites.

    Raises
    ------
    InvalidSampleError
        Where a count is negative, not finite or a fraction.

    Examples
    --------
    >>> Abundance([9, 5, 1]).n.item()
    15.0
    """

    counts: FloatArray

    def __init__(self, counts: ArrayLike) -> None:
        object.__setattr__(self, "counts", whole_numbers(counts, "abundance"))

    @property
    def frequencies(self) -> FloatArray:
        """Counts by kind, the numbers whose shares make Hill numbers; shape (..., kinds)."""
        return self.counts

    @property
    def n(self) -> FloatArray:
        """Individuals a site; shape (...)."""
        n: FloatArray = self.counts.sum(axis=-1)
        return n

    @property
    def size(self) -> FloatArray:
        """Size of the sample in what rarefaction draws: individuals a site; shape (...)."""
        return self.n

    def reshaped(self, *shape: int) -> Abundance:
        """Reshape the axes of sites; the axis of kinds stays the last."""
        return Abundance(self.counts.reshape(*shape, self.counts.shape[-1]))


@dataclass(frozen=True, eq=False)
class Incidence:
    """In how many of the sampling units each kind was found.

    Parameters
    ----------
    frequencies : array, shape (..., kinds)
        Number of units with the kind; leading axes are sites.
    units : array, shape (...)
        Number of sampling units a site.

    Raises
    ------
    InvalidSampleError
        Where a frequency is negative, a fraction, or larger than the number of units.

    Examples
    --------
    >>> Incidence.of_units([[1, 0, 1], [1, 0, 0]]).frequencies.tolist()
    [2.0, 0.0, 1.0]
    """

    frequencies: FloatArray
    units: FloatArray

    def __init__(self, frequencies: ArrayLike, units: ArrayLike) -> None:
        table = whole_numbers(frequencies, "incidence")
        n = np.asarray(units, dtype=np.float64)
        if n.shape != table.shape[:-1]:
            raise InvalidSampleError(
                f"incidence: units have shape {n.shape}, frequencies {table.shape}; expected one number of "
                f"units a site, shape {table.shape[:-1]}"
            )
        whole_numbers(n[..., np.newaxis], "units of an incidence sample")
        if np.any(table > n[..., np.newaxis]):
            raise InvalidSampleError(
                f"incidence: a kind was found in {table.max():g} units of {n.min():g}; a frequency cannot be "
                "larger than the number of units"
            )
        object.__setattr__(self, "frequencies", table)
        object.__setattr__(self, "units", n)

    @property
    def n(self) -> FloatArray:
        """Incidences a site, the sum of its frequencies; shape (...)."""
        n: FloatArray = self.frequencies.sum(axis=-1)
        return n

    @property
    def size(self) -> FloatArray:
        """Size of the sample in what rarefaction draws: sampling units a site; shape (...)."""
        return self.units

    def reshaped(self, *shape: int) -> Incidence:
        """Reshape the axes of sites; the axis of kinds stays the last."""
        frequencies = self.frequencies.reshape(*shape, self.frequencies.shape[-1])
        return Incidence(frequencies, self.units.reshape(*shape))

    @classmethod
    def of_units(cls, presence: ArrayLike) -> Incidence:
        """Build a sample from a table of units by kinds, shape (..., units, kinds); above zero is present."""
        table = whole_numbers(presence, "units of an incidence sample")
        if table.ndim < 2:
            raise InvalidSampleError("incidence: expected a table of units by kinds, found one row")
        units = np.full(table.shape[:-2], float(table.shape[-2]))
        return cls((table > 0).sum(axis=-2).astype(np.float64), units)


Sample: TypeAlias = Abundance | Incidence
AnySample = TypeVar("AnySample", Abundance, Incidence)


def frequency_count(sample: Sample, times: int) -> FloatArray:
    """Count the kinds found exactly `times` times: 1 for singletons, 2 for doubletons; shape (...)."""
    kinds: FloatArray = np.count_nonzero(sample.frequencies == times, axis=-1).astype(np.float64)
    return kinds


def frequency_counts(sample: Sample, most: int) -> FloatArray:
    """Count the kinds found once, twice, up to `most` times; shape (..., most)."""
    x = sample.frequencies.reshape(-1, sample.frequencies.shape[-1])
    width = most + 2
    cells = np.minimum(x, most + 1).astype(np.int64) + width * np.arange(len(x))[:, np.newaxis]
    counts = np.bincount(cells.ravel(), minlength=width * len(x)).reshape(len(x), width)
    return counts[:, 1 : most + 1].astype(np.float64).reshape(*sample.frequencies.shape[:-1], most)


def incidences_per_unit(sample: Sample) -> FloatArray:
    """Mean number of kinds in a sampling unit, shape (...); 1 for counts, whose units are individuals."""
    return divided(sample.n, sample.size, 0.0)


def whole_numbers(values: ArrayLike, label: str) -> FloatArray:
    """Check that values are whole, finite and not negative, with at least one axis, as floats."""
    table = np.array(values, dtype=np.float64)
    if table.ndim == 0:
        raise InvalidSampleError(f"{label}: expected a row of numbers, found the single number {table:g}")
    wrong = ~np.isfinite(table) | (table < 0) | (table != np.floor(table))
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise InvalidSampleError(
            f"{label}: found {table[index]:g} at place {index}; expected a whole number of 0 or more"
        )
    table.setflags(write=False)
    return table


def divided(top: FloatArray, bottom: FloatArray, otherwise: float = np.nan) -> FloatArray:
    """Divide where the bottom is above zero, and give another number elsewhere; shapes as in numpy."""
    result: FloatArray = np.empty(np.broadcast(top, bottom).shape)
    result.fill(otherwise)
    return np.divide(top, bottom, out=result, where=np.greater(bottom, 0))

"""Figures of access by district: who has nothing in reach, how much there is, and how evenly it is shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_analysis.statistics import equity
from sera_analysis.statistics.reach import (
    ENHANCED_ZONES,
    PLAIN_ZONES,
    catchment_bounds,
    chance_ginis,
    great_circle_m,
    zone_weights,
)
from sera_analysis.statistics.suppression import hidden_cells
from sera_coalition.report import report as codes
from sera_coalition.report.measures import MEASURES_BY_NAME
from sera_coalition.report.report import LORENZ_POINTS, SMALLEST_CELL, Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_analysis.diversity.samples import BoolArray, FloatArray

TWO_STEP, ENHANCED, SHARE, GINI = "two_step", "enhanced", "share", "gini"
ZONES: Final = {TWO_STEP: PLAIN_ZONES, ENHANCED: ENHANCED_ZONES}
_PERCENT: Final = 100.0
_THOUSAND: Final = 1000.0


class Positions(NamedTuple):
    """Places: positions of shape (n, 2) [degree], how many (residents, supply), and their uncertainty [m]."""

    positions: FloatArray
    amounts: FloatArray
    uncertainty_m: FloatArray


class Question(NamedTuple):
    """How access is asked for: reach [m], method, seed and draws of chance."""

    reach_m: float
    method: str
    seed: int
    draws: int


class Kind(NamedTuple):
    """What is reached: its three measures, tables and doubts of its figures, and why there may be none."""

    without: str
    a_thousand: str
    gini: str
    tables: tuple[str, ...]
    doubts: tuple[str, ...]
    missing: str


class Access(NamedTuple):
    """Figures of one kind, and the Lorenz curve of its access at each tenth of residents; empty for none."""

    figures: list[Figure]
    lorenz: tuple[float, ...]


def access_figures(
    homes: Positions,
    members: Sequence[FloatArray],
    names: Sequence[str],
    to: Positions,
    kind: Kind,
    question: Question,
) -> Access:
    """Compute all figures of one kind of thing to be reached.

    Parameters
    ----------
    homes
        Where people live, each place with a resident or more.
    members, names
        For each district 1 for its places and 0 for others, and its id.
    to
        What is reached; none gives figures with a reason.
    kind
        What it is called.
    question
        How it is asked for.
    """
    of_district = np.array(members).reshape(len(names), len(homes.amounts))
    if not (to.amounts[_is_precise(to, question)] > 0).any():
        missing = [
            _missing(measure, name, method, kind, kind.missing)
            for measure, method in ((kind.without, SHARE), (kind.a_thousand, question.method))
            for name in names
        ]
        return Access([*missing, _missing(kind.gini, "", GINI, kind, kind.missing)], ())
    weights, least, most = _weights(homes, to, question)
    bounds = catchment_bounds(to.amounts, homes.amounts, weights, least, most)
    shares = _without(homes.amounts, of_district, names, (weights, least, most), kind)
    levels = _levels(homes.amounts, of_district, names, bounds, kind, question.method)
    gini = _gini(homes, to, (weights, least, most), kind, question)
    return Access([*shares, *levels, gini], _lorenz(bounds.access, homes.amounts))


def _weights(
    homes: Positions, to: Positions, question: Question
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the weights of the distances as they are, at their longest, and at their shortest."""
    zones = ZONES[question.method]
    distance = great_circle_m(homes.positions, to.positions)
    doubt = homes.uncertainty_m[:, np.newaxis] + to.uncertainty_m[np.newaxis, :]
    lengths = (distance, distance + doubt, np.maximum(distance - doubt, 0.0))
    first, second, third = (zone_weights(length, reach_m=question.reach_m, zones=zones) for length in lengths)
    precise = _is_precise(to, question)
    return first * precise, second * precise, third


def _is_precise(to: Positions, question: Question) -> BoolArray:
    """Return what is known closely enough to count; the rest only widens the bounds."""
    precise: BoolArray = to.uncertainty_m <= question.reach_m
    return precise


def _without(
    residents: FloatArray,
    of_district: FloatArray,
    names: Sequence[str],
    weights: tuple[FloatArray, FloatArray, FloatArray],
    kind: Kind,
) -> list[Figure]:
    """Share of residents with nothing in reach; what few people stand behind is hidden, sums are rounded."""
    people = of_district @ residents
    without, high, low = (of_district @ (residents * ~(weight > 0).any(axis=1)) for weight in weights)
    own, hidden = suppressed(people, [without, low, high])
    return [
        _missing(
            kind.without, name, SHARE, kind, _reason(bool(own[row]), people[row]), int(of_district[row].sum())
        )
        if hidden[row] or not people[row]
        else _figure(
            kind.without,
            name,
            rounded_shares(without[row], low[row], high[row], people[row]),
            SHARE,
            kind,
            int(of_district[row].sum()),
            doubts=(codes.ROUNDED,),
        )
        for row, name in enumerate(names)
    ]


def suppressed(people: FloatArray, counts: Sequence[FloatArray]) -> tuple[BoolArray, BoolArray]:
    """Return which districts are too small themselves, and which are not shown.

    Parameters
    ----------
    people : array, shape (districts,)
        Residents of each.
    counts
        How many of them have something; what the others have not is a count, too.
    """
    cells = [people, *counts, *[people - count for count in counts]]
    # Each of these tables has a total that is known: what follows from it is hidden, too.
    small, hidden = np.zeros(people.shape, dtype=bool), np.zeros(people.shape, dtype=bool)
    for cell in cells:
        small |= (cell > 0) & (cell < SMALLEST_CELL)
        hidden |= hidden_cells(cell, SMALLEST_CELL)
    return small, hidden


def tens(count: float) -> int:
    """Round a number of people to tens, so that no subtraction tells a small one."""
    return round(count / SMALLEST_CELL) * SMALLEST_CELL


def rounded_shares(count: float, least: float, most: float, people: float) -> list[float]:
    """Return a share, its least and its most [%]; the bounds hold the rounding, too.

    Examples
    --------
    >>> [round(share) for share in rounded_shares(14, 14, 14, 14)]
    [71, 36, 100]
    """
    half = SMALLEST_CELL / 2
    # None is none: fewer than the smallest cell are hidden, and never rounded to it.
    spread = [tens(least) - half if least else 0.0, tens(most) + half if most else 0.0]
    return [min(_PERCENT, _PERCENT * amount / people) for amount in (tens(count), *spread)]


def _levels(
    residents: FloatArray,
    of_district: FloatArray,
    names: Sequence[str],
    bounds: tuple[FloatArray, FloatArray, FloatArray],
    kind: Kind,
    method: str,
) -> list[Figure]:
    """Mean over residents of what each place gets, for each thousand of them."""
    people = of_district @ residents
    own, hidden = suppressed(people, [])
    figures = []
    for row, name in enumerate(names):
        number = int(of_district[row].sum())
        if hidden[row] or not people[row]:
            reason = _reason(bool(own[row]), people[row])
            figures.append(_missing(kind.a_thousand, name, method, kind, reason, number))
            continue
        weights = of_district[row] * residents / people[row]
        values = [_THOUSAND * float(weights @ bound) for bound in bounds]
        figures.append(_figure(kind.a_thousand, name, values, method, kind, number))
    return figures


def _gini(
    homes: Positions,
    to: Positions,
    weights: tuple[FloatArray, FloatArray, FloatArray],
    kind: Kind,
    question: Question,
) -> Figure:
    """Gini over residents, what it is at the longest and shortest distances, and beside chance."""
    people = homes.amounts
    values = [equity.gini(_access(to.amounts, people, weight), people) for weight in weights]
    if np.isnan(values[0]):
        return _missing(kind.gini, "", GINI, kind, codes.NOTHING_SHARED)
    present = [value for value in values if not np.isnan(value)]
    near = zone_weights(
        great_circle_m(homes.positions, homes.positions),
        reach_m=question.reach_m,
        zones=ZONES[question.method],
    )
    chance = chance_ginis(
        to.amounts[_is_precise(to, question)], people, near, draws=question.draws, seed=question.seed
    )
    low, high = np.quantile(chance, (0.025, 0.975)).tolist()
    decimals = MEASURES_BY_NAME[kind.gini].decimals
    return Figure(
        measure=kind.gini,
        district="",
        value=round(values[0], decimals),
        low=round(min(present), decimals),
        high=round(max(present), decimals),
        n=len(people),
        n_of="places",
        method=GINI,
        tables=kind.tables,
        doubts=kind.doubts,
        chance_mean=round(float(chance.mean()), decimals),
        chance_low=round(low, decimals),
        chance_high=round(high, decimals),
    )


def _access(supply: FloatArray, residents: FloatArray, weights: FloatArray) -> FloatArray:
    bounds = catchment_bounds(supply, residents, weights, weights, weights)
    return bounds.access


def _lorenz(access: FloatArray, residents: FloatArray) -> tuple[float, ...]:
    curve = equity.lorenz(access, residents)
    if np.isnan(curve).any():
        return ()
    shares = np.interp(np.linspace(0, 1, LORENZ_POINTS), curve[:, 0], curve[:, 1])
    return tuple(np.round(shares, 3).tolist())


def _reason(is_small: bool, people: float) -> str:
    if not people:
        return codes.NO_PLACE
    return codes.TOO_FEW if is_small else codes.DERIVABLE


def _figure(
    measure: str,
    district: str,
    values: Sequence[float],
    method: str,
    kind: Kind,
    number: int,
    doubts: tuple[str, ...] = (),
) -> Figure:
    value, low, high = (round(float(bound), MEASURES_BY_NAME[measure].decimals) for bound in values)
    return Figure(
        measure=measure,
        district=district,
        value=value,
        low=low,
        high=high,
        n=number,
        n_of="places",
        method=method,
        tables=kind.tables,
        doubts=(*kind.doubts, *doubts),
    )


def _missing(measure: str, district: str, method: str, kind: Kind, reason: str, number: int = 0) -> Figure:
    return Figure(
        measure=measure,
        district=district,
        reason=reason,
        n=number,
        n_of="places",
        method=method,
        tables=kind.tables,
        doubts=kind.doubts,
    )

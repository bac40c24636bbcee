"""How evenly watching is shared out over a community's residents, beside what chance alone would do."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.diversity.samples import divided
from sera_analysis.figures.districts import HOSTS
from sera_analysis.figures.figures import Support, figure, missing_figure, or_none
from sera_analysis.statistics import equity
from sera_analysis.statistics.concentration import concentration_index, erreygers_index
from sera_analysis.statistics.intervals import no_interval
from sera_analysis.thresholds import DISTRICTS_LEAST
from sera_vocabulary import indices
from sera_words.keys import Part
from sera_words.statements import Note, Reason

if TYPE_CHECKING:
    from sera_analysis.aggregates.garden_set import GardenSet
    from sera_analysis.diversity.samples import BoolArray, FloatArray
    from sera_analysis.figures.districts import DistrictSums
    from sera_analysis.figures.figures import Frame
    from sera_store.results.results import Result

ALL_DISTRICTS: Final = Reason.of("all_districts")
NO_DISTRICT: Final = Reason.of("no_district")
NO_HOURS: Final = Reason.of("no_hours_shared")
UNITS: Final = Note.of("units_matter")

CHANCE_MEAN: Final = Part.of("chance_mean").key
CHANCE_LOW, CHANCE_HIGH = Part.of("chance_low").key, Part.of("chance_high").key
CHANCE_SHARE: Final = Part.of("chance_as_far").key
_INDICES: Final = (
    indices.EFFORT_GINI,
    indices.EFFORT_THEIL,
    indices.EFFORT_ATKINSON,
    indices.EFFORT_CONCENTRATION,
)


def equity_figures(frame: Frame, sums: DistrictSums, gardens: GardenSet) -> list[Result]:
    """Compute how evenly watching is shared out, or return what is missing for it.

    Parameters
    ----------
    frame
        The community and its window.
    sums, gardens
        What of the window is in which district, and all the community's gardens.
    """
    support = Support(
        effort_h=float(sums.hours.sum()), n=len(sums.districts), n_of="districts", notes=(HOSTS,)
    )
    reason = _missing(sums)
    if reason is not None:
        return [missing_figure(frame, index, reason, support) for index in _INDICES]
    by_resident = sums.hours / sums.residents
    chance = _chance(frame, sums, gardens)
    none = no_interval(ALL_DISTRICTS)
    atkinson = equity.atkinson(by_resident, 1, sums.residents)
    return [
        _gini(frame, sums, gardens, chance, support),
        _theil(frame, gardens, support),
        figure(frame, indices.EFFORT_ATKINSON, atkinson, none, support),
        _concentration(frame, sums, chance, support),
    ]


def _missing(sums: DistrictSums) -> Reason | None:
    """Return what is missing, or None where nothing is."""
    if not sums.districts:
        return NO_DISTRICT
    least = int(DISTRICTS_LEAST.value)
    if len(sums.districts) < least:
        return Reason.of("districts_too_few", districts=len(sums.districts), needed=least)
    unknown = _names(sums, np.isnan(sums.residents))
    if unknown:
        return Reason.of("residents_missing", districts=unknown)
    return None if sums.hours.sum() > 0 else NO_HOURS


def _names(sums: DistrictSums, mask: BoolArray) -> list[str]:
    return [
        district.id for district, is_listed in zip(sums.districts, mask.tolist(), strict=True) if is_listed
    ]


def _gini(
    frame: Frame, sums: DistrictSums, gardens: GardenSet, chance: FloatArray, support: Support
) -> Result:
    """Gini of hours a resident, with chance, other units, and each district that may be shown."""
    by_resident = sums.hours / sums.residents
    value = equity.gini(by_resident, sums.residents)
    merged = [_merged_gini(sums, *pair) for pair in combinations(range(len(sums.districts)), 2)]
    parts = {
        **_beside(value, equity.ginis(chance / sums.residents, sums.residents)),
        Part.of("over_gardens").key: or_none(_garden_gini(frame, gardens)),
        Part.of("merged_low").key: min(merged),
        Part.of("merged_high").key: max(merged),
        **{
            Part.of("hours_a_thousand", district=district.id).key: None if is_hidden else 1000 * hours
            for district, is_hidden, hours in zip(
                sums.districts, sums.hidden.tolist(), by_resident.tolist(), strict=True
            )
        },
    }
    support = support.replace(parts=parts, notes=(*support.notes, UNITS))
    return figure(frame, indices.EFFORT_GINI, value, no_interval(ALL_DISTRICTS), support, drawn=True)


def _merged_gini(sums: DistrictSums, first: int, second: int) -> float:
    """Gini where two districts are one."""
    hours, residents = sums.hours.copy(), sums.residents.copy()
    hours[first] += hours[second]
    residents[first] += residents[second]
    hours, residents = np.delete(hours, second), np.delete(residents, second)
    return equity.gini(hours / residents, residents)


def _garden_hours(frame: Frame, gardens: GardenSet) -> FloatArray:
    """Hours of watching of each garden, shape (gardens,)."""
    by_node = gardens.node_hours[:, frame.window.days].sum(axis=1)
    return np.bincount(gardens.garden_of, weights=by_node, minlength=len(gardens)).astype(np.float64)


def _garden_gini(frame: Frame, gardens: GardenSet) -> float:
    return equity.gini(_garden_hours(frame, gardens))


def _theil(frame: Frame, gardens: GardenSet, support: Support) -> Result:
    """Theil's T over gardens, within and between districts."""
    theil = equity.theil_t_parts(
        _garden_hours(frame, gardens), [garden.garden.district or "" for garden in gardens]
    )
    parts = {
        Part.of("within_districts").key: theil.within,
        Part.of("between_districts").key: theil.between,
    }
    support = support.replace(n=len(gardens), n_of="gardens", parts=dict(parts))
    return figure(frame, indices.EFFORT_THEIL, theil.total, no_interval(ALL_DISTRICTS), support)


def _concentration(frame: Frame, sums: DistrictSums, chance: FloatArray, support: Support) -> Result:
    """Concentration by deprivation, with Erreygers' index of the share of days watched."""
    unknown = _names(sums, np.isnan(sums.deprivation))
    if unknown:
        reason = Reason.of("deprivation_missing", districts=unknown)
        return missing_figure(frame, indices.EFFORT_CONCENTRATION, reason, support)
    rank_by, residents = sums.deprivation, sums.residents
    value = concentration_index(sums.hours / residents, rank_by, residents)
    drawn = np.array([concentration_index(hours / residents, rank_by, residents) for hours in chance])
    parts = {
        **_beside(value, drawn),
        Part.of("watched_days_erreygers").key: erreygers_index(sums.has_effort, rank_by, residents),
    }
    support = support.replace(parts=parts)
    return figure(frame, indices.EFFORT_CONCENTRATION, value, no_interval(ALL_DISTRICTS), support, drawn=True)


def _chance(frame: Frame, sums: DistrictSums, gardens: GardenSet) -> FloatArray:
    """Put each node's hours into a district at random, as residents are; shape (draws, districts)."""
    own = {district.id for district in sums.districts}
    inside = np.array([garden.garden.district in own for garden in gardens])
    by_node = gardens.node_hours[:, frame.window.days].sum(axis=1)
    hours = by_node[inside[gardens.garden_of] & (by_node > 0)]
    rng = np.random.default_rng(frame.seed)
    share = sums.residents / sums.residents.sum()
    districts = rng.choice(share.size, size=(frame.replicates, hours.size), p=share)
    cell = np.arange(frame.replicates)[:, np.newaxis] * share.size + districts
    weights = np.broadcast_to(hours, districts.shape)
    total = np.bincount(cell.ravel(), weights=weights.ravel(), minlength=frame.replicates * share.size)
    drawn: FloatArray = total.reshape(frame.replicates, share.size).astype(np.float64)
    return drawn


def _beside(value: float, chance: FloatArray) -> dict[str, float | None]:
    """Compare a figure with those of chance: their mean, 95 % of them, share at least as far from 0."""
    low, high = np.quantile(chance, (0.025, 0.975)).tolist()
    as_far = int(np.count_nonzero(np.abs(chance) >= abs(value) - 1e-12))
    share = divided(np.array(as_far + 1.0), np.array(chance.size + 1.0)).item()
    return {
        CHANCE_MEAN: float(chance.mean()),
        CHANCE_LOW: low,
        CHANCE_HIGH: high,
        CHANCE_SHARE: share,
    }

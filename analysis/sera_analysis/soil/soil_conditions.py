"""Named soil conditions, each by its own rule; there is no composite of them, and no soil health index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_analysis.thresholds import (
    FROST_CEL,
    GROWING_SOIL_CEL,
    HOT_SOIL_CEL,
    STRESS_WATER_SHARE,
    WATERLOGGED_ABOVE_CAPACITY,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sera_analysis.diversity.samples import FloatArray
    from sera_quality.soil_texture import WaterLimits

WILTING = "wilting"
WATER_STRESS = "short of water"
WATERLOGGED = "waterlogged"
FROZEN = "frozen"
TOO_COLD = "too cold to grow"
TOO_HOT = "too hot for roots"
WATER_CONDITIONS: Final = frozenset((WILTING, WATER_STRESS, WATERLOGGED))
CONDITIONS: Final = (WILTING, WATER_STRESS, WATERLOGGED, FROZEN, TOO_COLD, TOO_HOT)


class ConditionDays(NamedTuple):
    """On how many days each condition held, and how many days could be judged for it."""

    days: dict[str, int]
    judged: dict[str, int]


def water_conditions(moisture: FloatArray, limits: WaterLimits) -> dict[str, NDArray[np.bool_]]:
    """Return by day whether plants wilt, are short of water, or stand in it.

    Parameters
    ----------
    moisture : array, shape (days,)
        Daily means of calibrated soil moisture [m3/m3].
    limits
        Wilting point and field capacity of this soil.

    Returns
    -------
    dict
        Condition to its days; nothing is true of a day without a mean.

    References
    ----------
    R. G. Allen, L. S. Pereira, D. Raes and M. Smith, Crop Evapotranspiration, FAO Irrigation and Drainage
    Paper 56, 1998, chapter 8 (half of the available water can be taken without stress).
    """
    span = limits.field_capacity - limits.wilting_point
    stress = limits.wilting_point + STRESS_WATER_SHARE.value * span
    return {
        WILTING: moisture <= limits.wilting_point,
        WATER_STRESS: (moisture > limits.wilting_point) & (moisture < stress),
        WATERLOGGED: moisture > limits.field_capacity + WATERLOGGED_ABOVE_CAPACITY.value,
    }


def warmth_conditions(mean_cel: FloatArray, lowest_cel: FloatArray) -> dict[str, NDArray[np.bool_]]:
    """Return by day whether soil is frozen, too cold to grow, or too hot for roots.

    Parameters
    ----------
    mean_cel, lowest_cel : array, shape (days,)
        Daily mean and lowest soil temperature [degC].
    """
    return {
        FROZEN: lowest_cel < FROST_CEL.value,
        TOO_COLD: (mean_cel < GROWING_SOIL_CEL.value) & ~(lowest_cel < FROST_CEL.value),
        TOO_HOT: mean_cel >= HOT_SOIL_CEL.value,
    }


def condition_days(
    *, water: FloatArray, warmth: FloatArray, condition_flags: dict[str, NDArray[np.bool_]]
) -> ConditionDays:
    """Count the days of each condition beside the days that could be judged.

    Parameters
    ----------
    water, warmth : array, shape (days,)
        Daily means by which days can be judged at all.
    condition_flags
        Conditions as `water_conditions` and `warmth_conditions` give them.
    """
    judged = {True: int(np.count_nonzero(~np.isnan(water))), False: int(np.count_nonzero(~np.isnan(warmth)))}
    return ConditionDays(
        {name: int(np.count_nonzero(days)) for name, days in condition_flags.items()},
        {name: judged[name in WATER_CONDITIONS] for name in condition_flags},
    )

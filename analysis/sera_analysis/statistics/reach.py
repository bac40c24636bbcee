"""Who can reach a garden: the two-step floating catchment area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.diversity.samples import divided
from sera_analysis.errors import InvalidSampleError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sera_analysis.diversity.samples import FloatArray


def floating_catchment(
    supply: ArrayLike, residents: ArrayLike, distance_m: ArrayLike, *, reach_m: float
) -> FloatArray:
    """Access of each place of residents: supply within reach, each shared out among all who reach it.

    Parameters
    ----------
    supply : array, shape (gardens,)
        What each garden offers: places, hours open, square metres.
    residents : array, shape (places,)
        How many live at each place.
    distance_m : array, shape (places, gardens)
        Distance of each place from each garden [m].
    reach_m
        How far people go [m].

    Returns
    -------
    array, shape (places,)
        Supply a resident; 0 where no garden is within reach. The mean over residents is all supply that
        anybody reaches, over all residents.

    Raises
    ------
    InvalidSampleError
        Where a number is negative or not finite, or the shapes do not fit.

    Notes
    -----
    Step one: R_j = S_j / sum of P_k over places k within reach of garden j. Step two: A_i = sum of R_j over
    gardens j within reach of place i. No one goes farther than the reach, and all within go alike.

    References
    ----------
    W. Luo and F. Wang, "Measures of spatial accessibility to health care in a GIS environment," Environment
    and Planning B 30, 865-884, 2003, doi 10.1068/b29120.

    Examples
    --------
    >>> floating_catchment([10.0], [100, 300, 50], [[200], [400], [900]], reach_m=500).tolist()
    [0.025, 0.025, 0.0]
    """
    offered, people, distance = (
        np.asarray(values, dtype=np.float64) for values in (supply, residents, distance_m)
    )
    if distance.shape != (people.size, offered.size):
        raise InvalidSampleError(
            f"distances of shape {distance.shape}; expected {people.size} places by {offered.size} gardens"
        )
    for name, numbers in (("supply", offered), ("residents", people), ("distance_m", distance)):
        if not (np.isfinite(numbers) & (numbers >= 0)).all():
            raise InvalidSampleError(f"{name} has a number that is negative or not finite")
    within = (distance <= reach_m).astype(np.float64)
    access: FloatArray = within @ divided(offered, people @ within, 0.0)
    return access

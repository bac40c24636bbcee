"""What a camera or a light beam makes of the insects that come: missed, mixed up, or false."""

from typing import NamedTuple

import numpy as np

from sera_simulator.world.chance import Floats, Integers

CAMERA_DUTY = 0.5
BEAM_SHARE = 0.4
FALSE_TRIGGERS_RECOGNISED = 0.8
_FALSE_PER_HOUR_AT_4_M_S = 6.0

# Share of the insects in view that the camera notices while awake, in the order of INSECT_GROUPS.
_NOTICED = (0.90, 0.85, 0.70, 0.80, 0.75, 0.65, 0.90, 0.60, 0.25, 0.60)
# Of 100 noticed insects of a group (row), how many are given each group (column), in that order.
_NAMED = (
    (94, 2, 2, 0, 1, 1, 0, 0, 0, 0),
    (2, 85, 5, 1, 5, 2, 0, 0, 0, 0),
    (2, 9, 76, 2, 3, 3, 0, 0, 4, 1),
    (0, 3, 3, 84, 7, 2, 0, 0, 0, 1),
    (0, 6, 2, 5, 80, 6, 0, 0, 1, 0),
    (0, 2, 2, 1, 6, 83, 0, 1, 4, 1),
    (0, 0, 0, 0, 0, 1, 97, 0, 1, 1),
    (0, 0, 0, 0, 0, 3, 0, 92, 3, 2),
    (0, 0, 1, 0, 1, 6, 0, 3, 87, 2),
    (0, 0, 1, 1, 1, 5, 1, 4, 5, 82),
)


class BeamEvents(NamedTuple):
    """What a beam reports in each step: passages, and interruptions it took for false ones itself."""

    passages: Integers
    false_triggers: Integers


def noticed_share() -> Floats:
    """Share of the insects in view that an awake camera notices, shape (groups,)."""
    return np.array(_NOTICED)


def confusion() -> Floats:
    """Probability that a noticed insect of a group (row) is given a group (column); rows add up to 1."""
    return np.array(_NAMED) / 100


def camera_counts(present: Integers, awake_share: Floats, source: np.random.Generator) -> Integers:
    """Draw what a camera counts.

    Parameters
    ----------
    present
        Insects that came into view in each step, shape (rows, groups).
    awake_share
        Share of each step that the camera was awake, shape (rows,).
    source
        Random numbers of this camera.

    Returns
    -------
    numpy.ndarray
        Counts by the group that the camera named, shape (rows, groups).
    """
    detection, naming = source.spawn(2)
    noticed = detection.binomial(present, awake_share[:, None] * noticed_share())
    counts = np.zeros_like(present)
    rows, groups = np.nonzero(noticed)
    labels = naming.multinomial(noticed[rows, groups], confusion()[groups])
    np.add.at(counts, rows, labels)
    return counts


def expected_camera_counts(rates_per_h: Floats, awake_s: Floats) -> Floats:
    """Mean of a camera's counts for rates [1/h] and seconds awake, shape (rows, groups)."""
    return (rates_per_h * awake_s[:, None] / 3600 * noticed_share()) @ confusion()


def beam_events(
    present: Integers, wind_m_s: Floats, awake_s: Floats, source: np.random.Generator
) -> BeamEvents:
    """Draw what a light beam reports.

    Parameters
    ----------
    present
        Insects that came into the beam's patch in each step, shape (rows, groups), while it was awake.
    wind_m_s
        Wind speed [m/s], shape (rows,).
    awake_s
        Seconds awake in each step, shape (rows,).
    source
        Random numbers of this beam.

    Notes
    -----
    Two insects of five cross the beam. Moving leaves interrupt it with the square of the wind, 6 an hour
    at 4 m/s; the beam recognises four of five of these, the rest hide among the passages.
    """
    crossing, moving, judging = source.spawn(3)
    crossed = crossing.binomial(present.sum(axis=1), BEAM_SHARE)
    moved = moving.poisson(_FALSE_PER_HOUR_AT_4_M_S * (wind_m_s / 4) ** 2 * awake_s / 3600)
    recognised = judging.binomial(moved, FALSE_TRIGGERS_RECOGNISED)
    return BeamEvents(crossed + moved - recognised, recognised)

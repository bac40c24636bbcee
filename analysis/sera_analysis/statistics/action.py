"""What an action did: before and after, against controls, judged by moving its date round the season."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.diversity.samples import divided
from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.intervals import CONFIDENCE, Interval, no_interval
from sera_analysis.thresholds import ACTION_DAYS_LEAST, ACTION_SHIFTS_LEAST, CONTROLS_LEAST
from sera_words.statements import IntervalMethod, Note, Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sera_analysis.diversity.samples import FloatArray


class ActionEffect(NamedTuple):
    """Change that the action's date brought beyond the controls', or None with its reason.

    `chance` is the share of dates that would have shown as large a change; `days` before and after.
    """

    value: float | None
    interval: Interval
    chance: float | None
    before: int
    after: int
    reason: Reason | None


def action_effect(
    acted: FloatArray, controls: FloatArray, day: int, *, confidence: float = CONFIDENCE
) -> ActionEffect:
    """Estimate what an action changed: before-after-control-impact, with circular shifts of its date.

    Parameters
    ----------
    acted : array, shape (days,)
        Daily figure of the garden where something was done; not a number where there is none.
    controls : array, shape (gardens, days)
        The same of at least three comparable gardens where nothing was done.
    day
        The action's day: days from it on are after.
    confidence
        Nominal coverage of the interval.

    Returns
    -------
    ActionEffect
        Refused under three controls, under 10 days on either side, or under 40 days in all, since then fewer
        than 40 dates can be tried and a chance of 1 in 20 cannot be told.

    Notes
    -----
    With d the acted garden minus the mean of its controls on the same day, the effect is mean(d after) -
    mean(d before). The same number is computed for every date round the circle of days, which keeps spells
    of weather whole. The interval holds all effects that, taken out of the days after, would leave a chance
    above 1 - confidence. An effect is what came with the date: it is the action's only if nothing else came
    with it.

    References
    ----------
    A. Stewart-Oaten, W. W. Murdoch and K. R. Parker, "Environmental impact assessment: 'pseudoreplication'
    in time?" Ecology 67, 929-940, 1986, doi 10.2307/1939815. R. A. Fisher's randomisation test with cyclic
    shifts: E. S. Edgington and P. Onghena, Randomization Tests, 4th ed., 2007, doi 10.1201/9781420011814.
    """
    difference = _differences(np.asarray(acted, dtype=np.float64), np.asarray(controls, dtype=np.float64))
    days = difference.size
    if not 0 < day < days:
        raise InvalidSampleError(f"action: day {day} lies outside the {days} days; expected 1 to {days - 1}")
    observed = ~np.isnan(difference)
    before, after = int(observed[:day].sum()), int(observed[day:].sum())
    reason = _no_effect_reason(np.asarray(controls).shape[0], before, after, days)
    if reason is not None:
        return ActionEffect(None, no_interval(reason), None, before, after, reason)
    follows = np.arange(days) >= day
    shifted = np.stack([np.roll(follows, shift) for shift in range(days)])
    contrasts = _contrast(difference, shifted)
    response = _contrast(np.where(observed, follows, np.nan), shifted)
    value = float(contrasts[0])
    chance = float(np.mean(np.abs(contrasts) >= abs(value) - 1e-12 * max(abs(value), 1.0)))
    interval = _inverted(contrasts, response, confidence)
    return ActionEffect(value, interval, chance, before, after, None)


def _differences(acted: FloatArray, controls: FloatArray) -> FloatArray:
    """Acted garden minus the mean of the controls that have a figure that day."""
    if acted.ndim != 1 or controls.ndim != 2 or controls.shape[1] != acted.size:
        raise InvalidSampleError(
            f"action: acted has shape {acted.shape}, controls {controls.shape}; expected days, and "
            "gardens by days"
        )
    there = ~np.isnan(controls)
    mean = divided(np.where(there, controls, 0.0).sum(axis=0), there.sum(axis=0).astype(np.float64))
    # A garden that differs from the others and watches on some days only would move the controls' mean.
    own = divided(np.where(there, controls, 0.0).sum(axis=1), there.sum(axis=1).astype(np.float64))
    level = np.where(there, own[:, np.newaxis], 0.0).sum(axis=0)
    return acted - (mean - divided(level, there.sum(axis=0).astype(np.float64)))


def _no_effect_reason(controls: int, before: int, after: int, days: int) -> Reason | None:
    if controls < CONTROLS_LEAST.value:
        return Reason.of("controls_too_few", controls=controls, needed=CONTROLS_LEAST.value)
    if min(before, after) < ACTION_DAYS_LEAST.value:
        return Reason.of("days_around_too_few", before=before, after=after, needed=ACTION_DAYS_LEAST.value)
    if days < ACTION_SHIFTS_LEAST.value:
        return Reason.of("dates_too_few", days=days, needed=ACTION_SHIFTS_LEAST.value)
    return None


def _contrast(difference: FloatArray, follows: NDArray[np.bool_]) -> FloatArray:
    """Mean after minus mean before for each row of dates tried, shape (dates,)."""
    observed = ~np.isnan(difference)
    values = np.where(observed, difference, 0.0)
    after = follows.astype(np.float64)
    before = 1.0 - after
    top = divided(after @ values, after @ observed.astype(np.float64))
    bottom = divided(before @ values, before @ observed.astype(np.float64))
    return np.where(np.isnan(top - bottom), 0.0, top - bottom)


def _inverted(contrasts: FloatArray, response: FloatArray, confidence: float) -> Interval:
    """Interval of all effects that the dates tried would not call strange.

    Taking an effect e out of the days after leaves found - e * response for each date; its chance only
    changes where one of these equals the true date's, found[0] - e, in size. Between such points one e
    stands for all.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        points = np.concatenate(
            [
                (contrasts[0] - contrasts[1:]) / (1 - response[1:]),
                (contrasts[0] + contrasts[1:]) / (1 + response[1:]),
            ]
        )
    points = np.unique(points[np.isfinite(points)])
    middles = np.concatenate([[points[0] - 1.0], (points[1:] + points[:-1]) / 2, [points[-1] + 1.0]])
    left = np.abs(contrasts[np.newaxis, :] - middles[:, np.newaxis] * response[np.newaxis, :])
    chances = (left >= left[:, :1] - 1e-12).mean(axis=1)
    plausible = np.flatnonzero(chances > 1 - confidence)
    if not plausible.size or plausible[0] == 0 or plausible[-1] == middles.size - 1:
        return no_interval(Reason.of("no_change_ruled_out"))
    low, high = float(points[plausible[0] - 1]), float(points[plausible[-1]])
    method = IntervalMethod.of("circular_shifts", days=contrasts.size)
    return Interval(low, high, method, None, Note.of("shortfall_action"))

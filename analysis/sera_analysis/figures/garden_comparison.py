"""Gardens beside one another: differences on the same days, and what an action changed, as result records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_analysis.aggregates.gardens import class_hours, largest_class, select_class
from sera_analysis.figures.figures import Frame, Support, figure, missing_figure
from sera_analysis.figures.phenology_figures import part_worth
from sera_analysis.statistics.action import action_effect
from sera_analysis.statistics.comparison import class_mismatch_reason, paired_difference, same_day_differences
from sera_analysis.thresholds import PAIRED_DAY_EFFORT_LEAST_H
from sera_analysis.visits.phenology import by_turns
from sera_analysis.windows import SPAN, Window
from sera_store.local_clock import local_date
from sera_store.records.garden_actions import FLOWERING, WATERING
from sera_store.results.result import SIMULATED
from sera_vocabulary import indices
from sera_vocabulary.figure_codes import THESE_NODES
from sera_words.keys import Part
from sera_words.statements import Note, Reason

if TYPE_CHECKING:
    from datetime import date

    from sera_analysis.aggregates.effort import DayTally
    from sera_analysis.aggregates.gardens import Comparability, GardenDays
    from sera_analysis.diversity.samples import FloatArray
    from sera_analysis.figures.garden_figures import Draws
    from sera_store.records.garden_actions import Action
    from sera_store.results.results import Result

WITH_THE_DATE: Final = Note.of("came_with_the_date")
CHANCE: Final = Part.of("chance_of_dates").key


class ControlGardens(NamedTuple):
    """Gardens that could be controls, and notes on those that are left out."""

    gardens: list[GardenDays]
    left_out: tuple[Note, ...]


def difference_figure(first: GardenDays, second: GardenDays, draws: Draws) -> Result:
    """Difference in visits per hour of two gardens on the same days, or why they are not compared.

    Parameters
    ----------
    first, second
        The gardens, over the same days.
    draws
        Seed and replicates of the interval.
    """
    frame, index = _frame(first, draws), indices.VISITS_DIFFERENCE
    if first.garden.is_simulated != second.garden.is_simulated:
        simulated, real = (first, second) if first.garden.is_simulated else (second, first)
        reason = Reason.of("simulated_beside_real", simulated=[simulated.garden.id], real=[real.garden.id])
        return missing_figure(frame, index, reason, Support())
    for garden in (first, second):
        if not (garden.cameras.tally.effort_h > 0).any():
            return missing_figure(frame, index, _no_camera(garden), Support(effort_h=0.0))
    node_class = _shared_class(first, second)
    if node_class is None:
        own = [largest_class([class_hours(garden.cameras)]) or () for garden in (first, second)]
        return missing_figure(frame, index, class_mismatch_reason(*own) or _no_camera(second), Support())
    first_class, second_class = (select_class(garden.cameras, node_class) for garden in (first, second))
    differences = same_day_differences(
        first_class.flight_visits, first_class.flight_h, second_class.flight_visits, second_class.flight_h
    )
    difference = paired_difference(differences, seed=draws.seed, replicates=draws.replicates)
    support = Support(
        effort_h=float(first_class.flight_h.sum() + second_class.flight_h.sum()),
        n=difference.days,
        n_of="days",
        notes=(
            *_simulated(first),
            Note.of(
                "first_minus_second", first=first.garden.id, second=second.garden.id, shared=list(node_class)
            ),
        ),
    )
    if difference.value is None:
        return missing_figure(frame, index, difference.reason or _no_camera(second), support)
    if difference.interval.low is None:
        support = support.replace(notes=(*support.notes, Note.of("no_ranking")))
    return figure(frame, index, difference.value, difference.interval, support)


def action_figure(acted: GardenDays, candidates: ControlGardens, action: Action, draws: Draws) -> Result:
    """Change in visits per hour that came with an action, beyond that of gardens without it.

    Parameters
    ----------
    acted
        The garden where it was done, over days before and after.
    candidates
        Gardens without the action, over the same days.
    action
        What was done, and when.
    draws
        Seed and replicates; no random numbers are drawn.
    """
    frame, index = _frame(acted, draws), indices.ACTION_EFFECT
    node_class = largest_class([class_hours(acted.cameras)])
    if not (acted.cameras.tally.effort_h > 0).any():
        return missing_figure(frame, index, _no_camera(acted), Support(effort_h=0.0))
    own = daily_rates(select_class(acted.cameras, node_class))
    rates = {
        garden.garden.id: daily_rates(select_class(garden.cameras, node_class))
        for garden in candidates.gardens
        if garden.garden.is_simulated == acted.garden.is_simulated
    }
    controls = {name: row for name, row in rates.items() if not np.isnan(row).all()}
    lacking = [
        Note.of("left_out_class", garden=name, shared=list(node_class or ()))
        for name in rates
        if name not in controls
    ]
    day = (_local_day(action, acted) - acted.days.first).days
    table = np.array(list(controls.values())).reshape(len(controls), own.size)
    effect = action_effect(own, table, day)
    support = Support(
        effort_h=float(select_class(acted.cameras, node_class).flight_h.sum()),
        n=effect.before + effect.after,
        n_of="days",
        notes=(
            *_simulated(acted),
            _controls_note(action, acted, list(controls)),
            *candidates.left_out,
            *lacking,
            WITH_THE_DATE,
        ),
    )
    if effect.value is None:
        return missing_figure(frame, index, effect.reason or _no_camera(acted), support)
    parts = {
        Part.of("days_before").key: float(effect.before),
        Part.of("days_after").key: float(effect.after),
        CHANCE: effect.chance,
    }
    return figure(frame, index, effect.value, effect.interval, support.replace(parts=parts))


def _simulated(garden: GardenDays) -> tuple[Note, ...]:
    return (Note.of(SIMULATED),) if garden.garden.is_simulated else ()


def _no_camera(garden: GardenDays) -> Reason:
    return Reason.of("no_camera_in", garden=garden.garden.id)


def _controls_note(action: Action, acted: GardenDays, controls: list[str]) -> Note:
    arguments = {"action": action.kind, "garden": acted.garden.id}
    if not controls:
        return Note.of("action_without_controls", **arguments)
    return Note.of("action_controls", **arguments, controls=controls)


def daily_rates(tally: DayTally) -> FloatArray:
    """Visits per hour of flight weather by day, not a number on days with too little watching; shape (days,).

    Parameters
    ----------
    tally
        Nodes of one comparability class.

    Notes
    -----
    Hours count by what their part of the day is worth, and nodes by turns as in `phenology.weekly_index`, so
    that neither a short day nor a node that falls silent moves the rate.
    """
    hours = tally.flight_h @ part_worth(tally)
    visits = tally.flight_visits.sum(axis=-1)
    has_effort = hours.sum(axis=0) >= PAIRED_DAY_EFFORT_LEAST_H.value
    rates = np.full(has_effort.size, np.nan)
    if has_effort.any():
        days, nodes = by_turns(visits[:, has_effort], hours[:, has_effort])
        has_hours = hours[:, has_effort].sum(axis=1) > 0
        rates[has_effort] = days * nodes[has_hours].mean()
    return rates


def without_action(gardens: list[GardenDays], action: Action) -> ControlGardens:
    """Leave out gardens where the same was done in these days, or anything else that changes flowers.

    Watering is done so often that it only bars gardens from being controls of a watering; that something
    flowers is seen and not done.
    """
    controls, left_out = [], []
    for garden in gardens:
        done = [
            other.kind
            for other in garden.stated.actions
            if garden.days.first <= _local_day(other, garden) < garden.days.after
            and (other.kind == action.kind or other.kind not in (WATERING, FLOWERING))
        ]
        if done:
            left_out.append(Note.of("left_out_action", garden=garden.garden.id, action=done[0]))
        else:
            controls.append(garden)
    return ControlGardens(controls, tuple(left_out))


def _local_day(action: Action, garden: GardenDays) -> date:
    return local_date(action.time_s, garden.garden.timezone)


def _shared_class(first: GardenDays, second: GardenDays) -> Comparability | None:
    """Choose the class that both have, by the fewer hours of the two."""
    first_class, second_class = class_hours(first.cameras), class_hours(second.cameras)
    shared = {
        name: min(hours, second_class[name])
        for name, hours in first_class.items()
        if second_class.get(name, 0) > 0
    }
    return largest_class([{name: hours for name, hours in shared.items() if hours > 0}])


def _frame(garden: GardenDays, draws: Draws) -> Frame:
    window = Window(SPAN, garden.days.first, garden.days.after, slice(0, garden.days.number))
    start_s, end_s = window.bounds_s(garden.garden.timezone)
    return Frame("garden", garden.garden.id, window, start_s, end_s, THESE_NODES, *draws)

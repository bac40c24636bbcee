"""All figures of a community or a district over one window, from those of its gardens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from msgspec.structs import replace

from sera_analysis.aggregates.figure_inputs import left_out_notes, left_out_reason
from sera_analysis.aggregates.garden_set import GardenSet
from sera_analysis.aggregates.gardens import select_class
from sera_analysis.figures import insect_figures as insects
from sera_analysis.figures import soil_figures
from sera_analysis.figures.figures import ABSENCES, Frame, Support
from sera_analysis.figures.garden_figures import effort_figure, figure_kinds, soil_indices
from sera_analysis.figures.occupancy_figures import occupancy_figures
from sera_analysis.soil.probe_means import FIELDS
from sera_analysis.thresholds import NODE_DAYS_LEAST
from sera_analysis.visits import people
from sera_analysis.windows import DAY, SEASON, WHOLE
from sera_vocabulary import indices
from sera_vocabulary.figure_codes import THIS_COMMUNITY, THIS_DISTRICT
from sera_vocabulary.measurements import GROUP_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_analysis.aggregates.gardens import Comparability, GardenDays, Watchers
    from sera_analysis.diversity.samples import FloatArray
    from sera_analysis.figures.garden_figures import Classes, Draws, FigureKinds
    from sera_analysis.windows import Window
    from sera_store.results.results import Result
    from sera_words.statements import Reason

COMMUNITY: Final = "community"
DISTRICT: Final = "district"
_TARGETS: Final = {COMMUNITY: THIS_COMMUNITY, DISTRICT: THIS_DISTRICT}


class ScopeKey(NamedTuple):
    """A community or a district, and which."""

    scope: str
    scope_id: str


class GardenFrequencies(NamedTuple):
    """One garden's watched days with each group, its watched days, hours, and independent units."""

    garden: str
    with_group: FloatArray
    days: float
    effort_h: float
    independent: int


def joint_frame(scope_key: ScopeKey, gardens: Sequence[GardenDays], window: Window, draws: Draws) -> Frame:
    """Return what all figures of a community or district over a window share."""
    start_s, end_s = window.bounds_s(gardens[0].garden.timezone)
    return Frame(*scope_key, window, start_s, end_s, _TARGETS[scope_key.scope], *draws)


def joint_figures(frame: Frame, gardens: Sequence[GardenDays], classes: Classes) -> list[Result]:
    """Compute the figures of a community or district; its units are the gardens, each of equal weight."""
    window = frame.window
    kinds = figure_kinds(gardens, window)
    results = joint_soils(frame, gardens) if kinds.soil else []
    if not (kinds.cameras or kinds.beams or kinds.people):
        return results
    results += [effort_figure(frame, gardens), _community_activity(frame, gardens)]
    if window.period == DAY:
        return results
    return results + _community_insects(frame, gardens, classes, kinds)


def _community_insects(
    frame: Frame, gardens: Sequence[GardenDays], classes: Classes, kinds: FigureKinds
) -> list[Result]:
    """Rates, group frequencies and visits per count of a community, of the kinds that are told of."""
    no_rate = people.NO_HOUR if any(garden.people.nodes for garden in gardens) else insects.NO_CAMERA
    results = []
    if kinds.cameras or kinds.people:
        rate = (indices.VISITS_PER_HOUR, gardens, "cameras", classes.camera, no_rate)
        results = [_community_rate(frame, *rate), *_community_groups(frame, gardens, classes.camera)]
        if frame.window.period in (SEASON, *WHOLE):
            results += occupancy_figures(frame, list(gardens), classes.camera)
    if kinds.beams:
        passages = (indices.PASSAGES_PER_HOUR, gardens, "beams", classes.beam, insects.NO_BEAM)
        results.append(_community_rate(frame, *passages))
    if kinds.people:
        results.append(_community_surveys(frame, gardens))
    return results


def _community_rate(
    frame: Frame,
    index: str,
    gardens: Sequence[GardenDays],
    kind: str,
    node_class: Comparability | None,
    missing: Reason,
) -> Result:
    """Mean of the gardens' rates, each the mean of its nodes of one comparability class."""
    days = frame.window.days
    of_gardens = [(garden.garden.id, _garden_rate(garden, kind, node_class, days)) for garden in gardens]
    rated = [(name, row) for name, row in of_gardens if row is not None]
    rate, hours, parts = np.array([row for _, row in rated]).reshape(-1, 3).T
    rates = insects.Rates(tuple([name for name, _ in rated]), rate, hours, parts, 0, np.zeros(len(rated)))
    notes = tuple(
        note
        for garden in gardens
        for note in insects.other_class_notes(getattr(garden, kind).comparability, node_class)
    )
    if not rated:
        inputs = [getattr(garden, kind).inputs.inputs(days) for garden in gardens]
        missing = left_out_reason(inputs) or missing
    return insects.rate_figure(
        frame, index, rates, Support(notes=notes), unit="gardens", missing=missing, tally=None
    )


def _garden_rate(
    garden: GardenDays, kind: str, node_class: Comparability | None, days: slice
) -> tuple[float, float, float] | None:
    """Rate, hours and parts of a garden's nodes, made once for its community and its district."""
    key = ("rate", kind, node_class, days.start, days.stop)
    if key not in garden.as_set.cache:
        watchers: Watchers = getattr(garden, kind)
        garden.as_set.cache[key] = _mean_rate(
            insects.node_rates(select_class(watchers, node_class).window(days))
        )
    rate: tuple[float, float, float] | None = garden.as_set.cache[key]
    return rate


def _mean_rate(rates: insects.Rates) -> tuple[float, float, float] | None:
    if not rates.names:
        return None
    used = ~np.isnan(rates.rate)
    if not used.any():
        return np.nan, float(rates.hours.sum()), 0.0
    return float(rates.rate[used].mean()), float(rates.hours[used].sum()), float(rates.parts[used].mean())


def _garden_days(garden: GardenDays, node_class: Comparability | None, days: slice) -> GardenFrequencies:
    """Days with each group of a garden's nodes, made once for its community and its district."""
    key = ("frequencies", node_class, days.start, days.stop)
    if key not in garden.as_set.cache:
        table = select_class(garden.cameras, node_class).window(days)
        garden.as_set.cache[key] = _summed(garden, insects.node_frequencies(table))
    frequencies: GardenFrequencies = garden.as_set.cache[key]
    return frequencies


def _summed(garden: GardenDays, frequencies: insects.Frequencies) -> GardenFrequencies:
    days = float(frequencies.days.sum())
    return GardenFrequencies(
        garden.garden.id,
        frequencies.with_group.sum(axis=0),
        days,
        frequencies.effort_h,
        frequencies.independent,
    )


def _community_groups(
    frame: Frame, gardens: Sequence[GardenDays], node_class: Comparability | None
) -> list[Result]:
    """Group frequencies and their effective number: from cameras where there are any, else from people."""
    days = frame.window.days
    by_camera = [_garden_days(garden, node_class, days) for garden in gardens if garden.cameras.tally.nodes]
    by_people = [
        _summed(garden, insects.survey_frequencies(garden.people, days))
        for garden in gardens
        if garden.people.nodes and not by_camera
    ]
    if by_camera:
        frequencies, support = _garden_shares(by_camera), Support(notes=(insects.ALL_WEATHERS,))
    else:
        frequencies, support = (
            _garden_sums(by_people),
            Support(notes=(insects.OF_PEOPLE,) if by_people else ()),
        )
    results = insects.group_figures(frame, frequencies, support, unit="gardens", missing=insects.NO_CAMERA)
    return _with_left_out(results, gardens, days)


def _garden_shares(units: list[GardenFrequencies]) -> insects.Frequencies:
    """Weigh all gardens with enough watched days alike: the shares of each, as of 8 days."""
    weight = NODE_DAYS_LEAST.value
    enough = [unit.days >= weight for unit in units]
    shares = [
        unit.with_group / unit.days * weight if fit else np.zeros(len(GROUP_NAMES))
        for fit, unit in zip(enough, units, strict=True)
    ]
    return insects.Frequencies(
        tuple([unit.garden for unit in units]),
        np.array(shares),
        np.where(enough, weight, 0.0),
        sum([unit.effort_h for unit in units]),
        "garden_node_days_watched",
        0,
    )


def _garden_sums(units: list[GardenFrequencies]) -> insects.Frequencies:
    """Put all days of counting together: people choose few days a place, and each day weighs the same."""
    return insects.Frequencies(
        tuple([unit.garden for unit in units]),
        np.array([unit.with_group for unit in units]).reshape(len(units), len(GROUP_NAMES)),
        np.array([unit.days for unit in units]),
        sum([unit.effort_h for unit in units]),
        insects.DAYS_OF_COUNTING,
        sum([unit.independent for unit in units]),
    )


def _community_activity(frame: Frame, gardens: Sequence[GardenDays]) -> Result:
    """Sum of the visits counted by cameras, or by people where no camera watches."""
    days, counted_visits = frame.window.days, GardenSet.of(gardens).counted_visits
    missing = None if counted_visits.gardens else insects.NO_CAMERA
    support = Support(n=counted_visits.gardens, n_of="gardens")
    activity = insects.activity_figure(frame, *counted_visits.counted(days), support, missing)
    return _with_left_out([activity], gardens, days)[0]


def _with_left_out(results: list[Result], gardens: Sequence[GardenDays], days: slice) -> list[Result]:
    """Note on figures that lack everything how many records of visits are stored and were not used."""
    if not any(result.reason is not None and result.reason.code in ABSENCES for result in results):
        return results
    inputs = [
        of_garden.inputs(days)
        for garden in gardens
        for of_garden in (garden.cameras.inputs, garden.people_inputs)
    ]
    reason = left_out_reason(inputs)
    return [
        result
        if reason is None or result.reason is None or result.reason.code not in ABSENCES
        else replace(result, reason=reason)
        for result in results
    ]


def _community_surveys(frame: Frame, gardens: Sequence[GardenDays]) -> Result:
    """Visits per ten-minute count, mean of the gardens' means."""
    days = frame.window.days
    means, surveys, hours = [], 0.0, 0.0
    for garden in gardens:
        places = insects.place_rates(garden.people, days)
        counted = places[~np.isnan(places)]
        means.append(float(counted.mean()) if counted.size else np.nan)
        surveys += float(garden.people.surveys[:, days].sum())
        hours += float(garden.people.hours[:, days].sum())
    inferred = any(bool(garden.people.inferred[:, days].any()) for garden in gardens)
    inputs = [garden.people_inputs.inputs(days) for garden in gardens]
    notes = (people.MINUTES_INFERRED,) if inferred else ()
    support = Support(effort_h=hours, notes=(*notes, *left_out_notes(inputs)))
    missing = insects.NO_PEOPLE
    if np.isnan(means).all():
        missing = left_out_reason(inputs) or missing
    return insects.survey_figure(frame, np.array(means), surveys, support, unit="gardens", missing=missing)


def joint_soils(frame: Frame, gardens: Sequence[GardenDays]) -> list[Result]:
    """Soil figures as means of the gardens' means."""
    garden_set, days = GardenSet.of(gardens), frame.window.days
    results = []
    for index in soil_indices(frame, garden_set.probes):
        field = FIELDS[index]
        means = garden_set.soil_means(field, days)
        support = Support(
            coverage=garden_set.soil(field).coverage(days),
            notes=soil_figures.set_notes(garden_set, index, days),
        )
        missing = None if means else soil_figures.no_soil_reason(garden_set.probes, index)
        results.append(
            soil_figures.soil_figure(frame, index, means, support, unit="gardens", missing=missing)
        )
    return results

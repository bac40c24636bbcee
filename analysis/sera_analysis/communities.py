"""All figures of a community or a district over one window, from those of its gardens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_analysis import insect_figures as insects
from sera_analysis import people, soil_figures
from sera_analysis.figures import Frame, Support
from sera_analysis.gardens import of_class
from sera_analysis.places import MEAN_INDICES, effort_figure, told_of
from sera_analysis.readings import GROUPS
from sera_analysis.thresholds import NODE_DAYS_LEAST
from sera_analysis.use_figures import use_figures
from sera_analysis.windows import DAY, SEASON, SPAN
from sera_store.results import THIS_COMMUNITY, THIS_DISTRICT
from sera_vocabulary import indices

if TYPE_CHECKING:
    from sera_analysis.gardens import Comparability, GardenDays, Watchers
    from sera_analysis.places import Classes, Draws, Told
    from sera_analysis.windows import Window
    from sera_store.results import Result

COMMUNITY: Final = "community"
DISTRICT: Final = "district"
_TARGETS: Final = {COMMUNITY: THIS_COMMUNITY, DISTRICT: THIS_DISTRICT}


class JointPlace(NamedTuple):
    """A community or a district, and which."""

    scope: str
    scope_id: str


def joint_frame(place: JointPlace, gardens: list[GardenDays], window: Window, draws: Draws) -> Frame:
    """Say what all figures of a community or district over a window share."""
    start_s, end_s = window.bounds_s(gardens[0].garden.timezone)
    return Frame(*place, window, start_s, end_s, _TARGETS[place.scope], *draws)


def joint_figures(frame: Frame, gardens: list[GardenDays], classes: Classes) -> list[Result]:
    """Make the figures of a community or district; its units are the gardens, each of equal weight."""
    window = frame.window
    told = told_of(gardens, window)
    results = joint_soils(frame, gardens) if told.soil else []
    if not (told.cameras or told.beams or told.people):
        return results
    results += [effort_figure(frame, gardens), _community_activity(frame, gardens)]
    if window.period == DAY:
        return results
    return results + _community_insects(frame, gardens, classes, told)


def _community_insects(frame: Frame, gardens: list[GardenDays], classes: Classes, told: Told) -> list[Result]:
    """Rates, group frequencies and visits per count of a community, of the kinds that are told of."""
    no_rate = people.NO_HOUR if any(garden.people.nodes for garden in gardens) else insects.NO_CAMERA
    results = []
    if told.cameras or told.people:
        rate = (indices.VISITS_PER_HOUR, gardens, "cameras", classes.camera, no_rate)
        results = [_community_rate(frame, *rate), *_community_groups(frame, gardens, classes.camera)]
        if frame.window.period in (SEASON, SPAN):
            results += use_figures(frame, gardens, classes.camera)
    if told.beams:
        passages = (indices.PASSAGES_PER_HOUR, gardens, "beams", classes.beam, insects.NO_BEAM)
        results.append(_community_rate(frame, *passages))
    if told.people:
        results.append(_community_surveys(frame, gardens))
    return results


def _community_rate(
    frame: Frame,
    index: str,
    gardens: list[GardenDays],
    kind: str,
    chosen: Comparability | None,
    missing: str,
) -> Result:
    """Mean of the gardens' rates, each the mean of its nodes of one comparability class."""
    days = frame.window.days
    names, rate, hours, parts = [], [], [], []
    for garden in gardens:
        watchers: Watchers = getattr(garden, kind)
        tally = of_class(watchers, chosen).window(days)
        if not tally.nodes:
            continue
        found = insects.node_rates(tally)
        used = ~np.isnan(found.rate)
        names.append(garden.garden.id)
        rate.append(float(found.rate[used].mean()) if used.any() else np.nan)
        hours.append(float(found.hours[used].sum()) if used.any() else float(found.hours.sum()))
        parts.append(float(found.parts[used].mean()) if used.any() else 0.0)
    rates = insects.Rates(
        tuple(names), np.array(rate), np.array(hours), np.array(parts), 0, np.zeros(len(names))
    )
    notes = tuple(
        note for garden in gardens for note in insects.left_out(getattr(garden, kind).comparability, chosen)
    )
    return insects.rate_figure(
        frame, index, rates, Support(notes=notes), unit="gardens", missing=missing, tally=None
    )


def _community_groups(frame: Frame, gardens: list[GardenDays], chosen: Comparability | None) -> list[Result]:
    """Group frequencies and their effective number: from cameras where there are any, else from people."""
    days = frame.window.days
    by_camera = [
        (garden.garden.id, insects.node_frequencies(of_class(garden.cameras, chosen).window(days)))
        for garden in gardens
        if garden.cameras.tally.nodes
    ]
    by_people = [
        (garden.garden.id, insects.survey_frequencies(garden.people, days))
        for garden in gardens
        if garden.people.nodes
    ]
    if by_camera:
        found, support = _garden_shares(by_camera), Support(notes=(insects.ALL_WEATHERS,))
    else:
        found, support = _garden_sums(by_people), Support(notes=(insects.OF_PEOPLE,) if by_people else ())
    return insects.group_figures(frame, found, support, unit="gardens", missing=insects.NO_CAMERA)


def _garden_shares(units: list[tuple[str, insects.Frequencies]]) -> insects.Frequencies:
    """Give each garden with enough watched days the same weight: its shares, as of 8 days."""
    enough = [found.days.sum() >= NODE_DAYS_LEAST.value for _, found in units]
    weight = NODE_DAYS_LEAST.value
    shares = [
        found.with_group.sum(axis=0) / found.days.sum() * weight if fit else np.zeros(len(GROUPS))
        for fit, (_, found) in zip(enough, units, strict=True)
    ]
    return insects.Frequencies(
        tuple(name for name, _ in units),
        np.array(shares),
        np.where(enough, weight, 0.0),
        sum(found.effort_h for _, found in units),
        "node-days watched in any one garden that has enough",
        0,
    )


def _garden_sums(units: list[tuple[str, insects.Frequencies]]) -> insects.Frequencies:
    """Put all days of counting together: people choose few days a place, and each day weighs the same."""
    table = [found.with_group.sum(axis=0) for _, found in units]
    return insects.Frequencies(
        tuple(name for name, _ in units),
        np.array(table).reshape(len(units), len(GROUPS)),
        np.array([found.days.sum() for _, found in units]),
        sum(found.effort_h for _, found in units),
        insects.DAYS_OF_COUNTING,
        sum(found.independent for _, found in units),
    )


def _community_activity(frame: Frame, gardens: list[GardenDays]) -> Result:
    """Sum of the visits counted by cameras, or by people where no camera watches."""
    days = frame.window.days
    tallies = [garden.cameras.tally.window(days) for garden in gardens if garden.cameras.tally.nodes]
    counters = [garden.people for garden in gardens if garden.people.nodes]
    visits, effort_h = np.zeros(len(GROUPS)), 0.0
    if tallies:
        visits = sum((tally.visits.sum(axis=(0, 1)) for tally in tallies), start=visits)
        effort_h = sum(float(tally.effort_h.sum()) for tally in tallies)
    else:
        visits = sum((each.visits[:, days].sum(axis=(0, 1)) for each in counters), start=visits)
        effort_h = sum(float(each.hours[:, days].sum()) for each in counters)
    number = len(tallies) or len(counters)
    missing = "" if number else insects.NO_CAMERA
    return insects.activity_figure(frame, visits, effort_h, Support(n=number, n_of="gardens"), missing)


def _community_surveys(frame: Frame, gardens: list[GardenDays]) -> Result:
    """Visits per ten-minute count, mean of the gardens' means."""
    days = frame.window.days
    means, surveys, hours = [], 0.0, 0.0
    for garden in gardens:
        places = insects.place_rates(garden.people, days)
        known = places[~np.isnan(places)]
        means.append(float(known.mean()) if known.size else np.nan)
        surveys += float(garden.people.surveys[:, days].sum())
        hours += float(garden.people.hours[:, days].sum())
    inferred = any(bool(garden.people.inferred[:, days].any()) for garden in gardens)
    support = Support(effort_h=hours, notes=(people.MINUTES_INFERRED,) if inferred else ())
    return insects.survey_figure(frame, np.array(means), surveys, support, unit="gardens")


def joint_soils(frame: Frame, gardens: list[GardenDays]) -> list[Result]:
    """Soil figures as means of the gardens' means."""
    probes = [probe for garden in gardens for probe in garden.probes]
    days = frame.window.days
    results = []
    for index in MEAN_INDICES:
        means: dict[str, float] = {}
        for garden in gardens:
            nodes = soil_figures.node_means(garden.probes, index, days)
            if nodes:
                means[garden.garden.id] = float(np.mean(list(nodes.values())))
        support = Support(
            coverage=soil_figures.day_coverage(probes, index, days),
            notes=soil_figures.soil_notes(probes, index),
        )
        missing = soil_figures.soil_refusal(probes, index)
        results.append(
            soil_figures.soil_figure(frame, index, means, support, unit="gardens", missing=missing)
        )
    return results

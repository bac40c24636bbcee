"""All figures of one garden, and of one community, over one window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis import insect_figures as insects
from sera_analysis import people, soil_figures
from sera_analysis.figures import Frame, Support, figure, refused
from sera_analysis.gardens import of_class
from sera_analysis.intervals import no_interval
from sera_analysis.readings import GROUPS
from sera_analysis.thresholds import NODE_DAYS_LEAST
from sera_analysis.windows import DAY, SPAN
from sera_store.results import THIS_COMMUNITY, THIS_GARDEN
from sera_vocabulary import indices

if TYPE_CHECKING:
    from sera_analysis.gardens import Comparability, GardenDays, Watchers
    from sera_analysis.readings import Account
    from sera_analysis.windows import Window
    from sera_store.results import Result

_SOIL = tuple(soil_figures.SPANS)


@dataclass(frozen=True)
class Classes:
    """The comparability class of cameras and of beams that figures are made from."""

    camera: Comparability | None
    beam: Comparability | None


class Told(NamedTuple):
    """Which kinds of figure a window has."""

    cameras: bool
    beams: bool
    people: bool
    soil: bool


def told_of(gardens: list[GardenDays], window: Window) -> Told:
    """Choose the kinds of figure a window has: all over the span, so that what is missing has its reason.

    Shorter windows tell of detectors and probes from their first reading on, so that one that fell silent
    goes on to be told of, and of people on the days they counted.
    """
    if window.period == SPAN:
        return Told(cameras=True, beams=True, people=True, soil=True)
    days, until = window.days, slice(0, window.days.stop)
    return Told(
        cameras=any(bool((each.cameras.tally.effort_h[:, until] > 0).any()) for each in gardens),
        beams=any(bool((each.beams.tally.effort_h[:, until] > 0).any()) for each in gardens),
        people=any(bool((each.people.surveys[:, days] > 0).any()) for each in gardens),
        soil=any(probe.first_day < window.days.stop for each in gardens for probe in each.probes),
    )


def garden_figures(garden: GardenDays, window: Window, classes: Classes, seed: int) -> list[Result]:
    """Make the figures of one garden over one window: of all kinds over the span, else of those `told_of`."""
    place = garden.garden
    start_s, end_s = window.bounds_s(place.timezone)
    frame = Frame("garden", place.id, window, start_s, end_s, THIS_GARDEN, seed)
    told = told_of([garden], window)
    results = [_effort(frame, [garden])] if told.cameras or told.beams or told.people else []
    if told.soil:
        results += _soils(frame, garden)
    if told.cameras or told.people:
        results += _visitors(frame, garden, classes.camera)
    if told.beams:
        results += _passages(frame, garden.beams, classes.beam)
    if told.people:
        results.append(_surveys(frame, garden))
    return results


def _support(frame: Frame, account: Account, notes: tuple[str, ...] = ()) -> Support:
    return Support(
        good_share=account.good_share(frame.start_s, frame.end_s),
        inputs=account.inputs(frame.start_s, frame.end_s),
        notes=notes,
    )


def _effort(frame: Frame, gardens: list[GardenDays]) -> Result:
    """Hours of watching of all detectors and people, the hours by kind as parts."""
    days = frame.window.days
    hours = {"camera": 0.0, "beam": 0.0, "person": 0.0, "by daylight": 0.0, "in flight weather": 0.0}
    watched = np.zeros(frame.window.length, dtype=bool)
    nodes, inferred, watchers = 0, False, 0
    for garden in gardens:
        for name, kind in (("camera", garden.cameras), ("beam", garden.beams)):
            tally = kind.tally.window(days)
            hours[name] += float(tally.effort_h.sum())
            hours["by daylight"] += float(tally.daylight_h.sum())
            hours["in flight weather"] += float(tally.flight_h.sum())
            watched |= (tally.effort_h > 0).any(axis=0)
            nodes += int(np.count_nonzero(tally.effort_h.sum(axis=1)))
            watchers += len(tally.nodes)
        counted = garden.people.hours[:, days]
        hours["person"] += float(counted.sum())
        watched |= (counted > 0).any(axis=0)
        nodes += int(np.count_nonzero(counted.sum(axis=1)))
        watchers += len(garden.people.nodes)
        inferred |= garden.people.inferred and bool((counted > 0).any())
    total = hours["camera"] + hours["beam"] + hours["person"]
    notes = (people.MINUTES_INFERRED,) if inferred else ()
    support = Support(effort_h=total, n=nodes, n_of="nodes", notes=notes, parts=dict(hours))
    if not watchers:
        return refused(frame, indices.EFFORT, "nothing that watches insects stands here; effort 0 h", support)
    support = support.but(coverage=float(watched.mean()) if watched.size else 0.0)
    return figure(frame, indices.EFFORT, total, no_interval(insects.NOT_AN_ESTIMATE), support)


def _soils(frame: Frame, garden: GardenDays) -> list[Result]:
    """Soil figures of a garden."""
    days = frame.window.days
    support = _support(frame, garden.soil)
    return [
        soil_figures.soil_figure(
            frame,
            index,
            soil_figures.node_means(garden.probes, index, days),
            support.but(
                coverage=soil_figures.day_coverage(garden.probes, index, days),
                notes=soil_figures.soil_notes(garden.probes, index),
            ),
            unit="nodes",
            missing=soil_figures.soil_refusal(garden.probes, index),
        )
        for index in _SOIL
    ]


def _visitors(frame: Frame, garden: GardenDays, chosen: Comparability | None) -> list[Result]:
    """Figures about visitors: from cameras where there are any, else from people's counts."""
    days = frame.window.days
    if not garden.cameras.tally.nodes and garden.people.nodes:
        return _visitors_by_people(frame, garden)
    tally = of_class(garden.cameras, chosen).window(days)
    whole = garden.cameras.tally.window(days)
    notes = insects.left_out(garden.cameras.comparability, chosen) + (
        (insects.OF_CAMERAS,) if garden.people.nodes else ()
    )
    support = _support(frame, garden.cameras.account, notes)
    missing = "" if whole.nodes else insects.NO_CAMERA
    counted = whole.visits.sum(axis=(0, 1)) if whole.nodes else np.zeros(len(GROUPS))
    results = [
        insects.activity_figure(
            frame,
            counted,
            float(whole.effort_h.sum()),
            support.but(n=len(whole.nodes), n_of="nodes"),
            missing,
        )
    ]
    if frame.window.period == DAY:
        return results
    rate = insects.rate_figure(
        frame,
        indices.VISITS_PER_HOUR,
        insects.node_rates(tally),
        support.but(notes=notes + garden.cameras.notes),
        unit="nodes",
        missing=insects.NO_CAMERA,
        tally=tally,
    )
    found = insects.node_frequencies(tally)
    by_group = support.but(notes=(*notes, insects.ALL_WEATHERS))
    groups = insects.group_figures(frame, found, by_group, unit="nodes", missing=insects.NO_CAMERA)
    return [*results, rate, *groups]


def _visitors_by_people(frame: Frame, garden: GardenDays) -> list[Result]:
    """Figures about visitors from people's counts, which have no hour and therefore no standardised rate."""
    days, counters = frame.window.days, garden.people
    support = _support(frame, counters.account, (insects.OF_PEOPLE,))
    effort_h = float(counters.hours[:, days].sum())
    counted = counters.visits[:, days].sum(axis=(0, 1))
    activity = insects.activity_figure(
        frame, counted, effort_h, support.but(n=len(counters.nodes), n_of="places"), ""
    )
    if frame.window.period == DAY:
        return [activity]
    rate = refused(frame, indices.VISITS_PER_HOUR, people.NO_HOUR, support.but(effort_h=effort_h))
    found = insects.survey_frequencies(counters, days)
    groups = insects.group_figures(frame, found, support, unit="places", missing=insects.NO_PEOPLE)
    return [activity, rate, *groups]


def _passages(frame: Frame, beams: Watchers, chosen: Comparability | None) -> list[Result]:
    """Standardised rate of passages through beams."""
    if frame.window.period == DAY:
        return []
    tally = of_class(beams, chosen).window(frame.window.days)
    notes = insects.left_out(beams.comparability, chosen) + beams.notes
    return [
        insects.rate_figure(
            frame,
            indices.PASSAGES_PER_HOUR,
            insects.node_rates(tally),
            _support(frame, beams.account, notes),
            unit="nodes",
            missing=insects.NO_BEAM,
            tally=tally,
        )
    ]


def _surveys(frame: Frame, garden: GardenDays) -> Result:
    days, counters = frame.window.days, garden.people
    support = _support(frame, counters.account, (people.MINUTES_INFERRED,) if counters.inferred else ())
    return insects.survey_figure(
        frame,
        insects.place_rates(counters, days),
        float(counters.surveys[:, days].sum()),
        support.but(effort_h=float(counters.hours[:, days].sum())),
        unit="places",
    )


def community_figures(
    community: str, gardens: list[GardenDays], window: Window, classes: Classes, seed: int
) -> list[Result]:
    """Make the figures of one community over one window; its units are the gardens, each of equal weight."""
    start_s, end_s = window.bounds_s(gardens[0].garden.timezone)
    frame = Frame("community", community, window, start_s, end_s, THIS_COMMUNITY, seed)
    told = told_of(gardens, window)
    results = _community_soils(frame, gardens) if told.soil else []
    if not (told.cameras or told.beams or told.people):
        return results
    results += [_effort(frame, gardens), _community_activity(frame, gardens)]
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
    inferred = any(garden.people.inferred for garden in gardens)
    support = Support(effort_h=hours, notes=(people.MINUTES_INFERRED,) if inferred else ())
    return insects.survey_figure(frame, np.array(means), surveys, support, unit="gardens")


def _community_soils(frame: Frame, gardens: list[GardenDays]) -> list[Result]:
    """Soil figures as means of the gardens' means."""
    probes = [probe for garden in gardens for probe in garden.probes]
    days = frame.window.days
    results = []
    for index in _SOIL:
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

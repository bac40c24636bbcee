"""All figures of a community or a district over one window, from those of its gardens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_analysis import insect_figures as insects
from sera_analysis import people, soil_figures
from sera_analysis.figures import Frame, Support
from sera_analysis.gardens import of_class
from sera_analysis.places import effort_figure, told_of, told_soils
from sera_analysis.readings import GROUPS
from sera_analysis.thresholds import NODE_DAYS_LEAST
from sera_analysis.together import Together
from sera_analysis.use_figures import use_figures
from sera_analysis.windows import DAY, SEASON, SPAN
from sera_store.results import THIS_COMMUNITY, THIS_DISTRICT
from sera_vocabulary import indices

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def joint_frame(place: JointPlace, gardens: Sequence[GardenDays], window: Window, draws: Draws) -> Frame:
    """Say what all figures of a community or district over a window share."""
    start_s, end_s = window.bounds_s(gardens[0].garden.timezone)
    return Frame(*place, window, start_s, end_s, _TARGETS[place.scope], *draws)


def joint_figures(frame: Frame, gardens: Sequence[GardenDays], classes: Classes) -> list[Result]:
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


def _community_insects(
    frame: Frame, gardens: Sequence[GardenDays], classes: Classes, told: Told
) -> list[Result]:
    """Rates, group frequencies and visits per count of a community, of the kinds that are told of."""
    no_rate = people.NO_HOUR if any(garden.people.nodes for garden in gardens) else insects.NO_CAMERA
    results = []
    if told.cameras or told.people:
        rate = (indices.VISITS_PER_HOUR, gardens, "cameras", classes.camera, no_rate)
        results = [_community_rate(frame, *rate), *_community_groups(frame, gardens, classes.camera)]
        if frame.window.period in (SEASON, SPAN):
            results += use_figures(frame, list(gardens), classes.camera)
    if told.beams:
        passages = (indices.PASSAGES_PER_HOUR, gardens, "beams", classes.beam, insects.NO_BEAM)
        results.append(_community_rate(frame, *passages))
    if told.people:
        results.append(_community_surveys(frame, gardens))
    return results


def _community_rate(
    frame: Frame,
    index: str,
    gardens: Sequence[GardenDays],
    kind: str,
    chosen: Comparability | None,
    missing: str,
) -> Result:
    """Mean of the gardens' rates, each the mean of its nodes of one comparability class."""
    days = frame.window.days
    names, rate, hours, parts = [], [], [], []
    for garden in gardens:
        found = _node_rates(garden, kind, chosen, days)
        if not found.names:
            continue
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


def _node_rates(garden: GardenDays, kind: str, chosen: Comparability | None, days: slice) -> insects.Rates:
    """Rates of a garden's nodes, made once for its community and its district."""
    key = ("rates", kind, chosen, days.start, days.stop)
    if key not in garden.alone.kept:
        watchers: Watchers = getattr(garden, kind)
        garden.alone.kept[key] = insects.node_rates(of_class(watchers, chosen).window(days))
    found: insects.Rates = garden.alone.kept[key]
    return found


def _node_frequencies(garden: GardenDays, chosen: Comparability | None, days: slice) -> insects.Frequencies:
    """Frequencies of a garden's nodes, made once for its community and its district."""
    key = ("frequencies", chosen, days.start, days.stop)
    if key not in garden.alone.kept:
        table = of_class(garden.cameras, chosen).window(days)
        garden.alone.kept[key] = insects.node_frequencies(table)
    found: insects.Frequencies = garden.alone.kept[key]
    return found


def _community_groups(
    frame: Frame, gardens: Sequence[GardenDays], chosen: Comparability | None
) -> list[Result]:
    """Group frequencies and their effective number: from cameras where there are any, else from people."""
    days = frame.window.days
    by_camera = [
        (garden.garden.id, _node_frequencies(garden, chosen, days))
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


def _community_activity(frame: Frame, gardens: Sequence[GardenDays]) -> Result:
    """Sum of the visits counted by cameras, or by people where no camera watches."""
    days, seen = frame.window.days, Together.of(gardens).seen
    missing = "" if seen.gardens else insects.NO_CAMERA
    support = Support(n=seen.gardens, n_of="gardens")
    visits, effort_h = seen.visits[days].sum(axis=0), float(seen.hours[days].sum())
    return insects.activity_figure(frame, visits, effort_h, support, missing)


def _community_surveys(frame: Frame, gardens: Sequence[GardenDays]) -> Result:
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


def joint_soils(frame: Frame, gardens: Sequence[GardenDays]) -> list[Result]:
    """Soil figures as means of the gardens' means."""
    together, days = Together.of(gardens), frame.window.days
    results = []
    for index in told_soils(frame, together.probes):
        field = soil_figures.FIELDS[index]
        means = together.soil_means(field, days)
        known = together.soil(field).any_known[days]
        support = Support(
            coverage=int(np.count_nonzero(known)) / known.size if known.size else 0.0,
            notes=together.soil_notes[index],
        )
        missing = "" if means else soil_figures.soil_refusal(together.probes, index)
        results.append(
            soil_figures.soil_figure(frame, index, means, support, unit="gardens", missing=missing)
        )
    return results

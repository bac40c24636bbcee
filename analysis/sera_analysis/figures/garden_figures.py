"""All figures of one garden over one window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from sera_analysis.aggregates.figure_inputs import left_out_notes
from sera_analysis.aggregates.garden_set import WATCHER_HOURS, GardenSet
from sera_analysis.aggregates.gardens import select_class
from sera_analysis.figures import insect_figures as insects
from sera_analysis.figures import soil_figures
from sera_analysis.figures.detector_validation_figures import corrected_figures, recalls, verification_of
from sera_analysis.figures.figures import Frame, Support, figure, missing_figure
from sera_analysis.figures.ground_figures import GROUND_INDICES, ground_figures
from sera_analysis.figures.people_figures import flower_figure, ratio_figure, survey_figure
from sera_analysis.figures.phenology_figures import half_time_figure, season_figures
from sera_analysis.soil.probe_means import FIELDS
from sera_analysis.statistics.intervals import REPLICATES
from sera_analysis.visits import people
from sera_analysis.windows import DAY, LONG, MONTH, WHOLE
from sera_vocabulary import indices
from sera_vocabulary.figure_codes import THIS_GARDEN
from sera_words.statements import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sera_analysis.aggregates.effort import DayTally
    from sera_analysis.aggregates.figure_inputs import DailyInputs
    from sera_analysis.aggregates.gardens import Comparability, GardenDays, ProbeDays, Watchers
    from sera_analysis.windows import Window
    from sera_store.registry.garden_metadata import Verification
    from sera_store.results.results import Result
    from sera_words.statements import Note

GARDEN = "garden"
MEAN_INDICES = tuple(soil_figures.SPANS)
SOIL_INDICES = (*MEAN_INDICES, *GROUND_INDICES)


@dataclass(frozen=True)
class Classes:
    """The comparability class of cameras and of beams that figures are made from."""

    camera: Comparability | None
    beam: Comparability | None


class Draws(NamedTuple):
    """Seed of every bootstrap, and how many replicates each draws."""

    seed: int = 0
    replicates: int = REPLICATES


class FigureKinds(NamedTuple):
    """Which kinds of figure a window has."""

    cameras: bool
    beams: bool
    people: bool
    soil: bool


def figure_kinds(gardens: Sequence[GardenDays], window: Window) -> FigureKinds:
    """Choose the kinds of figure a window has: all over the span, so that what is missing has its reason.

    Shorter windows tell of detectors and probes from their first reading on, so that one that fell silent
    goes on to be told of, and of people on the days they counted.
    """
    if window.period in WHOLE:
        return FigureKinds(cameras=True, beams=True, people=True, soil=True)
    garden_set, stop = GardenSet.of(gardens), window.days.stop
    cameras, beams, probes = garden_set.beginnings
    return FigureKinds(
        cameras=cameras < stop,
        beams=beams < stop,
        people=garden_set.effort(window.days).surveyed,
        soil=probes < stop,
    )


def garden_frame(garden: GardenDays, window: Window, draws: Draws) -> Frame:
    """Return what all figures of a garden over a window share."""
    start_s, end_s = window.bounds_s(garden.garden.timezone)
    return Frame(GARDEN, garden.garden.id, window, start_s, end_s, THIS_GARDEN, *draws)


def garden_figures(garden: GardenDays, window: Window, classes: Classes, draws: Draws) -> list[Result]:
    """Compute the figures of one garden over one window, of the kinds that `figure_kinds` chooses."""
    frame = garden_frame(garden, window, draws)
    kinds = figure_kinds(garden.as_set, window)
    results = [effort_figure(frame, garden.as_set)] if kinds.cameras or kinds.beams or kinds.people else []
    if kinds.soil:
        results += garden_soils(frame, garden)
    if kinds.cameras or kinds.people:
        results += _visitors(frame, garden, classes.camera)
    if kinds.beams:
        results += _passages(frame, garden.beams, classes.beam)
    if kinds.people:
        results += _surveys(frame, garden)
    return results


def _support(frame: Frame, inputs: DailyInputs, notes: tuple[Note, ...] = ()) -> Support:
    return Support(
        good_share=inputs.good_share(frame.window.days),
        inputs=inputs.inputs(frame.window.days),
        notes=notes,
    )


def effort_figure(frame: Frame, gardens: Sequence[GardenDays]) -> Result:
    """Hours of watching of all detectors and people, the hours by kind as parts."""
    garden_set = GardenSet.of(gardens)
    effort = garden_set.effort(frame.window.days)
    hours = effort.hours
    total = sum([hours[kind] for kind in WATCHER_HOURS])
    watched = garden_set.active.shape[0] > 0
    support = Support(
        effort_h=total,
        n=effort.watchers,
        n_of="nodes",
        notes=((people.MINUTES_INFERRED,) if effort.inferred else ())
        + left_out_notes([garden.people_inputs.inputs(frame.window.days) for garden in gardens]),
        coverage=effort.coverage if watched else None,
        parts=dict(hours),
        inputs=_cut(frame, gardens),
    )
    if not watched:
        return missing_figure(frame, indices.EFFORT, Reason.of("nothing_watches"), support)
    return figure(frame, indices.EFFORT, total, insects.WITHOUT_INTERVAL, support)


def _cut(frame: Frame, gardens: Sequence[GardenDays]) -> dict[str, int | float | str]:
    """State the hours that a garden's nodes claimed beyond what time allows."""
    if frame.scope != GARDEN:
        return {}
    hours: dict[str, float] = {}
    for garden in gardens:
        for inputs in (garden.cameras.inputs, garden.beams.inputs, garden.people_inputs):
            if inputs.has_cut:
                for name, value in inputs.cut_inputs(frame.window.days).items():
                    hours[name] = hours.get(name, 0.0) + float(value)
    return dict(hours)


def soil_indices(frame: Frame, probes: list[ProbeDays]) -> tuple[str, ...]:
    """Choose the soil figures of a window: a day says nothing of moisture where no probe is calibrated."""
    if frame.window.period == DAY and not any(probe.calibrated for probe in probes):
        return tuple([index for index in MEAN_INDICES if index != indices.SOIL_MOISTURE_MEAN])
    return MEAN_INDICES


def garden_soils(frame: Frame, garden: GardenDays) -> list[Result]:
    """Soil figures of a garden."""
    support = _support(frame, garden.soil)
    means = [_soil_mean(frame, garden, index, support) for index in soil_indices(frame, garden.probes)]
    return means + ground_figures(frame, garden, support)


def _soil_mean(frame: Frame, garden: GardenDays, index: str, support: Support) -> Result:
    days, garden_set = frame.window.days, garden.as_set
    means = garden_set.node_means(index, days)
    support = replace(
        support,
        coverage=garden_set.soil(FIELDS[index]).coverage(days),
        notes=soil_figures.set_notes(garden_set, index, days),
    )
    missing = None if means else soil_figures.no_soil_reason(garden.probes, index)
    return soil_figures.soil_figure(frame, index, means, support, unit="nodes", missing=missing)


def _visitors(frame: Frame, garden: GardenDays, node_class: Comparability | None) -> list[Result]:
    """Figures about visitors: from cameras where there are any, else from people's counts."""
    days = frame.window.days
    if not garden.cameras.tally.nodes and garden.people.nodes:
        return _visitors_by_people(frame, garden)
    whole = garden.cameras.tally
    notes = insects.other_class_notes(garden.cameras.comparability, node_class) + (
        (insects.OF_CAMERAS,) if garden.people.nodes else ()
    )
    support = _support(frame, garden.cameras.inputs, notes)
    missing = None if whole.nodes else insects.NO_CAMERA
    of_nodes = support.replace(n=len(whole.nodes), n_of="nodes")
    results = [insects.activity_figure(frame, *garden.as_set.counted_visits.counted(days), of_nodes, missing)]
    if frame.window.period == DAY:
        return results
    tally = select_class(garden.cameras, node_class).window(days)
    rate = insects.rate_figure(
        frame,
        indices.VISITS_PER_HOUR,
        insects.node_rates(tally),
        support.replace(notes=notes + garden.cameras.notes(days)),
        unit="nodes",
        missing=insects.NO_CAMERA,
        tally=tally,
    )
    frequencies = insects.node_frequencies(tally)
    by_group = support.replace(notes=(*notes, insects.ALL_WEATHERS))
    labels = verification_of(garden.stated, node_class)
    begins = garden.days.first + timedelta(days=days.start)
    groups = insects.group_figures(
        frame, frequencies, by_group, unit="nodes", missing=insects.NO_CAMERA, recall=recalls(labels)
    )
    return [*results, rate, *groups, *_courses(frame, tally, support, labels, begins)]


def _courses(
    frame: Frame, tally: DayTally, support: Support, labels: Verification | None, begins: date
) -> list[Result]:
    """Courses of day and season and corrected counts, over windows that are long enough for them."""
    if frame.window.period not in LONG:
        return []
    missing = insects.NO_CAMERA
    results = [half_time_figure(frame, tally, support, missing)]
    if frame.window.period != MONTH:
        results += season_figures(frame, tally, support, missing, begins)
    if not tally.nodes:
        return [*results, missing_figure(frame, indices.CORRECTED_VISITS, missing, support)]
    return results + corrected_figures(frame, tally.visits.sum(axis=(0, 1)), labels, support)


def _visitors_by_people(frame: Frame, garden: GardenDays) -> list[Result]:
    """Figures about visitors from people's counts, which have no hour and therefore no standardised rate."""
    days, counters = frame.window.days, garden.people
    left_out = left_out_notes([garden.people_inputs.inputs(days)])
    support = _support(frame, garden.people_inputs, (insects.OF_PEOPLE, *left_out))
    counted, effort_h = garden.as_set.counted_visits.counted(days)
    of_places = support.replace(n=len(counters.nodes), n_of="places")
    activity = insects.activity_figure(frame, counted, effort_h, of_places, None)
    if frame.window.period == DAY:
        return [activity]
    rate = missing_figure(frame, indices.VISITS_PER_HOUR, people.NO_HOUR, support.replace(effort_h=effort_h))
    frequencies = insects.survey_frequencies(counters, days)
    groups = insects.group_figures(frame, frequencies, support, unit="places", missing=insects.NO_PEOPLE)
    return [activity, rate, *groups]


def _passages(frame: Frame, beams: Watchers, node_class: Comparability | None) -> list[Result]:
    """Standardised rate of passages through beams."""
    if frame.window.period == DAY:
        return []
    tally = select_class(beams, node_class).window(frame.window.days)
    notes = insects.other_class_notes(beams.comparability, node_class) + beams.notes(frame.window.days)
    return [
        insects.rate_figure(
            frame,
            indices.PASSAGES_PER_HOUR,
            insects.node_rates(tally),
            _support(frame, beams.inputs, notes),
            unit="nodes",
            missing=insects.NO_BEAM,
            tally=tally,
        )
    ]


def _surveys(frame: Frame, garden: GardenDays) -> list[Result]:
    """Visits per count, and over longer windows per flower unit and beside a camera."""
    days, counters = frame.window.days, garden.people
    inferred = bool(counters.inferred[:, days].any())
    notes = (people.MINUTES_INFERRED,) if inferred else ()
    left_out = left_out_notes([garden.people_inputs.inputs(days)])
    support = _support(frame, garden.people_inputs, (*notes, *left_out))
    effort_h = float(counters.hours[:, days].sum())
    visits = survey_figure(frame, counters, support.replace(effort_h=effort_h))
    if frame.window.period not in LONG:
        return [visits]
    return [visits, flower_figure(frame, counters, support), ratio_figure(frame, garden.pairs, support)]

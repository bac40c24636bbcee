"""All figures of one garden over one window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from sera_analysis.aggregates.garden_set import WATCHER_HOURS, Together
from sera_analysis.aggregates.gardens import of_class
from sera_analysis.figures import insect_figures as insects
from sera_analysis.figures import soil_figures
from sera_analysis.figures.detector_validation_figures import corrected_figures, recalls, verification_of
from sera_analysis.figures.figures import Frame, Support, figure, refused
from sera_analysis.figures.ground_figures import GROUND_INDICES, ground_figures
from sera_analysis.figures.people_figures import flower_figure, ratio_figure, survey_figure
from sera_analysis.figures.phenology_figures import half_time_figure, season_figures
from sera_analysis.soil.probe_means import FIELDS
from sera_analysis.statistics.intervals import REPLICATES, no_interval
from sera_analysis.visits import people
from sera_analysis.windows import DAY, LONG, MONTH, WHOLE
from sera_vocabulary import indices
from sera_vocabulary.figure_codes import THIS_GARDEN
from sera_words.statements import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sera_analysis.aggregates.effort import DayTally
    from sera_analysis.aggregates.figure_inputs import DayAccount
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


class Told(NamedTuple):
    """Which kinds of figure a window has."""

    cameras: bool
    beams: bool
    people: bool
    soil: bool


def told_of(gardens: Sequence[GardenDays], window: Window) -> Told:
    """Choose the kinds of figure a window has: all over the span, so that what is missing has its reason.

    Shorter windows tell of detectors and probes from their first reading on, so that one that fell silent
    goes on to be told of, and of people on the days they counted.
    """
    if window.period in WHOLE:
        return Told(cameras=True, beams=True, people=True, soil=True)
    together, stop = Together.of(gardens), window.days.stop
    cameras, beams, probes = together.beginnings
    return Told(
        cameras=cameras < stop,
        beams=beams < stop,
        people=together.effort(window.days).surveyed,
        soil=probes < stop,
    )


def garden_frame(garden: GardenDays, window: Window, draws: Draws) -> Frame:
    """Say what all figures of a garden over a window share."""
    start_s, end_s = window.bounds_s(garden.garden.timezone)
    return Frame(GARDEN, garden.garden.id, window, start_s, end_s, THIS_GARDEN, *draws)


def garden_figures(garden: GardenDays, window: Window, classes: Classes, draws: Draws) -> list[Result]:
    """Make the figures of one garden over one window: of all kinds over the span, else of those `told_of`."""
    frame = garden_frame(garden, window, draws)
    told = told_of(garden.alone, window)
    results = [effort_figure(frame, garden.alone)] if told.cameras or told.beams or told.people else []
    if told.soil:
        results += garden_soils(frame, garden)
    if told.cameras or told.people:
        results += _visitors(frame, garden, classes.camera)
    if told.beams:
        results += _passages(frame, garden.beams, classes.beam)
    if told.people:
        results += _surveys(frame, garden)
    return results


def _support(frame: Frame, account: DayAccount, notes: tuple[Note, ...] = ()) -> Support:
    return Support(
        good_share=account.good_share(frame.window.days),
        inputs=account.inputs(frame.window.days),
        notes=notes,
    )


def effort_figure(frame: Frame, gardens: Sequence[GardenDays]) -> Result:
    """Hours of watching of all detectors and people, the hours by kind as parts."""
    together = Together.of(gardens)
    found = together.effort(frame.window.days)
    hours = found.hours
    total = sum([hours[kind] for kind in WATCHER_HOURS])
    support = Support(
        effort_h=total,
        n=found.watchers,
        n_of="nodes",
        notes=(people.MINUTES_INFERRED,) if found.inferred else (),
        parts=dict(hours),
        inputs=_cut(frame, gardens),
    )
    if not together.active.shape[0]:
        return refused(frame, indices.EFFORT, Reason.of("nothing_watches"), support)
    interval = no_interval(insects.NOT_AN_ESTIMATE)
    return figure(frame, indices.EFFORT, total, interval, support.but(coverage=found.coverage))


def _cut(frame: Frame, gardens: Sequence[GardenDays]) -> dict[str, int | float | str]:
    """State the hours that a garden's nodes claimed beyond what time allows."""
    if frame.scope != GARDEN:
        return {}
    hours: dict[str, float] = {}
    for garden in gardens:
        for account in (garden.cameras.account, garden.beams.account, garden.people_account):
            for name, value in account.cut_inputs(frame.window.days).items():
                hours[name] = hours.get(name, 0.0) + float(value)
    return dict(hours)


def told_soils(frame: Frame, probes: list[ProbeDays]) -> tuple[str, ...]:
    """Choose the soil figures of a window: a day says nothing of moisture where no probe is calibrated."""
    if frame.window.period == DAY and not any(probe.calibrated for probe in probes):
        return tuple([index for index in MEAN_INDICES if index != indices.SOIL_MOISTURE_MEAN])
    return MEAN_INDICES


def garden_soils(frame: Frame, garden: GardenDays) -> list[Result]:
    """Soil figures of a garden."""
    support = _support(frame, garden.soil)
    means = [_soil_mean(frame, garden, index, support) for index in told_soils(frame, garden.probes)]
    return means + ground_figures(frame, garden, support)


def _soil_mean(frame: Frame, garden: GardenDays, index: str, support: Support) -> Result:
    days, together = frame.window.days, garden.alone
    means = together.node_means(index, days)
    support = support.but(
        coverage=together.soil(FIELDS[index]).coverage(days), notes=soil_figures.set_notes(together, index)
    )
    missing = None if means else soil_figures.soil_refusal(garden.probes, index)
    return soil_figures.soil_figure(frame, index, means, support, unit="nodes", missing=missing)


def _visitors(frame: Frame, garden: GardenDays, chosen: Comparability | None) -> list[Result]:
    """Figures about visitors: from cameras where there are any, else from people's counts."""
    days = frame.window.days
    if not garden.cameras.tally.nodes and garden.people.nodes:
        return _visitors_by_people(frame, garden)
    whole = garden.cameras.tally
    notes = insects.left_out(garden.cameras.comparability, chosen) + (
        (insects.OF_CAMERAS,) if garden.people.nodes else ()
    )
    support = _support(frame, garden.cameras.account, notes)
    missing = None if whole.nodes else insects.NO_CAMERA
    of_nodes = support.but(n=len(whole.nodes), n_of="nodes")
    results = [insects.activity_figure(frame, *garden.alone.seen.counted(days), of_nodes, missing)]
    if frame.window.period == DAY:
        return results
    tally = of_class(garden.cameras, chosen).window(days)
    rate = insects.rate_figure(
        frame,
        indices.VISITS_PER_HOUR,
        insects.node_rates(tally),
        support.but(notes=notes + garden.cameras.notes(days)),
        unit="nodes",
        missing=insects.NO_CAMERA,
        tally=tally,
    )
    found = insects.node_frequencies(tally)
    by_group = support.but(notes=(*notes, insects.ALL_WEATHERS))
    labels = verification_of(garden.stated, chosen)
    begins = garden.days.first + timedelta(days=days.start)
    groups = insects.group_figures(
        frame, found, by_group, unit="nodes", missing=insects.NO_CAMERA, recall=recalls(labels)
    )
    return [*results, rate, *groups, *_courses(frame, tally, support, labels, begins)]


def _courses(
    frame: Frame, tally: DayTally, support: Support, labels: Verification | None, begins: date
) -> list[Result]:
    """Courses of day and season and corrected counts, over windows that are long enough for them."""
    if frame.window.period not in LONG:
        return []
    missing = insects.NO_CAMERA
    found = [half_time_figure(frame, tally, support, missing)]
    if frame.window.period != MONTH:
        found += season_figures(frame, tally, support, missing, begins)
    if not tally.nodes:
        return [*found, refused(frame, indices.CORRECTED_VISITS, missing, support)]
    return found + corrected_figures(frame, tally.visits.sum(axis=(0, 1)), labels, support)


def _visitors_by_people(frame: Frame, garden: GardenDays) -> list[Result]:
    """Figures about visitors from people's counts, which have no hour and therefore no standardised rate."""
    days, counters = frame.window.days, garden.people
    support = _support(frame, garden.people_account, (insects.OF_PEOPLE,))
    counted, effort_h = garden.alone.seen.counted(days)
    of_places = support.but(n=len(counters.nodes), n_of="places")
    activity = insects.activity_figure(frame, counted, effort_h, of_places, None)
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
    notes = insects.left_out(beams.comparability, chosen) + beams.notes(frame.window.days)
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


def _surveys(frame: Frame, garden: GardenDays) -> list[Result]:
    """Visits per count, and over longer windows per flower unit and beside a camera."""
    days, counters = frame.window.days, garden.people
    inferred = bool(counters.inferred[:, days].any())
    support = _support(frame, garden.people_account, (people.MINUTES_INFERRED,) if inferred else ())
    effort_h = float(counters.hours[:, days].sum())
    visits = survey_figure(frame, counters, support.but(effort_h=effort_h))
    if frame.window.period not in LONG:
        return [visits]
    return [visits, flower_figure(frame, counters, support), ratio_figure(frame, garden.pairs, support)]

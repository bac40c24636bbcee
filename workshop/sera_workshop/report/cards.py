"""The cards of the page: all that it shows of one garden, on scales that all gardens share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from sera_workshop.mural import mural, petals
from sera_workshop.report.headlines import garden_sentence
from sera_workshop.report.strip import Hours, Scales, Strip, hours, scales, strip
from sera_workshop.templates import render
from sera_workshop.views import figures, words
from sera_workshop.views.days import days_of
from sera_workshop.views.noticed import waiting_days

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sera_store.results.result_set import ResultSet
    from sera_store.results.results import Result
    from sera_workshop.mural.mural import Drawing
    from sera_workshop.views.days import Day
    from sera_workshop.views.diary import Diary
    from sera_workshop.views.facts import GardenFacts
    from sera_workshop.views.garden_view import Plot
    from sera_workshop.views.noticed import Noticed


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One insect group in a garden's table."""

    rank: int
    name: str
    colour: str
    share: str
    interval: str
    refusal: str | None
    bar: figures.Bar | None


@dataclass(frozen=True, slots=True)
class Card:
    """All that the page shows of one garden."""

    id: str
    name: str
    place: str
    detectors: str
    sentence: str
    portrait: Markup
    figures: tuple[figures.FigureView, ...]
    groups: tuple[GroupRow, ...]
    notes: tuple[str, ...]
    strip: Strip | None
    hours: Hours | None


@dataclass(frozen=True, slots=True)
class Scene:
    """What the cards of a page share, and what stands beside the figures.

    Parameters
    ----------
    results
        Figures of all gardens.
    days, diaries
        By garden id.
    noticed
        What was noticed about readings.
    scales, bar_ends, steps
        The same for all gardens: of strips, of bars, of leaves.
    """

    results: ResultSet
    days: Mapping[str, Sequence[Day]]
    diaries: Mapping[str, Diary]
    noticed: Sequence[Noticed]
    scales: Scales
    bar_ends: Mapping[str, float]
    steps: dict[str, float]

    @classmethod
    def of(
        cls,
        gardens: Sequence[GardenFacts],
        results: ResultSet,
        days: Mapping[str, Sequence[Day]],
        diaries: Mapping[str, Diary],
        noticed: Sequence[Noticed],
    ) -> Scene:
        """Choose what the gardens share; days of a garden that is not named come from its daily figures."""
        by_garden = {garden.id: days_of(results, garden) for garden in gardens} | dict(days)
        return cls(
            results=results,
            days=by_garden,
            diaries=diaries,
            noticed=noticed,
            scales=scales([(garden, by_garden[garden.id]) for garden in gardens], diaries),
            bar_ends=figures.bar_ends(results, [garden.id for garden in gardens]),
            steps=mural.steps(mural.plots(gardens, results)),
        )


def card(facts: GardenFacts, plot: Plot, scene: Scene) -> Card:
    """Make the card of one garden."""
    views = figures.figures_of(scene.results, facts.id, facts.detectors, scene.bar_ends)
    groups = figures.groups_of(scene.results, facts.id)
    days, diary = scene.days.get(facts.id, ()), scene.diaries.get(facts.id)
    has_groups = any(result.value is not None for _, _, result in groups)
    notes = tuple(dict.fromkeys(note for view in views for note in view.notes))
    return Card(
        id=facts.id,
        name=facts.name,
        place=facts.place,
        detectors=words.names(facts.detectors),
        sentence=garden_sentence(facts, scene.results) if views else "",
        portrait=inline(
            mural.lay_out_plant(
                plot, is_simulated=facts.is_simulated, scale=scene.steps, key=f"plant-{facts.id}"
            )
        ),
        figures=views,
        groups=tuple(_group_row(*row) for row in groups) if has_groups else (),
        notes=notes,
        strip=_strip(facts, days, scene) if days else None,
        hours=hours(facts, diary.by_hour, scene.scales) if diary else None,
    )


def _strip(facts: GardenFacts, days: Sequence[Day], scene: Scene) -> Strip:
    diary = scene.diaries.get(facts.id)
    late = waiting_days(scene.noticed, facts.id)
    return strip(facts, days, scene.scales, late, diary.weather if diary else None)


def _group_row(rank: int, group: str, result: Result) -> GroupRow:
    view = figures.figure(result)
    colour = petals.COLOUR[group]
    return GroupRow(
        rank, words.plain(group), colour, view.value, figures.ends(result), view.refusal, view.bar
    )


def inline(drawing: Drawing) -> Markup:
    """Draw to stand inside the page; the template that made it has escaped its texts."""
    return Markup(render("drawing.svg.j2", drawing=drawing))  # noqa: S704 - made by a template that escapes

"""What may be said of a garden, filled in: three sentences, and the figures behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sera_vocabulary import indices
from sera_vocabulary.meanings import UNITS
from sera_workshop.views import figures
from sera_workshop.views.facts import names_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.results.result_set import ResultSet
    from sera_store.results.results import Result
    from sera_words.sentences import Sentences
    from sera_workshop.packs.day_rows import DayRow
    from sera_workshop.views.facts import GardenFacts

SENTENCES: Final = 3
# Significant digits of a number that stands behind "about"; the figures below the sentences have three.
_ABOUT: Final = 2
NEVER: Final = ("animals", "better", "absent")
_FIGURES: Final = (
    indices.VISITS_PER_HOUR,
    indices.VISITS_PER_SURVEY,
    indices.PASSAGES_PER_HOUR,
    indices.EFFECTIVE_GROUPS_Q1,
    indices.SOIL_TEMPERATURE_MEAN,
    indices.SOIL_MOISTURE_MEAN,
)


def garden_sentences(
    facts: GardenFacts, results: ResultSet, days: Sequence[DayRow], words: Sentences
) -> list[str]:
    """Write at most three sentences, those that say most first; where nothing was read, one that says so."""
    sentences = [*_rates(facts, results, words), *_guests(facts, results, words), *_watched(days, words)]
    soil = _value(results, facts, indices.SOIL_TEMPERATURE_MEAN)
    if soil is not None and soil.value is not None:
        sentences.append(words.say("say.soil", value=words.figures.number(round(soil.value, 1))))
    return sentences[:SENTENCES] or [words.say("say.nothing")]


def _value(results: ResultSet, facts: GardenFacts, index: str) -> Result | None:
    result = figures.select_figure(results, facts.id, index)
    return result if result is not None and result.value is not None else None


def _rates(facts: GardenFacts, results: ResultSet, words: Sentences) -> list[str]:
    def number(value: float) -> str:
        return words.figures.number(float(f"{value:.{_ABOUT}g}"))

    counted = _value(results, facts, indices.VISITS_PER_SURVEY)
    counts = [] if counted is None else [words.say("say.counts", value=number(counted.value or 0.0))]
    rate = _value(results, facts, indices.VISITS_PER_HOUR)
    if rate is None:
        refused = figures.select_figure(results, facts.id, indices.VISITS_PER_HOUR)
        return counts or ([words.say("say.unknown")] if refused is not None and names_groups(facts) else [])
    if rate.low is None or rate.high is None:
        return [words.say("say.visits_alone", value=number(rate.value or 0.0)), *counts]
    ends = {"low": number(rate.low), "high": number(rate.high)}
    return [words.say("say.visits", value=number(rate.value or 0.0), **ends), *counts]


def _guests(facts: GardenFacts, results: ResultSet, words: Sentences) -> list[str]:
    if not names_groups(facts):
        return []
    shares = [
        (result.value, name) for _, name, result in figures.groups_of(results, facts.id) if result.value
    ]
    if not shares:
        return []
    share, group = max(shares, key=lambda pair: pair[0] or 0.0)
    return [words.say("say.group", group=words.figures.name(group), share=words.figures.share(share or 0.0))]


def _watched(days: Sequence[DayRow], words: Sentences) -> list[str]:
    hours = [row.values["hours_watched"] for row in days]
    effort_hours = [value for value in hours if value]
    if not effort_hours:
        return []
    count = {"days": words.figures.whole(len(effort_hours)), "all": words.figures.whole(len(days))}
    return [words.say("say.watched", hours=words.figures.whole(sum(effort_hours)), **count)]


def unknown_lines(
    facts: GardenFacts, results: ResultSet, days: Sequence[DayRow], words: Sentences
) -> list[str]:
    """Write what is not known of a garden: each refused figure with its reason, and days unwatched."""
    lines = []
    has_beam = "beam" in facts.detectors
    for index in _FIGURES:
        result = figures.select_figure(results, facts.id, index)
        if index == indices.PASSAGES_PER_HOUR and not has_beam:
            continue
        if result is not None and result.value is None and result.reason is not None:
            lines.append(f"{words.figures.name(index)}: {words.figures.statement(result.reason)}")
    unwatched = [row for row in days if not (row.values["hours_watched"] or row.values["counts_by_people"])]
    if unwatched:
        count = {"days": words.figures.whole(len(unwatched)), "all": words.figures.whole(len(days))}
        lines.append(words.say("say.unwatched", **count))
    return lines


def figure_cells(facts: GardenFacts, results: ResultSet, words: Sentences) -> list[dict[str, str]]:
    """Write the figures of a garden in cells, each of which keeps its own direction of writing."""
    number = words.figures.number
    rows = []
    for index in _FIGURES:
        result = _value(results, facts, index)
        if result is None or result.value is None:
            continue
        has_interval = result.low is not None and result.high is not None
        rows.append(
            {
                "name": words.figures.name(index),
                "value": number(result.value),
                "unit": words.figures.unit(result.unit) if result.unit in UNITS else "",
                "interval": f"({number(result.low or 0.0)} – {number(result.high or 0.0)})"
                if has_interval
                else "",
            }
        )
    return rows


def effort_lines(facts: GardenFacts, results: ResultSet, words: Sentences) -> list[str]:
    """Write how much watching the rate rests on, which is less than all of it; none without a rate."""
    rate = _value(results, facts, indices.VISITS_PER_HOUR)
    if rate is None or rate.effort_h is None:
        return []
    return [words.say("handout.behind", hours=words.figures.whole(rate.effort_h))]


def guest_rows(facts: GardenFacts, results: ResultSet, words: Sentences) -> list[dict[str, Any]]:
    """Name the petals of a garden, with the share of the watched days on which each group came; or none."""
    rows = figures.groups_of(results, facts.id) if names_groups(facts) else ()
    if all(result.value is None for _, _, result in rows):
        return []
    return [
        {
            "number": words.figures.whole(rank),
            "group": name,
            "name": words.figures.name(name),
            "share": result.value,
            "text": "–" if result.value is None else words.figures.share(result.value),
        }
        for rank, name, result in rows
    ]

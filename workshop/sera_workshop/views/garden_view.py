"""Turn a garden's figures into what its plot in the mural is made of: amounts and sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_vocabulary import indices
from sera_workshop.views import figures, words
from sera_workshop.views.facts import GardenFacts, names_groups

if TYPE_CHECKING:
    from sera_store.results.result_set import ResultSet
    from sera_store.results.results import Result

LEAF: Final = "leaf"
BLADE: Final = "blade"
HEART: Final = "heart"

# Which mark stands for which rate; in this order one is chosen where there are several.
RATE_SHAPES: Final = {
    indices.VISITS_PER_HOUR: LEAF,
    indices.VISITS_PER_SURVEY: HEART,
    indices.PASSAGES_PER_HOUR: BLADE,
}


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure with its interval; low and high are None together."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Petal:
    """One insect group: the share of watched days on which it came."""

    rank: int
    group: str
    share: Amount


@dataclass(frozen=True, slots=True)
class Plot:
    """All figures and texts of one garden in the mural; what is None or empty has a sentence in `missing`."""

    garden: str
    name: str
    petals: tuple[Petal, ...]
    no_petals: str
    rate: Amount | None
    rate_shape: str
    no_rate: str
    effective_groups: Amount | None
    wetness: Amount | None
    no_wetness: str
    coverage: float | None
    effort_h: float | None
    sentences: tuple[str, ...]


def plot(facts: GardenFacts, results: ResultSet) -> Plot:
    """Make the plot of one garden from its figures.

    Parameters
    ----------
    facts
        The garden.
    results
        Result records; those of other places are ignored.

    Returns
    -------
    Plot
        A garden without any figure gets a plot that says so and holds no amount.
    """
    petals = _petals(facts, results) if names_groups(facts) else ()
    rate, shape_name = _rate(facts, results)
    wet = figures.select_figure(results, facts.id, indices.RELATIVE_WETNESS)
    effort = figures.select_figure(results, facts.id, indices.EFFORT)
    groups = figures.select_figure(results, facts.id, indices.EFFECTIVE_GROUPS_Q1) if petals else None
    coverage = effort.coverage if effort is not None else None
    return Plot(
        garden=facts.id,
        name=facts.name,
        petals=petals,
        no_petals="" if petals else _no_petals(facts, results),
        rate=_amount(rate),
        rate_shape=shape_name,
        no_rate=_refusal(rate) if _amount(rate) is None else "",
        effective_groups=_amount(groups),
        wetness=_amount(wet),
        no_wetness=_refusal(wet, words.NO_SOIL) if _amount(wet) is None else "",
        coverage=coverage,
        effort_h=_effort_h(rate, effort),
        sentences=_sentences(facts, results, bool(petals)),
    )


def _amount(result: Result | None) -> Amount | None:
    if result is None or result.value is None:
        return None
    return Amount(result.value, result.low, result.high)


def _refusal(result: Result | None, otherwise: str = words.NOT_ENOUGH) -> str:
    """Write why there is no figure: the refusal's own sentence behind the words that everybody knows."""
    before = words.say(otherwise)
    if result is None or result.reason is None:
        return before
    return words.say("lead.because", lead=before, reason=words.statement(result.reason))


def _petals(facts: GardenFacts, results: ResultSet) -> tuple[Petal, ...]:
    groups = figures.groups_of(results, facts.id)
    shares = ((rank, group, _amount(result)) for rank, group, result in groups)
    return tuple(Petal(rank, group, share) for rank, group, share in shares if share is not None)


def _no_petals(facts: GardenFacts, results: ResultSet) -> str:
    if not names_groups(facts):
        return words.say("view.no_petals", detectors=words.names(facts.detectors))
    refused = [result for _, _, result in figures.groups_of(results, facts.id) if result.reason]
    own = refused[0] if refused else figures.select_figure(results, facts.id, indices.EFFECTIVE_GROUPS_Q1)
    return _refusal(own)


def _rate(facts: GardenFacts, results: ResultSet) -> tuple[Result | None, str]:
    """Choose the rate that the leaves stand for: one with a value before a refused one."""
    rates = [
        (figures.select_figure(results, facts.id, index), shape_name)
        for index, shape_name in RATE_SHAPES.items()
    ]
    present = [
        (result, shape_name)
        for result, shape_name in rates
        if result is not None
        and (result.value is not None or figures.can_watch(result.index, facts.detectors))
    ]
    for result, shape_name in present:
        if result is not None and result.value is not None:
            return result, shape_name
    return present[0] if present else (None, LEAF if names_groups(facts) else BLADE)


def _effort_h(rate: Result | None, effort: Result | None) -> float | None:
    """Return the effort behind the rate, or where there is none that of all detectors together."""
    if rate is not None and rate.effort_h is not None:
        return rate.effort_h
    return effort.value if effort is not None else None


def _sentences(facts: GardenFacts, results: ResultSet, with_petals: bool) -> tuple[str, ...]:
    """Describe in sentences what the plot shows, for people who do not see it."""
    lines = [
        words.say("view.of_garden", garden=facts.name, sentence=_sentence(view))
        for view in figures.figures_of(results, facts.id, facts.detectors)
    ]
    if with_petals:
        lines += [
            words.say(
                "view.group",
                garden=facts.name,
                group=words.plain(group),
                share=words.percentage(result.value),
                interval=words.interval(result),
            )
            for _, group, result in figures.groups_of(results, facts.id)
            if result.value is not None
        ]
    return tuple(lines) or (words.say("view.not_begun", garden=facts.name),)


def _sentence(view: figures.FigureView) -> str:
    if view.refusal is not None:
        return words.say("view.refused", label=view.label, lead=view.lead, reason=view.refusal)
    measure = " ".join(part for part in (view.value, view.unit) if part and part not in view.label)
    behind = ", ".join(part for part in (view.interval, view.effort) if part)
    return words.say("view.measured", label=view.label, measure=measure, behind=behind)

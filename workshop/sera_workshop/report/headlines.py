"""The first screen in words: what a neighbour would repeat, and whether anything was lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_vocabulary import indices
from sera_workshop.views import figures, noticed, words
from sera_workshop.views.facts import names_groups

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sera_store.results.result_set import ResultSet
    from sera_store.results.results import Result
    from sera_workshop.views.facts import GardenFacts
    from sera_workshop.views.figures import Results
    from sera_workshop.views.noticed import Noticed

SENTENCES: Final = 3
# What is told first.
_ORDER: Final = (noticed.UNWATCHED, noticed.WAITED, noticed.STUCK, noticed.MISSING_VALUES, noticed.FAILED)
_RATES: Final = (indices.VISITS_PER_HOUR, indices.VISITS_PER_SURVEY, indices.PASSAGES_PER_HOUR)
_WRONG: Final = ("missing", "lost", "duplicated", "invented")


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whether all that was made is here: a sentence, and whether it is so."""

    sentence: str
    is_whole: bool


def headlines(facts: Sequence[GardenFacts], results: Results, remarks: Sequence[Noticed]) -> tuple[str, ...]:
    """Write at most three sentences: who came, then what was noticed, one of a kind.

    Parameters
    ----------
    facts, results
        The gardens and their figures.
    remarks
        What was noticed about their readings.
    """
    names = {garden.id: garden.name for garden in facts}
    first: dict[str, Noticed] = {}
    for remark in remarks:
        if remark.garden in names and remark.count > (
            first[remark.code].count if remark.code in first else 0
        ):
            first[remark.code] = remark
    sentences = [first[code].sentence(names[first[code].garden]) for code in _ORDER if code in first]
    by_key = figures.as_set(results)
    contrast = _contrast(facts, by_key) or _guests(facts, by_key)
    return tuple([sentence for sentence in (contrast, *sentences) if sentence][:SENTENCES])


def _shares(facts: Sequence[GardenFacts], results: ResultSet) -> dict[str, list[tuple[GardenFacts, Result]]]:
    shares: dict[str, list[tuple[GardenFacts, Result]]] = {}
    for garden in facts:
        if not names_groups(garden):
            continue
        for _, group, result in figures.groups_of(results, garden.id):
            if result.value is not None:
                shares.setdefault(group, []).append((garden, result))
    return shares


def _contrast(facts: Sequence[GardenFacts], results: ResultSet) -> str:
    """Name the group and the two gardens that differ most, where their intervals lie apart."""
    best: tuple[float, str] = (0.0, "")
    for group, rows in _shares(facts, results).items():
        for most, high in rows:
            for least, low in rows:
                if most.detectors != least.detectors or high.low is None or low.high is None:
                    continue
                if high.low <= low.high or high.value is None or low.value is None:
                    continue
                difference = high.value - low.value
                if difference > best[0]:
                    ends = {"high": words.percentage(high.value), "low": words.percentage(low.value)}
                    sentence = words.say(
                        "headline.contrast", group=_capital(group), most=most.name, least=least.name, **ends
                    )
                    best = (difference, sentence)
    return best[1]


def _capital(group: str) -> str:
    name = words.plain(group)
    return name[:1].upper() + name[1:]


def _guests(facts: Sequence[GardenFacts], results: ResultSet) -> str:
    rows = [
        (result.value or 0.0, group, garden)
        for group, figures in _shares(facts, results).items()
        for garden, result in figures
    ]
    if not rows:
        return ""
    share, group, garden = max(rows, key=lambda row: row[0])
    return words.say(
        "headline.guests", garden=garden.name, group=words.plain(group), share=words.percentage(share)
    )


def garden_sentence(garden: GardenFacts, results: ResultSet) -> str:
    """Write what there is to say of one garden: how many come in an hour, and who comes most often."""
    rates = [figures.select_figure(results, garden.id, index) for index in _RATES]
    rate = next((result for result in rates if result is not None and result.value is not None), None)
    sentences = []
    if rate is not None and rate.value is not None:
        about = {"value": words.amount(rate.index, rate.value), "label": words.index_label(rate.index)}
        sentences.append(words.say("card.rate", interval=words.interval(rate), **about))
    elif any(result is not None for result in rates):
        sentences.append(words.say("card.no_rate"))
    if names_groups(garden):
        shares = [(result.value or 0.0, group) for _, group, result in figures.groups_of(results, garden.id)]
        came = sorted([pair for pair in shares if pair[0]], key=lambda pair: -pair[0])
        if len(came) > 1:
            (share, first), (_, second) = came[:2]
            names = {"first": words.plain(first), "second": words.plain(second)}
            sentences.append(words.say("card.guests", share=words.percentage(share), **names))
    else:
        sentences.append(_sentence(words.say("view.no_petals", detectors=words.names(garden.detectors))))
    return " ".join(sentences)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def completeness(accounts: Mapping[str, int]) -> Completeness | None:
    """Write whether anything was lost, from the accounts; None without accounts."""
    if not accounts:
        return None
    of = {name: accounts.get(name, 0) for name in (*_WRONG, "made", "stored", "dead_lettered")}
    if any(of[name] for name in _WRONG):
        doubled = of["duplicated"] + of["invented"]
        sentence = words.say(
            "page.not_kept", made=of["made"], missing=of["missing"], lost=of["lost"], doubled=doubled
        )
        return Completeness(sentence, is_whole=False)
    sentence = words.say("page.kept", made=of["made"], stored=of["stored"], count=of["dead_lettered"])
    return Completeness(sentence, is_whole=True)

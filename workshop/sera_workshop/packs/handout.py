"""The handout: one printed A4 page for a workshop, with what may be said and what may not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_store.licence import Licence
from sera_store.local_clock import local_date
from sera_store.results.result_set import ResultSet
from sera_vocabulary import indices
from sera_workshop.packs.garden_sentences import NEVER
from sera_workshop.packs.pack_words import pack_words
from sera_workshop.templates import render
from sera_workshop.views import figures, words
from sera_workshop.views.facts import are_simulated, names_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.results.results import Result
    from sera_words.sentences import Sentences
    from sera_workshop.views.facts import GardenFacts

# More gardens than this go on further sheets.
GARDENS_MOST: Final = 6
_SENTENCE_MOST: Final = 150

# Figures on the sheet of a garden, in its order; the first that exists of each line.
_HANDOUT_FIGURES: Final = (
    (indices.VISITS_PER_HOUR, indices.VISITS_PER_SURVEY, indices.PASSAGES_PER_HOUR),
    (indices.EFFECTIVE_GROUPS_Q1,),
    (indices.RELATIVE_WETNESS, indices.SOIL_MOISTURE_MEAN),
)

_MAY: Final = ("rate", "share", "unknown")
QUESTIONS: Final = ("surprise", "interval", "gap", "done", "change")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One garden on the sheet."""

    name: str
    place: str
    detectors: str
    figures: tuple[figures.FigureView, ...]
    most_seen: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One printed page."""

    community: str
    dates: str
    is_simulated: bool
    rows: tuple[SheetRow, ...]
    refusals: tuple[str, ...]
    number: int
    of: int
    density: str


def sheets(
    community: str,
    gardens: Sequence[GardenFacts],
    results: Sequence[Result],
    span_s: tuple[int, int],
    sentences: Sentences | None = None,
) -> tuple[Sheet, ...]:
    """Lay the gardens out on printed pages.

    Parameters
    ----------
    community
        Name of the community.
    gardens, results
        The gardens and their figures.
    span_s
        Dates of the pack as Unix time [s], end exclusive.
    sentences
        Those of a language; English where none are given.

    Returns
    -------
    tuple of Sheet
        Each fits one A4 page; at most `GARDENS_MOST` gardens a sheet.
    """
    parts = [gardens[i : i + GARDENS_MOST] for i in range(0, len(gardens), GARDENS_MOST)]
    by_key = ResultSet(results)
    said = sentences or pack_words("en")
    return tuple(
        _sheet(community, part, by_key, span_s, said, number=i + 1, of=len(parts))
        for i, part in enumerate(parts)
    )


def _sheet(
    community: str,
    gardens: Sequence[GardenFacts],
    results: ResultSet,
    span_s: tuple[int, int],
    sentences: Sentences,
    *,
    number: int,
    of: int,
) -> Sheet:
    rows = tuple(_row(facts, results, sentences) for facts in gardens)
    first, last = (local_date(time_s, gardens[0].timezone) for time_s in (span_s[0], span_s[1] - 1))
    refused = [view.refusal for row in rows for view in row.figures if view.refusal is not None]
    return Sheet(
        community=short(community, 60),
        dates=sentences.figures.full_dates(first, last),
        is_simulated=are_simulated(gardens),
        rows=rows,
        refusals=tuple(dict.fromkeys(refused)),
        number=number,
        of=of,
        density="airy" if len(rows) == 1 else "even" if len(rows) <= 4 else "dense",
    )


def _row(facts: GardenFacts, results: ResultSet, sentences: Sentences) -> SheetRow:
    return SheetRow(
        name=short(facts.name, 40),
        place=facts.place,
        detectors=", ".join([sentences.say(f"detector.{name}") for name in facts.detectors]),
        figures=tuple(view for line in _HANDOUT_FIGURES for view in _first(facts, results, line)),
        most_seen=_commonest_groups(facts, results),
    )


def _first(facts: GardenFacts, results: ResultSet, line: Sequence[str]) -> tuple[figures.FigureView, ...]:
    """Word the first figure of a line that has a value, else the first refusal."""
    candidates = [
        r for r in (figures.select_figure(results, facts.id, index) for index in line) if r is not None
    ]
    candidates.sort(key=lambda r: (r.value is None, not figures.can_watch(r.index, facts.detectors)))
    return (figures.figure(candidates[0], facts.detectors),) if candidates else ()


def _commonest_groups(facts: GardenFacts, results: ResultSet) -> str:
    """Name the three groups seen on most days; nothing where nothing can tell groups apart."""
    if not names_groups(facts):
        return ""
    groups = [(r.value, g) for _, g, r in figures.groups_of(results, facts.id) if r.value]
    groups.sort(key=lambda pair: -(pair[0] or 0))
    shares = [f"{words.plain(group)} {words.percentage(share or 0)}" for share, group in groups[:3]]
    return ", ".join(shares)


def short(text: str, most: int = _SENTENCE_MOST) -> str:
    """Cut a text from outside that would not fit the page."""
    return text if len(text) <= most else text[: most - 2].rstrip() + " …"


def handout_html(
    sheet: Sheet,
    meanings: Sequence[tuple[str, str]],
    sentences: Sentences | None = None,
    licence: Licence = Licence.CC_BY,
) -> str:
    """Write one sheet as an HTML page of its own.

    Parameters
    ----------
    meanings
        Pairs of a figure's name and what it means.
    sentences
        Those of a language; English where none are given.
    licence
        Under which the sheet is.
    """
    sentences = sentences or pack_words("en")
    say = sentences.say
    return render(
        "handout.html.j2",
        language=sentences.language,
        direction=sentences.direction,
        say=say,
        sheet=sheet,
        meanings=meanings,
        may=[say(f"may.{name}") for name in _MAY],
        may_not=[say(f"never.{name}") for name in NEVER],
        questions=[say(f"question.{name}") for name in QUESTIONS],
        licence=f"{licence.deed.name}, {sheet.community}.",
    )


def meanings_of(sheet: Sheet) -> tuple[tuple[str, str], ...]:
    """Explain the figures of a sheet in a line each."""
    used = {view.index for row in sheet.rows for view in row.figures}
    explained = [(name, words.explained(name)) for line in _HANDOUT_FIGURES for name in line if name in used]
    return tuple((words.index_label(name), text) for name, text in explained if text)

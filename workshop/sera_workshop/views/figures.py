"""Turn result records into what people read: one view a figure, chosen, worded and scaled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_store.results.result_set import ResultSet
from sera_vocabulary import indices
from sera_vocabulary.figure_codes import THIS_COMMUNITY, THIS_GARDEN
from sera_vocabulary.measurements import INSECT_GROUPS
from sera_workshop.views import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TypeAlias

    from sera_store.results.results import Result

    Results: TypeAlias = "Iterable[Result] | ResultSet"


# The order of a garden's figures.
MAIN_FIGURES: Final = tuple(
    [index.name for index in sorted(indices.INDICES, key=lambda index: index.page_order) if index.page_order]
)
_OWN_TARGETS = (THIS_GARDEN, THIS_COMMUNITY)


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval and its figure as shares (0 to 1) of a scale that ends at `end`."""

    low: float
    value: float
    high: float
    begin: str
    end: str


@dataclass(frozen=True, slots=True)
class FigureView:
    """One figure in words: a value with its interval and effort, or the sentence that refuses it."""

    index: str
    label: str
    value: str
    unit: str
    interval: str
    effort: str
    units_behind: str
    lead: str
    refusal: str | None
    notes: tuple[str, ...]
    bar: Bar | None


def select_figure(results: Results, scope_id: str, index: str, group: str = "") -> Result | None:
    """Choose the figure to show where there are several: the whole span, then the best supported.

    Parameters
    ----------
    results
        Any results; a `ResultSet` answers without reading those of other keys.
    scope_id, index, group
        Place, index and insect group that are asked for.

    Returns
    -------
    Result or None
        The whole span goes before parts of it, a value before a refusal, a long window before a short one, an
        interval before none, a figure about the place before one about its nodes. None where there is none;
        figures of single days are never chosen.
    """
    windows = [r for r in as_set(results).find(scope_id, index, group) if r.period != "day"]
    return max(windows, key=_worth, default=None)


def as_set(results: Results) -> ResultSet:
    """Index results by key, once: a set stays what it is."""
    return results if isinstance(results, ResultSet) else ResultSet(results)


def _worth(result: Result) -> tuple[bool, bool, int, bool, bool, int]:
    return (
        result.period == "span",
        result.value is not None,
        result.end_s - result.start_s,
        result.low is not None,
        result.target in _OWN_TARGETS,
        result.start_s,
    )


def figure(
    result: Result, detectors: Sequence[str] = (), bar_ends: Mapping[str, float] | None = None
) -> FigureView:
    """Word one result record.

    Parameters
    ----------
    result
        A figure or a refusal.
    detectors
        What watches at the place, where it is known.
    bar_ends
        Where the bar of an index ends, for bars that stand beside those of other places; its own round end
        where it is not named.

    Returns
    -------
    FigureView
        All texts that a page, a card or a handout shows; a refusal has no value, unit or interval text.
    """
    refused = result.value is None
    return FigureView(
        index=result.index,
        label=words.index_label(result.index),
        value="" if result.value is None else words.amount(result.index, result.value),
        unit="" if refused or result.index in words.SHARES else words.unit_words(result.unit),
        interval="" if refused else words.interval(result),
        effort=_effort(result),
        units_behind=words.say("figure.units", units=words.units(result.n, result.n_of)) if result.n else "",
        lead=lead(result.index, detectors),
        refusal=words.statement(result.reason) if result.reason else None,
        notes=tuple([words.statement(note) for note in result.notes]),
        bar=_bar(result, (bar_ends or {}).get(result.index)),
    )


def lead(index: str, detectors: Sequence[str] = ()) -> str:
    """Write the words before a refusal: whether more watching would help, or nothing here can tell."""
    row = indices.INDICES_BY_NAME.get(index)
    if row is not None and row.aspect in (indices.SOIL_WATER, indices.SOIL_WARMTH):
        return words.say(words.NO_SOIL)
    return words.say(words.NOT_ENOUGH if can_watch(index, detectors) else words.CANNOT)


def ends(result: Result) -> str:
    """Write only the two ends of an interval, or the empty text where there is none."""
    if result.low is None or result.high is None:
        return ""
    low, high = words.amount(result.index, result.low), words.amount(result.index, result.high)
    return words.say("figure.range", low=low, high=high)


def _effort(result: Result) -> str:
    """Write the effort where watching has a meaning: a soil probe does not watch."""
    row = indices.INDICES_BY_NAME.get(result.index)
    has_effort = row is None or row.aspect not in (indices.SOIL_WATER, indices.SOIL_WARMTH)
    return words.hours(result.effort_h) if has_effort or result.effort_h is not None else ""


def _bar(result: Result, shared_end: float | None = None) -> Bar | None:
    """Scale an interval to a bar from zero to a round end; none without interval or below zero."""
    if result.value is None or result.low is None or result.high is None or min(result.low, result.value) < 0:
        return None
    end = shared_end or _bar_end([result])
    shares = (min(1.0, part / end) for part in (result.low, result.value, result.high))
    low, value, high = shares
    return Bar(low, value, high, words.amount(result.index, 0), words.amount(result.index, end))


def bar_ends(results: Results, scope_ids: Sequence[str]) -> dict[str, float]:
    """Choose where the bars of each index end, the same for all places that stand on one page."""
    by_key = as_set(results)
    ends = {}
    for index in MAIN_FIGURES:
        found = [select_figure(by_key, scope_id, index) for scope_id in scope_ids]
        shown = [result for result in found if result is not None and result.value is not None]
        if shown:
            ends[index] = _bar_end(shown)
    return ends


def _bar_end(results: Sequence[Result]) -> float:
    if results[0].index in words.SHARES:
        return 1.0
    return round_end(max(max(result.high or 0.0, result.value or 0.0) for result in results))


def round_end(highest: float, factors: Sequence[float] = (1, 2, 5)) -> float:
    """Return the smallest factor times a power of ten that is not below a number above zero; 1 for zero."""
    if highest <= 0:
        return 1.0
    step = 1e-6
    while step < 1e12:
        for factor in factors:
            if step * factor * (1 + 1e-9) >= highest:
                return float(f"{step * factor:.6g}")
        step *= 10
    return highest


def figures_of(
    results: Results,
    scope_id: str,
    detectors: Sequence[str] = (),
    bar_ends: Mapping[str, float] | None = None,
) -> tuple[FigureView, ...]:
    """Word all figures of one place, in the order in which they are told; group shares are left out.

    Parameters
    ----------
    results
        Any results.
    scope_id
        The place.
    detectors
        What watches there, where it is known: a refusal for want of another detector is then left out, but
        for the one about insect groups, which says what cannot be known there.
    bar_ends
        As for `figure`.
    """
    by_key = as_set(results)
    candidates = [select_figure(by_key, scope_id, index) for index in MAIN_FIGURES]
    return tuple(
        figure(result, detectors, bar_ends)
        for result in candidates
        if result is not None and (result.value is not None or _belongs(result.index, detectors))
    )


def _belongs(index: str, detectors: Sequence[str]) -> bool:
    return index == indices.EFFECTIVE_GROUPS_Q1 or can_watch(index, detectors)


def can_watch(index: str, detectors: Sequence[str]) -> bool:
    """Return whether any of some detectors can give an index, also where nothing is known of them."""
    row = indices.INDICES_BY_NAME.get(index)
    return row is None or not row.needs or not detectors or not set(row.needs).isdisjoint(detectors)


def groups_of(results: Results, scope_id: str) -> tuple[tuple[int, str, Result], ...]:
    """Return (rank, group, result) of the ten insect groups of one place, where there are any."""
    by_key = as_set(results)
    rows = (
        (g.rank, g.name, select_figure(by_key, scope_id, indices.GROUP_INCIDENCE, g.name))
        for g in INSECT_GROUPS
    )
    return tuple((rank, name, result) for rank, name, result in rows if result is not None)


def window_of(results: Iterable[Result]) -> tuple[int, int] | None:
    """Return the window that all results together span as (start_s, end_s), or None without results."""
    windows = [(r.start_s, r.end_s) for r in results]
    return (min(w[0] for w in windows), max(w[1] for w in windows)) if windows else None

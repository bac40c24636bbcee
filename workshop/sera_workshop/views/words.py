"""Plain words for figures: numbers, units, groups and sentences, for people who are no ecologists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sera_vocabulary import indices, meanings, quality
from sera_vocabulary.measurements import COLUMNS
from sera_words.sentences import workshop_words
from sera_words.words import words as locale_words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date as calendar_date

    from sera_store.results.results import Result
    from sera_words.statements import Statement

QUALITY: Final = {
    0: "not checked",
    quality.GOOD: "good",
    quality.NOT_EVALUATED: "not checked",
    quality.SUSPECT: "suspect",
    quality.FAIL: "failed a check",
    quality.MISSING: "missing",
}

# Figures that are shares and read best as percentages.
SHARES: Final = frozenset([index.name for index in indices.INDICES if index.is_share])

# What stands before the reason why there is no figure.
NOT_ENOUGH: Final = "lead.not_enough"
CANNOT: Final = "lead.cannot"
NO_SOIL: Final = "lead.no_soil"


def say(id: str, /, **arguments: Any) -> str:  # noqa: A002 - gettext's own word
    """Write a sentence of murals, packs and pages that stand alone, for the present readers."""
    return workshop_words().say(id, **arguments)


def direction() -> str:
    """Return which way the present readers' script runs: `ltr` or `rtl`."""
    return workshop_words().direction


def plain(name: str) -> str:
    """Write a vocabulary name as words."""
    return locale_words().name(name)


def names(names: Iterable[str]) -> str:
    """Write names of the vocabulary, one after another."""
    return ", ".join(plain(name) for name in names)


def unit_words(code: str) -> str:
    """Write a UCUM code as people do."""
    return locale_words().unit(code)


def index_label(name: str) -> str:
    """Return the label of an index."""
    return locale_words().name(name)


def average(method: str) -> str:
    """Explain how a method puts units together, or return the empty text."""
    return locale_words().average(method)


def unit_of(column: str) -> str:
    """Return the UCUM unit of a measured column, or the empty text where it is not one of Sera's."""
    row = COLUMNS.get(column)
    return row.unit if row else ""


def number(value: float) -> str:
    """Write a number with the places that a figure of its size can bear."""
    if value == 0:
        return "0"
    places = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return locale_words().fixed(value, places)


def fixed(value: float, places: int) -> str:
    """Write a number with so many decimals."""
    return locale_words().fixed(value, places)


def percentage(value: float) -> str:
    """Write a share of one as a whole percentage, which no line break parts from its sign."""
    return locale_words().share(value)


def statement(statement: Statement | None) -> str:
    """Write a reason or a note as a sentence, or the empty text for None."""
    return "" if statement is None else locale_words().statement(statement)


def units(count: int, units: str) -> str:
    """Write how many units are behind a figure: `3 nodes`; the empty text where there are none."""
    return locale_words().units(count, units) if count and units else f"{count}" if count else ""


def units_name(units: str) -> str:
    """Write what the units of a figure are: `nodes`."""
    return locale_words().units_name(units) if units else ""


def explained(index: str) -> str:
    """Explain an index in one line, or the empty text where it explains itself."""
    return locale_words().explained(index)


def amount(index: str, value: float) -> str:
    """Write the value of an index: shares as percentages, others as numbers."""
    return percentage(value) if index in SHARES else number(value)


def interval(result: Result) -> str:
    """Write the interval of a figure and what it speaks about, or why there is none."""
    if result.low is None or result.high is None:
        reason = statement(result.interval_reason)
        return say("figure.no_interval_because", reason=reason) if reason else say("figure.no_interval")
    ends = {"low": amount(result.index, result.low), "high": amount(result.index, result.high)}
    share = percentage(result.confidence)
    if not result.target:
        return say("figure.interval", share=share, **ends)
    return say("figure.interval_for", share=share, target=target(result.target), **ends)


def target(code: str) -> str:
    """Write what an interval speaks about, or the empty text for none."""
    return locale_words().target(code)


def hours(effort_h: float | None) -> str:
    """Write an effort in hours."""
    if effort_h is None:
        return say("figure.effort_unknown")
    return say("figure.effort", hours=hours_number(effort_h))


def hours_number(effort_h: float) -> str:
    """Write a number of hours: whole ones from ten on, below with a tenth where there is one."""
    shown = round(effort_h, 0 if effort_h >= 10 else 1)
    return locale_words().fixed(shown, 0 if shown == int(shown) else 1)


def date(moment_s: int, timezone: str) -> str:
    """Write the local date of a moment: `4 May 2026`."""
    # Here, since what serves pages words figures too, and has no need of what arrays of days take.
    from sera_store.local_clock import local_date  # noqa: PLC0415

    return locale_words().date(local_date(moment_s, timezone))


def span(start_s: int, end_s: int, timezone: str) -> str:
    """Write the local dates of a window whose end is exclusive."""
    first, last = date(start_s, timezone), date(max(start_s, end_s - 1), timezone)
    return first if first == last else say("view.dates", first=first, last=last)


def day(iso_date: str) -> str:
    """Write a local date that is given as ISO 8601: `4 May 2026`."""
    from datetime import date as calendar_date  # noqa: PLC0415 - the name is taken here

    return locale_words().date(calendar_date.fromisoformat(iso_date))


def dates(first: calendar_date, last: calendar_date) -> str:
    """Write a span of local dates, both included, without its year."""
    return locale_words().dates(first, last)


def whole(value: float) -> str:
    """Write a number without decimals."""
    return locale_words().whole(value)


def iso_day(moment_s: int, timezone: str) -> str:
    """Write the local date of a moment as ISO 8601."""
    from sera_store.local_clock import local_date  # noqa: PLC0415 - as above

    return local_date(moment_s, timezone).isoformat()


def meaning(name: str) -> str:
    """Return in plain words what a measured quantity or an insect group is."""
    entry = meanings.MEANINGS.get(name)
    return f"{entry.label}: {entry.meaning}" if entry else plain(name)

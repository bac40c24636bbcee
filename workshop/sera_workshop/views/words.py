"""Plain words for figures: numbers, units, groups and sentences, for people who are no ecologists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_store.calendar import local_date
from sera_vocabulary import indices, meanings, quality
from sera_vocabulary.measurements import COLUMNS

if TYPE_CHECKING:
    from sera_store.results.results import Result

QUALITY: Final = {
    0: "not checked",
    quality.GOOD: "good",
    quality.NOT_EVALUATED: "not checked",
    quality.SUSPECT: "suspect",
    quality.FAIL: "failed a check",
    quality.MISSING: "missing",
}

# Figures that are shares and read best as percentages.
SHARES: Final = frozenset({indices.GROUP_INCIDENCE, indices.RELATIVE_WETNESS})

NOT_ENOUGH: Final = "not enough watching yet"
CANNOT: Final = "cannot be said here"
NO_SOIL: Final = "no soil figure yet"


def plain(name: str) -> str:
    """Write a vocabulary name as words."""
    known = meanings.MEANINGS.get(name)
    return known.label if known else name.replace("_", " ")


def unit_words(code: str) -> str:
    """Write a UCUM code as people do."""
    known = meanings.UNITS.get(code)
    return known.symbol if known else code


def index_label(name: str) -> str:
    """Tell what an index may be called."""
    row = indices.INDICES_BY_NAME.get(name)
    return row.label if row else plain(name)


def unit_of(column: str) -> str:
    """Tell the UCUM unit of a measured column, or the empty text where it is none of ours."""
    row = COLUMNS.get(column)
    return row.unit if row else ""


def number(value: float) -> str:
    """Write a number with the places that a figure of its size can bear."""
    if value == 0:
        return "0"
    places = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:.{places}f}"
    return "0" + text[2:] if text.lstrip("-0.") == "" and text.startswith("-") else text


def percentage(value: float) -> str:
    """Write a share of one as a whole percentage, which no line break parts from its sign."""
    return f"{100 * value:.0f}\u00a0%".replace("-0\u00a0", "0\u00a0")


def amount(index: str, value: float) -> str:
    """Write the value of an index: shares as percentages, others as numbers."""
    return percentage(value) if index in SHARES else number(value)


def interval(result: Result) -> str:
    """Write the interval of a figure and what it speaks about, or why there is none."""
    if result.low is None or result.high is None:
        return f"no interval: {result.interval_reason}" if result.interval_reason else "no interval"
    span = f"{amount(result.index, result.low)} to {amount(result.index, result.high)}"
    return f"{percentage(result.confidence)} interval {span}" + (
        f", for {result.target}" if result.target else ""
    )


def hours(effort_h: float | None) -> str:
    """Write an effort in hours."""
    if effort_h is None:
        return "effort not known"
    return (
        f"{effort_h:.0f} h watched" if effort_h >= 10 else f"{effort_h:.1f} h watched".replace(".0 h", " h")
    )


def date(moment_s: int, timezone: str) -> str:
    """Write the local date of a moment: `4 May 2026`."""
    local = local_date(moment_s, timezone)
    return f"{local.day} {local:%B %Y}"


def span(start_s: int, end_s: int, timezone: str) -> str:
    """Write the local dates of a window whose end is exclusive."""
    first, last = date(start_s, timezone), date(max(start_s, end_s - 1), timezone)
    return first if first == last else f"{first} to {last}"


def iso_day(moment_s: int, timezone: str) -> str:
    """Write the local date of a moment as ISO 8601."""
    return local_date(moment_s, timezone).isoformat()


def meaning(name: str) -> str:
    """Tell in plain words what a measured quantity or an insect group is."""
    known = meanings.MEANINGS.get(name)
    return f"{known.label}: {known.meaning}" if known else plain(name)

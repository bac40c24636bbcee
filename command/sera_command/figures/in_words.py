"""Plain sentences around the numbers of a figure, for people who do not read intervals every day."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from sera_vocabulary.durations import DAY_S
from sera_words.words import words
from sera_workshop.views.words import SHARES, amount, span, unit_words

if TYPE_CHECKING:
    from sera_store.results.results import Result
    from sera_store.store import Store
    from sera_words.statements import Reason

# Reasons that count watched days: the arguments with how many there are and how many are needed.
_DAYS: Final = {
    "block_days_too_few": ("days", "needed"),
    "shared_days_too_few": ("days", "needed"),
    "dates_too_few": ("days", "needed"),
    "drying_days_too_few": ("days", "needed"),
}
# Windows that end by themselves: more days are another window's.
_OPEN_PERIODS: Final = ("span", "custom")


def figure_sentence(result: Result, place: str, timezone: str) -> str:
    """Write one figure in a sentence: what, where, when, and how far it may be off.

    Parameters
    ----------
    result
        The figure, or its refusal.
    place
        What people call its place.
    timezone
        IANA name, for the dates.
    """
    subject = words().name(result.index)
    if result.group:
        subject = f"{subject} ({words().name(result.group)})"
    where = f"{place}, {span(result.start_s, result.end_s, timezone)}: {subject}"
    if result.value is None:
        return " ".join(
            [f"{where}: nobody can say; {_statement(result.reason)}.", *_more(result, result.reason)]
        )
    value = _amount(result, result.value)
    if result.low is None or result.high is None:
        why = _statement(result.interval_reason)
        how_far = f"how far off that is nobody can say{f': {why}' if why else ''}."
        return " ".join([f"{where}: {value}; {how_far}", *_more(result, result.interval_reason)])
    low, high = amount(result.index, result.low), _amount(result, result.high)
    return f"{where}: about {value}; anything from {low} to {high} fits what was read."


def difference_sentence(result: Result, first: str, second: str) -> str:
    """Write the difference of two gardens in a sentence, or the empty text where there is none."""
    if result.value is None:
        return " ".join(_more(result, result.reason))
    more = "more" if result.value >= 0 else "fewer"
    sentence = f"In these days {first} had {abs(result.value):.3g} visits an hour {more} than {second}"
    return f"{sentence}; {_chance(result)}"


def effect_sentence(result: Result, garden: str) -> str:
    """Write what came with an action in a sentence, or the empty text where nothing can be said."""
    if result.value is None:
        return " ".join(_more(result, result.reason))
    more = "more" if result.value >= 0 else "fewer"
    return (
        f"After it {garden} had {abs(result.value):.3g} visits an hour {more} than gardens without it "
        f"let one expect; {_chance(result)}"
    )


def _chance(result: Result) -> str:
    if result.low is None or result.high is None:
        return " ".join(["nobody knows whether that is chance.", *_more(result, result.interval_reason)])
    between = f"{result.low:.3g} to {result.high:.3g}"
    if result.low <= 0 <= result.high:
        return f"with other days it could be anything from {between}, so also none at all."
    return f"with other days it would be {between}: more than the days' ups and downs."


def days_to_come(result: Result, reason: Reason | None) -> int | None:
    """Estimate how many more days are needed if they are watched as these were; None where that is unknown.

    Parameters
    ----------
    result
        The figure, whose window says in how many days so many were watched.
    reason
        Why there is no figure or no interval.
    """
    if reason is None or reason.code not in _DAYS or result.period not in _OPEN_PERIODS:
        return None
    observed, needed = (float(str(reason.arguments[name])) for name in _DAYS[reason.code])
    if observed <= 0 or needed <= observed:
        return None
    days = round((result.end_s - result.start_s) / DAY_S)
    return math.ceil((needed - observed) * max(days, observed) / observed)


def _more(result: Result, reason: Reason | None) -> list[str]:
    days = days_to_come(result, reason)
    if days is None:
        return []
    return [f"About {days} more {'day' if days == 1 else 'days'}, watched as these were, would do."]


def _statement(reason: Reason | None) -> str:
    return "" if reason is None else words().statement(reason)


def _amount(result: Result, value: float) -> str:
    text = amount(result.index, value)
    return text if result.index in SHARES else f"{text} {unit_words(result.unit)}".rstrip()


def place_of(store: Store, result: Result) -> str:
    """Return what people call the place of a figure."""
    entity = (
        store.registry.garden(result.scope_id)
        if result.scope == "garden"
        else store.registry.community(result.scope_id)
        if result.scope == "community"
        else None
    )
    return (entity.name or entity.id) if entity else result.scope_id

"""The strip of days: visits upwards, hours of watching downwards, and gaps that look like gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_workshop.mural.petals import coordinate
from sera_workshop.views import figures, words
from sera_workshop.views.facts import names_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_workshop.views.days import Day
    from sera_workshop.views.facts import GardenFacts

WIDTH: Final = 600.0
_UP: Final = 70.0
_DOWN: Final = 26.0
HEIGHT: Final = _UP + _DOWN
_SHARE: Final = 0.78


@dataclass(frozen=True, slots=True)
class Gap:
    """A day without watching, as high as the strip."""

    x: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class StripRow:
    """One day in words."""

    date: str
    visits: str
    watched: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The days of one garden: bars as SVG paths, gaps as boxes, and all of it in words."""

    counted: str
    heading: str
    visits: str
    watched: str
    gap_boxes: tuple[Gap, ...]
    base: str
    first: str
    last: str
    top: str
    watched_top: str
    gaps: str
    rows: tuple[StripRow, ...]


def strip(facts: GardenFacts, days: Sequence[Day]) -> Strip:
    """Lay out the strip of one garden.

    Parameters
    ----------
    facts
        The garden.
    days
        Its days in order, at least one; a day whose visits are None becomes a gap, not a bar of zero.
    """
    missing = sum(day.visits is None for day in days)
    counted = "visits" if names_groups(facts) else "passages"
    gaps = (
        words.say("strip.unwatched", missing=missing, days=len(days))
        if missing
        else words.say("strip.every_day")
    )
    top = figures.round_end(max((day.visits or 0) for day in days))
    watched_top = figures.round_end(max(day.watched_h for day in days))
    watched_h = [0.0 if day.visits is None else day.watched_h for day in days]
    columns = _Columns(len(days))
    return Strip(
        counted=words.say(f"strip.{counted}"),
        heading=words.say(f"strip.{counted.capitalize()}"),
        visits=columns.bars(_UP, [-_UP * min(1.0, (day.visits or 0) / top) for day in days]),
        watched=columns.bars(_UP, [_DOWN * min(1.0, hours / watched_top) for hours in watched_h]),
        gap_boxes=columns.gaps([day.visits is None for day in days]),
        base=coordinate(_UP),
        first=_date(days[0]),
        last=_date(days[-1]),
        top=words.number(top),
        watched_top=words.number(watched_top),
        gaps=gaps,
        rows=tuple(_row(day) for day in days),
    )


class _Columns:
    """Where the days stand beside one another."""

    def __init__(self, number: int) -> None:
        step = WIDTH / number
        self._lefts = [coordinate(step * (i + (1 - _SHARE) / 2)) for i in range(number)]
        self._width = coordinate(step * _SHARE)

    def bars(self, base: float, heights: Sequence[float]) -> str:
        """Draw bars from a base line as one path, since a year has hundreds; none without height."""
        start, width = coordinate(base), self._width
        return "".join(
            f"M{left} {start}v{coordinate(height)}h{width}V{start}z"
            for left, height in zip(self._lefts, heights, strict=True)
            if height
        )

    def gaps(self, missing: Sequence[bool]) -> tuple[Gap, ...]:
        """Return a box for each day that is missing."""
        height = coordinate(HEIGHT)
        return tuple(
            Gap(left, self._width, height)
            for left, is_missing in zip(self._lefts, missing, strict=True)
            if is_missing
        )


def _row(day: Day) -> StripRow:
    if day.visits is None:
        return StripRow(_date(day), words.say("strip.not_watched"), words.say("strip.hours", hours=0))
    hours = words.say("strip.hours", hours=words.hours_number(day.watched_h))
    return StripRow(_date(day), words.whole(day.visits), hours)


def _date(day: Day) -> str:
    return words.day(day.date)

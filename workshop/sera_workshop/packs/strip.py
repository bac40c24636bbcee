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
class Box:
    """A rectangle of the strip; `kind` is visits, watched or gap."""

    kind: str
    x: str
    y: str
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
    """The days of one garden, drawn and told."""

    counted: str
    boxes: tuple[Box, ...]
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
    counted = "visits" if names_groups(facts) else "passages"
    top = figures.round_end(max((day.visits or 0) for day in days))
    watched_top = figures.round_end(max(day.watched_h for day in days))
    boxes = [box for i, day in enumerate(days) for box in _boxes(i, len(days), day, top, watched_top)]
    missing = sum(day.visits is None for day in days)
    return Strip(
        counted=counted,
        boxes=tuple(boxes),
        base=coordinate(_UP),
        first=days[0].date,
        last=days[-1].date,
        top=f"{top:g}",
        watched_top=f"{watched_top:g}",
        gaps=f"{missing} of {len(days)} days without watching" if missing else "watched on every day",
        rows=tuple(_row(day) for day in days),
    )


def _boxes(place: int, number: int, day: Day, top: float, watched_top: float) -> tuple[Box, ...]:
    step = WIDTH / number
    x, width = coordinate(step * place + step * (1 - _SHARE) / 2), coordinate(step * _SHARE)
    if day.visits is None:
        return (Box("gap", x, "0", width, coordinate(HEIGHT)),)
    up = _UP * min(1.0, day.visits / top)
    down = _DOWN * min(1.0, day.watched_h / watched_top)
    return (
        Box("visits", x, coordinate(_UP - up), width, coordinate(up)),
        Box("watched", x, coordinate(_UP), width, coordinate(down)),
    )


def _row(day: Day) -> StripRow:
    if day.visits is None:
        return StripRow(day.date, "not watched", "0 h")
    return StripRow(day.date, f"{day.visits:g}", words.hours(day.watched_h).removesuffix(" watched"))

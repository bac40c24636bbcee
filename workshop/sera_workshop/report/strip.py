"""The strip of days: visits upwards, hours of watching downwards, gaps that look like gaps, the weather."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_workshop.mural.petals import coordinate
from sera_workshop.views import figures, words
from sera_workshop.views.facts import names_groups

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sera_workshop.views.days import Day
    from sera_workshop.views.diary import Diary, Weather
    from sera_workshop.views.facts import GardenFacts

WIDTH: Final = 600.0
_UP: Final = 70.0
_DOWN: Final = 26.0
HEIGHT: Final = _UP + _DOWN
_SHARE: Final = 0.78
_WEATHER: Final = 48.0
_LEAST_SPAN_C: Final = 5.0


# Closer than 1, 2, 5, since what all gardens share is high for most of them already.
_STEPS: Final = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)


class Scales(NamedTuple):
    """What all strips of a page end at: visits, passages, hours watched, visits or passages by hour."""

    visits: float
    passages: float
    effort_h: float
    by_hour: Mapping[bool, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A mark over the whole of a day or hour: a gap, or that readings came later."""

    x: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class StripRow:
    """One day in words."""

    date: str
    visits: str
    effort: str
    air: str
    rain: str


@dataclass(frozen=True, slots=True)
class WeatherStrip:
    """Air temperature as a line and rain as bars, with the words for both."""

    caption: str
    line: str
    rain: str


@dataclass(frozen=True, slots=True)
class Hours:
    """Visits an hour of watching by hour of the day: bars as one path, and hours that nobody watched."""

    caption: str
    label: str
    bars: str
    gap_boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """The days of one garden: bars as SVG paths, gaps as boxes, and all of it in words."""

    counted: str
    heading: str
    visits: str
    effort: str
    gap_boxes: tuple[Box, ...]
    late_boxes: tuple[Box, ...]
    base: str
    first: str
    last: str
    top: str
    effort_top: str
    gaps: str
    rows: tuple[StripRow, ...]
    weather: WeatherStrip | None


def scales(
    gardens: Sequence[tuple[GardenFacts, Sequence[Day]]], diaries: Mapping[str, Diary] | None = None
) -> Scales:
    """Choose scales that all gardens of a page share, so that what is more is drawn higher."""

    def most(*, is_grouped: bool) -> float:
        counted = [
            day.visits or 0.0
            for garden, days in gardens
            for day in days
            if names_groups(garden) == is_grouped
        ]
        return _end(max(counted, default=0.0))

    def most_by_hour(*, is_grouped: bool) -> float:
        rates = [
            rate or 0.0
            for garden, _ in gardens
            if names_groups(garden) == is_grouped and diaries and garden.id in diaries
            for rate in diaries[garden.id].by_hour
        ]
        return _end(max(rates, default=0.0))

    effort_h = max([day.effort_h for _, days in gardens for day in days], default=0.0)
    by_hour = {is_grouped: most_by_hour(is_grouped=is_grouped) for is_grouped in (True, False)}
    return Scales(most(is_grouped=True), most(is_grouped=False), _end(effort_h), by_hour)


def strip(
    facts: GardenFacts,
    days: Sequence[Day],
    scale: Scales | None = None,
    late: Collection[str] = (),
    weather: Mapping[str, Weather] | None = None,
) -> Strip:
    """Lay out the strip of one garden.

    Parameters
    ----------
    facts
        The garden.
    days
        Its days in order, at least one; a day whose visits are None becomes a gap, not a bar of zero.
    scale
        What the strips of the page end at; its own where none is given.
    late
        Dates (ISO 8601) whose readings came home later.
    weather
        Weather by date.
    """
    scale = scale or scales([(facts, days)])
    missing = sum(day.visits is None for day in days)
    counted = "visits" if names_groups(facts) else "passages"
    gaps = (
        words.say("strip.unwatched", missing=missing, days=len(days))
        if missing
        else words.say("strip.every_day")
    )
    top = scale.visits if names_groups(facts) else scale.passages
    effort_h = [0.0 if day.visits is None else day.effort_h for day in days]
    columns = _Columns(len(days))
    weather = weather or {}
    return Strip(
        counted=words.say(f"strip.{counted}"),
        heading=words.say(f"strip.{counted.capitalize()}"),
        visits=columns.bars(_UP, [-_UP * min(1.0, (day.visits or 0) / top) for day in days]),
        effort=columns.bars(_UP, [_DOWN * min(1.0, hours / scale.effort_h) for hours in effort_h]),
        gap_boxes=columns.boxes([day.visits is None for day in days], HEIGHT),
        late_boxes=columns.boxes([day.date in late for day in days], 3),
        base=coordinate(_UP),
        first=_date(days[0]),
        last=_date(days[-1]),
        top=_round(top),
        effort_top=_round(scale.effort_h),
        gaps=gaps,
        rows=tuple(_row(day, weather.get(day.date)) for day in days),
        weather=_weather_strip([weather.get(day.date) for day in days], columns),
    )


def hours(facts: GardenFacts, by_hour: Sequence[float | None], scale: Scales) -> Hours | None:
    """Lay out the hours of the day of one garden; None where nothing was counted in any."""
    if not any(by_hour):
        return None
    top = scale.by_hour[names_groups(facts)]
    columns = _Columns(len(by_hour))
    counted = words.say("strip.visits" if names_groups(facts) else "strip.passages")
    highest = max(range(len(by_hour)), key=lambda hour: by_hour[hour] or 0.0)
    return Hours(
        caption=words.say("hours.caption", counted=counted, top=_round(top)),
        label=words.say("hours.picture", garden=facts.name, hour=f"{highest:02d}:00"),
        bars=columns.bars(_UP, [-_UP * min(1.0, (rate or 0.0) / top) for rate in by_hour]),
        gap_boxes=columns.boxes([rate is None for rate in by_hour], _UP),
    )


def _end(highest: float) -> float:
    return figures.round_end(highest, _STEPS)


def _round(end: float) -> str:
    """Write the end of a scale, which has one digit that counts."""
    return words.whole(end) if end >= 1 else words.number(end)


class _Columns:
    """Where the days stand beside one another."""

    def __init__(self, number: int) -> None:
        self.step = WIDTH / number
        self._lefts = [coordinate(self.step * (i + (1 - _SHARE) / 2)) for i in range(number)]
        self._width = coordinate(self.step * _SHARE)

    def bars(self, base: float, heights: Sequence[float]) -> str:
        """Draw bars from a base line as one path, since a year has hundreds; none without height."""
        start, width = coordinate(base), self._width
        return "".join(
            f"M{left} {start}v{coordinate(height)}h{width}V{start}z"
            for left, height in zip(self._lefts, heights, strict=True)
            if height
        )

    def boxes(self, marked: Sequence[bool], height: float) -> tuple[Box, ...]:
        """Return a box for each day that is marked."""
        return tuple(
            Box(left, self._width, coordinate(height))
            for left, is_marked in zip(self._lefts, marked, strict=True)
            if is_marked
        )


def _weather_strip(days: Sequence[Weather | None], columns: _Columns) -> WeatherStrip | None:
    """Draw the temperature, interrupted where it was not read, and the rain from the top down."""
    read = [day.temperature_c for day in days if day is not None and day.temperature_c is not None]
    if not read:
        return None
    low, high = min(read), max(read)
    middle, span = (low + high) / 2, max(high - low, _LEAST_SPAN_C)
    rain_mm = [0.0 if day is None else day.rain_mm or 0.0 for day in days]
    top = figures.round_end(max(rain_mm))
    path, is_drawing = [], False
    for number, day in enumerate(days):
        if day is None or day.temperature_c is None:
            is_drawing = False
            continue
        height = _WEATHER * (0.5 - 0.8 * (day.temperature_c - middle) / span)
        path.append(
            f"{'L' if is_drawing else 'M'}{coordinate(columns.step * (number + 0.5))} {coordinate(height)}"
        )
        is_drawing = True
    ends = {"low": words.whole(low), "high": words.whole(high), "rain": _round(top)}
    bars = columns.bars(0, [_WEATHER * 0.6 * fallen / top for fallen in rain_mm])
    return WeatherStrip(words.say("strip.weather", **ends), "".join(path), bars)


def _row(day: Day, weather: Weather | None) -> StripRow:
    air, rain = (None, None) if weather is None else (weather.temperature_c, weather.rain_mm)
    beside = ("" if air is None else words.fixed(air, 1), "" if rain is None else words.fixed(rain, 1))
    if day.visits is None:
        no_effort = words.say("strip.hours", hours=0)
        return StripRow(_date(day), words.say("strip.not_watched"), no_effort, *beside)
    effort = words.say("strip.hours", hours=words.hours_number(day.effort_h))
    return StripRow(_date(day), words.whole(day.visits), effort, *beside)


def _date(day: Day) -> str:
    return words.day(day.date)

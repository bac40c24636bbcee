"""Read a count or an action from fields, as a plain form or a phone's queue brings them."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sera_pages.errors import InvalidFieldError
from sera_pages.sending.messages import COUNT_LEAST_S, FIT_COUNT_S, FitCount, GardenAction
from sera_vocabulary import measurements as m
from sera_vocabulary.measurements import COLUMNS, GARDEN_ACTIONS, GROUP_NAMES, TARGET_FLOWERS

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUTES_MOST: Final = 120
_AHEAD_MOST_S: Final = 120
# A day that is known without its hour stands at noon, and may be off by half a day.
_NOON: Final = 12
# A comma and the Arabic decimal separator; digits of any script are digits already.
_DECIMAL_POINTS: Final = str.maketrans({",": ".", "\u066b": "."})
_HALF_A_DAY_S: Final = 43_200
DAY_FORM: Final = "%Y-%m-%d"
TIME_FORM: Final = "%Y-%m-%dT%H:%M"


class FieldReader:
    """Reads fields one by one, and gathers what is wrong, so that a form says all of it at once.

    Parameters
    ----------
    fields
        Texts by name; one that is missing is empty.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self.errors: dict[str, InvalidFieldError] = {}

    def text(self, name: str) -> str:
        """Return a field's text."""
        return self._fields.get(name, "").strip()

    def number(self, name: str, measurement: str, *, is_whole: bool = False) -> float | None:
        """Return a number within what its measurement can be; None where the field is empty."""
        row = COLUMNS[measurement]
        return self.within(name, row.lowest, row.highest, is_whole=is_whole)

    def within(self, name: str, low: float, high: float, *, is_whole: bool = False) -> float | None:
        """Return a number within bounds; None where the field is empty or wrong."""
        text = self.text(name).translate(_DECIMAL_POINTS)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high or (is_whole and value != int(value)):
            kind = "field.whole_within" if is_whole else "field.number_within"
            self._wrong(name, kind, low=f"{low:g}", high=f"{high:g}")
            return None
        return value

    def choice(self, name: str, options: tuple[str, ...], sentence: str) -> str:
        """Return one of some options."""
        text = self.text(name)
        if text not in options:
            self._wrong(name, sentence)
            return options[0]
        return text

    def local_time(self, name: str, timezone: str, now_s: int) -> tuple[int, int]:
        """Return a local time of the garden as Unix time, and how far it may be off [s]."""
        text = self.text(name)
        for form, uncertainty_s in ((TIME_FORM, 60), (DAY_FORM, _HALF_A_DAY_S)):
            try:
                moment = datetime.strptime(text, form).replace(tzinfo=ZoneInfo(timezone))
            except ValueError:
                continue
            if form == DAY_FORM:
                moment = moment.replace(hour=_NOON)
            time_s = int(moment.timestamp())
            is_today = form == DAY_FORM and time_s - _HALF_A_DAY_S <= now_s
            if time_s > now_s + _AHEAD_MOST_S and not is_today:
                self._wrong(name, "field.in_future")
            return min(time_s, now_s), uncertainty_s
        self._wrong(name, "field.no_time")
        return now_s, 0

    def _wrong(self, name: str, sentence: str, **arguments: str) -> None:
        self.errors.setdefault(name, InvalidFieldError(name, sentence, **arguments))


def read_count(fields: FieldReader, timezone: str, now_s: int) -> FitCount:
    """Read a count; what is wrong is in `fields.errors`.

    Parameters
    ----------
    fields
        `flower`, `flower_units`, `patch_area`, the ten groups, `minutes` or `seconds`, `begun` (local) or
        `ended_s`, `air_temperature`, `cloud_cover`, `wind_force`.
    timezone
        Of the garden.
    now_s
        Present Unix time [s].
    """
    seconds = _seconds(fields)
    ended_s, uncertainty_s = _end(fields, timezone, now_s, seconds)
    counts = {name: _whole(fields.number(name, name, is_whole=True)) for name in GROUP_NAMES}
    return FitCount(
        ended_s=ended_s,
        seconds=seconds,
        counts=counts,
        target_flower=fields.choice("flower", TARGET_FLOWERS, "count.choose_flower"),
        flower_units=_whole(fields.number(m.FLOWER_UNITS, m.FLOWER_UNITS, is_whole=True)),
        patch_area=fields.number(m.PATCH_AREA, m.PATCH_AREA),
        air_temperature=fields.number(m.AIR_TEMPERATURE, m.AIR_TEMPERATURE),
        cloud_cover=fields.number(m.CLOUD_COVER, m.CLOUD_COVER),
        wind_force=_whole(fields.number(m.WIND_FORCE, m.WIND_FORCE, is_whole=True)),
        uncertainty_s=uncertainty_s,
    )


def _seconds(fields: FieldReader) -> int:
    if fields.text("seconds"):
        return (
            _whole(fields.within("seconds", COUNT_LEAST_S, MINUTES_MOST * 60, is_whole=True)) or FIT_COUNT_S
        )
    minutes = fields.within("minutes", COUNT_LEAST_S / 60, MINUTES_MOST)
    return FIT_COUNT_S if minutes is None else round(60 * minutes)


def _end(fields: FieldReader, timezone: str, now_s: int, seconds: int) -> tuple[int, int]:
    if fields.text("ended_s"):
        ended_s = fields.within("ended_s", 1_600_000_000, now_s + _AHEAD_MOST_S, is_whole=True)
        uncertainty_s = fields.within("uncertainty_s", 0, 3_600, is_whole=True)
        return _whole(ended_s) or now_s, _whole(uncertainty_s) or 2
    begun_s, uncertainty_s = fields.local_time("begun", timezone, now_s)
    return begun_s + seconds, uncertainty_s


def read_action(fields: FieldReader, timezone: str, now_s: int) -> GardenAction:
    """Read an action; what is wrong is in `fields.errors`.

    Parameters
    ----------
    fields
        `action`, `time` (local) or `time_s`, `water_depth`, `area`.
    timezone
        Of the garden.
    now_s
        Present Unix time [s].
    """
    if fields.text("time_s"):
        time_s = _whole(fields.within("time_s", 1_600_000_000, now_s + _AHEAD_MOST_S, is_whole=True)) or now_s
        uncertainty_s = 1800
    else:
        time_s, uncertainty_s = fields.local_time("time", timezone, now_s)
    return GardenAction(
        kind=fields.choice("action", GARDEN_ACTIONS, "log.choose"),
        time_s=time_s,
        water_depth=fields.number(m.WATER_DEPTH, m.WATER_DEPTH),
        area=fields.number("area", m.PATCH_AREA),
        uncertainty_s=max(uncertainty_s, 1800),
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)

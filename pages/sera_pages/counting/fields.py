"""Read a count or an action from fields, as a plain form or a phone's queue brings them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_pages.sending.messages import COUNT_LEAST_S, FIT_COUNT_S, FitCount, GardenAction
from sera_pages.views.fields import AHEAD_MOST_S
from sera_vocabulary import measurements as m
from sera_vocabulary.measurements import GARDEN_ACTIONS, GROUP_NAMES, TARGET_FLOWERS
from sera_vocabulary.messages import UTC_FIRST_S

if TYPE_CHECKING:
    from sera_pages.views.fields import FieldReader

MINUTES_MOST: Final = 120


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
    counts = {name: whole(fields.number(name, name, is_whole=True)) for name in GROUP_NAMES}
    return FitCount(
        ended_s=ended_s,
        seconds=seconds,
        counts=counts,
        target_flower=fields.choice("flower", TARGET_FLOWERS, "count.choose_flower"),
        flower_units=whole(fields.number(m.FLOWER_UNITS, m.FLOWER_UNITS, is_whole=True)),
        patch_area=fields.number(m.PATCH_AREA, m.PATCH_AREA),
        air_temperature=fields.number(m.AIR_TEMPERATURE, m.AIR_TEMPERATURE),
        cloud_cover=fields.number(m.CLOUD_COVER, m.CLOUD_COVER),
        wind_force=whole(fields.number(m.WIND_FORCE, m.WIND_FORCE, is_whole=True)),
        uncertainty_s=uncertainty_s,
    )


def _seconds(fields: FieldReader) -> int:
    if fields.text("seconds"):
        return whole(fields.within("seconds", COUNT_LEAST_S, MINUTES_MOST * 60, is_whole=True)) or FIT_COUNT_S
    minutes = fields.within("minutes", COUNT_LEAST_S / 60, MINUTES_MOST)
    return FIT_COUNT_S if minutes is None else round(60 * minutes)


def _end(fields: FieldReader, timezone: str, now_s: int, seconds: int) -> tuple[int, int]:
    if fields.text("ended_s"):
        ended_s = fields.within("ended_s", UTC_FIRST_S, now_s + AHEAD_MOST_S, is_whole=True)
        uncertainty_s = fields.within("uncertainty_s", 0, 3_600, is_whole=True)
        return whole(ended_s) or now_s, whole(uncertainty_s) or 2
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
        time_s = whole(fields.within("time_s", UTC_FIRST_S, now_s + AHEAD_MOST_S, is_whole=True)) or now_s
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


def whole(value: float | None) -> int | None:
    """Return a number that is a whole one as such, None where there is none."""
    return None if value is None else int(value)

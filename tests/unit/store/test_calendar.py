"""The one calendar: where days, hours, weeks, months and seasons begin, and what belongs to them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from sera_store.calendar import (
    dates_span_s,
    day_start_s,
    day_starts_s,
    epoch_day,
    first_of_month,
    hour_starts_s,
    is_amount,
    local_days,
    month_number,
    month_start,
    season_start,
    week_start,
)
from sera_vocabulary.series import SERIES

LONDON = "Europe/London"


def at(text: str, zone: str = LONDON) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


@pytest.mark.parametrize("zone", [LONDON, "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana"])
def test_at_midnight_a_state_is_of_the_new_day_and_an_amount_of_the_old_one(zone: str) -> None:
    for day in range(epoch_day(date(2026, 1, 1)), epoch_day(date(2027, 1, 1))):
        around = np.array([day_start_s(zone, day) + shift for shift in (-1, 0, 1)])
        assert local_days(zone, around).tolist() == [day - 1, day, day]
        assert local_days(zone, around, amounts=True).tolist() == [day - 1, day - 1, day]


def test_the_span_of_dates_holds_the_midnights_that_belong_to_them() -> None:
    first, last = date(2026, 3, 28), date(2026, 3, 29)
    begin, end = at("2026-03-28T00:00"), at("2026-03-30T00:00")
    assert end - begin == 47 * 3600
    assert dates_span_s(LONDON, first, last) == (begin, end)
    assert dates_span_s(LONDON, first, last, amounts=True) == (begin + 1, end + 1)
    assert np.diff(day_starts_s(LONDON, epoch_day(first), 2)).tolist() == [86_400, 82_800]


def test_rain_visits_and_surveys_are_amounts_and_all_else_is_a_state() -> None:
    amounts = {series.name for series in SERIES if all(is_amount(series.name, c) for c in series.columns)}
    assert amounts == {"visits", "counts"}
    remaining = {
        (series.name, column)
        for series in SERIES
        for column in series.columns
        if series.name not in amounts and is_amount(series.name, column)
    }
    assert remaining == {("air", "rainfall")}
    assert not is_amount("soil", "soil_moisture@2")


@pytest.mark.parametrize(
    ("day", "week", "season"),
    [
        (date(2026, 6, 1), date(2026, 6, 1), date(2026, 6, 1)),
        (date(2026, 5, 31), date(2026, 5, 25), date(2026, 3, 1)),
        (date(2026, 1, 1), date(2025, 12, 29), date(2025, 12, 1)),
        (date(2025, 12, 31), date(2025, 12, 29), date(2025, 12, 1)),
    ],
)
def test_weeks_begin_on_monday_and_winter_in_december(day: date, week: date, season: date) -> None:
    assert (week_start(day), season_start(day)) == (week, season)
    assert first_of_month(month_number(day)) == month_start(day) == day.replace(day=1)


def test_the_days_on_which_clocks_change_have_23_and_25_hours() -> None:
    assert len(hour_starts_s(LONDON, epoch_day(date(2026, 3, 29)))) == 23
    assert len(hour_starts_s(LONDON, epoch_day(date(2026, 10, 25)))) == 25
    assert len(hour_starts_s(LONDON, epoch_day(date(2026, 6, 1)))) == 24


def test_an_hour_in_which_clocks_change_by_half_an_hour_is_shorter() -> None:
    zone, day = "Australia/Lord_Howe", epoch_day(date(2026, 10, 4))
    bounds = np.append(hour_starts_s(zone, day), day_start_s(zone, day + 1))

    assert sorted(set(np.diff(bounds).tolist())) == [1800, 3600]
    assert bounds[-1] - bounds[0] == 84_600


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Beirut", "America/Havana"])
def test_a_day_begins_where_midnight_does_not_exist_or_comes_twice(zone: str) -> None:
    for day in range(epoch_day(date(2015, 1, 1)), epoch_day(date(2017, 1, 1))):
        start = day_start_s(zone, day)
        local_times, before = (
            datetime.fromtimestamp(start - seconds_before, ZoneInfo(zone)) for seconds_before in (0, 1)
        )
        assert epoch_day(local_times.date()) == day
        assert epoch_day(before.date()) == day - 1

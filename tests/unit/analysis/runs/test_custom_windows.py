"""Figures are made for any dates, and a window says how many of its days the readings reach over."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from analysis_world import COMMUNITY, MIDNIGHT_S, figure_of, visits_of
from sera_analysis.runs.jobs import analyse
from sera_analysis.windows import Dates, custom_window

if TYPE_CHECKING:
    from analysis_world import World

DAY_S = 86_400
FIVE_DAYS = Dates(date(2026, 6, 3), date(2026, 6, 8))


def _enter_visits(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "camera")
    world.camera("elm-yard", "elm-1", visits_of)


def test_figures_of_any_dates_begin_and_end_at_the_gardens_midnights(world: World) -> None:
    _enter_visits(world)
    analyse(world.store, periods=("custom",), dates=FIVE_DAYS)

    for place in ("elm-yard", COMMUNITY):
        effort = figure_of(world, place, "effort", period="custom")
        assert (effort.start_s, effort.end_s) == (MIDNIGHT_S + 2 * DAY_S, MIDNIGHT_S + 7 * DAY_S)
        assert effort.value == 5 * 24
        assert not effort.notes
    # Of any dates all kinds of figure are told, what is missing with its reason.
    assert str(figure_of(world, "elm-yard", "passages_per_hour", period="custom").reason).startswith(
        "no beam"
    )


def test_a_window_asked_for_once_is_looked_after_by_later_runs(world: World) -> None:
    _enter_visits(world)
    analyse(world.store, periods=("day", "custom"), dates=FIVE_DAYS)
    assert analyse(world.store, periods=("day", "custom")).windows == 0
    late = MIDNIGHT_S + 3 * DAY_S + 43_200
    values = {"passages": 1.0, "awake_s": 900.0}
    world.write([world.record("elm-yard", "elm-2", "visits", late, values)])
    world.node("elm-yard", "elm-2", "beam")

    analyse(world.store, periods=("day", "custom"))

    effort = figure_of(world, "elm-yard", "effort", period="custom")
    assert effort.value is not None
    assert effort.value > 5 * 24


def test_of_two_windows_from_one_day_on_the_later_wish_holds(world: World) -> None:
    _enter_visits(world)
    analyse(world.store, periods=("custom",), dates=FIVE_DAYS)
    analyse(world.store, periods=("custom",), dates=Dates(FIVE_DAYS.first, date(2026, 6, 5)))
    assert figure_of(world, "elm-yard", "effort", period="custom").value == 2 * 24
    assert analyse(world.store, periods=("custom",)).windows == 0


def test_ten_days_are_no_month_and_the_figure_says_so(world: World) -> None:
    _enter_visits(world)
    analyse(world.store, periods=("month", "custom"), dates=Dates(date(2026, 5, 20), date(2026, 6, 11)))

    effort = figure_of(world, "elm-yard", "effort", period="custom")
    assert [str(note) for note in effort.notes] == [
        "This window has 22 days; readings reach over 10 of them."
    ]
    assert figure_of(world, "elm-yard", "effort", period="month").notes[0].arguments == {"days": 14, "of": 30}


def test_dates_without_a_day_of_readings_have_no_window() -> None:
    first = date(2026, 6, 1)
    assert custom_window(Dates(date(2026, 7, 1), date(2026, 7, 2)), first, 14) is None
    assert custom_window(Dates(date(2026, 5, 1), first), first, 14) is None
    window = custom_window(Dates(date(2026, 5, 1), date(2026, 6, 2)), first, 14)
    assert window is not None
    assert (window.length, window.calendar_days) == (1, 32)


@pytest.mark.parametrize("dates", [("2026-06-03", None), (None, "2026-06-03"), ("2026-06-04", "2026-06-03")])
def test_half_a_window_is_refused(dates: tuple[str | None, str | None], capsys, tmp_path) -> None:
    from sera_command.main import main

    options = [
        part for name, day in zip(("--from", "--to"), dates, strict=True) if day for part in (name, day)
    ]
    assert main(["analyse", "run", "--data", str(tmp_path), *options]) != 0
    assert "expected both --from" in capsys.readouterr().err

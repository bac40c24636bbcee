"""The first screen in words: who came, what was noticed, and whether anything was lost."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from sera_store.results.result_set import ResultSet
from sera_vocabulary import indices
from sera_workshop.report.headlines import completeness, garden_sentence, headlines
from sera_workshop.report.strip import hours, scales, strip
from sera_workshop.views import figures
from sera_workshop.views.days import Day
from sera_workshop.views.diary import Diary, Weather
from sera_workshop.views.facts import GardenFacts
from sera_workshop.views.noticed import REFUSED, STUCK, UNWATCHED, WAITED, Noticed
from workshop_figures import REFUSAL, figure

if TYPE_CHECKING:
    from sera_store.results.results import Result

MEADOW = GardenFacts("meadow", "The Meadow", "Europe/Berlin", ("camera",))
LAWN = GardenFacts("lawn", "The Lawn", "Europe/Berlin", ("camera",))
BALCONY = GardenFacts("balcony", "The Balcony", "Europe/Berlin", ("beam",))
DATE = dt.date(2026, 5, 4)
ACCOUNTS = {"made": 1241, "stored": 1239, "undated": 0, "dead_lettered": 2, "missing": 0, "lost": 0}


def plain(text: str) -> str:
    """A text whose spaces may all break."""
    return text.replace("\xa0", " ").replace("\u202f", " ")


def share(garden: str, group: str, low: float, value: float, high: float) -> Result:
    return figure(garden, indices.GROUP_INCIDENCE, value, low=low, high=high, group=group)


def test_two_gardens_are_set_side_by_side_only_where_their_intervals_lie_apart() -> None:
    apart = [share("meadow", "beetles", 0.8, 0.9, 1.0), share("lawn", "beetles", 0.0, 0.1, 0.3)]
    near = [share("meadow", "wasps", 0.1, 0.9, 1.0), share("lawn", "wasps", 0.0, 0.05, 0.3)]
    [side_by_side] = headlines([MEADOW, LAWN], [*apart, *near], ())
    assert plain(side_by_side) == (
        "Beetles came to The Meadow on 90 % of the watched days, and to The Lawn on 10 %."
    )
    [headline] = headlines([MEADOW, LAWN], near, ())
    assert (
        plain(headline) == "The most faithful guests of The Meadow were wasps: on 90 % of the watched days."
    )


def test_gardens_with_other_detectors_are_never_set_side_by_side() -> None:
    by_people = GardenFacts("lawn", "The Lawn", "Europe/Berlin", ("person",))
    apart = [share("meadow", "beetles", 0.8, 0.9, 1.0), share("lawn", "beetles", 0.0, 0.1, 0.3)]
    [sentence] = headlines([MEADOW, by_people], apart, ())
    assert "faithful" in sentence


def test_of_what_was_noticed_the_largest_of_each_kind_is_told_and_at_most_three_in_all() -> None:
    remarks = [
        Noticed(STUCK, "lawn", DATE, DATE, "soil_moisture", 12),
        Noticed(WAITED, "lawn", DATE, DATE, count=10),
        Noticed(WAITED, "meadow", DATE, DATE, count=90),
        Noticed(UNWATCHED, "lawn", DATE, DATE, count=1),
        Noticed(UNWATCHED, "elsewhere", DATE, DATE, count=9),
        Noticed(REFUSED, "lawn", None, None, count=1),
    ]
    sentences = headlines([MEADOW, LAWN], (), remarks)
    assert [sentence.split(" ")[0] for sentence in sentences] == ["Nobody", "The", "In"]
    assert "The Meadow could not send" in sentences[1]
    assert headlines([MEADOW, LAWN], (), ()) == ()
    shares = [share("meadow", "beetles", 0.8, 0.9, 1.0)]
    assert len(headlines([MEADOW, LAWN], shares, remarks)) == 3


def test_a_garden_is_told_in_two_sentences_or_with_what_is_not_known() -> None:
    of_meadow: list[Result] = [
        figure("meadow", indices.VISITS_PER_HOUR, 12.0, low=10.0, high=14.0),
        share("meadow", "beetles", 0.4, 0.5, 0.6),
        share("meadow", "wasps", 0.1, 0.2, 0.3),
    ]
    sentences = plain(garden_sentence(MEADOW, ResultSet(of_meadow)))
    assert sentences.startswith("About 12.0 visits per hour of a standard day (95 % interval 10.0 to 14.0")
    assert sentences.endswith("Most often came beetles (50 % of the days), then wasps.")
    passages = [figure("balcony", indices.PASSAGES_PER_HOUR, 3.0, low=2.0, high=4.0)]
    assert "cannot tell insect groups apart" in garden_sentence(BALCONY, ResultSet(passages))
    refused = garden_sentence(LAWN, ResultSet([figure("lawn", indices.VISITS_PER_HOUR, reason=REFUSAL)]))
    assert refused == "How many insects come in an hour nobody knows yet."


@pytest.mark.parametrize(("changes", "start"), [
    ({}, "Nothing was lost: 1,239 of 1,241 records are stored, and 2 were refused and kept."),
    ({"dead_lettered": 1}, "Nothing was lost: 1,239 of 1,241 records are stored, and 1 was refused"),
    ({"missing": 3}, "The accounts do not close: of 1,241 records 3 have not arrived, 0 are lost"),
    ({"lost": 4}, "The accounts do not close: of 1,241 records 0 have not arrived, 4 are lost"),
    ({"duplicated": 1, "invented": 1}, "The accounts do not close: of 1,241 records 0 have not arrived"),
])  # fmt: skip
def test_that_nothing_was_lost_is_said_only_where_it_is_so(changes: dict[str, int], start: str) -> None:
    account = completeness(ACCOUNTS | changes)
    assert account is not None
    assert account.sentence.startswith(start)
    assert account.is_whole == start.startswith("Nothing")


def test_without_accounts_nothing_is_said_of_them() -> None:
    assert completeness({}) is None


def heights(path: str) -> list[float]:
    return [float(part.split("h")[0]) for part in path.replace("v-", "v").split("v")[1:]]


def test_what_is_more_is_drawn_higher_in_all_gardens_of_a_page() -> None:
    many, few = ([Day(f"2026-05-{4 + i:02}", visits, 8.0) for i in range(2)] for visits in (209.0, 136.0))
    shared = scales([(MEADOW, many), (LAWN, few)])
    [high, *_], [low, *_] = (heights(strip(MEADOW, days, shared).visits) for days in (many, few))
    assert high / low == pytest.approx(209 / 136, rel=0.01)
    # Passages are another thing, and have another scale.
    assert scales([(MEADOW, many), (BALCONY, few)]).passages < shared.visits


def test_bars_of_a_figure_end_at_the_same_in_all_gardens() -> None:
    results = [
        figure("meadow", indices.VISITS_PER_HOUR, 40.0, low=30.0, high=48.0),
        figure("lawn", indices.VISITS_PER_HOUR, 4.0, low=3.0, high=5.0),
    ]
    ends = figures.bar_ends(results, ["meadow", "lawn"])
    bars: list[Any] = [
        view.bar
        for garden in ("meadow", "lawn")
        for view in figures.figures_of(results, garden, (), ends)
        if view.index == indices.VISITS_PER_HOUR
    ]
    assert [bar.end for bar in bars] == ["50.0", "50.0"]
    assert bars[0].value == pytest.approx(10 * bars[1].value)


def test_the_line_of_temperature_breaks_where_none_was_read_and_rain_hangs_down() -> None:
    days = [Day(f"2026-05-{4 + i:02}", 5.0, 8.0) for i in range(4)]
    weather = {
        days[0].date: Weather(10.0, 0.0),
        days[1].date: Weather(12.0, 4.0),
        days[3].date: Weather(11.0, None),
    }
    drawn = strip(MEADOW, days, weather=weather)
    assert drawn.weather is not None
    assert (drawn.weather.line.count("M"), drawn.weather.line.count("L")) == (2, 1)
    assert drawn.weather.rain.count("M") == 1
    assert [row.rain for row in drawn.rows] == ["0.0", "4.0", "", ""]


def test_hours_that_nobody_watched_are_gaps_and_not_empty_bars() -> None:
    by_hour = tuple(None if hour < 6 else 0.0 if hour < 9 else 12.0 for hour in range(24))
    shared = scales([(MEADOW, ())], {"meadow": Diary({}, by_hour)})
    drawn = hours(MEADOW, by_hour, shared)
    assert drawn is not None
    assert len(drawn.gap_boxes) == 6
    assert drawn.bars.count("M") == 15
    assert hours(MEADOW, (None,) * 24, shared) is None

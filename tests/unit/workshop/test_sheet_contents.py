"""What stands on the sheets of a pack before they are set: plants, unknowns, the licence at the foot."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from analysis_world import COMMUNITY, World, visits_of
from sera_analysis.runs.jobs import analyse
from sera_analysis.windows import CUSTOM, Dates
from sera_store.calendar import dates_span_s
from sera_store.licence import Licence
from sera_store.registry.entities import Garden
from sera_store.results.result_set import ResultSet
from sera_store.store import Store
from sera_vocabulary.indices import GROUP_INCIDENCE, VISITS_PER_HOUR
from sera_vocabulary.measurements import INSECT_GROUPS, TARGET_FLOWERS
from sera_words.language import LANGUAGES
from sera_workshop.archives.contents import collect
from sera_workshop.packs import handout
from sera_workshop.packs.day_rows import day_rows
from sera_workshop.packs.pack import results_of_dates, results_within
from sera_workshop.packs.pack_words import pack_words
from sera_workshop.packs.sheets import ASSEMBLY, PackInputs, pictures, sheets
from sera_workshop.print.flowers import flower_svg
from sera_workshop.views.facts import garden_facts
from workshop_figures import figure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_store.results.results import Result

FIRST, LAST = dt.date(2026, 6, 1), dt.date(2026, 6, 3)
GARDENS = ["elm-yard", "oak-yard"]
SPAN_S = dates_span_s("Europe/London", FIRST, LAST)
WINDOW: dict[str, Any] = {"start_s": SPAN_S[0], "end_s": SPAN_S[1], "period": "custom", "effort_h": 31.0}


@pytest.fixture
def inputs(tmp_path: Path) -> Iterator[PackInputs]:
    """Two gardens with a camera each at other flowers; the second slept on the last day; no soil."""
    with Store.open(tmp_path / "store") as store:
        world = World(store, days=3)
        for name, flower in (("elm-yard", "lavender"), ("oak-yard", "ivy")):
            world.garden(name)
            garden = Garden(name, COMMUNITY, None, name, 51.45, -2.59, "Europe/London")
            store.registry.put(garden, since_s=0, by="test")
            world.node(name, f"{name}-1", "camera", target_flower=flower)
        world.camera("elm-yard", "elm-yard-1", visits_of)
        _, end_s = dates_span_s("Europe/London", FIRST, dt.date(2026, 6, 2))
        world.camera("oak-yard", "oak-yard-1", visits_of, awake=lambda time_s: time_s <= end_s)
        analyse(store, gardens=GARDENS, periods=(CUSTOM,), dates=Dates(FIRST, dt.date(2026, 6, 4)))
        facts = garden_facts(store, GARDENS)
        results = results_of_dates(results_within(store, facts, FIRST, LAST), facts, FIRST, LAST)
        contents = collect(store, GARDENS, FIRST, LAST, Licence.CC_BY_NC)
        words = pack_words("en")
        yield PackInputs(
            "Title",
            "Oak",
            facts,
            ResultSet(results),
            contents,
            tuple(day_rows(contents)),
            words,
            is_simulated=False,
        )


def test_a_page_of_a_garden_names_its_petals_and_one_scale_holds_for_all(inputs: PackInputs) -> None:
    """Whoever lays two pages side by side compares leaves: each stands for the same number of visits."""
    shares = {group.name: group.rank / 10 for group in INSECT_GROUPS}
    came = [
        figure("elm-yard", GROUP_INCIDENCE, share, low=0.0, high=1.0, group=name, **WINDOW)
        for name, share in shares.items()
    ]
    results = ResultSet([*inputs.results, *rates(elm=2.0, oak=40.0), *came])
    many = dataclasses.replace(inputs, results=results)
    gardens = sheets(many, "workshop", is_wide=True)["handout"]["gardens"]
    assert {garden["step"] for garden in gardens} == {"one leaf: 8 visits per hour"}
    guests, none = (garden["guests"] for garden in gardens)
    assert {row["group"]: row["share"] for row in guests} == shares
    assert [(row["number"], row["text"]) for row in guests] == [(str(n), f"{n}0\xa0%") for n in range(1, 11)]
    assert none == [], "without petals there is nothing to number"
    for garden in gardens:
        assert garden["behind"] == [
            "The visits an hour rest on 31 h by day in flying weather, out of all that was watched."
        ]
    without_petals = dataclasses.replace(
        inputs, results=ResultSet([*inputs.results, *rates(elm=2.0, oak=40.0)])
    )
    drawn = pictures(without_petals, "<svg/>")
    leaves = [drawn[garden["picture"]].count("<path") for garden in gardens]
    assert leaves[0] + 5 < leaves[1]


def test_a_number_after_about_is_round_and_the_figure_below_is_not(inputs: PackInputs) -> None:
    exact = dataclasses.replace(inputs, results=ResultSet([*inputs.results, *rates(elm=5.873, oak=118.4)]))
    elm, oak = sheets(exact, "workshop", is_wide=True)["handout"]["gardens"]
    assert "about 5.9 insect visits an hour in flying weather, between 2.9 and 12." in elm["sentences"][0]
    assert "about 120 insect visits" in oak["sentences"][0]
    [row] = [row for row in elm["figures"] if row["name"] == "visits per hour of a standard day"]
    assert (row["value"], row["unit"], row["interval"]) == ("5.87", "per hour", "(2.94 – 11.7)")


def rates(**values: float) -> list[Result]:
    """A rate for each garden, with an interval from half to twice of it."""
    return [
        figure(
            f"{name}-yard",
            VISITS_PER_HOUR,
            value,
            low=value / 2,
            high=value * 2,
            target="this_garden",
            **WINDOW,
        )
        for name, value in values.items()
    ]


def test_plant_cards_are_of_the_flowers_that_were_watched_and_drawn(inputs: PackInputs) -> None:
    contents = sheets(inputs, "workshop", is_wide=True)
    drawn = pictures(inputs, "<svg/>")
    plants = contents["cards"]["plants"]
    assert [plant["name"] for plant in plants] == ["ivy", "lavender"]
    assert [plant["scientific"] for plant in plants] == ["Hedera", "Lavandula"]
    for plant in plants:
        assert drawn[plant["picture"]].startswith("<svg")
    assert "assembly" not in contents


def test_the_assembly_says_once_what_is_not_known_of_which_gardens(inputs: PackInputs) -> None:
    unknown = sheets(inputs, ASSEMBLY, is_wide=True)["assembly"]["unknown"]
    assert any(line.startswith("elm-yard, oak-yard: mean soil temperature: ") for line in unknown)
    assert "oak-yard: On 1 of 3 days nobody watched; what came then is not known." in unknown
    assert not any("passages" in line for line in unknown)
    assert len(set(unknown)) == len(unknown)


def test_each_sheet_has_the_packs_own_licence_at_its_foot(inputs: PackInputs) -> None:
    for sheet in sheets(inputs, ASSEMBLY, is_wide=True).values():
        assert sheet["foot"] == "Title · Oak · CC BY-NC 4.0"


def test_flowers_are_the_same_drawings_as_on_pages() -> None:
    """Two rooms that may not read one another have one sheet of symbols each."""
    pages = resources.files("sera_pages") / "static" / "flowers.svg"
    packs = resources.files("sera_workshop") / "print" / "flowers.svg"
    assert pages.read_bytes() == packs.read_bytes()
    for name in TARGET_FLOWERS:
        if name != "unrecorded":
            assert "<" in flower_svg(name).removeprefix("<svg")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_all_gardens_is_in_the_language_of_the_pack(inputs: PackInputs, language: str) -> None:
    words, english = pack_words(language), pack_words("en")
    results = list(inputs.results)
    [sheet] = handout.sheets("Oak", inputs.gardens, results, SPAN_S, words)
    page = html.unescape(handout.handout_html(sheet, handout.meanings_of(sheet), words, Licence.CC_BY_NC))
    assert f'lang="{language}" dir="{words.direction}"' in page
    for key in ("handout.meanings", "handout.nobody_can_say", "may.unknown", "question.gap", "handout.foot"):
        assert words.say(key) in page
        assert language == "en" or english.say(key) not in page
    assert words.say("detector.camera") in page
    assert "CC BY-NC 4.0" in page

"""Stories in words: the last look, names in their own direction, warnings in the language of the reader."""

from __future__ import annotations

import re
from datetime import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from commons_parts.stories import AUDIENCES, WINTER
from commons_parts.stories import story as told
from commons_parts.story_forms import STORY, FormReader, send, tell
from sera_command.main import main
from sera_commons.items.item import Role, Statement
from sera_commons.plants.table import load_plants
from sera_pages.stories.wording import warnings_of
from sera_pages.views.moments import hour_words
from sera_store.registry.persons import HOST, MEMBER, STEWARD
from sera_words.isolates import isolated
from sera_words.language import LANGUAGES
from sera_words.sentences import page_words, workshop_words
from web.every_page import full_pages
from web.parts import press

if TYPE_CHECKING:
    from pathlib import Path

    from web.parts import Answer, Client, Pages

LINE = re.compile(r"<div><dt>(.*?)</dt><dd>(.*?)</dd><dd><button.*?value=\"(\w+)\"", re.DOTALL)


def last_look(client: Client, **changes: object) -> Answer:
    """Go through all steps, and stop at the last before anything is kept."""
    answer = client.get("/tell/oak")
    while (step := (fields := FormReader(answer.body).fields)["step"][0]) != "check":
        answer = send(client, {**fields, **STORY, **changes})
        assert FormReader(answer.body).fields["step"] != [step], answer.body
    return answer


def lines(answer: Answer) -> dict[str, tuple[str, str]]:
    """What the last look says, by label: the words, and the step that a button leads back to."""
    return {
        label: (re.sub(r"<br>", "; ", re.sub(r"</?(?:bdi|i)\b[^>]*>", "", value)), step)
        for label, value, step in LINE.findall(answer.body)
    }


def test_the_last_look_says_all_that_will_be_kept_in_words(teller: Client) -> None:
    changes = {"child": "1", "grown_up": "1", "review": "2027-06-21", "text": ""}
    seen = lines(last_look(teller, **changes))
    assert seen["What will you tell?"] == ("Recipe", "what")
    assert seen["In which language?"] == ("English", "what")
    assert seen["Ingredients"] == ("A kilogram of broad beans; Two onions", "words")
    assert seen["How it is made"] == ("Simmer slowly until dusk", "words")
    assert seen["Which plants are in it?"] == ("bakla Vicia faba", "plants")
    assert seen["In which gardens do they grow?"] == ("Elm-Yard", "plants")
    assert seen["Said besides"] == (
        "A child tells this.; A grown-up who looks after the child agrees.",
        "audience",
    )
    assert seen["What may it be used for?"] == (
        "To be read on these pages; In an exhibit without a network",
        "uses",
    )
    assert seen["How shall you be named?"] == ("Anna of the green door", "uses")
    assert seen["Until when does this hold?"] == ("21 June 2027", "terms")
    assert "Your story" not in seen


def test_the_last_look_shows_what_is_guarded_and_that_a_narrator_without_a_yes_is_not_named(
    teller: Client,
) -> None:
    seen = lines(last_look(teller, **{"guarded-1": "1", "gardens": [], "told_by_yes": []}))
    assert "heals, or it is rare" in seen["Which plants are in it?"][0]
    assert seen["Who told it to you?"][0].startswith("Not named")


def test_a_story_has_no_ingredients_on_its_last_look(teller: Client) -> None:
    seen = lines(last_look(teller, kind="story", text="Long ago, a bean."))
    assert seen["Your story"] == ("Long ago, a bean.", "words")
    assert "Ingredients" not in seen


@pytest.mark.parametrize(
    "crafted",
    [
        {"go": "check", "step": "terms", "review": "soon"},
        {"step": "allergens", "kind": "story", "text": "Once.", "review": "soon"},
        {"step": "allergens", "kind": "story", "text": "Once.", "licence": "mine"},
    ],
)
def test_no_way_leads_to_the_last_look_of_what_cannot_be_kept(
    teller: Client, crafted: dict[str, str]
) -> None:
    fields = FormReader(last_look(teller).body).fields
    answer = send(teller, {**fields, **crafted})
    assert answer.status == 422
    assert FormReader(answer.body).fields["step"] == ["terms"]


def test_a_plant_is_named_in_its_own_language_whatever_the_story_is_told_in(teller: Client) -> None:
    given = tell(teller, **{"spoken-1": "tr"})
    path = re.search(r'href="(/communities/oak/stories/[0-9a-f]{32}/1)"', given.body)
    assert path is not None, given.body
    assert '<bdi lang="tr">bakla</bdi>' in teller.get(path[1]).body
    names = teller.get("/communities/oak/plants/Vicia_faba").body
    assert re.search(r'<bdi lang="tr">bakla</bdi> <span class="behind" lang="tr">Türkçe', names)


def test_beside_each_statement_stands_who_told_it_and_once_where_all_are_of_one(pages: Pages) -> None:
    parts = (
        Statement(text="Beans", role=Role.INGREDIENT, told_by="Old Cem"),
        Statement(text="Onions", role=Role.INGREDIENT, told_by="Zeynep"),
        Statement(text="Simmer", role=Role.STEP, told_by="Zeynep"),
        Statement(text="Stir", role=Role.STEP, told_by="Zeynep"),
    )
    person = pages.person(MEMBER).id
    given = pages.installation.shelves.of("oak").give(told(statements=parts, media=()), person)
    body = pages.client().get(f"/communities/oak/stories/{given.item_id}/1").body
    assert re.search(r"<li>Beans<span[^>]*>As told by \u2068Old Cem\u2069</span></li>", body)
    assert re.search(r"<li>Onions<span[^>]*>As told by \u2068Zeynep\u2069</span></li>", body)
    assert re.search(r"<li>Stir</li></ol>\s*<span[^>]*>As told by \u2068Zeynep\u2069</span>", body)
    assert body.count("As told by \u2068Zeynep\u2069") == 2


def test_each_note_on_a_poison_is_the_tables_own_in_english_and_is_there_in_every_language() -> None:
    for taxon, plant in load_plants().items():
        if plant.poison_note is None:
            continue
        notes = {language: warnings_of(page_words(language), taxon)[0]["note"] for language in LANGUAGES}
        assert notes["en"] == f"{plant.poison_note[:1].upper()}{plant.poison_note[1:]}."
        assert not [text for text in notes.values() if text.startswith("plant.")], taxon
        assert notes["ar"] != notes["en"]


def test_what_irritates_the_skin_is_not_called_poisonous() -> None:
    [daisy] = warnings_of(page_words("en"), "Leucanthemum vulgare")
    assert daisy["text"].startswith("Can irritate the skin, after the source below.")
    assert warnings_of(page_words("de"), "Digitalis purpurea")[0]["text"].startswith("Sehr giftig, nach")


def test_a_recipe_is_called_one_where_it_is_reported_and_on_its_slip(pages: Pages, teller: Client) -> None:
    given = tell(teller)
    slip = re.search(r'href="[^"]*(/slip/[^"]+)"', given.body)
    path = re.search(r'href="(/communities/oak/stories/[0-9a-f]{32}/1)"', given.body)
    assert slip is not None
    assert path is not None
    for address in (slip[1], f"{path[1]}/report"):
        assert f"The recipe “{isolated(STORY['title'])}”" in pages.client().get(address).body
    assert "Take back what was given" in pages.client().get(slip[1]).body


PROJECT = "259854f7-b261-4c8c-8556-4b153deebc18"


def test_a_project_of_local_contexts_stands_beside_the_story_as_it_was_given(
    pages: Pages, teller: Client, tmp_path: Path
) -> None:
    given = tell(teller, local_contexts=PROJECT.upper())
    path = re.search(r'href="(/communities/oak/stories/[0-9a-f]{32}/1)"', given.body)
    assert path is not None, given.body
    words = f"Project in Local Contexts Hub: {PROJECT}"
    assert words in pages.client().get(path[1]).body
    exhibit = ["exhibit", "build", "--data", str(pages.installation.folder), "--out", str(tmp_path / "out")]
    assert main(exhibit) == 0
    assert words in (tmp_path / "out" / "1.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_an_exhibit_has_the_drawing_and_the_figures_of_the_gardens_of_its_plants(tmp_path: Path) -> None:
    with full_pages(tmp_path / "full") as full:
        data, out = full.pages.installation.folder, tmp_path / "out"
        assert main(["exhibit", "build", "--data", str(data), "--out", str(out)]) == 0
    page, *_ = [
        text
        for path in out.glob("*.html")
        if "Grows in" in (text := path.read_text(encoding="utf-8")) and "garden-" in text
    ]
    drawing = re.search(r'<img src="(garden-[a-z-]+\.svg)"', page)
    assert drawing is not None
    assert "<svg" in (out / drawing[1]).read_text(encoding="utf-8")
    assert re.search(r'<strong class="value">[\d.]+</strong> [^<]*<span class="behind">[^<]*watched', page)


def test_the_title_of_a_story_stands_where_the_pages_own_would_and_its_words_run_their_own_way(
    pages: Pages,
) -> None:
    item = told(title="فول الجدة", language="ar", media=(), statements=(Statement(text="ينقع الفول"),))
    given = pages.installation.shelves.of("oak").give(
        msgspec.structs.replace(item, plants=()), pages.person(MEMBER).id
    )
    body = pages.client().get(f"/communities/oak/stories/{given.item_id}/1").body
    assert '<h1><bdi lang="ar">فول الجدة</bdi></h1>' in body
    assert '<div class="telling" lang="ar" dir="rtl">' in body


def test_what_says_afternoon_and_the_sign_of_a_degree_stay_beside_their_number() -> None:
    assert hour_words(time(16, 30), page_words("ar").figures.locale) == "4:30\u00a0م"
    assert hour_words(time(16, 30), page_words("de").figures.locale) == "16:30"
    assert "\u206651.55°\u2069" in workshop_words("ar").say("place.north", degrees="51.55")


def test_all_that_is_wrong_with_an_audience_is_said_at_once_under_its_own_name(pages: Pages) -> None:
    steward = pages.signed_in(pages.person(MEMBER, STEWARD, HOST))
    shelf = pages.installation.shelves.of("oak")
    shelf.put_audience(AUDIENCES[WINTER], "member-0001")
    path = "/communities/oak/audiences"
    wrong = {"audience": WINTER, "name": " ", "first": "summer", "last": "02-28"}
    answer = press(steward, path, path, **wrong)
    assert answer.status == 422
    assert "Name (\u2068Winter tales\u2069): Write a few words." in answer.body
    first = (
        "First day of its season (\u2068Winter tales\u2069): Write the first and the last day of the season"
    )
    assert first in answer.body
    assert "<h2><bdi>Winter tales</bdi></h2>" in answer.body
    assert shelf.audiences()[WINTER] == AUDIENCES[WINTER]


@pytest.mark.slow
def test_findings_of_a_bed_stand_by_what_they_are_about_and_in_the_marks_of_the_language(
    tmp_path: Path,
) -> None:
    with full_pages(tmp_path / "full") as full:
        path = f"/designs/{full.design}"
        english = full.steward.get(path).body
        full.steward.cookies["sera_language"] = "ar"
        arabic = full.steward.get(path).body
    headings = re.findall(r"<h3>(.*?)</h3>", english)
    assert headings == ["Poison", "Room", "Light and soil", "Not known"]
    [poison] = re.findall(r'<ul class="findings poison">(.*?)</ul>', english, re.DOTALL)
    assert re.search(r"Borage.*poisonous, and close to where children pass", poison)
    assert "over the edge" not in poison
    assert "\u2068Digitalis purpurea\u2069، \u2068Salvia officinalis\u2069، " in arabic

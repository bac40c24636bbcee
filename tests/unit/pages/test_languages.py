"""Every page in every language, chosen by link, cookie or browser; no word outside the catalogues."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import msgspec
import pytest
from babel.dates import get_day_names, get_month_names

from deciding.councils import RULE, objection, proposal
from sera_commons.plants.table import load_plants
from sera_pages.views.pages import STATIC
from sera_words import sentences, translations, words
from sera_words.language import LANGUAGES
from web.catalogues import ROOMS, messages, texts_of, translated_tables
from web.every_page import CHANGED, COMMENT, DECIDED, REJECTED, full_pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web.every_page import Full
    from web.parts import Pages

# Whose first and last are numbers of pages.
NUMBERED = {"registry.page"}
OPEN, SHUT = "\u27e6", "\u27e7"
# What stands on pages and is nobody's sentence: ids, names that people gave, commands, formats.
DATA = {
    "oak", "street", "elm-yard", "mill-court", "new-garden", "empty", "lane", "elm", "yard", "mill", "court",
    "new", "garden", "ada", "ants", "utc", "http", "csv", "sera", "community", "test",
    "europe", "london", "the", "gate", "brook", "docks", "hill",
}  # fmt: skip
MONTHS = {
    name.lower().strip(".")
    for width, context in (("wide", "format"), ("abbreviated", "stand-alone"))
    for name in (
        *get_month_names(width, context, locale="de").values(),
        *get_day_names(width, context, locale="de").values(),
    )
}
# Names of the table of plants, with their sources: scientific where no source gives another.
PLANTS = {
    word.lower()
    for taxon, plant in load_plants().items()
    for name in (taxon, *plant.names.values())
    for word in re.findall(r"[^\W\d_][\w-]{2,}", name)
}
# What is proposed and answered, and the rule file, which is shown as it is.
DECISION_WORDS = {
    word.lower()
    for body in (proposal(), objection(), DECIDED, REJECTED, CHANGED, COMMENT)
    for text in (*msgspec.to_builtins(body).values(), RULE)
    for word in re.findall(r"[^\W\d_][\w-]{2,}", str(text))
}
FAMILIES = {id_.partition(".")[0] for folder in ROOMS.values() for id_ in messages(folder, "en")}
IDS = re.compile(rf"\b(?:{'|'.join(FAMILIES)})\.[a-z_]+\b")
LABELS = re.compile(
    r"\s(?:alt|title|aria-label|data-(?:one|many|again|refused|out|kept|waits|over|undo|away|choose))"
    r'="([^"]*)"'
)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Full]:
    """Open all pages again for each language, since one device may ask for 300 pages at once."""
    with full_pages(tmp_path / "full") as opened:
        yield opened


# What people told, and names of plants: in the language in which they are.
STORY_TEXTS = re.compile(
    r'<(bdi|article|figcaption|option|i|ul|ol|h1|span)\b[^>]*\slang="[^"]*"[^>]*>.*?</\1>'
    r'|<bdi>.*?</bdi>|<option value="[A-Z][^"]*">.*?</option>',
    re.DOTALL,
)
STORY_WORDS = {
    *[
        "courgettes",
        "courtyard",
        "few",
        "very",
        "long",
        "cucumbers",
        "behind",
        "library",
        "old",
        "bakery",
        "soup",
    ],
    *["sunflowers", "نعناع", "rules", "surplus-oak", "toml"],
    "symphytum",
    "officinale",
    "bean",
    "stew",
    "the",
    "third",
    "floor",
    "pot",
    "simmers",
    "food",
    "and",
    "nature",
    "our",
    "town",
    "فول",
    "الجدة",
    *["spring", "meal", "anna", "green", "door", "digging", "pond", "winter", "tales"],
    *["and", "bowl", "bring", "song", "whose", "beans", "these", "are", "elders"],
    *["عيد", "الحديقة", "الساحة", "أمطار", "غزيرة"],
}


def visible_text(html: str) -> str:
    """What a person sees or hears of a page: its text, and the words in its attributes."""
    html = re.sub(r"<(style|script|pre|code)\b.*?</\1>", " ", html, flags=re.DOTALL)
    labels = LABELS.findall(html)
    # What is marked as another language's is so on purpose: Latin names, a gateway's detail.
    html = re.sub(
        r'<(\w+)[^>]*\slang="(?:la|en)"[^>]*>.*?</\1>|<a [^>]*hreflang.*?</a>', " ", html, flags=re.DOTALL
    )
    html = re.sub(r'<(\w+)[^>]*class="code"[^>]*>.*?</\1>|https?://[^\s<"]+', " ", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", " ", html) + " ".join(labels))


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_there_in_every_language_and_shows_no_id(full: Full, language: str) -> None:
    for name, (client, address) in full.addresses().items():
        client.cookies["sera_language"] = language
        answer = client.get(address)
        assert answer.status in (200, 401, 404), (name, answer.status)
        direction = "rtl" if language == "ar" else "ltr"
        if name != "report":
            assert f'<html lang="{language}" dir="{direction}">' in answer.body, name
            assert answer.header("content-language") == language
        assert IDS.findall(visible_text(answer.body)) == [], name
        client.cookies.pop("sera_language")


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All sentences of all catalogues in brackets, so that what has none stands outside of them."""
    compiled, caches = translations.compiled, (translations.translations, sentences.sentences, words._loaded)

    def bracketed(path: Path) -> translations.Translations:
        catalogue = compiled(path)
        catalogue._catalog = {
            key: f"{OPEN}{text}{SHUT}" if key else text for key, text in catalogue._catalog.items()
        }
        return catalogue

    monkeypatch.setattr(translations, "compiled", bracketed)
    for cache in caches:
        cache.cache_clear()
    yield
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


@pytest.mark.slow
@pytest.mark.usefixtures("marked")
def test_no_word_of_a_page_stands_outside_the_catalogues(tmp_path: Path) -> None:
    # A language other than English, since English takes names from the vocabulary.
    strange_in: dict[str, set[str]] = {}
    with full_pages(tmp_path / "full") as full:
        for name, (client, address) in full.addresses().items():
            client.cookies["sera_language"] = "de"
            body = client.get("/report/index.de.html" if name == "report" else address).body
            has_told = (
                "/stories" in body or "/events" in body or name.startswith(("tell", "arrange", "claim"))
            )
            text = visible_text(STORY_TEXTS.sub(" ", body) if has_told else body)
            while (fewer := re.sub(f"{OPEN}[^{OPEN}{SHUT}]*{SHUT}", " ", text)) != text:
                text = fewer
            bare = {word.lower() for word in re.findall(r"[^\W\d_][\w-]{2,}", text)}
            allowed = DATA | MONTHS | STORY_WORDS | PLANTS | (DECISION_WORDS if "decision" in name else set())
            strange = {word for word in bare - allowed if not re.search(r"\d", word)}
            if strange:
                strange_in[name] = strange
        assert strange_in == {}, strange_in
        drawing = (
            full.pages.installation.report_folder / "drawings" / "de" / "community-oak.svg"
        ).read_text()
        assert f">{OPEN}Zehn Blütenblätter" in drawing


def test_names_of_all_tables_are_translated() -> None:
    assert {"name.bumblebees", "name.camera", "unit.1/h"} <= translated_tables(ROOMS["figures"])
    assert "flower.ivy" in translated_tables(ROOMS["pages"])


def test_a_link_chooses_the_language_and_a_cookie_keeps_it(pages: Pages) -> None:
    client = pages.client()
    assert 'lang="en"' in client.get("/communities/oak").body
    answer = client.get("/communities/oak?lang=de")
    assert '<html lang="de"' in answer.body
    cookie = next(value for name, value in answer.headers if name == "set-cookie")
    assert all(part in cookie for part in ("sera_language=de", "HttpOnly", "SameSite=lax", "Path=/"))
    assert '<html lang="de"' in client.get("/gardens/elm-yard").body
    assert "set-cookie" not in dict(client.get("/gardens/elm-yard").headers)


def test_a_browser_that_has_chosen_nothing_gets_its_own_language(pages: Pages) -> None:
    client = pages.client(headers={"accept-language": "de-CH,fr;q=0.1"})
    answer = client.get("/communities/oak")
    assert '<html lang="de"' in answer.body
    assert "accept-language" in answer.header("vary").lower()
    client.cookies["sera_language"] = "en"
    assert '<html lang="en"' in client.get("/communities/oak").body


@pytest.mark.parametrize("query", ["?lang=tlh", "?lang=", "?lang=../../x", "?lang=%00", "?xlang=de"])
def test_a_language_that_is_none_changes_nothing(pages: Pages, query: str) -> None:
    answer = pages.client().get(f"/communities/oak{query}")
    assert '<html lang="en"' in answer.body
    assert not answer.header("set-cookie")


def test_a_page_names_itself_in_every_language_and_the_answer_of_a_form_does_not(pages: Pages) -> None:
    body = pages.client().get("/gardens/elm-yard").body
    links = re.findall(r'<link rel="alternate" hreflang="(\w+)" href="/gardens/elm-yard\?lang=(\w+)">', body)
    assert links == [(language, language) for language in LANGUAGES]
    assert re.findall(r'<a [^>]*hreflang="(\w+)"[^>]*aria-current', body) == ["en"]
    refused = pages.client().post("/join", {"code": "x"})
    assert "hreflang" not in refused.body
    assert refused.status == 422


def test_a_translation_that_nobody_has_read_says_so(pages: Pages) -> None:
    sentence = "Diese Übersetzung hat noch niemand gelesen"
    assert sentence in pages.client().get("/communities/oak?lang=de").body
    assert "has read these words" not in pages.client().get("/communities/oak").body


def test_what_is_refused_and_what_scripts_hear_is_in_the_language_too(pages: Pages) -> None:
    client = pages.client()
    client.cookies["sera_language"] = "de"
    assert "Diese Seite gibt es nicht" in client.get("/nothing").body
    answer = client.request(
        "POST", "/gardens/elm-yard/entries", b"{}",
        {"content-type": "application/json", "origin": "http://127.0.0.1:8080"},
    )  # fmt: skip
    assert "Einladung" in answer.body


def test_numbers_of_an_arabic_keyboard_are_numbers(pages: Pages) -> None:
    person = pages.person()
    client = pages.signed_in(person)
    form = client.get("/gardens/elm-yard/count")
    fields = {
        "form_token": form.field("form_token"), "form": form.field("form"), "flower": "ivy", "minutes": "١٠",
        "begun": "2026-06-20T10:00", "wasps": "٣", "patch_area": "٠٫٢٥",
    }  # fmt: skip
    assert client.post("/gardens/elm-yard/count", fields).status == 303
    assert b'"wasps"' in pages.sent.messages[0][1]


@pytest.mark.parametrize(
    ("language", "bare"),
    [
        ("es", r"\b(?:hasta|desde|de|a) \{(?:day|moment|when|first|last)\}"),
        ("fr", r"(?:jusqu’à|depuis|de|à partir de|à) \{(?:day|moment|when|first|last)\}"),
    ],
)
def test_a_day_in_a_sentence_has_its_article(language: str, bare: str) -> None:
    """A date begins with its number in Spanish and French: "del 21 al 22 de junio", "du 21 au 22 juin"."""
    wrong = {
        name: text
        for name, message in messages(ROOMS["pages"], language).items()
        for text in texts_of(message)
        if re.search(bare, text, re.IGNORECASE) and name not in NUMBERED
    }
    assert wrong == {}


def test_whole_paragraphs_of_people_run_their_own_way() -> None:
    blocks = re.compile(r"<(?:p|div|li|h[1-6]|section)\b[^>]*lang=\"\{\{[^>]*>")
    without = [
        (path.name, block)
        for path in (STATIC.parent / "templates").glob("*.j2")
        for block in blocks.findall(path.read_text(encoding="utf-8"))
        if "dir=" not in block
    ]
    assert without == []

"""Every language says what English says: none missing or left over, the same places, its own plurals."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

import pytest
from babel.messages.plurals import get_plural

from sera_words.language import LANGUAGES
from sera_words.translations import FOLDER, FOLDERS, is_read
from web.catalogues import ROOMS, catalogue, messages, texts_of, translated_tables

if TYPE_CHECKING:
    from pathlib import Path

TRANSLATED = [language for language in LANGUAGES if language != "en"]
by_room = pytest.mark.parametrize("folder", ROOMS.values(), ids=ROOMS)
by_language = pytest.mark.parametrize("language", TRANSLATED)


def places_of(*texts: str) -> set[str]:
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def commands_of(*texts: str) -> set[str]:
    return {command for text in texts for command in re.findall(r"`[^`]*`|sera [a-z-]+ ", text)}


def test_the_languages_are_those_that_have_catalogues() -> None:
    for folder in FOLDERS:
        assert {path.stem for path in folder.glob("*.po")} == set(LANGUAGES), folder


@by_room
@by_language
def test_no_sentence_is_missing_and_none_is_left_over(language: str, folder: Path) -> None:
    own, needed = messages(folder, language), messages(folder, "en").keys() | translated_tables(folder)
    assert needed - own.keys() == set()
    assert own.keys() - needed == set()
    empty = [id_ for id_, message in own.items() if not all(text.strip() for text in texts_of(message))]
    assert empty == []
    assert [id_ for id_, message in own.items() if message.fuzzy] == []


@by_room
@by_language
def test_every_sentence_has_the_places_of_the_english_one(language: str, folder: Path) -> None:
    own, english = messages(folder, language), messages(folder, "en")
    for id_, message in own.items():
        texts = texts_of(message)
        expected = places_of(*texts_of(english[id_])) if id_ in english else set()
        assert places_of(*texts) == expected, (id_, texts)
        # What stands for many must have every place; for one, the number may be a word.
        assert places_of(texts[-1]) == expected, (id_, texts)
        if id_ in english:
            assert commands_of(*texts) == commands_of(*texts_of(english[id_])), id_


@by_room
@by_language
def test_plural_forms_are_those_of_the_language(language: str, folder: Path) -> None:
    own, english = catalogue(folder, language), messages(folder, "en")
    rule = get_plural(language)
    assert (own.num_plurals, own.plural_expr) == (rule.num_plurals, rule.plural_expr)
    for id_, message in messages(folder, language).items():
        is_plural = id_ in english and english[id_].pluralizable
        assert bool(message.pluralizable) == is_plural, id_
        assert len(texts_of(message)) == (rule.num_plurals if is_plural else 1), id_


@by_room
@by_language
def test_a_sentence_is_not_left_in_english(language: str, folder: Path) -> None:
    own, english = messages(folder, language), messages(folder, "en")
    same = {
        id_
        for id_ in english
        if texts_of(own[id_])[-1] == texts_of(english[id_])[-1]
        and len(re.findall(r"[^\W\d_]{3,}", re.sub(r"\{\w+\}", "", texts_of(own[id_])[-1]))) > 2
    }
    assert same == set()


@by_room
def test_no_french_line_breaks_before_its_high_marks(folder: Path) -> None:
    broken = {
        id_: text
        for id_, message in messages(folder, "fr").items()
        for text in texts_of(message)
        if re.search(r" [;:?!%»](?!\S)|« |[^\W\d_]'", re.sub("`[^`]*`", "", text))
    }
    assert broken == {}


@by_room
@by_language
def test_the_head_says_who_has_read_it(language: str, folder: Path) -> None:
    head = (folder / f"{language}.po").read_text(encoding="utf-8").partition("\nmsgid")[0]
    assert ("No native speaker has read this catalogue yet." in head) != bool(
        re.search("^# Read by ", head, re.MULTILINE)
    )


def test_a_language_counts_as_read_once_all_its_catalogues_say_who_read_them(tmp_path: Path) -> None:
    assert is_read("en")
    assert not is_read("de")
    for folder in FOLDERS:
        path = tmp_path / folder.relative_to(FOLDER) / "de.po"
        path.parent.mkdir(exist_ok=True)
        assert not is_read.__wrapped__("de", tmp_path)
        path.write_text(
            '# German.\n# Read by A. Reader, 2026-06-01.\nmsgid ""\nmsgstr ""\n', encoding="utf-8"
        )
    assert is_read.__wrapped__("de", tmp_path)

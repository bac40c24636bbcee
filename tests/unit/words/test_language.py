"""The language of a reader: what a browser asks for, what is spoken in a task, and what locales write."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_words.errors import UnknownLocaleError
from sera_words.language import (
    LANGUAGES,
    current_locale,
    direction_of,
    locale_of,
    own_name,
    requested_language,
    speaking,
)
from sera_words.sentences import page_words
from sera_words.statements import Reason
from sera_words.words import words


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.5, de;q=0.9", "de"),
        ("de;q=0, en", "en"),
        ("DE", "de"),
        ("nl, sv;q=0.7", "en"),
        ("", "en"),
        ("*;q=0.1", "en"),
        ("de;q=x, \x00, ,,", "en"),
    ],
)
def test_a_browser_gets_the_language_it_likes_best(accept: str, language: str) -> None:
    assert requested_language(accept) == language


@given(st.text())
def test_whatever_a_browser_says_it_gets_a_language(accept: str) -> None:
    assert requested_language(accept) in LANGUAGES


def test_each_task_speaks_its_own_language() -> None:
    async def speak(language: str) -> str:
        with speaking(locale_of(language)):
            await asyncio.sleep(0)
            return await asyncio.to_thread(lambda: str(Reason.of("hours_too_few", hours=1, needed=20)))

    async def both() -> list[str]:
        return await asyncio.gather(speak("de"), speak("en"))

    assert asyncio.run(both()) == ["1 h beobachtet; 20 h nötig", "1 h watched; 20 h needed"]
    assert current_locale() == "en_GB"


def test_a_language_without_catalogue_is_refused() -> None:
    with pytest.raises(UnknownLocaleError, match="there are en"):
        locale_of("nl")


def test_languages_name_themselves_and_say_which_way_they_run() -> None:
    assert [own_name(language) for language in ("en", "de", "ar")] == ["English", "Deutsch", "العربية"]
    assert [direction_of(language) for language in ("de", "ar")] == ["ltr", "rtl"]


@pytest.mark.parametrize(
    ("language", "number", "day", "share"),
    [
        ("en", "1,234", "4 May 2026", "12\u00a0%"),
        ("de", "1.234", "4. Mai 2026", "12\u00a0%"),
        ("es", "1.234", "4 de mayo de 2026", "12\u00a0%"),
        ("fr", "1\u202f234", "4 mai 2026", "12\u00a0%"),
        ("ar", "1,234", "4 مايو 2026", "12%"),
    ],
)
def test_numbers_and_dates_are_those_of_the_locale(language: str, number: str, day: str, share: str) -> None:
    own = words(locale_of(language))
    assert (own.whole(1234), own.date(date(2026, 5, 4)), own.share(0.12)) == (number, day, share)
    assert page_words(locale_of(language)).say("letters.count", count=1234).startswith(number)


@pytest.mark.parametrize(
    ("language", "first", "span"),
    [
        ("fr", "1er mai 2026", "1er–2 mai"),
        ("de", "1. Mai 2026", "1.–2. Mai"),
        ("en", "1 May 2026", "1–2 May"),
    ],
)
def test_the_first_of_a_month_is_written_as_its_language_does(language: str, first: str, span: str) -> None:
    own = words(locale_of(language))
    assert own.date(date(2026, 5, 1)) == first
    assert own.dates(date(2026, 5, 1), date(2026, 5, 2)).replace("\u2009", "") == span
    assert own.date(date(2026, 5, 21)).startswith("21")


def test_a_span_of_one_day_is_written_as_that_day() -> None:
    own, day = words(locale_of("en")), date(2026, 5, 4)
    assert own.full_dates(day, day) == "4 May 2026"
    assert own.full_dates(day, date(2026, 6, 1)) == "4 May 2026 – 1 June 2026"


def test_arabic_has_its_six_forms() -> None:
    phrases = [words("ar").units(count, "nodes") for count in (0, 1, 2, 3, 11, 100)]
    assert phrases == ["0 عقدة", "عقدة واحدة", "عقدتان", "3 عُقد", "11 عقدة", "100 عقدة"]

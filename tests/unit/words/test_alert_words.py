"""Alerts in every language: their meanings, first checks with their commands, and the frame of a message."""

from __future__ import annotations

import re

import pytest

from sera_alerts.messages import compose
from sera_alerts.transitions import BEGINNING, RECOVERY
from sera_quality.fleet import named_checks
from sera_store.alert_book import Notice
from sera_vocabulary.alert_rules import LOOK, RULES_BY_CODE, URGENT
from sera_vocabulary.alerts import ALERTS_BY_CODE
from sera_words.language import LANGUAGES, locale_of, speaking
from sera_words.words import Words
from web.catalogues import translated_checks

TRANSLATIONS = [language for language in LANGUAGES if language != "en"]
TYPED = re.compile(
    r"\b(?:NODE|NAME|POSITION|SERIAL|GARDEN|DATE|NUMBER|FILE|FOLDER)\b|--[a-z]+"
    r"|\bsera [a-z]+|\S+\.(?:json|log|md)"
)


def notice(code: str, severity: int, event: str = BEGINNING) -> Notice:
    return Notice(f"elm-1 {code}", event, "elm-1", "elm-yard", code, severity, {"hours": 30.0}, 1_780_000_000)


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_what_is_typed_stays_in_checks_and_the_rest_is_translated(language: str) -> None:
    words, english = Words(language), Words("en")
    for code in ALERTS_BY_CODE:
        assert words.alert(code) != english.alert(code)
        for index, (text, original) in enumerate(
            zip(words.checks(code), english.checks(code), strict=True), 1
        ):
            is_translated = f"check.{code}.{index}" in translated_checks()
            assert (text != original) == is_translated, text
            placeholders = [part for part in TYPED.findall(original) if part in text]
            assert placeholders == TYPED.findall(original), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_is_written_in_the_language_of_its_channel(language: str) -> None:
    with speaking(locale_of(language)):
        words = Words(language)
        title, body = compose(
            [notice("backup_missing", URGENT), notice("backup_missing", LOOK, RECOVERY)], "Sera"
        )
    for kind in ("urgent", "recovery"):
        assert words.alert_text(f"alert_kind.{kind}") in title
    assert words.alert("backup_missing") in body
    assert words.checks("backup_missing")[1] in body
    if language != "en":
        for text in ("well again", "since", "there is no backup", "a timer for it"):
            assert text not in title + body


def test_commands_in_checks_name_the_node_wherever_it_stands() -> None:
    for code in RULES_BY_CODE:
        assert not any("NODE" in check for check in named_checks("elm-1", code, {}))

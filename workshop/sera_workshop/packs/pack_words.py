"""The words of packs in one language, and the dates, numbers and names that go with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_words.language import locale_of
from sera_words.sentences import Sentences, sentences
from sera_words.translations import FOLDER

if TYPE_CHECKING:
    from datetime import date

PACKS: Final = FOLDER / "packs"


def pack_words(language: str) -> Sentences:
    """Return the words of packs in one of the languages that have catalogues, loaded once."""
    return sentences(locale_of(language), PACKS)


def dates_text(first: date, last: date, words: Sentences) -> str:
    """Write the dates of a pack, both included."""
    return f"{words.figures.date(first)} – {words.figures.date(last)}"

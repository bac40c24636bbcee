"""The words of packs in one language, and the dates, numbers and names that go with them."""

from __future__ import annotations

from typing import Final

from sera_words.language import locale_of
from sera_words.sentences import Sentences, sentences
from sera_words.translations import FOLDER

PACKS: Final = FOLDER / "packs"


def pack_words(language: str) -> Sentences:
    """Return the words of packs in one of the languages that have catalogues, loaded once."""
    return sentences(locale_of(language), PACKS)

"""Sentences of pages in one locale; English where nothing is translated."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sera_vocabulary.meanings import FLOWER_MEANINGS
from sera_words.translations import FOLDER, page_translations, parse_locale, plural_ids
from sera_words.words import DEFAULT_LOCALE, Words

if TYPE_CHECKING:
    from pathlib import Path

PAGES: Final = FOLDER / "pages"


class PageWords:
    """Writes the sentences of pages for readers of one locale.

    Parameters
    ----------
    locale
        As `de` or `de_AT`.
    folder
        Where the pages' catalogues are.

    Attributes
    ----------
    figures
        What figures, names, numbers and dates are written with.
    language, direction
        For the page's `lang` and `dir`.
    """

    def __init__(self, locale: str, folder: Path = PAGES) -> None:
        parsed = parse_locale(locale)
        self.figures = Words(locale)
        self.language = parsed.language
        self.direction: str = parsed.text_direction
        self._translations = page_translations(locale, folder)
        self._plural = plural_ids(PAGES)

    def say(self, id: str, /, **arguments: Any) -> str:  # noqa: A002 - gettext's own word
        """Write a sentence; its argument `count` chooses among plural forms.

        Raises
        ------
        KeyError
            The sentence has a place that no argument fills.
        """
        if id in self._plural:
            template = self._translations.ngettext(id, id, round(arguments["count"]))
        else:
            template = self._translations.gettext(id)
        return template.format(**arguments)

    def pattern(self, id: str, /) -> str:  # noqa: A002 - gettext's own word
        """Return a sentence with its places open, for a script of a page to fill."""
        return str(self._translations.gettext(id))

    def flower(self, name: str) -> str:
        """Write what people call a target flower of the vocabulary."""
        translated = self._translations.gettext(f"flower.{name}")
        return FLOWER_MEANINGS[name].label if translated == f"flower.{name}" else translated


@lru_cache(maxsize=16)
def page_words(locale: str = DEFAULT_LOCALE) -> PageWords:
    """Return the words of pages in a locale, loaded once."""
    return PageWords(locale)

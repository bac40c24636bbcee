"""Whole sentences of a room in one locale: pages, murals, packs; English where nothing is translated."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sera_vocabulary.meanings import FLOWER_MEANINGS
from sera_words.language import current_locale
from sera_words.translations import (
    AGREEMENTS,
    PAGES,
    WORKSHOP,
    is_read,
    parse_locale,
    plural_ids,
    translations,
)
from sera_words.words import Words

if TYPE_CHECKING:
    from pathlib import Path


class Sentences:
    """Writes the sentences of a room for readers of one locale.

    Parameters
    ----------
    locale
        As `de` or `de_AT`.
    room
        Whose sentences: `PAGES`, `WORKSHOP` or `AGREEMENTS`.
    folder
        Where the catalogues are, if elsewhere.

    Attributes
    ----------
    figures
        What figures, names, numbers and dates are written with.
    locale, language, direction
        Its name, and for a page's `lang` and `dir`.
    is_read
        Whether somebody whose first language it is has read it.
    """

    def __init__(self, locale: str, room: Path, folder: Path | None = None) -> None:
        parsed = parse_locale(locale)
        self.locale = locale
        self.figures = Words(locale)
        self.language = parsed.language
        self.direction: str = parsed.text_direction
        self.is_read = is_read(parsed.language)
        self._translations = translations(locale, folder or room)
        self._plural = plural_ids(room)

    def say(self, id: str, /, **arguments: Any) -> str:  # noqa: A002 - gettext's own word
        """Write a sentence; `count` chooses among plural forms, and whole numbers are written out.

        Raises
        ------
        KeyError
            The sentence has a place that no argument fills.
        """
        if id in self._plural:
            template = self._translations.ngettext(id, id, round(arguments["count"]))
        else:
            template = self._translations.gettext(id)
        return template.format(**{name: self._text(value) for name, value in arguments.items()})

    def pattern(self, id: str, /) -> str:  # noqa: A002 - gettext's own word
        """Return a sentence with its places open, for a script of a page to fill."""
        return str(self._translations.gettext(id))

    def flower(self, name: str) -> str:
        """Write what people call a target flower of the vocabulary."""
        translated = self._translations.gettext(f"flower.{name}")
        return FLOWER_MEANINGS[name].label if translated == f"flower.{name}" else translated

    def _text(self, value: object) -> object:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return self.figures.whole(value) if is_number else value  # type: ignore[arg-type]


@lru_cache(maxsize=16)
def sentences(locale: str, room: Path) -> Sentences:
    """Return the sentences of a room in a locale, loaded once."""
    return Sentences(locale, room)


def page_words(locale: str = "") -> Sentences:
    """Return the sentences of pages, in the present locale where none is named."""
    return sentences(locale or current_locale(), PAGES)


def workshop_words(locale: str = "") -> Sentences:
    """Return the sentences of murals, packs and pages that stand alone, as `page_words` does."""
    return sentences(locale or current_locale(), WORKSHOP)


def agreement_words(locale: str = "") -> Sentences:
    """Return the sentences of agreements between communities, as `page_words` does."""
    return sentences(locale or current_locale(), AGREEMENTS)

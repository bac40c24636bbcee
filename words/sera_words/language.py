"""In which language is written: the languages that there are, the one a reader asked for, the present one."""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from babel.core import Locale

from sera_words.errors import UnknownLocaleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# British English writes dates as `4 May 2026`.
DEFAULT_LOCALE: Final = "en_GB"
# The languages that have catalogues; a test compares them with the files.
LANGUAGES: Final = ("en", "de", "es", "fr", "ar")

_LOCALE: ContextVar[str] = ContextVar("locale", default=DEFAULT_LOCALE)
# A day that is the first, before the name of its month or a dash.
_FIRST: Final = re.compile(r"(?<!\d)1(?=\s?[–-]|\s[^\W\d_])")
_ASKED: Final = re.compile(r"^\s*([A-Za-z]{2,3})(?:[-_][\w-]+)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?$")


def current_locale() -> str:
    """Return the locale that is written for where none is named."""
    return _LOCALE.get()


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Write for readers of a locale while the body runs, in this task or thread and those that it starts."""
    token = _LOCALE.set(locale)
    try:
        yield
    finally:
        _LOCALE.reset(token)


def locale_of(language: str) -> str:
    """Return the locale whose numbers and dates a language is written with.

    Raises
    ------
    UnknownLocaleError
        There is no catalogue of this language.
    """
    if language not in LANGUAGES:
        raise UnknownLocaleError(f"language {language!r} has no catalogue; there are {', '.join(LANGUAGES)}")
    return DEFAULT_LOCALE if language == DEFAULT_LOCALE.partition("_")[0] else language


def first_of_month(text: str, locale: Locale) -> str:
    """Write the first of a month in a date as its language does: French says `1er mai`, then `2 mai`."""
    return _FIRST.sub("1er", text) if locale.language == "fr" else text


def requested_language(accept: str, languages: Sequence[str] = LANGUAGES) -> str:
    """Choose a language by a browser's `Accept-Language`.

    Parameters
    ----------
    accept
        The header; what cannot be read in it is passed over.
    languages
        Those that there are; the first one stands where none of them is asked for.

    Examples
    --------
    >>> requested_language("pt-BR, fr;q=0.8, de-AT;q=0.9"), requested_language("*")
    ('de', 'en')
    >>> requested_language("de;q=0, es")
    'es'
    """
    wishes = [match for part in accept[:1000].split(",") if (match := _ASKED.match(part))]
    ranked = sorted(wishes, key=lambda wish: -float(wish[2] or 1))
    wanted = [wish[1].lower() for wish in ranked if float(wish[2] or 1)]
    return next((language for language in wanted if language in languages), languages[0])


def direction_of(language: str) -> str:
    """Return which way the script of a language runs: `ltr` or `rtl`."""
    return str(Locale.parse(language).text_direction)


# Each page names all languages; a form may name any.
@lru_cache(maxsize=128)
def own_name(language: str) -> str:
    """Return what a language calls itself: `Deutsch`, `español`."""
    return str(Locale.parse(language).get_display_name(language))

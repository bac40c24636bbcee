"""The option `--language` of verbs whose results are for readers: what the commands say stays English."""

from __future__ import annotations

from typing import Annotated

import typer

from sera_command.errors import BadInputError
from sera_words.errors import UnknownLocaleError
from sera_words.language import LANGUAGES, locale_of

_LISTED = ", ".join(LANGUAGES)

Language = Annotated[str, typer.Option("--language", help=f"Language of the result: {_LISTED}.")]
Languages = Annotated[
    list[str] | None,
    typer.Option(
        "--language",
        help=f"A language of the pages ({_LISTED}); may be repeated, the first at the root. All by default.",
    ),
]


def languages_of(names: list[str] | None) -> tuple[str, ...]:
    """Return the languages that were named, each once, or all.

    Raises
    ------
    BadInputError
        One has no catalogue.
    """
    for name in names or ():
        readers_locale(name)
    return tuple(dict.fromkeys(names or LANGUAGES))


def readers_locale(language: str) -> str:
    """Return the locale of a language that was named.

    Raises
    ------
    BadInputError
        It has no catalogue.
    """
    try:
        return locale_of(language)
    except UnknownLocaleError as error:
        raise BadInputError(f"--language: {error}") from error

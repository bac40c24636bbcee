"""`make words`: bring a language's catalogue up to English, without a network.

    python -m sera_words.template de

Sentences that English has and the language lacks are added without words, those that English no longer has
are set aside at the end of the file, and what is missing is counted. Translators find the English sentence
above each place.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from sera_words.translations import ENGLISH, FOLDER, parse_locale, read_catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from babel.messages.catalog import Message


def update(language: str, folder: Path = FOLDER) -> int:
    """Bring the catalogue of a language up to English, and return how many sentences have no words yet."""
    path = folder / f"{parse_locale(language)}.po"
    catalogue = read_catalogue(path) if path.is_file() else Catalog(locale=path.stem)
    catalogue.update(_template(), no_fuzzy_matching=True)
    with path.open("wb") as file:
        write_po(file, catalogue, omit_header=False, width=110)
    return len([message for message in catalogue if message.id and not all(_texts(message))])


def _template() -> Catalog:
    """Return the ids of all sentences, with the English one as the comment above."""
    template = Catalog()
    for message in read_catalogue(FOLDER / f"{ENGLISH}.po"):
        if message.id:
            template.add(message.id, auto_comments=_texts(message))
    return template


def _texts(message: Message) -> list[str]:
    """Return the words of a message: one text for each plural form."""
    words = message.string
    return [words] if isinstance(words, str) else list(words or [""])


def main() -> None:
    """Update the languages named on the command line."""
    for language in sys.argv[1:]:
        sys.stdout.write(f"{language}: {update(language)} sentences without words\n")


if __name__ == "__main__":
    main()

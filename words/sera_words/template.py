"""`make words`: bring a language's catalogues up to English, without a network.

    python -m sera_words.template de

Sentences that English has and the language lacks are added without words, those that English no longer has
are set aside at the end of the file, and what is missing is counted. Translators find the English sentence
above each place.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from sera_words.translations import ENGLISH, FOLDER, FOLDERS, parse_locale, read_catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from babel.messages.catalog import Message


# Their English stands in tables of the vocabulary and the gateway; a test names those that a language lacks.
_OF_TABLES: Final = ("name.", "unit.", "flower.", "rejection.")


def update(language: str, folder: Path = FOLDER, english: Path = FOLDER) -> int:
    """Update the catalogue of a language from English, and return how many sentences have no words yet.

    Parameters
    ----------
    language
        As `de`.
    folder
        Where its catalogue is, or is made.
    english
        Where the English one is.
    """
    path = folder / f"{parse_locale(language)}.po"
    catalogue = read_catalogue(path) if path.is_file() else Catalog(locale=path.stem)
    of_tables = {
        message.id: message.string
        for message in catalogue
        if isinstance(message.id, str) and message.id.startswith(_OF_TABLES)
    }
    catalogue.update(_template(english), no_fuzzy_matching=True)
    for id_, text in of_tables.items():
        catalogue.obsolete.pop(id_, None)
        catalogue.add(id_, text)
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, omit_header=False, width=110)
    return len([message for message in catalogue if message.id and not all(_texts(message))])


def _template(english: Path) -> Catalog:
    """Return the ids of all sentences, with the English one as the comment above."""
    template = Catalog()
    for message in read_catalogue(english / f"{ENGLISH}.po"):
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
        for folder in FOLDERS:
            missing = update(language, folder, folder)
            sys.stdout.write(f"{language}, {folder.name}: {missing} sentences without words\n")


if __name__ == "__main__":
    main()

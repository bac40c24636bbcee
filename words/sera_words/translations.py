"""Catalogues of translations: text files of gettext, compiled when they are first needed."""

from __future__ import annotations

import re
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel.core import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from sera_words import errors

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

FOLDER: Final = Path(__file__).parent / "catalogues"
# Sentences of the web application; of murals, packs and the pages that stand alone; of Grafana's dashboards;
# of agreements between communities.
PAGES: Final = FOLDER / "pages"
WORKSHOP: Final = FOLDER / "workshop"
DASHBOARDS: Final = FOLDER / "dashboards"
AGREEMENTS: Final = FOLDER / "agreements"
FOLDERS: Final = (FOLDER, PAGES, WORKSHOP, DASHBOARDS, AGREEMENTS)
ENGLISH: Final = "en"
# A line of a catalogue's head: who read it, whose first language it is, and when.
_READ: Final = re.compile(r"^# Read by (?P<who>.+), (?P<day>\d{4}-\d{2}-\d{2})\.?$", re.MULTILINE)


def read_catalogue(path: Path) -> Catalog:
    """Read the text file of one language."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def compiled(path: Path) -> Translations:
    """Compile the text file of one language in memory; what is marked fuzzy is left out."""
    file = BytesIO()
    write_mo(file, read_catalogue(path))
    file.seek(0)
    return Translations(file)


@lru_cache(maxsize=32)
def translations(locale: str, folder: Path = FOLDER) -> Translations:
    """Load what there is for a locale: its own catalogue, that of its language, and English behind them.

    Parameters
    ----------
    locale
        As `de` or `de_AT`.
    folder
        Where the catalogues are; where it has no English, that of figures stands behind them.

    Raises
    ------
    UnknownLocaleError
        Babel does not know the locale.
    """
    parsed = parse_locale(locale)
    english = folder / f"{ENGLISH}.po"
    catalogue = compiled(english if english.is_file() else FOLDER / english.name)
    for name in dict.fromkeys((parsed.language, str(parsed))):
        path = folder / f"{name}.po"
        if name != ENGLISH and path.is_file():
            own = compiled(path)
            own.add_fallback(catalogue)
            catalogue = own
    return catalogue


@lru_cache(maxsize=8)
def is_read(language: str, folder: Path = FOLDER) -> bool:
    """Return whether all catalogues of a language were read by somebody whose first language it is.

    Notes
    -----
    Their heads then have the line `# Read by NAME, 2026-05-04.` English is what all others are made from.
    """
    paths = [folder / path.relative_to(FOLDER) / f"{language}.po" for path in FOLDERS]
    return language == ENGLISH or all(
        path.is_file() and _READ.search(path.read_text(encoding="utf-8").partition("\nmsgid")[0])
        for path in paths
    )


def parse_locale(locale: str) -> Locale:
    """Return Babel's locale of a name such as `de` or `de-AT`."""
    try:
        return Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        raise errors.UnknownLocaleError(
            f"locale {locale!r} is not one of the Unicode CLDR; expected a name such as en, de or de_AT"
        ) from error


@lru_cache(maxsize=8)
def plural_ids(folder: Path = FOLDER) -> frozenset[str]:
    """Return the ids of the sentences of a folder that have plural forms, which English decides."""
    catalogue = read_catalogue(folder / f"{ENGLISH}.po")
    return frozenset([str(message.id[0]) for message in catalogue if message.pluralizable])

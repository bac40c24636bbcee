"""Catalogues of translations: text files of gettext, compiled when they are first needed."""

from __future__ import annotations

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
ENGLISH: Final = "en"


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
        Where the catalogues are.

    Raises
    ------
    UnknownLocaleError
        Babel does not know the locale.
    """
    return _chained(locale, folder, FOLDER)


@lru_cache(maxsize=32)
def page_translations(locale: str, folder: Path) -> Translations:
    """Load the sentences of pages for a locale, as `translations` does those of figures."""
    return _chained(locale, folder, FOLDER / "pages")


def _chained(locale: str, folder: Path, english: Path) -> Translations:
    parsed = parse_locale(locale)
    catalogue = compiled(english / f"{ENGLISH}.po")
    for name in dict.fromkeys((parsed.language, str(parsed))):
        path = folder / f"{name}.po"
        if name != ENGLISH and path.is_file():
            own = compiled(path)
            own.add_fallback(catalogue)
            catalogue = own
    return catalogue


def parse_locale(locale: str) -> Locale:
    """Return Babel's locale of a name such as `de` or `de-AT`."""
    try:
        return Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        raise errors.UnknownLocaleError(
            f"locale {locale!r} is not one of the Unicode CLDR; expected a name such as en, de or de_AT"
        ) from error


@lru_cache(maxsize=2)
def plural_ids(folder: Path = FOLDER) -> frozenset[str]:
    """Return the ids of the sentences of a folder that have plural forms, which English decides."""
    catalogue = read_catalogue(folder / f"{ENGLISH}.po")
    return frozenset([str(message.id[0]) for message in catalogue if message.pluralizable])

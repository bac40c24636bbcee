"""Titles, descriptions and names on dashboards, in one locale; English where nothing is translated."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sera_vocabulary.alerts import ALERTS_BY_CODE
from sera_words.language import DEFAULT_LOCALE
from sera_words.translations import DASHBOARDS, translations
from sera_words.words import Words

if TYPE_CHECKING:
    from pathlib import Path


class PanelText(NamedTuple):
    """What a panel says: its title, how to read it, and what stands there without data."""

    title: str
    description: str
    no_data: str


class DashboardWords:
    """Writes the texts of dashboards for readers of one locale.

    Parameters
    ----------
    locale
        As `de` or `de_AT`.
    folder
        Where the dashboards' catalogues are.

    Attributes
    ----------
    figures
        What names, reasons and findings are written with.
    """

    def __init__(self, locale: str, folder: Path = DASHBOARDS) -> None:
        self.figures = Words(locale)
        self._translations = translations(locale, folder)

    def say(self, id: str, /, **arguments: str) -> str:  # noqa: A002 - gettext's own word
        """Write a text.

        Raises
        ------
        KeyError
            No catalogue has it, or it has a place that no argument fills.
        """
        text = self._translations.gettext(id)
        if text == id:
            raise KeyError(id)
        return str(text.format(**arguments))

    def panel(self, id: str, /, **arguments: str) -> PanelText:  # noqa: A002 - gettext's own word
        """Write the texts of a panel; one without words of its own for no data has those of all."""
        no_data = f"{id}.no_data"
        own = self._translations.gettext(no_data)
        return PanelText(
            self.say(f"{id}.title", **arguments),
            self.say(f"{id}.description", **arguments),
            self.say("no_data") if own == no_data else str(own),
        )

    def finding(self, code: str) -> str:
        """Write in a word or two what a rule finds; a new rule without words has its meaning."""
        own = self._translations.gettext(f"finding.{code}")
        return ALERTS_BY_CODE[code].meaning if own == f"finding.{code}" else str(own)

    def column(self, name: str) -> str:
        """Write the heading of a column, or the name of a series."""
        return self.say(f"column.{name}")


@lru_cache(maxsize=16)
def dashboard_words(locale: str = DEFAULT_LOCALE) -> DashboardWords:
    """Return the words of dashboards in a locale, loaded once."""
    return DashboardWords(locale)

"""Words of one locale: sentences, names, numbers and dates; English where nothing is translated."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from sera_vocabulary import figure_codes as codes
from sera_vocabulary.alert_rules import RULES_BY_CODE
from sera_vocabulary.alerts import ALERTS_BY_CODE
from sera_vocabulary.indices import INDICES_BY_NAME
from sera_vocabulary.meanings import MEANINGS, UNITS
from sera_words.language import current_locale, first_of_month
from sera_words.translations import FOLDER, parse_locale, plural_ids, translations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from sera_words.coded import Argument, Coded

_SIGNIFICANT: Final = 3
# Takes the plural form wherever there is one.
_MANY: Final = 100
# A percentage whose sign no line break parts from its number. Where the script runs from right to left, a
# space would put the sign on the other side.
_PERCENTAGE: Final = {"ltr": "#,##0\u00a0%", "rtl": "#,##0%"}


class Words:
    """Writes for readers of one locale.

    Parameters
    ----------
    locale
        As `de` or `de_AT`.
    folder
        Where the catalogues are.
    """

    def __init__(self, locale: str, folder: Path = FOLDER) -> None:
        self.locale = parse_locale(locale)
        self._translations = translations(locale, folder)

    def statement(self, statement: Coded) -> str:
        """Write a reason, note or method as one sentence; a code without words is written as it is."""
        kinds = statement.TABLE.get(statement.code, {})
        arguments = statement.arguments
        texts = self._texts(arguments, kinds)
        sentence = f"{statement.KIND}.{statement.code}"
        written = [self._template(sentence, _counted(arguments, kinds)).format_map(texts)]
        written += [
            self._template(f"{sentence}.{name}", arguments[name]).format_map(texts)
            for name, kind in kinds.items()
            if kind.endswith(codes.OPTIONAL) and name in arguments
        ]
        text = self.clauses(*written)
        return text[:1].upper() + text[1:] if statement.KIND == "note" else text

    def outline(self, kind: type[Coded], code: str) -> str:
        """Write the sentence of a code with dots in place of its arguments, for tables that have only it."""
        sentence = self._template(f"{kind.KIND}.{code}", _MANY)
        return sentence.format_map(dict.fromkeys(kind.TABLE[code], "…"))

    def method(self, method: str, interval_method: Coded | None = None) -> str:
        """Write how an index was made, and its interval where there is one."""
        text = self._template(f"method.{method}", None)
        if interval_method is None:
            return text
        interval = self._template("word.interval", None).format(method=self.statement(interval_method))
        return self.clauses(text, interval)

    def average(self, method: str) -> str:
        """Write how a method puts units together, or the empty text where only one way could be meant."""
        code = codes.AVERAGES.get(method, "")
        return self._template(f"average.{code}", None) if code else ""

    def name(self, name: str) -> str:
        """Write the display word of an index, insect group or quantity of the vocabulary."""
        translated = self._translations.gettext(f"name.{name}")
        if translated != f"name.{name}":
            return translated
        row = INDICES_BY_NAME.get(name) or MEANINGS.get(name)
        return row.label if row is not None else name.replace("_", " ")

    def unit(self, code: str) -> str:
        """Write a UCUM code as people do: `°C`, `per hour`."""
        translated = self._translations.gettext(f"unit.{code}")
        if translated != f"unit.{code}":
            return translated
        unit = UNITS.get(code)
        return unit.symbol if unit is not None else code

    def rejection(self, code: str, part: str, english: str) -> str:
        """Write what the reason of a refused message means, or what to do; English is the gateway's."""
        return self._table_text(f"rejection.{code}.{part}", english)

    def alert(self, code: str) -> str:
        """Write what an alert says, for a list; English is the vocabulary's."""
        return self._table_text(f"alert.{code}", ALERTS_BY_CODE[code].meaning)

    def checks(self, code: str) -> tuple[str, ...]:
        """Write what is to be looked at first where a rule finds something, commands as they are typed."""
        checks = RULES_BY_CODE[code].checks
        return tuple(
            [self._table_text(f"check.{code}.{index}", text) for index, text in enumerate(checks, 1)]
        )

    def alert_text(self, id_: str, **arguments: str) -> str:
        """Write a part of a message of alerts: `alert_kind.urgent`, `alert_line.since`."""
        return self._template(id_, None).format_map(arguments)

    def _table_text(self, id_: str, english: str) -> str:
        translated = self._translations.gettext(id_)
        return english if translated == id_ else translated

    def target(self, target: str) -> str:
        """Write what an interval speaks about: `this garden`."""
        return self._template(f"target.{target}", None) if target in codes.TARGETS else target

    def left_out(self, cause: str) -> str:
        """Write why a record was left out."""
        return self._template(f"left_out.{cause}", None) if cause in codes.LEFT_OUT else cause

    def units(self, count: float, units: str) -> str:
        """Write a number of the units of a figure: `3 nodes`."""
        template = self._template(f"units.{units}", count)
        return template.format(count=self.whole(count))

    def units_name(self, units: str) -> str:
        """Write what the units of a figure are, without their number: `nodes`."""
        return self._template(f"units.{units}", _MANY).format(count="").strip()

    def explained(self, index: str) -> str:
        """Explain an index in one line, or the empty text where it explains itself."""
        id_ = f"explained.{index}"
        text = self._template(id_, None)
        return "" if text == id_ else text

    def whole(self, value: float) -> str:
        """Write a number without decimals."""
        return format_decimal(round(value), format="#,##0", locale=self.locale)

    def number(self, value: float) -> str:
        """Write a number with three significant digits, or all those before the decimal point."""
        if value == 0:
            return "0"
        rounded = float(f"{value:.{_SIGNIFICANT}g}")
        return format_decimal(rounded if abs(value) < 10**_SIGNIFICANT else round(value), locale=self.locale)

    def fixed(self, value: float, decimals: int) -> str:
        """Write a number with so many decimals, and never a zero with a sign."""
        rounded = round(value, decimals) + 0.0
        pattern = "0" + ("." + "0" * decimals if decimals else "")
        return format_decimal(rounded, format=pattern, locale=self.locale)

    def share(self, value: float) -> str:
        """Write a share of 1 as a whole percentage."""
        rounded = round(value, 12) + 0.0
        pattern = _PERCENTAGE[self.locale.text_direction]
        text = str(format_percent(rounded, format=pattern, locale=self.locale))
        # What rounds to nothing has no sign.
        return text if round(100 * rounded) else text.replace("-", "")

    def days(self, count: float) -> str:
        """Write a number of days: `1 day`."""
        return format_unit(round(count), "duration-day", length="long", locale=self.locale)

    def hours(self, hours: float) -> str:
        """Write whole hours: `120 h`; in a language that runs from right to left as a word of its own."""
        if self.locale.text_direction == "rtl":
            return format_unit(round(hours), "duration-hour", length="long", locale=self.locale)
        return f"{self.whole(hours)} h"

    def listed(self, texts: Iterable[str]) -> str:
        """Write several texts in a row, with the language's own comma between them."""
        return self._template("word.comma", None).join(texts)

    def clauses(self, *texts: str) -> str:
        """Write texts that are there one after the other, with the language's own semicolon between them."""
        return self._template("word.semicolon", None).join(text for text in texts if text)

    def dates(self, first: date, last: date) -> str:
        """Write a span of local dates, both included, without its year: `6 – 8 June`."""
        if first == last:
            return first_of_month(format_skeleton("MMMMd", first, locale=self.locale), self.locale)
        return first_of_month(format_interval(first, last, "MMMMd", locale=self.locale), self.locale)

    def full_dates(self, first: date, last: date) -> str:
        """Write a span of local dates, both included, with their years; of a single day, that day alone."""
        return self.date(first) if first == last else f"{self.date(first)} – {self.date(last)}"

    def date(self, day: date) -> str:
        """Write a local date in full: `4 May 2026`."""
        return first_of_month(format_date(day, format="long", locale=self.locale), self.locale)

    def _date_of(self, text: str) -> str:
        """Write a date of a stored statement; a text that is no date stays as it is."""
        try:
            return self.date(date.fromisoformat(text))
        except ValueError:
            return text

    def _template(self, id: str, count: Any) -> str:  # noqa: A002 - gettext's own word
        if count is not None and id in plural_ids():
            return self._translations.ngettext(id, id, round(count))
        return self._translations.gettext(id)

    def _texts(self, arguments: Mapping[str, Argument], kinds: Mapping[str, str]) -> dict[str, str]:
        return {
            name: self._text(value, kinds.get(name, codes.TEXT).removesuffix(codes.OPTIONAL), arguments)
            for name, value in arguments.items()
        }

    def _text(self, value: Any, kind: str, arguments: Mapping[str, Any]) -> str:
        if kind == codes.UNITS:
            return self.units(arguments["count"], value)
        if kind in (codes.IDS, codes.NAMES):
            ids = [value] if isinstance(value, str) else value
            return ", ".join(ids) or self._template("word.not_stated", None)
        if kind == codes.NAME:
            return self.name(value)
        if kind in (codes.TEXT, codes.KEY):
            return str(value)
        if kind == codes.DATE:
            return self._date_of(value)
        return _WRITERS[kind](self, value)


_WRITERS: Final[dict[str, Callable[[Words, Any], str]]] = {
    codes.COUNT: Words.whole,
    codes.NUMBER: Words.number,
    codes.HOURS: Words.hours,
    codes.DAYS: Words.days,
    codes.SHARE: Words.share,
    codes.CAUSE: Words.left_out,
}


def _counted(arguments: Mapping[str, Any], kinds: Mapping[str, str]) -> Any:
    """Find the number that chooses among plural forms: the first argument of kind count."""
    return next((arguments[name] for name, kind in kinds.items() if kind == codes.COUNT), None)


@lru_cache(maxsize=16)
def _loaded(locale: str) -> Words:
    return Words(locale)


def words(locale: str = "") -> Words:
    """Return the words of a locale, of the present one where none is named; loaded once."""
    return _loaded(locale or current_locale())

"""The workbook: days, hours, dictionary, questions and ready charts; dates are dates, numbers are numbers."""

from __future__ import annotations

import importlib
import io
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sera_vocabulary.measurements import AIR_TEMPERATURE
from sera_workshop.packs.day_rows import COLUMNS, NUMBERS
from sera_workshop.packs.handout import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_words.sentences import Sentences
    from sera_workshop.packs.day_rows import DayRow
    from sera_workshop.packs.hour_rows import HourRow

# When a workbook was made is no part of what it says.
_NO_TIME: Final = datetime(2020, 1, 1)  # noqa: DTZ001 - a workbook knows no zones
_DATE, _TIME = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
_HOUR_COLUMNS: Final = ("time", "garden", "hours_watched", "insects_seen", AIR_TEMPERATURE)
_WIDTH, _WIDE = 16, 90
# A chart of more gardens cannot be read.
_CHARTS_MOST: Final = 12
_CHART_ROWS: Final = 16
# Column of the garden's name.
_GARDEN: Final = 1


def workbook_bytes(
    days: Sequence[DayRow],
    hours: Sequence[HourRow],
    dictionary: Sequence[tuple[str, str, str]],
    about: Sequence[str],
    words: Sentences,
) -> bytes | None:
    """Write the workbook; the same bytes for the same rows. No text in it can become a formula or a link.

    Returns
    -------
    bytes or None
        None where the extra `print` is not installed.
    """
    try:
        xlsxwriter: Any = importlib.import_module("xlsxwriter")
    except ImportError:
        return None
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"title": about[0] if about else "", "created": _NO_TIME})
    sheets = _Sheets(book, words)
    sheets.days(days)
    sheets.hours(hours)
    sheets.charts(days)
    sheets.texts("dictionary", [tuple(words.say(f"dictionary.{name}") for name in _DICTIONARY), *dictionary])
    sheets.texts("about", [(line,) for line in about])
    questions = [(words.say(f"question.{name}"),) for name in QUESTIONS]
    sheets.texts("questions", [(words.say("question.text"),), *questions])
    book.close()
    return buffer.getvalue()


_DICTIONARY: Final = ("column", "meaning", "unit")


class _Sheets:
    """Writes the sheets of one workbook."""

    def __init__(self, book: Any, words: Sentences) -> None:
        self._book, self._words = book, words
        self._head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self._text = book.add_format({"text_wrap": True, "valign": "top"})
        self._date = book.add_format({"num_format": _DATE})
        self._time = book.add_format({"num_format": _TIME})
        self._numbers = {
            decimals: book.add_format({"num_format": "0" + ("." + "0" * decimals if decimals else "")})
            for decimals in range(4)
        }

    def _sheet(self, name: str) -> Any:
        sheet = self._book.add_worksheet(self._words.say(f"sheet.{name}"))
        if self._words.direction == "rtl":
            sheet.right_to_left()
        return sheet

    def _heads(self, sheet: Any, keys: Sequence[str]) -> None:
        for index, key in enumerate(keys):
            sheet.write_string(0, index, self._words.say(f"column.{key}"), self._head)
        sheet.set_column(0, len(keys) - 1, _WIDTH)
        sheet.freeze_panes(1, 2)

    def days(self, rows: Sequence[DayRow]) -> None:
        """Write one row a garden and day."""
        sheet = self._sheet("days")
        self._heads(sheet, [column.key for column in COLUMNS])
        for index, row in enumerate(rows, 1):
            sheet.write_datetime(index, 0, datetime.combine(row.day, datetime.min.time()), self._date)
            sheet.write_string(index, _GARDEN, row.garden)
            for at, column in enumerate(NUMBERS, 2):
                value = row.values[column.key]
                if value is not None:
                    sheet.write_number(index, at, round(value, 6), self._numbers[column.decimals])
        sheet.autofilter(0, 0, max(1, len(rows)), len(COLUMNS) - 1)

    def hours(self, rows: Sequence[HourRow]) -> None:
        """Write one row a garden and hour."""
        sheet = self._sheet("hours")
        self._heads(sheet, _HOUR_COLUMNS)
        for index, row in enumerate(rows, 1):
            sheet.write_datetime(index, 0, row.begin, self._time)
            sheet.write_string(index, _GARDEN, row.garden)
            for at, (value, decimals) in enumerate(
                ((row.hours_watched, 2), (row.insects_seen, 0), (row.air_temperature, 1)), 2
            ):
                if value is not None:
                    sheet.write_number(index, at, round(value, 6), self._numbers[decimals])
        sheet.autofilter(0, 0, max(1, len(rows)), len(_HOUR_COLUMNS) - 1)

    def charts(self, rows: Sequence[DayRow]) -> None:
        """Draw visits per hour watched by day, a chart a garden, on one scale; gaps stay gaps."""
        sheet = self._sheet("charts")
        column = next(index for index, column in enumerate(COLUMNS) if column.key == "insects_per_hour")
        highest = max((row.values["insects_per_hour"] or 0.0 for row in rows), default=0.0)
        for number, (garden, first, last) in enumerate(_spans(rows)[:_CHARTS_MOST]):
            chart = self._book.add_chart({"type": "column"})
            days = self._words.say("sheet.days")
            # By its cell: a name that begins with = would be a formula there, which no option turns off.
            name = [days, first, _GARDEN]
            chart.add_series(
                {
                    "name": name,
                    "categories": [days, first, 0, last, 0],
                    "values": [days, first, column, last, column],
                    "fill": {"color": "#0072B2"},
                }
            )
            chart.set_title({"name": name, "name_font": {"size": 11}})
            chart.set_legend({"none": True})
            chart.set_x_axis({"date_axis": True, "num_format": "d mmm"})
            title = self._words.say("column.insects_per_hour")
            chart.set_y_axis({"name": title, "min": 0, **({"max": highest} if highest > 0 else {})})
            chart.show_blanks_as("gap")
            sheet.insert_chart(number // 2 * _CHART_ROWS, number % 2 * 8, chart, {"description": garden})

    def texts(self, name: str, rows: Sequence[Sequence[str]]) -> None:
        """Write a sheet of sentences."""
        sheet = self._sheet(name)
        widths = [_WIDTH * 2, _WIDE, _WIDTH] if len(rows[0]) > 1 else [_WIDE]
        for index, width in enumerate(widths):
            sheet.set_column(index, index, width)
        for index, row in enumerate(rows):
            for at, text in enumerate(row):
                is_head = index == 0 and len(row) > 1
                sheet.write_string(index, at, text, self._head if is_head else self._text)


def _spans(rows: Sequence[DayRow]) -> list[tuple[str, int, int]]:
    """Return each garden with the first and last row of its days in the sheet."""
    spans: list[tuple[str, int, int]] = []
    for index, row in enumerate(rows, 1):
        if spans and spans[-1][0] == row.garden and row.day > rows[index - 2].day:
            spans[-1] = (row.garden, spans[-1][1], index)
        else:
            spans.append((row.garden, index, index))
    return spans

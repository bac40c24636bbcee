"""Tables as CSV as a spreadsheet of a language reads them: its decimal mark, and what separates columns."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final, NamedTuple

from babel.numbers import get_decimal_symbol

from sera_store.plain_text import spreadsheet_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Tells a spreadsheet that the text is UTF-8.
BYTE_ORDER_MARK: Final = "\ufeff"


class Dialect(NamedTuple):
    """How numbers and columns are written."""

    decimal: str
    separator: str


def dialect_of(locale: str) -> Dialect:
    """Return the dialect of a locale: a semicolon between columns where the comma is the decimal mark."""
    decimal = get_decimal_symbol(locale, numbering_system="latn")
    return Dialect(",", ";") if decimal == "," else Dialect(".", ",")


def number_cell(value: float | None, decimals: int, dialect: Dialect) -> str:
    """Write a number; empty where there is none, and never a zero with a sign."""
    if value is None:
        return ""
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace(".", dialect.decimal)


def csv_text(head: Sequence[str], rows: Iterable[Sequence[str]], dialect: Dialect) -> str:
    """Write a table of cells that are written already; no spreadsheet takes its head for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=dialect.separator, lineterminator="\r\n")
    writer.writerow([spreadsheet_text(cell) for cell in head])
    writer.writerows(rows)
    return BYTE_ORDER_MARK + text.getvalue()

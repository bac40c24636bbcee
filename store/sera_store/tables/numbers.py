"""Numbers as spreadsheets of all countries write them: the mark before decimals, and that between thousands.

`1.234` is a thousand and more where a comma stands before decimals, and little more than one elsewhere;
nothing in the cell tells which. Other cells of its column may: `0.5`, `12.25` or `1,234.5` have a point
before decimals, `0,5` or `1.234.567` a comma. Where none does, the cell is refused with both readings.
"""

from __future__ import annotations

import math
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class DecimalMark(StrEnum):
    """What stands before the decimals of a number; the other one of the two may part its thousands."""

    POINT = "point"
    COMMA = "comma"

    @property
    def sign(self) -> str:
        """The mark itself."""
        return "." if self is DecimalMark.POINT else ","

    @property
    def other(self) -> DecimalMark:
        """The mark that may part thousands."""
        return DecimalMark.COMMA if self is DecimalMark.POINT else DecimalMark.POINT


class Usage(NamedTuple):
    """What the cells of a column show: the first with each mark before decimals, the first of two readings.

    Places are indexes into the cells; None where there is no such cell.
    """

    point: int | None
    comma: int | None
    ambiguous: int | None


_MINUS: Final = str.maketrans({"\N{MINUS SIGN}": "-"})
# Apostrophes (Swiss) and blanks that break no line (French, SI) part thousands and are never decimal.
_THOUSANDS_ONLY: Final = (
    "'\N{RIGHT SINGLE QUOTATION MARK}\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
)
_MARK_ONCE: Final = re.compile(
    r"[+-]?(?P<whole>[0-9]*)(?P<mark>[.,])(?P<part>[0-9]*)(?P<power>[eE][+-]?[0-9]+)?"
)
_GROUPED: Final = re.compile(
    rf"[+-]?[0-9]{{1,3}}(?P<group>[.,{_THOUSANDS_ONLY}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*"
    r"(?:(?P<mark>[.,])[0-9]*)?"
)
_BY_SIGN: Final = {mark.sign: mark for mark in DecimalMark}


def _number_pattern(mark: DecimalMark) -> re.Pattern[str]:
    grouped = (
        rf"[0-9]{{1,3}}(?P<group>[{mark.other.sign}{_THOUSANDS_ONLY}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*"
    )
    sign = re.escape(mark.sign)
    return re.compile(rf"[+-]?(?:(?:{grouped}|[0-9]+)(?:{sign}[0-9]*)?|{sign}[0-9]+)(?:[eE][+-]?[0-9]+)?")


_NUMBERS: Final = {mark: _number_pattern(mark) for mark in DecimalMark}
_GROUPS: Final = {mark: str.maketrans("", "", mark.other.sign + _THOUSANDS_ONLY) for mark in DecimalMark}


def parse_number(cell: str, mark: DecimalMark = DecimalMark.POINT) -> float:
    """Read a cell as a number whose decimals stand behind a mark.

    Parameters
    ----------
    cell
        Digits of ASCII with a sign, decimals, a power of ten (`2.7E-5`), thousands parted by the other mark,
        an apostrophe or a no-break space, in groups of three.
    mark
        What stands before decimals.

    Returns
    -------
    float
        Not a number (NaN) where the cell is anything else, also `nan`, `inf`, `1_000` and digits of other
        scripts.

    Examples
    --------
    >>> parse_number("1.234,5", DecimalMark.COMMA), parse_number("1.234"), parse_number("12 %")
    (1234.5, 1.234, nan)
    """
    if cell.isascii() and cell.isdigit():
        return float(cell)
    text = cell.translate(_MINUS)
    if _NUMBERS[mark].fullmatch(text) is None:
        return math.nan
    return float(text.translate(_GROUPS[mark]).replace(",", "."))


def decimal_mark(cell: str) -> DecimalMark | None:
    """Return which mark a cell shows to stand before decimals, or None if it shows none.

    Examples
    --------
    >>> decimal_mark("0,125"), decimal_mark("1.234.567"), decimal_mark("1.234")
    (<DecimalMark.COMMA: 'comma'>, <DecimalMark.COMMA: 'comma'>, None)
    """
    text = cell.translate(_MINUS)
    once = _MARK_ONCE.fullmatch(text)
    if once is not None:
        return None if _has_two_readings(once) or not once["whole"] + once["part"] else _BY_SIGN[once["mark"]]
    grouped = _GROUPED.fullmatch(text)
    if grouped is None or grouped["mark"] == grouped["group"]:
        return None
    if grouped["mark"] is not None:
        return _BY_SIGN[grouped["mark"]]
    return _BY_SIGN[grouped["group"]].other if grouped["group"] in _BY_SIGN else None


def has_two_readings(cell: str) -> bool:
    """Return whether a cell has one mark before exactly three digits: thousands, or decimals.

    Examples
    --------
    >>> has_two_readings("1.234"), has_two_readings("0.234"), has_two_readings("1234.567")
    (True, False, False)
    """
    once = _MARK_ONCE.fullmatch(cell.translate(_MINUS))
    return once is not None and _has_two_readings(once)


def mark_usage(cells: Iterable[str]) -> Usage:
    """Look through the cells of a column for what they show of its marks."""
    first: dict[DecimalMark, int] = {}
    ambiguous = None
    for index, cell in enumerate(cells):
        if cell.isascii() and cell.isdigit():
            continue
        mark = decimal_mark(cell)
        if mark is not None:
            first.setdefault(mark, index)
        elif ambiguous is None and has_two_readings(cell):
            ambiguous = index
    return Usage(first.get(DecimalMark.POINT), first.get(DecimalMark.COMMA), ambiguous)


def _has_two_readings(once: re.Match[str]) -> bool:
    whole, part = once["whole"], once["part"]
    return len(part) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0") and not once["power"]

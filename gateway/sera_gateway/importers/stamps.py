"""Times as loggers and their programs write them; all rows of a file settle the order of its dates.

`04.08.21` is the 4th of August 2021, the 8th of April 2021 or the 21st of August 2004. What a whole file
holds tells which: dates that exist in one order alone, or days that follow one another in one order alone.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class DateOrder(StrEnum):
    """In which order day, month and year stand."""

    YMD = "ymd"
    DMY = "dmy"
    MDY = "mdy"


ORDER_NAMES: Final = {
    DateOrder.YMD: "year, month, day",
    DateOrder.DMY: "day, month, year",
    DateOrder.MDY: "month, day, year",
}
_PLACES: Final = {DateOrder.YMD: (0, 1, 2), DateOrder.DMY: (2, 1, 0), DateOrder.MDY: (2, 0, 1)}
_YEAR_DIGITS: Final = 4
# Loggers that write two digits of the year are younger than 2000.
_CENTURY: Final = 2000
_HOURS: Final = 12
_MIDNIGHT_HOUR: Final = 24
# What programs write for the halves of a day, without points and blanks: English, Czech and Slovak, Spanish,
# Hungarian, Greek, German, Dutch, Swedish, Japanese, Chinese, Korean (Unicode CLDR, `dayPeriods`).
_BEFORE_NOON: Final = frozenset(("am", "a", "dop", "de", "πμ", "vorm", "vm", "fm", "午前", "上午", "오전"))
_AFTER_NOON: Final = frozenset(("pm", "p", "odp", "du", "μμ", "nachm", "nm", "em", "午後", "下午", "오후"))
_STAMP: Final = re.compile(
    r"(?P<first>\d{1,4})(?P<mark>[./-])[ ]?(?P<second>\d{1,2})(?P=mark)[ ]?(?P<third>\d{1,4})[.]?"
    r"(?:[T ,]+(?:(?P<early>[^\d\s:+-][^\d:+-]*?)\s*)?(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})"
    r"(?:[:.](?P<second_of>\d{2})(?:[.,]\d+)?)?(?:\s*(?P<late>[^\d\s:+-][^\d:+-]*?))??"
    r"\s*(?P<offset>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{2}:?\d{2})?)?",
)
_OFFSET: Final = re.compile(r"([+-])(\d{1,2}):?(\d{2})?")


class Stamp(NamedTuple):
    """A time as it is written, taken apart: three numbers of a date, seconds of the day, and its offset.

    `second_of_day_s` and `offset_s` are None where the time or the offset is not written.
    """

    text: str
    numbers: tuple[str, str, str]
    second_of_day_s: int | None
    offset_s: int | None


class HalfDays(NamedTuple):
    """What a file writes for the halves of a day, before and after noon; by default in many languages."""

    before_noon: frozenset[str] = _BEFORE_NOON
    after_noon: frozenset[str] = _AFTER_NOON

    @classmethod
    def of(cls, before_noon: str, after_noon: str) -> HalfDays:
        """Take two words as a file writes them."""
        return cls(frozenset((_folded(before_noon),)), frozenset((_folded(after_noon),)))


class ReadStamps(NamedTuple):
    """Times of a file, by row: Unix time [s] or why there is none; and what its dates were read by."""

    times_s: dict[int, int]
    problems: dict[int, str]
    without_time: list[int]
    order: DateOrder | None
    is_told_by_days: bool
    offsets_s: frozenset[int]


class AmbiguousDatesError(ValueError):
    """All dates of a file can be read in more than one order, and nothing in it tells which."""


def parse_stamp(text: str, half_days: HalfDays = HalfDays()) -> Stamp | str:  # noqa: B008 - it is immutable
    """Take a written time apart, or say what is wrong with it.

    Examples
    --------
    >>> parse_stamp("04.08.21 02:15 odp.")
    Stamp(text='04.08.21 02:15 odp.', numbers=('04', '08', '21'), second_of_day_s=51300, offset_s=None)
    """
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        return "expected a date of three numbers and a time, as 2020.10.06 09:00 or 06/10/2020 09:00:00"
    second_of_day_s = None
    if match["hour"] is not None:
        hour = _hour(int(match["hour"]), match["early"] or match["late"] or "", half_days)
        if isinstance(hour, str):
            return hour
        minute, second = int(match["minute"]), int(match["second_of"] or 0)
        if minute > 59 or second > 59 or (hour == _MIDNIGHT_HOUR and (minute or second)):
            return "no clock shows this time of day"
        second_of_day_s = hour * 3_600 + minute * 60 + second
    offset = match["offset"]
    numbers = (match["first"], match["second"], match["third"])
    return Stamp(text, numbers, second_of_day_s, None if offset is None else parse_offset_s(offset) or 0)


def parse_offset_s(text: str) -> int | None:
    """Read an offset from UTC such as `+02:00`, `GMT-05:00`, `+0100` or `Z` [s]; None where it is not one.

    Examples
    --------
    >>> parse_offset_s("GMT+02:00"), parse_offset_s("-0930"), parse_offset_s("Z"), parse_offset_s("Prague")
    (7200, -34200, 0, None)
    """
    name = text.strip().removeprefix("UTC").removeprefix("GMT")
    if name in ("", "Z"):
        return 0
    match = _OFFSET.fullmatch(name)
    if match is None or int(match[2]) > 14 or int(match[3] or 0) > 59:
        return None
    seconds = int(match[2]) * 3_600 + int(match[3] or 0) * 60
    return -seconds if match[1] == "-" else seconds


def read_stamps(
    texts: Mapping[int, str],
    *,
    order: DateOrder | None = None,
    offset_s: int = 0,
    half_days: HalfDays = HalfDays(),  # noqa: B008 - it is immutable
) -> ReadStamps:
    """Read the times of a file by one order of day, month and year.

    Parameters
    ----------
    texts
        What is written, by row.
    order
        The order, where somebody has said it.
    offset_s
        Offset from UTC [s] of times that carry none.
    half_days
        What stands for the halves of a day.

    Raises
    ------
    AmbiguousDatesError
        More than one order reads all of them; the message shows one time in each.
    """
    parsed = {row: parse_stamp(text, half_days) for row, text in texts.items()}
    stamps = {row: stamp for row, stamp in parsed.items() if isinstance(stamp, Stamp)}
    problems = {row: stamp for row, stamp in parsed.items() if isinstance(stamp, str)}
    open_stamps = [stamp for stamp in stamps.values() if not _begins_with_year(stamp)]
    settled, is_told_by_days = (order, False) if order else _settled(open_stamps)
    times_s: dict[int, int] = {}
    without_time = []
    for row, stamp in stamps.items():
        of_row = DateOrder.YMD if _begins_with_year(stamp) else settled
        day = None if of_row is None else _day(stamp, of_row)
        if day is None:
            order_text = "" if settled is None else f", in the order {ORDER_NAMES[settled]} as other rows"
            problems[row] = f"no calendar has this date; expected one{order_text}"
            continue
        if stamp.second_of_day_s is None:
            without_time.append(row)
        times_s[row] = _unix_s(day, stamp, offset_s)
    offsets_s = frozenset(stamp.offset_s for stamp in stamps.values() if stamp.offset_s is not None)
    return ReadStamps(times_s, problems, without_time, settled, is_told_by_days, offsets_s)


def _settled(stamps: Sequence[Stamp]) -> tuple[DateOrder | None, bool]:
    """Return the one order of all dates, and whether it is told by days that follow one another."""
    if not stamps:
        return None, False
    counts = {order: sum(_day(stamp, order) is not None for stamp in stamps) for order in DateOrder}
    most = max(counts.values())
    orders = [order for order in DateOrder if counts[order] == most]
    if not most:
        return None, False
    if len(orders) == 1:
        return orders[0], False
    following = {order: _consecutive_days(stamps, order) for order in orders}
    consecutive_orders = [order for order in orders if following[order]]
    if len(consecutive_orders) == 1:
        return consecutive_orders[0], True
    readings = {_day(stamps[0], order): order for order in orders}
    if len(readings) == 1 and all(len({_day(stamp, order) for order in orders}) == 1 for stamp in stamps):
        return orders[0], False
    shorten = "; ".join(f"{day} ({order})" for day, order in readings.items() if day is not None)
    raise AmbiguousDatesError(
        f"the date of {stamps[0].text!r} can be read as {shorten}, and no other row tells which; say "
        f"--date-order {' or '.join(orders)}"
    )


def _begins_with_year(stamp: Stamp) -> bool:
    """Return whether four digits stand first: what follows is month and day everywhere (ISO 8601)."""
    return len(stamp.numbers[0]) == _YEAR_DIGITS


def _consecutive_days(stamps: Sequence[Stamp], order: DateOrder) -> int:
    """Count how often the day after a row's is the day of the next row."""
    days = [day for stamp in stamps if (day := _day(stamp, order)) is not None]
    return sum(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


def _day(stamp: Stamp, order: DateOrder) -> date | None:
    year, month, day = (stamp.numbers[place] for place in _PLACES[order])
    if len(year) not in (2, _YEAR_DIGITS) or len(month) > 2 or len(day) > 2:
        return None
    number = int(year) if len(year) == _YEAR_DIGITS else _CENTURY + int(year)
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None


def _unix_s(day: date, stamp: Stamp, offset_s: int) -> int:
    shift_s = offset_s if stamp.offset_s is None else stamp.offset_s
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int(midnight.timestamp()) + (stamp.second_of_day_s or 0) - shift_s


def _hour(hour: int, half: str, half_days: HalfDays) -> int | str:
    if not half:
        return hour if hour <= _MIDNIGHT_HOUR else "no clock shows this time of day"
    is_before, is_after = (_folded(half) in words for words in half_days)
    if is_before == is_after:
        return (
            f"{half!r} is not known as a half of the day; say what stands for them, as --half-days dop.,odp."
        )
    if not 1 <= hour <= _HOURS:
        return f"a clock of twelve hours shows 1 to {_HOURS}, and {half!r} says it is one"
    return hour % _HOURS + (_HOURS if is_after else 0)


def _folded(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalpha())

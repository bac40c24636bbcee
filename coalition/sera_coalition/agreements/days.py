"""Days as they stand in signed documents: one spelling, so that they are compared as they are."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

# Clocks of two laptops may differ by so much.
AHEAD: Final = timedelta(days=2)
_YEARS: Final = range(1970, 3000)


def read_day(text: str) -> date:
    """Read a day of ISO 8601 in its one form, as `2027-06-30`.

    Raises
    ------
    ValueError
        It is not valid, has another spelling (`20270630`, `2027-W26-3`), or is of no year of ours.

    Examples
    --------
    >>> read_day("2027-06-30")
    datetime.date(2027, 6, 30)
    """
    day = date.fromisoformat(text)
    if day.isoformat() != text or day.year not in _YEARS:
        raise ValueError(text)
    return day

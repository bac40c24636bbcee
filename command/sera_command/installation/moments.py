"""Read a date or time from the command line."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import Annotated, Final

import typer

from sera_command.errors import BadInputError

# In every time zone after the beginning of Unix time.
FIRST_DATE: Final = date(1970, 1, 2)
LAST_DATE: Final = date(2199, 12, 30)
Since = Annotated[
    str | None,
    typer.Option("--since", help="From when on it holds, such as 2026-06-01T12:00 (UTC); now by default."),
]


def now_s() -> int:
    """Return the present as Unix time [s]."""
    return int(time.time())


def since_s(text: str | None) -> int:
    """Read from when on an entry holds as Unix time [s]; now where it is not named."""
    return now_s() if text is None else moment_s(text, "--since")


def moment_s(text: str, option: str, also: str = "") -> int:
    """Read a date or time as Unix time [s]; without a zone it is UTC.

    Parameters
    ----------
    text
        ISO 8601: `2026-06-01` or `2026-06-01T12:00`.
    option
        Where it stood.
    also
        What else could have stood there.

    Raises
    ------
    BadInputError
        When it is not valid.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(
            f"{option} {text!r} is no time; expected {also}a date or time such as 2026-06-01 or "
            "2026-06-01T12:00"
        ) from error
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())


def date_of(text: str, option: str) -> date:
    """Read a date that readings can have.

    Raises
    ------
    BadInputError
        When it is not valid, or `checked_date` refuses it.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(f"{option} {text!r} is no date; expected one such as 2026-06-01") from error
    return checked_date(day, option)


def checked_date(day: date, option: str) -> date:
    """Return a date that readings can have.

    Raises
    ------
    BadInputError
        When it is before the first or after the last of them: days beside it may be beyond the calendar.
    """
    if not FIRST_DATE <= day <= LAST_DATE:
        raise BadInputError(
            f"{option} {day} has no readings; expected a date from {FIRST_DATE} to {LAST_DATE}"
        )
    return day

"""Read a date or time from the command line."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from sera_command.errors import BadInputError

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

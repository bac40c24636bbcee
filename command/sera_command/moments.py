"""Read a date or time that somebody named on the command line."""

from __future__ import annotations

from datetime import UTC, datetime

from sera_command.errors import BadInputError


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
        When it is none.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(
            f"{option} {text!r} is no time; expected {also}a date or time such as 2026-06-01 or "
            "2026-06-01T12:00"
        ) from error
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())

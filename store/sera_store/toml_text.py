"""TOML that people or strangers wrote: read whole, or refused by one error, whatever is in it."""

from __future__ import annotations

import tomllib
from typing import Any

from sera_store.errors import InvalidEntryError


class InvalidTomlError(InvalidEntryError):
    """A text is no TOML that can be read; the message says where and why."""


def read_toml(text: str) -> dict[str, Any]:
    """Read a table of TOML.

    Parameters
    ----------
    text
        Of a size that the caller has looked at.

    Raises
    ------
    InvalidTomlError
        It is no TOML, nested too deeply, or has a number of more digits than Python reads.

    Examples
    --------
    >>> read_toml("days = 7")
    {'days': 7}
    """
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise InvalidTomlError("it is nested too deeply; write it flatter") from error
    # Beside its own error the reader raises this for a number of too many digits.
    except ValueError as error:
        what = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "a number has too many digits"
        raise InvalidTomlError(what) from error

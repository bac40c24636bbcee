"""Numbers that devices write as text, with a unit or without, and words that say that there is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from unicodedata import normalize

import msgspec

from sera_gateway.decode.envelope import HUGE

if TYPE_CHECKING:
    from collections.abc import Sequence

_TEXT_LONGEST: Final = 64
_NUMBERS: Final = frozenset({int, float})
_encode = msgspec.json.Encoder(order="deterministic").encode
# A decimal comma is not read: `1,234` is a thousand to some and a little more than one to others.
_NUMBER: Final = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)"
    r"(?:\s*(?P<unit>[A-Za-z°℃℉µμΩ%][^\s0-9]?.*))?"
)
_MISSING_TEXTS: Final = frozenset(
    ("", "null", "none", "nil", "nan", "na", "n/a", "-", "--", "---", "undefined", "unknown", "unavailable")
)


class WrittenNumber(NamedTuple):
    """A number, None where the device says that it has none, and the unit that stands with it."""

    number: float | None
    unit: str | None = None


_MISSING: Final = WrittenNumber(None)


def read_number(value: Any) -> WrittenNumber | None:
    """Read what a device writes for a number; None where it is not one.

    Examples
    --------
    >>> read_number("30.11 °C")
    WrittenNumber(number=30.11, unit='°C')
    >>> read_number("NaN"), read_number("08:01:02")
    (WrittenNumber(number=None, unit=None), None)
    """
    if isinstance(value, str):
        return _read_text(value.strip()) if len(value) <= _TEXT_LONGEST else None
    if isinstance(value, bool):
        return None
    if value is None or value != value:
        return _MISSING
    return WrittenNumber(value) if isinstance(value, int | float) else None


def _read_text(text: str) -> WrittenNumber | None:
    if text.lower() in _MISSING_TEXTS:
        return _MISSING
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    unit = match["unit"]
    return WrittenNumber(float(match["number"]), None if unit is None else plain_unit(unit))


def plain_unit(spelled: str) -> str:
    """Write a unit with one character for each sign that Unicode has twice: ℃, and the two of micro and ohm.

    Examples
    --------
    >>> plain_unit("\u2103") == "°C", plain_unit("\u00b5S/cm") == plain_unit("\u03bcS/cm")
    (True, True)
    """
    return normalize("NFKC", spelled.strip())


def is_missing(value: Any, number: float | None, missing: tuple[float | str, ...]) -> bool:
    """Return whether what a device said, or the number that it is, stands for no value."""
    if isinstance(value, bool):
        return False
    return number in missing or (isinstance(value, str) and value.strip() in missing)


def with_numbers(
    keys: tuple[Any, ...], names: tuple[tuple[str, str | None], ...], values: list[Any]
) -> tuple[tuple[Any, ...], tuple[tuple[str, str | None], ...], list[Any]]:
    """Read the texts among the values of a message as numbers; what is no number stays as it is.

    Parameters
    ----------
    keys, names
        Key of each value, then name and unit of each observation.
    values
        The values of both.

    Returns
    -------
    tuple
        All three, with None for what says that there is no value, and `(key, unit)` in place of a key whose
        text names its unit.
    """
    labels: list[Any] = [*keys, *names]
    numbers: list[Any] = []
    for index, value in enumerate(values):
        written = None if type(value) is float and value == value else read_number(value)
        if written is None or (written.unit and index >= len(keys) and labels[index][1]):
            numbers.append(value)
            continue
        numbers.append(written.number)
        if written.unit:
            label = labels[index] if index < len(keys) else labels[index][0]
            labels[index] = (label, written.unit)
    return tuple(labels[: len(keys)]), tuple(labels[len(keys) :]), numbers


def write_values(values: Sequence[Any]) -> bytes:
    """Write values for a hash of content: a whole number and the same one with a point are one number."""
    numbers = [float(value) if is_number(value) else value for value in values]
    try:
        return _encode(numbers)
    except OverflowError:
        # A whole number beyond 64 bits, which Python alone writes.
        return ascii(numbers).encode()


def are_numbers(values: Sequence[Any]) -> bool:
    """Return whether all values are numbers that a record can hold."""
    # One look at all, for most messages hold nothing but numbers: no sum with a number that is too large, or
    # with one that is none, is below the limit.
    if not _NUMBERS.issuperset(map(type, values)):
        return False
    try:
        return sum(map(abs, values)) < HUGE or all(map(is_number, values))
    except OverflowError:
        return False


def is_number(value: object) -> bool:
    """Return whether a value is a number that a record can hold."""
    return (type(value) is float or type(value) is int) and -HUGE < value < HUGE

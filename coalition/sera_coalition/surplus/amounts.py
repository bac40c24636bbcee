"""Amounts in the few plain units of the table; a unit of elsewhere becomes one of them."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from sera_coalition.errors import InvalidSurplusError
from sera_store.plain_text import DECIMAL_POINTS

if TYPE_CHECKING:
    import pint

UNITS: Final = ("kg", "g", "L", "pieces", "bunches", "crates")
AMOUNT_MOST: Final = 10_000.0
_DECIMALS: Final = 3
# A comma and the Arabic decimal separator; digits of any script are digits already.
_WRITTEN: Final = re.compile(r"(?P<number>\d{1,7}(?:\.\d{1,6})?) ?(?P<unit>[A-Za-z]{1,20})?")
# Into what a unit of elsewhere is turned, by its dimension in pint's words.
_BY_DIMENSION: Final = {"[mass]": "kg", "[length] ** 3": "L"}


def read_amount(text: str, unit: str) -> tuple[float, str]:
    """Read an amount and its unit.

    Parameters
    ----------
    text
        A number, with or without a unit of its own: `2.5`, `3 lb`.
    unit
        One of `UNITS`, for a number without a unit.

    Returns
    -------
    tuple
        The amount, to three decimals, and one of `UNITS`.

    Raises
    ------
    InvalidSurplusError
        It is no number above zero, too much, or of another quantity than a mass or a volume.

    Examples
    --------
    >>> read_amount("2,5", "kg"), read_amount("2 lb", "kg")
    ((2.5, 'kg'), (0.907, 'kg'))
    """
    match = _WRITTEN.fullmatch(text.strip().translate(DECIMAL_POINTS))
    if match is None:
        raise _no_amount(text)
    number, own = float(match["number"]), match["unit"] or unit
    if own not in UNITS:
        number, own = _convert(number, own)
    amount = round(number, _DECIMALS)
    if not 0 < amount <= AMOUNT_MOST:
        raise _no_amount(text)
    return amount, own


def _no_amount(text: str) -> InvalidSurplusError:
    return InvalidSurplusError(
        "amount", "amount", f"{text[:20]!r} is no amount; write a number above 0 and up to {AMOUNT_MOST:,.0f}"
    )


@cache
def _registry() -> pint.UnitRegistry[float]:
    # It takes a quarter of a second to load, which plain units do not need, and others once a process.
    import pint  # noqa: PLC0415

    return pint.UnitRegistry()


def _convert(number: float, unit: str) -> tuple[float, str]:
    try:
        quantity = _registry().Quantity(number, unit)
        own = _BY_DIMENSION[str(quantity.dimensionality)]
        value = float(quantity.to(own).magnitude)
    # A wrong spelling makes pint's parser raise nearly anything.
    except Exception as error:
        raise InvalidSurplusError(
            "amount", "unit", f"unit {unit!r} is not known here; expected one of {', '.join(UNITS)}"
        ) from error
    if not math.isfinite(value):
        raise _no_amount(unit)
    return value, own

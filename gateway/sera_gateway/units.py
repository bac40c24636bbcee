"""Other people's units, turned once into a factor and an offset to the one unit a quantity has here."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_gateway.errors import MappingUnusableError

if TYPE_CHECKING:
    import pint

# UCUM codes of the vocabulary in pint's spelling; a quantity without one here converts from nothing else.
_IN_PINT: Final = {
    "1": "dimensionless",
    "%": "percent",
    "Cel": "degC",
    "m3/m3": "m**3/m**3",
    "uS/cm": "uS/cm",
    "hPa": "hPa",
    "lx": "lx",
    "mm": "mm",
    "s": "s",
    "V": "V",
    "By": "byte",
    "m2": "m**2",
}
# People's spellings that pint does not know, and those of quantities that only have their own unit.
_SPELLINGS: Final = {"%": "percent", "klx": "kilolux", "pH": "[pH]", "dBm": "dB[mW]", "dB": "dB"}
_POWER: Final = re.compile(r"(?<=[a-zA-Z])([23])\b")
# Far enough from zero that the offset costs the factor no digits.
_FAR: Final = 2.0**20


class Scale(NamedTuple):
    """A linear conversion: `value * factor + offset`."""

    factor: float
    offset: float


def scale(spelled: str, unit: str) -> Scale:
    """Work out the conversion from a unit as somebody spells it to a unit of the vocabulary.

    Raises
    ------
    MappingUnusableError
        The spelling is no unit, or measures another quantity.

    Examples
    --------
    >>> [round(number, 3) for number in scale("degF", "Cel")]
    [0.556, -17.778]
    """
    own = _SPELLINGS.get(spelled, spelled)
    if own == unit:
        return Scale(1.0, 0.0)
    if unit not in _IN_PINT:
        raise MappingUnusableError(f"unit {spelled!r} does not become {unit!r}; expected {unit!r}")
    registry = _registry()
    try:
        source = registry.parse_units(_POWER.sub(r"**\1", own))
        zero, far, twice = (
            float(registry.Quantity(number, source).to(_IN_PINT[unit]).magnitude)
            for number in (0.0, _FAR, 2 * _FAR)
        )
    # A wrong spelling makes pint's parser raise nearly anything.
    except Exception as error:
        raise MappingUnusableError(
            f"unit {spelled!r} does not become {unit!r} ({error}); expected a unit of the same quantity"
        ) from error
    if abs((twice - far) - (far - zero)) > 1e-9 * max(1.0, abs(far)):
        raise MappingUnusableError(f"unit {spelled!r} is no linear scale of {unit!r}; expected a linear one")
    return Scale((far - zero) / _FAR, zero)


@cache
def _registry() -> pint.UnitRegistry[Any]:
    # It takes a quarter of a second to load, which a gateway without mappings does not need.
    import pint  # noqa: PLC0415

    return pint.UnitRegistry()

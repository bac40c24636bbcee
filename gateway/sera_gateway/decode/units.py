"""Other people's units, turned once into a factor and an offset to the one unit a quantity has here."""

from __future__ import annotations

import re
from functools import cache, lru_cache
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
# What a unit is, before any library reads it: a few names with a small whole power each, as in `m3/m3`,
# `kg.m-2` or `m**3/m**3`. All else (numbers, brackets, powers of powers) can keep a parser busy without end.
_NAME: Final = r"[A-Za-z°µμΩ%][A-Za-zµμ_]{0,30}"
_FACTOR: Final = re.compile(rf"(?P<name>{_NAME}|1)(?:(?:\*\*|\^)?(?P<power>[+-]?[1-9]))?")
_JOINT: Final = re.compile(r" ?[*·./] ?| ")
_SUPERSCRIPTS: Final = str.maketrans("⁻²³", "-23")
_SPELLING_LONGEST: Final = 48
_FACTORS_MOST: Final = 6
# Further away nothing that a garden measures is converted from, and a double has no digits left.
_FACTOR_MOST: Final = 1e18
# Far enough from zero that the offset costs the factor no digits.
_FAR: Final = 2.0**20


class Scale(NamedTuple):
    """A linear conversion: `value * factor + offset`."""

    factor: float
    offset: float


# Senders choose units: what they can make us keep is bounded.
@lru_cache(maxsize=1024)
def scale(spelled: str, unit: str) -> Scale:
    """Work out the conversion from a unit as somebody spells it to a unit of the vocabulary.

    Raises
    ------
    MappingUnusableError
        The spelling is outside the grammar of units, is no unit, or measures another quantity.

    Examples
    --------
    >>> [round(number, 3) for number in scale("degF", "Cel")]
    [0.556, -17.778]
    """
    if len(spelled) > _SPELLING_LONGEST:
        raise _outside_grammar(spelled)
    own = _SPELLINGS.get(spelled, spelled)
    if own == unit:
        return Scale(1.0, 0.0)
    if unit not in _IN_PINT:
        raise MappingUnusableError(f"unit {spelled!r} does not become {unit!r}; expected {unit!r}")
    written = own if own in _SPELLINGS.values() else _in_grammar(spelled)
    registry = _registry()
    try:
        source = registry.parse_units(written)
        zero, far, twice = (
            float(registry.Quantity(number, source).to(_IN_PINT[unit]).magnitude)
            for number in (0.0, _FAR, 2 * _FAR)
        )
    # A wrong spelling makes pint's parser raise nearly anything.
    except Exception as error:
        raise MappingUnusableError(
            f"unit {spelled!r} does not become {unit!r} ({error}); expected a unit of the same quantity"
        ) from error
    factor = (far - zero) / _FAR
    if not abs((twice - far) - (far - zero)) <= 1e-9 * max(1.0, abs(far)):
        raise MappingUnusableError(f"unit {spelled!r} is no linear scale of {unit!r}; expected a linear one")
    if not (1 / _FACTOR_MOST < abs(factor) < _FACTOR_MOST and abs(zero) < _FACTOR_MOST):
        raise MappingUnusableError(f"unit {spelled!r} is too far from {unit!r}; expected one nearer to it")
    return Scale(factor, zero)


def _in_grammar(spelled: str) -> str:
    """Write a unit again from its factors, so that a parser sees nothing else of what somebody wrote."""
    text, written, joint = spelled.translate(_SUPERSCRIPTS), "", ""
    at, count = 0, 0
    while count < _FACTORS_MOST and (factor := _FACTOR.match(text, at)):
        name = _SPELLINGS.get(factor["name"], factor["name"])
        # The number 1 stands only for a numerator without any unit, as in `1/s`.
        if name == "1" and (factor["power"] or count):
            break
        written += f"{joint}{name}**{factor['power'] or 1}"
        if factor.end() == len(text):
            return written
        joint_match = _JOINT.match(text, factor.end())
        if joint_match is None:
            break
        joint, at, count = "/" if "/" in joint_match[0] else "*", joint_match.end(), count + 1
    raise _outside_grammar(spelled)


def _outside_grammar(spelled: str) -> MappingUnusableError:
    return MappingUnusableError(
        f"unit {spelled[:_SPELLING_LONGEST]!r} is written in no way that is read; expected up to "
        f"{_FACTORS_MOST} names with a power from -9 to 9 each, such as m3/m3 or kg.m-2, in "
        f"{_SPELLING_LONGEST} characters"
    )


@cache
def _registry() -> pint.UnitRegistry[Any]:
    # It takes a quarter of a second to load, which a gateway without mappings does not need.
    import pint  # noqa: PLC0415

    return pint.UnitRegistry()

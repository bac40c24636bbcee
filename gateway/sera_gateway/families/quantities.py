"""What devices call the quantities that Sera measures, for proposals of a mapping; nothing is read by it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from sera_vocabulary import measurements as m
from sera_vocabulary.messages import column
from sera_vocabulary.series import AIR, HEALTH, SOIL


class Quantity(NamedTuple):
    """A column of a series, and the units that name it beyond doubt.

    Parameters
    ----------
    is_certain
        Whether a number without a unit can only be in the first unit.
    """

    series: str
    column: str
    units: tuple[str, ...]
    is_certain: bool = False


_TEMPERATURES: Final = ("°C", "°F", "K")
AIR_TEMPERATURE: Final = Quantity(AIR, m.AIR_TEMPERATURE, _TEMPERATURES)
SOIL_TEMPERATURE: Final = Quantity(SOIL, column(m.SOIL_TEMPERATURE, 1), _TEMPERATURES)
AIR_HUMIDITY: Final = Quantity(AIR, m.AIR_HUMIDITY, ("%",), is_certain=True)
# A percentage of a scale that the maker alone knows.
SOIL_MOISTURE_RAW: Final = Quantity(SOIL, column(m.SOIL_MOISTURE_RAW, 1), ("1",), is_certain=True)
_PRESSURE: Final = Quantity(AIR, m.AIR_PRESSURE, ("hPa", "mbar", "Pa", "kPa", "inHg", "mmHg"))
_ILLUMINANCE: Final = Quantity(AIR, m.ILLUMINANCE, ("lx",), is_certain=True)
_CONDUCTIVITY: Final = Quantity(SOIL, column(m.SOIL_CONDUCTIVITY, 1), ("µS/cm", "mS/cm", "dS/m"))
_PH: Final = Quantity(SOIL, column(m.SOIL_PH, 1), ("pH",), is_certain=True)
_CHARGE: Final = Quantity(HEALTH, m.BATTERY_CHARGE, ("%",))
_VOLTAGE: Final = Quantity(HEALTH, m.BATTERY_VOLTAGE, ("V", "mV"))
_SIGNAL: Final = Quantity(HEALTH, m.SIGNAL_STRENGTH, ("dBm",), is_certain=True)

# Names as devices write them, in the order in which they are tried.
_NAMES: Final = (
    (
        re.compile(
            r"indoor|tempin|humidityin|_in$|dew|feels|chip|cpu|core|(^|_)(target|min|max|avg|unit|state)(_|$)"
        ),
        None,
    ),
    (re.compile(r"soil.*(temp)|ground.*temp"), SOIL_TEMPERATURE),
    (re.compile(r"soil.*(moist|hum|water)|^moist|_moist|water_soil|^moi$"), SOIL_MOISTURE_RAW),
    (re.compile(r"conduct|fertil|^fer$|(^|_)ec$"), _CONDUCTIVITY),
    (re.compile(r"(^|_)ph$"), _PH),
    (re.compile(r"hum|^rh$"), AIR_HUMIDITY),
    (re.compile(r"press|baro"), _PRESSURE),
    (re.compile(r"illumin|^lux$|_lux$|^light"), _ILLUMINANCE),
    (re.compile(r"rssi|signal|dbm"), _SIGNAL),
    (re.compile(r"batt.*volt|volt|vbat|batv"), _VOLTAGE),
    (re.compile(r"batt|^bat$|soc$"), _CHARGE),
)
_IS_TEMPERATURE: Final = re.compile(r"temp")
# Device classes of Home Assistant (developers.home-assistant.io, "Sensor entity").
_CLASSES: Final = {
    "humidity": AIR_HUMIDITY,
    "moisture": SOIL_MOISTURE_RAW,
    "atmospheric_pressure": _PRESSURE,
    "pressure": _PRESSURE,
    m.ILLUMINANCE: _ILLUMINANCE,
    "battery": _CHARGE,
    "voltage": _VOLTAGE,
    m.SIGNAL_STRENGTH: _SIGNAL,
    "conductivity": _CONDUCTIVITY,
    "ph": _PH,
}


def is_temperature(name: str, device_class: str = "") -> bool:
    """Return whether something is a temperature, of whatever."""
    return device_class == "temperature" or (not device_class and bool(_IS_TEMPERATURE.search(name.lower())))


def quantity_of(name: str, device_class: str = "") -> Quantity | None:
    """Find which quantity a name, or a device class, stands for; None where nothing says so.

    A temperature needs to say what it is of, by `soil` in its name.

    Examples
    --------
    >>> quantity_of("soil_moisture_2").column, quantity_of("temperature"), quantity_of("tempin")
    ('soil_moisture_raw@1', None, None)
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    for pattern, quantity in _NAMES:
        if pattern.search(plain):
            return quantity if quantity is None or not device_class else _agreeing(quantity, device_class)
    return _CLASSES.get(device_class)


def _agreeing(quantity: Quantity, device_class: str) -> Quantity:
    """Trust a class over a name, but for soil, which Home Assistant's older classes do not know."""
    return quantity if quantity.series == "soil" else _CLASSES.get(device_class, quantity)

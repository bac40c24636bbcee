"""The kinds of sensors, and the check of their wiring; needed at a node's start only."""

import sys

from sera_firmware.errors import ConfigError
from sera_firmware.portable import Any
from sera_vocabulary import messages

# Model in the wiring: its module and class, and what its entry must name. A node loads only the modules
# of the sensors it has.
KINDS = {
    "capacitive": ("soil", "CapacitiveSoil", ("pin",)),
    "ds18b20": ("soil", "Ds18b20", ("pin",)),
    "modbus-soil": ("modbus", "ModbusSoil", ("uart",)),
    "sht4x": ("air", "Sht4x", ("bus",)),
    "bme280": ("weather", "Bme280", ("bus",)),
    "lps22": ("pressure", "Lps22", ("bus",)),
    "bh1750": ("light", "Bh1750", ("bus",)),
    "veml7700": ("daylight", "Veml7700", ("bus",)),
    "tipping-bucket": ("rain", "RainGauge", ("pin",)),
    "battery": ("battery", "Battery", ("pin",)),
    "break-beam": ("beam", "BreakBeam", ("pin",)),
    "camera": ("camera", "Camera", ("uart",)),
}
# The modules whose sensors sit at a position in the soil.
_IN_SOIL = ("soil", "modbus")
# Keys of an entry that are whole numbers, with their highest value.
_WHOLE = (
    ("pin", 48),
    ("bus", 3),
    ("uart", 3),
    ("power", 48),
    ("position", messages.POSITION_MOST),
    ("settle_ms", 5000),
    ("address", 247),
    ("baud", 115200),
)
# The table of all probes goes out in one message of 1.8 KB: at most as many as a batch has columns, each with
# position, model and such a serial.
_PROBES_MOST = messages.COLUMNS_MOST
_SERIAL_MOST = 20
_NUMBERS = ("ratio", "reference_v", "low_v", "empty_v", "mm_a_tip", "ph_a_count")
_PINS = ("sda", "scl", "tx", "rx", "de")


def check(sensors: Any) -> None:
    """Check the wiring of all sensors without loading their modules.

    Raises
    ------
    ConfigError
        If an entry is wrong; the message says which, what was found and what was expected.
    """
    if not isinstance(sensors, list):
        raise ConfigError("config: sensors is %r; expected a list of objects" % (sensors,))
    if (
        len([wiring for wiring in sensors if isinstance(wiring, dict) and wiring.get("position")])
        > _PROBES_MOST
    ):
        raise ConfigError("config: sensors has more than %d at positions; expected as many" % _PROBES_MOST)
    owners: dict[str, Any] = {}
    for wiring in sensors:
        _check_entry(wiring)
        for name in ("pin", "uart"):
            if name in wiring:
                # Several Modbus probes share a UART by address, several 1-Wire chips no pin.
                place = "%s %s %s" % (name, wiring[name], wiring.get("address", ""))
                if place in owners:
                    raise _wrong(wiring, "%s, which %r has too" % (place.strip(), owners[place]), "its own")
                owners[place] = wiring


def _check_entry(wiring: Any) -> None:
    if not isinstance(wiring, dict) or wiring.get("model") not in KINDS:
        models = ", ".join(sorted(KINDS))
        raise ConfigError("config: sensor %r; expected a model of %s" % (wiring, models))
    for name in KINDS[wiring["model"]][2]:
        if name not in wiring:
            raise _wrong(wiring, "no %s" % name, "one")
    if wiring.get("position") and KINDS[wiring["model"]][0] not in _IN_SOIL:
        raise _wrong(wiring, "a position", "one of soil probes only: a node has one of each other kind")
    for name, most in _WHOLE:
        _check_whole(wiring, name, most)
    for name in _NUMBERS:
        value = wiring.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
            raise _wrong(wiring, "%s %r" % (name, value), "a number above 0")
    if not _is_serial(wiring.get("serial", "")):
        expected = "up to %d letters, digits and signs without quotes" % _SERIAL_MOST
        raise _wrong(wiring, "serial %r" % (wiring["serial"],), expected)


def _is_serial(serial: Any) -> bool:
    if not isinstance(serial, str) or len(serial) > _SERIAL_MOST:
        return False
    return all(" " <= letter <= "~" and letter not in '"\\' for letter in serial)


def _check_whole(wiring: dict[str, Any], name: str, most: int) -> None:
    value = wiring.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise _wrong(wiring, "%s %r" % (name, value), "a whole number from 0 to %d" % most)


def _wrong(wiring: dict[str, Any], problem: str, expected: str) -> ConfigError:
    return ConfigError("config: sensor %r has %s; expected %s" % (wiring, problem, expected))


def check_buses(buses: Any) -> None:
    """Check the pins of the buses: `{"i2c0": {"sda": 4, "scl": 5}, "uart1": {"tx": 8, "rx": 9}}`."""
    for name, pins in (buses if isinstance(buses, dict) else {"buses": buses}).items():
        if name[:-1] not in ("i2c", "uart") or not isinstance(pins, dict):
            raise ConfigError("config: buses has %r: %r; expected i2c0 or uart1 with its pins" % (name, pins))
        for pin, number in pins.items():
            if pin not in _PINS or isinstance(number, bool) or not isinstance(number, int):
                raise ConfigError(
                    "config: bus %s has %r: %r; expected pin numbers of %s"
                    % (name, pin, number, ", ".join(_PINS))
                )


def create_sensor(wiring: dict[str, Any], board: Any) -> Any:
    """Make the sensor that one checked entry of the wiring describes.

    Raises
    ------
    ConfigError
        If the entry is wrong.
    """
    _check_entry(wiring)
    module, kind, _ = KINDS[wiring["model"]]
    name = "sera_firmware.sensors." + module
    __import__(name)
    try:
        return getattr(sys.modules[name], kind)(wiring, board)
    except (ValueError, TypeError, OSError) as error:
        raise _wrong(wiring, "what this board has not (%s)" % (error,), "pins and buses of the board")


def create_sensors(wirings: list[dict[str, Any]], board: Any) -> tuple[list[Any], list[tuple[Any, ...]]]:
    """Make all sensors, in the order of their wiring, and group them by stream.

    Raises
    ------
    ConfigError
        If an entry is wrong, or two sensors give the same column.
    """
    sensors = [create_sensor(wiring, board) for wiring in wirings]
    return sensors, _by_stream(sensors)


def _by_stream(sensors: list[Any]) -> list[tuple[Any, ...]]:
    streams: list[tuple[Any, ...]] = []
    columns = set()
    for sensor in sensors:
        for column in sensor.columns:
            if (sensor.stream, column) in columns:
                raise ConfigError(
                    "config: two sensors give %s, the second is a %s at position %d; give it "
                    "another position, or take it out" % (column, sensor.model, sensor.position)
                )
            columns.add((sensor.stream, column))
        for stream, members in streams:
            if stream == sensor.stream:
                members.append(sensor)
                break
        else:
            streams.append((sensor.stream, [sensor]))
    return streams

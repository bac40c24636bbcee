"""The sensors a node can have: one small class a kind, chosen by the wiring in config.json.

Each has `stream`, `columns` (in the order of `read`), `model` and `serial`, `wait_ms` (from `start` to
a good `read`), `start()` and `read()`. Hardware comes from the board's ports, never from `machine`.
"""

import sys

from sera_firmware.errors import ConfigError
from sera_firmware.portable import Any

# Model in the wiring, and its class; a node loads only the modules of the sensors it has.
KINDS = {
    "capacitive": ("soil", "CapacitiveSoil"),
    "ds18b20": ("soil", "Ds18b20"),
    "sht4x": ("air", "Sht4x"),
    "lps22": ("pressure", "Lps22"),
    "bh1750": ("light", "Bh1750"),
    "tipping-bucket": ("rain", "RainGauge"),
    "battery": ("battery", "Battery"),
    "break-beam": ("insects", "BreakBeam"),
    "camera": ("insects", "Camera"),
}


def wired(wiring: dict[str, Any], board: Any) -> Any:
    """Make the sensor that one entry of the wiring describes.

    Raises
    ------
    ConfigError
        If the model is not known, or the entry lacks what it needs.
    """
    try:
        module, kind = KINDS[wiring["model"]]
    except KeyError:
        raise ConfigError("config: sensor %r; expected a model of %s" % (wiring, ", ".join(sorted(KINDS))))
    name = "sera_firmware.sensors." + module
    __import__(name)
    try:
        return getattr(sys.modules[name], kind)(wiring, board)
    except KeyError as error:
        raise ConfigError("config: sensor %r lacks %s" % (wiring, error))

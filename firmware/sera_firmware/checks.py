"""The reading and check of config.json as a whole; needed at a node's start only."""

import json

from sera_firmware import config, remote_config, wiring
from sera_firmware.errors import ConfigError
from sera_firmware.portable import Any
from sera_vocabulary import topics

# Both stand in CONNECT, beside the last will.
_CREDENTIAL_MOST = 128
_PIN_MOST = 48
POWERS = ("battery", "solar", "mains")
_REQUIRED = ("node", "community", "broker")

_DEFAULTS: dict[str, Any] = {
    "gateway": "",
    "interval_s": 900,
    "contact_every_s": 3600,
    "health_every": 24,
    "sync_every_s": 21600,
    "drift_ppm": 50,
    "sleep_drift_ppm": 50000,
    "timeout_s": 7,
    "budget_s": 120,
    "capacity_kb": 848,
    "issued_s": 0,
    "expires_s": 0,
    "power": config.POWER_BATTERY,
    "light": None,
    "light_s": 3600,
    "time_servers": ["pool.ntp.org", "time.cloudflare.com"],
    "buses": {},
    "sensors": [],
    "config": 0,
}
# Lowest and highest of the numbers that no message changes.
_FIXED = {
    "drift_ppm": (0, 10000),
    "sleep_drift_ppm": (0, 100000),
    "timeout_s": (1, 120),
    "capacity_kb": (64, 1048576),
    "light_s": (0, 4294967295),
    "issued_s": (0, 4294967295),
    "expires_s": (0, 4294967295),
}


def read(path: str) -> dict[str, Any]:
    """Read and check config.json, as `config.read` does."""
    try:
        with open(path) as file:
            settings = json.load(file)
    except (OSError, ValueError) as error:
        raise ConfigError("config %s cannot be read (%s); write it with `sera node new`" % (path, error))
    if not isinstance(settings, dict):
        raise ConfigError("config %s is no JSON object" % path)
    return with_defaults(settings)


def with_defaults(settings: dict[str, Any]) -> dict[str, Any]:
    """Fill in the defaults and check everything, as `config.with_defaults` does."""
    full = dict(_DEFAULTS)
    full.update(settings)
    for spans in (remote_config.CHANGEABLE, _FIXED):
        for name in spans:
            remote_config.check_number(name, full[name], spans[name])
    _check_texts(full)
    return full


def _check_texts(settings: dict[str, Any]) -> None:
    """Check all settings but the numbers."""
    for name in settings:
        if name not in _DEFAULTS and name not in _REQUIRED:
            expected = ", ".join(sorted(list(_DEFAULTS) + list(_REQUIRED)))
            raise ConfigError("config: %s is no setting; expected one of %s" % (name, expected))
    for name in ("node", "community"):
        text = settings.get(name)
        if not isinstance(text, str) or not topics.is_name(text):
            raise ConfigError("config: %s is %r; expected 3 to 32 letters of a-z, 0-9 and -" % (name, text))
    _check_broker(settings.get("broker"))
    if settings["power"] not in POWERS:
        raise ConfigError("config: power is %r; expected %s" % (settings["power"], " or ".join(POWERS)))
    _check_time_servers(settings["time_servers"])
    wiring.check(settings["sensors"])
    _check_light(settings)
    wiring.check_buses(settings["buses"])


def _check_broker(broker: Any) -> None:
    """Check the broker; the message never shows its password."""
    if not isinstance(broker, dict) or not broker.get("host") or not isinstance(broker.get("port"), int):
        raise ConfigError("config: broker lacks host or port; expected an object with both")
    for name in ("username", "password"):
        if not _is_credential(broker.get(name)):
            raise ConfigError("config: broker.%s; expected null or up to %d bytes" % (name, _CREDENTIAL_MOST))
    tls = broker.get("tls")
    if tls is not None and not (
        isinstance(tls, dict) and all(isinstance(tls.get(name), str) for name in ("ca", "cert", "key"))
    ):
        raise ConfigError("config: broker.tls is %r; expected null, or files ca, cert and key" % (tls,))


def _check_light(settings: dict[str, Any]) -> None:
    """Check the pin of the light: a number that no sensor has, or LED, as MicroPython calls a Pico's."""
    pin = settings["light"]
    is_pin = isinstance(pin, int) and not isinstance(pin, bool) and 0 <= pin <= _PIN_MOST
    if pin is not None and pin != "LED" and not is_pin:
        raise ConfigError("config: light is %r; expected null, LED or the number of a pin" % (pin,))
    for sensor in settings["sensors"]:
        if is_pin and pin in (sensor.get("pin"), sensor.get("power")):
            raise ConfigError("config: light has pin %d, which %s has too" % (pin, sensor["model"]))


def _is_credential(text: Any) -> bool:
    return text is None or (isinstance(text, str) and len(text.encode()) <= _CREDENTIAL_MOST)


def _check_time_servers(servers: Any) -> None:
    if not isinstance(servers, list) or not 1 <= len(servers) <= 2 or not all(servers):
        raise ConfigError("config: time_servers is %r; expected one or two host names" % (servers,))

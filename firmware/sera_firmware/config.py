"""A node's configuration: read from config.json, checked before anything starts, changed by message."""

import json
import os

from sera_firmware.errors import ConfigError
from sera_firmware.portable import Any
from sera_vocabulary import topics

_DEFAULTS: dict[str, Any] = {
    "gateway": "",
    "interval_s": 900,
    "contact_every_s": 3600,
    "health_every": 24,
    "sync_every_s": 21600,
    "drift_ppm": 50,
    "timeout_s": 7,
    "capacity_kb": 848,
    "time_servers": ["pool.ntp.org", "time.cloudflare.com"],
    "sensors": [],
    "config": 0,
}
# Name, lowest and highest of every number; the first four may be changed by a config message.
_SPANS = (
    ("interval_s", 10, 86400),
    ("contact_every_s", 10, 604800),
    ("health_every", 1, 10000),
    ("sync_every_s", 60, 604800),
    ("drift_ppm", 0, 10000),
    ("timeout_s", 1, 120),
    ("capacity_kb", 64, 1048576),
    ("config", 0, 2147483647),
)
_BY_MESSAGE = ("interval_s", "contact_every_s", "health_every", "sync_every_s")


def checked(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with defaults filled in.

    Raises
    ------
    ConfigError
        If one of them is missing or wrong; the message names it and says what was expected.
    """
    full = dict(_DEFAULTS)
    full.update(settings)
    for name in ("node", "community"):
        text = full.get(name)
        if not isinstance(text, str) or not topics.is_name(text):
            raise ConfigError("config: %s is %r; expected 3 to 32 letters of a-z, 0-9 and -" % (name, text))
    for name, lowest, highest in _SPANS:
        _check_number(name, full[name], lowest, highest)
    broker = full.get("broker")
    if not isinstance(broker, dict) or not broker.get("host") or not isinstance(broker.get("port"), int):
        raise ConfigError("config: broker is %r; expected an object with host and port" % (broker,))
    tls = broker.get("tls")
    if tls is not None and not all(tls.get(name) for name in ("ca", "cert", "key")):
        raise ConfigError("config: broker.tls is %r; expected null, or files ca, cert and key" % (tls,))
    return full


def _check_number(name: str, value: Any, lowest: int, highest: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ConfigError(
            "config: %s is %r; expected a whole number from %d to %d" % (name, value, lowest, highest)
        )


def read(path: str) -> dict[str, Any]:
    """Read and check config.json.

    Raises
    ------
    ConfigError
        If it is missing, no JSON object, or a setting is wrong.
    """
    try:
        with open(path) as file:
            settings = json.load(file)
    except (OSError, ValueError) as error:
        raise ConfigError("config %s cannot be read (%s); write it with `sera node new`" % (path, error))
    if not isinstance(settings, dict):
        raise ConfigError("config %s is no JSON object" % path)
    return checked(settings)


def _check_changeable(version: int, changes: dict[str, Any]) -> None:
    for name in changes:
        if name not in _BY_MESSAGE:
            raise ConfigError("config %s: %s cannot be changed by message" % (version, name))


class Settings:
    """The settings in force: those of config.json, overlaid by the last config message that was accepted."""

    def __init__(self, base: dict[str, Any], path: str) -> None:
        self.values = dict(base)
        self.refused = ""
        self._path = path
        try:
            with open(path) as file:
                self._apply(json.load(file))
        except (OSError, ValueError, KeyError, TypeError, ConfigError):
            pass  # none yet, or unreadable: the broker's retained message brings it again

    def change(self, version: int, changes: dict[str, Any]) -> bool:
        """Take changes over if all are right; otherwise keep everything and say why in `refused`."""
        if version == self.values["config"]:
            return False
        try:
            _check_changeable(version, changes)
            self._apply(dict(changes, config=version))
            self._keep(dict(changes, config=version))
        except (ConfigError, TypeError, ValueError) as error:
            self.refused = str(error)
            return False
        self.refused = ""
        return True

    def _apply(self, changes: dict[str, Any]) -> None:
        trial = dict(self.values)
        trial.update(changes)
        self.values = checked(trial)

    def _keep(self, changes: dict[str, Any]) -> None:
        with open(self._path + ".new", "w") as file:
            json.dump(changes, file)
        os.rename(self._path + ".new", self._path)

"""A node's configuration: read from config.json, checked before anything starts, changed by message."""

import json

from sera_firmware import kept, passing
from sera_firmware.errors import ConfigError
from sera_firmware.portable import Any

POWER_BATTERY = "battery"

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
    "power": POWER_BATTERY,
    "time_servers": ["pool.ntp.org", "time.cloudflare.com"],
    "buses": {},
    "sensors": [],
    "config": 0,
}
# Name, lowest and highest of every number; those of `_BY_MESSAGE` may be changed by a config message.
_SPANS = (
    ("interval_s", 10, 86400),
    ("contact_every_s", 10, 604800),
    ("health_every", 1, 10000),
    ("sync_every_s", 60, 604800),
    ("drift_ppm", 0, 10000),
    ("sleep_drift_ppm", 0, 100000),
    ("timeout_s", 1, 120),
    ("budget_s", 20, 600),
    ("capacity_kb", 64, 1048576),
    ("issued_s", 0, 4294967295),
    ("config", 0, 2147483647),
)
_BY_MESSAGE = ("interval_s", "contact_every_s", "health_every", "sync_every_s", "budget_s")
_PREVIOUS = ".previous"


def checked(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with defaults filled in.

    Raises
    ------
    ConfigError
        If one of them is missing, unknown or wrong; the message names it and says what was expected.
    """
    full = dict(_DEFAULTS)
    full.update(settings)
    check_numbers(full)
    passing.loaded("checks").check(full, _DEFAULTS)
    passing.forget("checks", "wiring")
    return full


def check_numbers(settings: dict[str, Any]) -> None:
    """Check all numbers; raises ConfigError."""
    for name, lowest, highest in _SPANS:
        _check_number(name, settings[name], lowest, highest)


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


class Settings:
    """The settings in force: those of config.json, overlaid by the last config message that was accepted.

    The message before it is kept beside it, and is in force again should the last one not be readable.
    """

    def __init__(self, base: dict[str, Any], path: str) -> None:
        self.values = dict(base)
        self.refused = ""
        self._path = path
        self._kept: bytes | None = None
        for name in (path, path + _PREVIOUS):
            try:
                self._kept = kept.read(name)
                self._apply(json.loads(self._kept or b""))
            except (ValueError, KeyError, TypeError, AttributeError, ConfigError):
                self._kept = None  # none yet, or unreadable: the broker's retained message brings it again
            else:
                break

    def change(self, version: int, changes: dict[str, Any]) -> bool:
        """Take changes over if all are right; otherwise keep everything and say why in `refused`."""
        if version == self.values["config"]:
            self.refused = ""
            return False
        before = self.values
        try:
            content = dict(changes, config=version)
            self._apply(content)
            self._keep(json.dumps(content).encode())
        except (ConfigError, TypeError, ValueError, AttributeError, OSError) as error:
            self.values = before
            self.refused = "version %s: %s" % (version, error)
            return False
        self.refused = ""
        return True

    def _apply(self, changes: dict[str, Any]) -> None:
        _check_changeable(changes)
        trial = dict(self.values)
        trial.update(changes)
        check_numbers(trial)
        self.values = trial

    def _keep(self, content: bytes) -> None:
        """Put the old one aside whole before the new one is in its place."""
        if self._kept is not None:
            kept.write(self._path + _PREVIOUS, self._kept)
        kept.write(self._path, content)
        self._kept = content


def _check_changeable(changes: dict[str, Any]) -> None:
    for name in changes:
        if name not in _BY_MESSAGE and name != "config":
            raise ConfigError("config: %s cannot be changed by message" % (name,))

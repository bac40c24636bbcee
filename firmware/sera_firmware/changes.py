"""What messages may change of a node's settings; loaded at its start, and when a message brings a change."""

import json

from sera_firmware import kept
from sera_firmware.config import PREVIOUS
from sera_firmware.errors import ConfigError
from sera_firmware.portable import Any

# Lowest and highest of what a config message may change, and of its version.
CHANGEABLE = {
    "interval_s": (10, 86400),
    "contact_every_s": (10, 604800),
    "health_every": (1, 10000),
    "sync_every_s": (60, 604800),
    "budget_s": (20, 600),
    "config": (0, 2147483647),
}


def check_number(name: str, value: Any, span: tuple[int, int]) -> None:
    """Check that a setting is a whole number within its span; raises ConfigError."""
    lowest, highest = span
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ConfigError(
            "config: %s is %r; expected a whole number from %d to %d" % (name, value, lowest, highest)
        )


def recover(settings: Any) -> None:
    """Put the last message that was kept, and can be read, in force."""
    for name in (settings.path, settings.path + PREVIOUS):
        try:
            settings.kept = kept.read(name)
            _apply(settings, json.loads(settings.kept or b""))
        except (ValueError, KeyError, TypeError, AttributeError, ConfigError):
            settings.kept = None  # none yet, or unreadable: the broker's retained message brings it again
        else:
            break


def take(settings: Any, version: int, changes: dict[str, Any]) -> bool:
    """Take changes over and keep them, or say why not."""
    before = settings.values
    try:
        content = dict(changes, config=version)
        _apply(settings, content)
        settings.keep(json.dumps(content).encode())
    except (ConfigError, TypeError, ValueError, AttributeError, OSError) as error:
        settings.values = before
        settings.refused = "version %s: %s" % (version, error)
        return False
    return True


def _apply(settings: Any, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if name not in CHANGEABLE:
            raise ConfigError("config: %s cannot be changed by message" % (name,))
        check_number(name, value, CHANGEABLE[name])
    trial = dict(settings.values)
    trial.update(changes)
    settings.values = trial

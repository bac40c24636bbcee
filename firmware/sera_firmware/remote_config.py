"""Settings that messages may change; loaded at a node's start, and when a message brings a change."""

import json

from sera_firmware import atomic_file
from sera_firmware.config import PREVIOUS
from sera_firmware.errors import ConfigError
from sera_firmware.portable import Any, const

# A refusal goes into every status and last will: so many bytes at most, and none that JSON writes longer.
_REFUSED_MOST = const(80)
_UNCHANGEABLE = "config: cannot be changed by message: %r"
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
    """Check that a setting is a whole number within its span; raises ConfigError.

    What was found comes last, so that cutting a long one costs no word of ours.
    """
    lowest, highest = span
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ConfigError("config: %s: expected %d to %d, is %r" % (name, lowest, highest, value))


def recover(settings: Any) -> None:
    """Put the last message that was kept, and can be read, in force."""
    for name in (settings.path, settings.path + PREVIOUS):
        try:
            settings.stored = atomic_file.read(name)
            _apply(settings, json.loads(settings.stored or b""))
        except (ValueError, KeyError, TypeError, AttributeError, ConfigError):
            settings.stored = None  # none yet, or unreadable: the broker's retained message brings it again
        else:
            break


def take(settings: Any, version: int, changes: dict[str, Any]) -> bool:
    """Apply and store changes of a later version than the one in force, or set `refused` to the reason."""
    before = settings.values
    try:
        check_number("version", version, (before["config"] + 1, CHANGEABLE["config"][1]))
        content = _content(version, changes)
        _apply(settings, content)
        settings.keep(json.dumps(content).encode())
    except (ConfigError, TypeError, ValueError, AttributeError, OSError) as error:
        settings.values = before
        settings.refused = plain("version %r: %s" % (version, error))
        return False
    return True


def _content(version: int, changes: dict[str, Any]) -> dict[str, Any]:
    if "config" in changes:  # the version's own place
        raise ConfigError(_UNCHANGEABLE % ("config",))
    return dict(changes, config=version)


def plain(text: str) -> str:
    """Cut a text to what always fits into a status: printable ASCII without quotes and backslashes."""
    cut = text.encode()[:_REFUSED_MOST]
    return bytes([byte if 32 <= byte < 127 and byte not in b'"\\' else 63 for byte in cut]).decode()


def _apply(settings: Any, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if name not in CHANGEABLE:
            raise ConfigError(_UNCHANGEABLE % (name,))
        check_number(name, value, CHANGEABLE[name])
    trial = dict(settings.values)
    trial.update(changes)
    settings.values = trial

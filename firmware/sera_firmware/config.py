"""A node's settings: those of config.json, and what messages change of them."""

from sera_firmware import atomic_file, lazy_modules
from sera_firmware.portable import Any

POWER_BATTERY = "battery"
PREVIOUS = ".previous"


def read(path: str) -> Any:
    """Read and check config.json; returns its settings with defaults filled in.

    Raises
    ------
    ConfigError
        If it is missing, no JSON object, or a setting is wrong.
    """
    return lazy_modules.call("checks", "read", path)


def with_defaults(settings: dict[str, Any]) -> Any:
    """Return the settings with defaults filled in.

    Raises
    ------
    ConfigError
        If one of them is missing, unknown or wrong; the message names it and says what was expected.
    """
    return lazy_modules.call("checks", "with_defaults", settings)


class Settings:
    """The settings in force: those of config.json, overlaid by the last config message that was accepted.

    The message before it is kept beside it, and is in force again should the last one not be readable.
    """

    def __init__(self, base: dict[str, Any], path: str) -> None:
        self.values = dict(base)
        self.refused = ""
        self.path = path
        self.stored: bytes | None = None
        lazy_modules.call("remote_config", "recover", self)

    def change(self, version: int, changes: dict[str, Any]) -> bool:
        """Take changes over if all are right; otherwise keep everything and say why in `refused`.

        The version in force comes again with every contact and changes nothing; an older one is refused.
        """
        self.refused = ""
        return version != self.values["config"] and bool(
            lazy_modules.call("remote_config", "take", self, version, changes)
        )

    def keep(self, content: bytes) -> None:
        """Put the old one aside whole before the new one is in its place."""
        if self.stored is not None:
            atomic_file.write(self.path + PREVIOUS, self.stored)
        atomic_file.write(self.path, content)
        self.stored = content

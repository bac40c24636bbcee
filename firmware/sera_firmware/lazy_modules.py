"""Modules that are loaded for one call and unloaded again, to save a board's memory."""

import gc
import sys

from sera_firmware.portable import Any

_PACKAGE = "sera_firmware"
_LAZY = (
    "checks",
    "remote_config",
    "wiring",
    "recovery",
    "health",
    "time_setting",
    "ntp",
    "trust",
    "renewal",
    "light",
)


def call(module: str, action: str, *arguments: Any) -> Any:
    """Load a module, call a function of it, and unload it with what it loaded.

    Raises
    ------
    OSError
        If it cannot be loaded: flash can lose a file as it can lose a record.
    """
    try:
        return getattr(load(module), action)(*arguments)
    finally:
        for name in _LAZY:
            if sys.modules.pop(_PACKAGE + "." + name, None):
                delattr(sys.modules[_PACKAGE], name)
        if hasattr(gc, "mem_free"):  # a host has room, and more to look through
            gc.collect()


def load(module: str) -> Any:
    """Load a module of the firmware, to stay; raises OSError if it cannot be."""
    try:
        return getattr(__import__(_PACKAGE + "." + module), module)
    except ImportError as error:
        raise OSError("module %s cannot be loaded (%s); copy the firmware again" % (module, error))

"""Modules that a node needs at times only, and whose memory it takes back afterwards."""

import gc
import sys

from sera_firmware.portable import Any

_PACKAGE = "sera_firmware"
_PASSING = ("checks", "changes", "wiring", "recovery", "health", "ntp", "trust")


def asked(module: str, action: str, *arguments: Any) -> Any:
    """Load a module, let it do something, and let go of it and of what it loaded.

    Raises
    ------
    OSError
        If it cannot be loaded: flash can lose a file as it can lose a record.
    """
    try:
        return getattr(loaded(module), action)(*arguments)
    finally:
        for name in _PASSING:
            if sys.modules.pop(_PACKAGE + "." + name, None):
                delattr(sys.modules[_PACKAGE], name)
        if hasattr(gc, "mem_free"):  # a host has room, and more to look through
            gc.collect()


def loaded(module: str) -> Any:
    """Load a module of the firmware, to stay; raises OSError if it cannot be."""
    try:
        return getattr(__import__(_PACKAGE + "." + module), module)
    except ImportError as error:
        raise OSError("module %s cannot be loaded (%s); copy the firmware anew" % (module, error))

"""Modules that a node needs at its start only, and whose memory it takes back afterwards."""

import gc
import sys

from sera_firmware.portable import Any

_PACKAGE = "sera_firmware"


def loaded(name: str) -> Any:
    """Load a module of the firmware."""
    __import__(_PACKAGE + "." + name)
    return sys.modules[_PACKAGE + "." + name]


def forget(*names: str) -> None:
    """Let go of modules; whoever needs one loads it again."""
    for name in names:
        sys.modules.pop(_PACKAGE + "." + name, None)
        if hasattr(sys.modules[_PACKAGE], name):
            delattr(sys.modules[_PACKAGE], name)
    gc.collect()

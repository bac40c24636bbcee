"""Which device families Sera ships; their tables are read by `mapping_files`."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

SUFFIX: Final = ".toml"


def shipped_folder() -> Traversable:
    """Return the folder of the tables."""
    return files("sera_gateway").joinpath("devices")


def shipped_names() -> list[str]:
    """List the ids of the families that Sera ships."""
    names = [file.name for file in shipped_folder().iterdir()]
    return sorted(name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX))

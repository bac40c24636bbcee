"""Where the files of boards wait on this machine to be copied, each with its secret key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

BOARDS: Final = "boards"
KEY_FILE: Final = "node_key.der"


def board_folder(data: Path, node: str) -> Path:
    """Return the folder of a node's board in a data folder."""
    return data / BOARDS / node


def has_key(data: Path, node: str) -> bool:
    """Return whether the secret key of a node is still on this machine."""
    return (board_folder(data, node) / KEY_FILE).exists()

"""Puts a node's files onto its board, so that a board that is cut off in the middle does not start."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from sera_command.boards.usb import STEP_BOARD, STEP_FILES
from sera_command.errors import BoardStepError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sera_command.boards.usb import UsbBoard

# A board with this file does not start its node: firmware/device/start.py.
HOLD: Final = "hold"
KEY: Final = "node_key.der"
_MAIN: Final = "main.py"
_PACKAGES: Final = ("sera_firmware", "sera_vocabulary")
BACK_WITHIN_S: Final = 30.0


def read_files(folder: Path) -> dict[str, bytes]:
    """Read a board's folder: content by path on the board."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def hold(board: UsbBoard) -> None:
    """Keep the board's node from starting; where one runs, the board is reset, since its watchdog would."""
    is_node = board.digest(_MAIN) is not None
    board.write(HOLD, b"")
    if is_node:
        board.restart_and_enter(STEP_BOARD, BACK_WITHIN_S)


def copy(board: UsbBoard, files: dict[str, bytes], progress: Callable[[int, int], None]) -> int:
    """Copy what differs, and remove what would be loaded in its place; return how many files were written.

    Parameters
    ----------
    board
        The board, held.
    files
        Content by path on the board.
    progress
        Called with how many files are done, and of how many.

    Raises
    ------
    BoardStepError
        At the step `files`; what is there already stays, and the node does not start.
    """
    if KEY not in files and board.digest(KEY) is None:
        raise BoardStepError(
            STEP_FILES,
            "the node's key is neither on this host nor on this board; make another: "
            "sera node files NODE --new-key",
        )
    for folder in sorted({str(parent) for name in files for parent in PurePosixPath(name).parents}):
        if folder != ".":
            board.make_folder(folder)
    _remove_shadows(board, files)
    written = 0
    for number, (name, content) in enumerate(files.items(), 1):
        if board.digest(name) != hashlib.sha256(content).digest():
            board.write(name, content)
            written += 1
        progress(number, len(files))
    return written


def release(board: UsbBoard) -> None:
    """Remove the hold and restart the board, which starts its node."""
    board.remove(HOLD)
    board.restart()


def _remove_shadows(board: UsbBoard, files: dict[str, bytes]) -> None:
    """Remove sources of an earlier firmware: MicroPython loads `x.py` before `x.mpy`."""
    folders = {"/": "", **{name: f"{name}/" for name in _folders_of_packages(files)}}
    for folder, prefix in folders.items():
        for name in board.names(folder):
            path = f"{prefix}{name}"
            if name.endswith(".py") and path not in files and f"{path.removesuffix('.py')}.mpy" in files:
                board.remove(path)


def _folders_of_packages(files: dict[str, bytes]) -> set[str]:
    folders = {str(PurePosixPath(name).parent) for name in files}
    return {folder for folder in folders if folder.split("/")[0] in _PACKAGES}

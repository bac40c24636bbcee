"""The virtual board's flash: littlefs on an image file under MicroPython, a plain folder under CPython."""

import os

from sera_simulator.board.portable import Any

BLOCK_BYTES = 4096
_READ_BYTES = 256


class ImageFile:
    """A block device over a file, which stays open; the file outlives the process as flash does."""

    def __init__(self, path: str, blocks: int) -> None:
        self._blocks = blocks
        try:
            self._file = open(path, "r+b")
        except OSError:
            self._file = open(path, "w+b")
            erased = b"\xff" * BLOCK_BYTES
            for _ in range(blocks):
                self._file.write(erased)

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        """Read from the image."""
        self._file.seek(block * BLOCK_BYTES + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        """Program erased bytes; the file system has erased them before."""
        self._file.seek(block * BLOCK_BYTES + offset)
        self._file.write(buffer)

    def ioctl(self, request: int, _argument: int) -> int | None:
        """Answer the file system: 4 number of blocks, 5 size of one, 3 sync, 6 erase."""
        if request == 3:
            self._file.flush()
        elif request == 4:
            return self._blocks
        elif request == 5:
            return BLOCK_BYTES
        elif request == 6:
            return 0
        return None if request == 3 else 0


def mount(flash: str, flash_kb: int) -> str:
    """Make the flash usable and return the folder the node keeps its files in."""
    try:
        vfs = __import__("vfs")
    except ImportError:  # CPython has no littlefs
        try:
            os.mkdir(flash)
        except FileExistsError:
            pass
        return flash
    device = ImageFile(flash, flash_kb * 1024 // BLOCK_BYTES)
    try:
        system = _littlefs(vfs, device)
    except OSError:
        vfs.VfsLfs2.mkfs(device, readsize=_READ_BYTES, progsize=_READ_BYTES)
        system = _littlefs(vfs, device)
    vfs.mount(system, "/flash")
    return "/flash"


def _littlefs(vfs: Any, device: ImageFile) -> Any:
    return vfs.VfsLfs2(device, readsize=_READ_BYTES, progsize=_READ_BYTES, lookahead=64)

"""File systems so small that a test can fill them; mounting one needs the right to, else it is a skip."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Where a block is smaller than a page, writing to a file in memory can fail: with a signal.
SMALL_BLOCKS = "ext4 with blocks of 1 KiB"
IN_MEMORY = "tmpfs"
_MEBIBYTE = 1_048_576


class SmallDisk:
    """A mounted file system.

    Parameters
    ----------
    folder
        Where it is mounted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, left_bytes: int = 0) -> None:
        """Take all room, or leave a little."""
        with self._filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                file.truncate(max(0, file.tell() - left_bytes))

    def empty(self) -> None:
        """Free the room again."""
        self._filler.unlink()


@contextmanager
def mounted(kind: str, folder: Path, mebibytes: int) -> Iterator[SmallDisk]:
    """Mount a fresh file system while the body runs."""
    place = folder / "disk"
    place.mkdir()
    if kind == IN_MEMORY:
        _mount("-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", place)
    else:
        image = folder / "image"
        image.write_bytes(bytes(mebibytes * _MEBIBYTE))
        if shutil.which("mkfs.ext4") is None:
            pytest.skip("mkfs.ext4 is not here")
        subprocess.run(["mkfs.ext4", "-q", "-b", "1024", "-m", "0", "-O", "^has_journal", image], check=True)
        _mount("-o", "loop", image, place)
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def _mount(*words: str | Path) -> None:
    if shutil.which("mount") is None:
        pytest.skip("no file system can be mounted here: there is no mount")
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")

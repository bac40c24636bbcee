"""MicroPython's own image: checked, and put onto a board that has none, or another."""

from __future__ import annotations

import shutil
import struct
import subprocess
import time
from pathlib import Path
from typing import Final

from sera_command.boards.usb import UsbBoard
from sera_command.errors import BadInputError, BoardStepError, PartMissingError

STEP_IMAGE: Final = "image"
PAGES: Final = {
    "pico_w": "https://micropython.org/download/RPI_PICO_W/",
    "pico2_w": "https://micropython.org/download/RPI_PICO2_W/",
    "esp32": "https://micropython.org/download/ESP32_GENERIC/",
}
# USB Flashing Format, https://github.com/microsoft/uf2: block of 512 bytes, three magic numbers, families.
_BLOCK: Final = 512
_HEAD: Final = "<8I"
_MAGIC: Final = (0x0A324655, 0x9E5D5157)
_MAGIC_END: Final = 0x0AB16F30
_FAMILIES: Final = {0xE48BFF56: "RPI-RP2", 0xE48BFF59: "RP2350"}
# The first block of an RP2350's image is for a bug of its boot ROM alone (erratum E10).
_ABSOLUTE: Final = 0xE48BFF57
_INFO: Final = "INFO_UF2.TXT"
_BOARD_ID: Final = "Board-ID:"
# An image of ESP32 begins with this byte, and goes to this address: MicroPython's page of the board.
_ESP32_MAGIC: Final = 0xE9
_ESP32_ADDRESS: Final = "0x1000"
_DRIVE_WITHIN_S: Final = 30.0
_POLL_S: Final = 0.3
_MOUNTS: Final = Path("/proc/self/mounts")
_MAC_VOLUMES: Final = Path("/Volumes")


def drive_of(image: Path) -> str | None:
    """Check an image; return the name of the drive that it goes to, or None for one that esptool writes.

    Raises
    ------
    BadInputError
        When the file is no image of a Pico W, a Pico 2 W or an ESP32.
    """
    try:
        content = image.read_bytes()
    except OSError as error:
        raise BadInputError(f"--image {image}: {error.strerror}; get it from {_pages()}") from error
    if content[:1] == bytes([_ESP32_MAGIC]):
        return None
    family = _family(content)
    if family is None:
        raise BadInputError(
            f"--image {image} is no image of MicroPython for these boards; expected a whole .uf2 of a Pico W "
            f"or Pico 2 W, or a .bin of an ESP32: {_pages()}"
        )
    return _FAMILIES[family]


def put(image: Path, port: str | None, drive: Path | None) -> None:
    """Put a checked image onto a board, and wait until that has restarted.

    Parameters
    ----------
    image
        The file.
    port
        Serial port of the board, or None for a Pico that shows a drive.
    drive
        Where that drive is mounted; None to look for it.

    Raises
    ------
    BoardStepError, PartMissingError
        At the step `image`.
    """
    name = drive_of(image)
    if name is None:
        _put_by_esptool(image, port)
        return
    target = drive or _wait_for_drive(name, port)
    board = _board_id(target)
    if board != name:
        raise BoardStepError(
            STEP_IMAGE,
            f"{target} is the drive of {board or 'no board'}, and {image.name} is for {name}; get the image "
            f"of the board that you have: {_pages()}",
        )
    try:
        shutil.copyfile(image, target / image.name)
    except OSError as error:
        raise BoardStepError(
            STEP_IMAGE,
            f"{target} took {image.name} not whole ({error.strerror}); unplug the board, hold BOOTSEL while "
            "you plug it in, and run the command again",
        ) from error


def _family(content: bytes) -> int | None:
    """Return the family of a whole UF2 file that these boards can be, or None."""
    count, rest = divmod(len(content), _BLOCK)
    if not count or rest:
        return None
    families = set()
    for at in range(0, len(content), _BLOCK):
        first, second, _, _, _, _, _, family = struct.unpack_from(_HEAD, content, at)
        (end,) = struct.unpack_from("<I", content, at + _BLOCK - 4)
        if (first, second) != _MAGIC or end != _MAGIC_END:
            return None
        families.add(family)
    families.discard(_ABSOLUTE)
    return families.pop() if len(families) == 1 and families <= set(_FAMILIES) else None


def _wait_for_drive(name: str, port: str | None) -> Path:
    """Find the drive of a board; one that runs MicroPython is asked to show it."""
    drive = _drive(name)
    if drive is None and port is not None:
        with UsbBoard(port) as board:
            board.order("import machine\nmachine.bootloader()", STEP_IMAGE)
        end = time.monotonic() + _DRIVE_WITHIN_S
        while (drive := _drive(name)) is None and time.monotonic() < end:
            time.sleep(_POLL_S)
    if drive is None:
        raise BoardStepError(
            STEP_IMAGE,
            f"no drive {name} is mounted; unplug the board, hold its button BOOTSEL while you plug it in, "
            "and run the command again. Where drives are not mounted by themselves: mount it, and name it: "
            "--drive FOLDER",
        )
    return drive


def _drive(name: str) -> Path | None:
    return next((folder for folder in _mounted() if _board_id(folder) == name), None)


def _mounted() -> list[Path]:
    folders = list(_MAC_VOLUMES.iterdir()) if _MAC_VOLUMES.is_dir() else []
    if _MOUNTS.exists():
        fields = (line.split() for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines())
        # proc(5): blanks in names are written as octal numbers.
        folders += [Path(field[1].replace("\\040", " ")) for field in fields if field[2] == "vfat"]
    return folders


def _board_id(folder: Path) -> str:
    """Return what a drive says of its board, or the empty text where it is no such drive."""
    try:
        lines = (folder / _INFO).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.removeprefix(_BOARD_ID).strip() for line in lines if line.startswith(_BOARD_ID)), "")


def _put_by_esptool(image: Path, port: str | None) -> None:
    program = shutil.which("esptool") or shutil.which("esptool.py")
    if program is None:
        # GPL, and so no dependency: a program beside Sera, as a person installs it.
        raise PartMissingError("esptool", "pipx install esptool")
    if port is None:
        raise BoardStepError(STEP_IMAGE, "esptool writes over a serial port; name it: --port /dev/ttyUSB0")
    words = [program, "--port", port, "--baud", "460800", "write_flash", _ESP32_ADDRESS, str(image)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise BoardStepError(
            STEP_IMAGE,
            f"esptool ended with {done.returncode} ({lines[-1] if lines else 'no word'}); hold the button "
            "BOOT while it connects, and run the command again",
        )


def _pages() -> str:
    return ", ".join(PAGES.values())

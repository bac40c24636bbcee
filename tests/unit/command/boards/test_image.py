"""MicroPython's image: only one that fits is put onto a drive or given to esptool."""

from __future__ import annotations

import struct
import sys
from typing import TYPE_CHECKING

import pytest

from sera_command.boards import image
from sera_command.errors import BadInputError, BoardStepError, PartMissingError

if TYPE_CHECKING:
    from pathlib import Path

RP2040, RP2350, ABSOLUTE = 0xE48BFF56, 0xE48BFF59, 0xE48BFF57


def uf2(*families: int) -> bytes:
    """One block a family, as UF2's specification lays it out."""
    blocks = b""
    for number, family in enumerate(families):
        head = struct.pack(
            "<8I", 0x0A324655, 0x9E5D5157, 0x2000, 0x10000000, 256, number, len(families), family
        )
        blocks += head + bytes(476) + struct.pack("<I", 0x0AB16F30)
    return blocks


def drive(folder: Path, board: str) -> Path:
    folder.mkdir()
    text = f"UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: {board}\r\n"
    (folder / "INFO_UF2.TXT").write_text(text, encoding="ascii", newline="")
    return folder


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (uf2(RP2040, RP2040), "RPI-RP2"),
        (uf2(ABSOLUTE, RP2350), "RP2350"),
        (b"\xe9\x05\x02\x20" + bytes(100), None),
    ],
)
def test_an_image_says_where_it_goes(content: bytes, name: str | None, tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(content)
    assert image.drive_of(path) == name


@pytest.mark.parametrize(
    "content",
    [
        b"",
        uf2(RP2040)[:-1],
        uf2(RP2040, RP2350),
        uf2(0x68ED2B88),
        uf2(ABSOLUTE),
        uf2(RP2040)[:508] + bytes(4),
        b"<html>Not found</html>",
    ],
)
def test_what_is_no_whole_image_of_these_boards_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "image.uf2"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match="RPI_PICO_W"):
        image.drive_of(path)


def test_an_image_is_copied_whole_to_the_drive_of_its_board(tmp_path: Path) -> None:
    path = tmp_path / "micropython.uf2"
    path.write_bytes(uf2(RP2350, RP2350))
    target = drive(tmp_path / "RP2350", "RP2350")
    image.put(path, None, target)
    assert (target / "micropython.uf2").read_bytes() == path.read_bytes()


def test_the_drive_of_another_board_gets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "micropython.uf2"
    path.write_bytes(uf2(RP2350))
    target = drive(tmp_path / "RPI-RP2", "RPI-RP2")
    with pytest.raises(BoardStepError, match=r"is the drive of RPI-RP2, and micropython\.uf2 is for RP2350"):
        image.put(path, None, target)
    assert [file.name for file in target.iterdir()] == ["INFO_UF2.TXT"]


def test_a_drive_is_found_among_what_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "micropython.uf2"
    path.write_bytes(uf2(RP2040))
    target = drive(tmp_path / "my drive", "RPI-RP2")
    table = tmp_path / "mounts"
    escaped = str(target).replace(" ", "\\040")
    table.write_text(f"proc /proc proc rw 0 0\n/dev/sda1 {escaped} vfat rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr(image, "_MOUNTS", table)
    image.put(path, None, None)
    assert (target / "micropython.uf2").exists()
    table.write_text("", encoding="utf-8")
    with pytest.raises(BoardStepError, match="hold its button BOOTSEL"):
        image.put(path, None, None)


def esptool(folder: Path, code: int) -> None:
    """A stand-in that writes its words down; the program itself needs a chip."""
    program = folder / "esptool"
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"open({str(folder / 'words')!r}, 'w').write(' '.join(sys.argv[1:]))\n"
        f"print('A fatal error occurred: no serial data received.') if {code} else None\nsys.exit({code})\n",
        encoding="utf-8",
    )
    program.chmod(0o755)


def test_esptool_of_the_path_writes_an_esp32(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "esp32.bin"
    path.write_bytes(b"\xe9" + bytes(100))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PartMissingError, match="pipx install esptool"):
        image.put(path, "/dev/ttyUSB0", None)
    esptool(tmp_path, 0)
    image.put(path, "/dev/ttyUSB0", None)
    words = (tmp_path / "words").read_text(encoding="utf-8")
    assert words == f"--port /dev/ttyUSB0 --baud 460800 write_flash 0x1000 {path}"
    with pytest.raises(BoardStepError, match="name it: --port"):
        image.put(path, None, None)
    esptool(tmp_path, 2)
    with pytest.raises(BoardStepError, match=r"step image: esptool ended with 2 .*no serial data received"):
        image.put(path, "/dev/ttyUSB0", None)

"""Whether the pages are open to the room, and under which address of this machine: kept in a file.

`sera up` watches it: what is written here holds within a second, without an end of anything else.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Final

from sera_pages.accounts.schema import FOLDER
from sera_pages.errors import InvalidFieldError
from sera_store.private_files import make_private, write_private

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "room"


def room_address(folder: Path) -> str:
    """Return the address under which the room reaches the pages; the empty text while they are closed."""
    try:
        return (folder / FOLDER / FILE).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def open_room(folder: Path, address: str) -> None:
    """Open the pages to the room under an address of this machine; the empty text closes them."""
    make_private(folder / FOLDER)
    write_private(folder / FOLDER / FILE, f"{address}\n")


def checked_address(text: str) -> str:
    """Return an address of this machine, besides loopback, as it was typed.

    Raises
    ------
    InvalidFieldError
        It is no address, or none of this machine's.
    """
    try:
        address = ipaddress.ip_address(text.strip())
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((str(address), 0))
    except (OSError, ValueError) as error:
        raise InvalidFieldError("address", "room.wrong_address") from error
    if address.is_loopback or address.is_unspecified or address.is_multicast:
        raise InvalidFieldError("address", "room.wrong_address")
    return str(address)

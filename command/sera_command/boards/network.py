"""The wireless network of a board; its password is asked for or read from a file, and is no argument."""

from __future__ import annotations

import json
import os
import sys
from typing import Final

import typer

from sera_command.errors import BadInputError

NETWORK_FILE: Final = "network.json"
# Lengths that WPA2 and WPA3 allow [byte], and that of a network's name: IEEE 802.11.
_PASSWORD_SHORTEST, _PASSWORD_LONGEST = 8, 63
_NAME_LONGEST: Final = 32
_READ_MOST: Final = 4096


def password_of(name: str, descriptor: int | None) -> str:
    """Read the password of a network from a file descriptor, or ask for it at the terminal.

    Raises
    ------
    BadInputError
        When there is neither, or what came cannot be such a password.
    """
    if descriptor is not None:
        password = _read(descriptor)
    elif sys.stdin.isatty():
        password = typer.prompt(
            f"Password of the network {name} (empty for none)",
            hide_input=True,
            default="",
            show_default=False,
        )
    else:
        raise BadInputError(
            "there is no terminal to ask for the network's password; name a file descriptor: "
            "--wifi-password-fd 3 3<FILE"
        )
    check_password(password)
    return password


def check_password(password: str) -> None:
    """Refuse what no network takes as its password; the empty text is an open network's.

    Raises
    ------
    BadInputError
        It is too short or too long.
    """
    length = len(password.encode())
    if password and not _PASSWORD_SHORTEST <= length <= _PASSWORD_LONGEST:
        raise BadInputError(
            f"the password has {length} bytes; expected {_PASSWORD_SHORTEST} to {_PASSWORD_LONGEST}, or none "
            "for an open network"
        )


def network_json(name: str, password: str, country: str) -> bytes:
    """Write the content of a board's `network.json`.

    Raises
    ------
    BadInputError
        When the name or the country cannot be one.
    """
    if not 1 <= len(name.encode()) <= _NAME_LONGEST:
        raise BadInputError(f"--wifi {name!r}: expected a network's name of 1 to {_NAME_LONGEST} bytes")
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise BadInputError(f"--country {country!r}: expected two letters, such as GB")
    network = {"ssid": name, "password": password}
    if country:
        network["country"] = country.upper()
    return json.dumps(network, indent=1, ensure_ascii=False).encode() + b"\n"


def _read(descriptor: int) -> str:
    try:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(_READ_MOST).decode().removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(
            f"--wifi-password-fd {descriptor} cannot be read ({error}); open it: --wifi-password-fd 3 3<FILE"
        ) from error

"""Which names a request over HTTP may ask for: a page of somewhere else must not read ours through a browser.

A browser that a hostile page made believe that its name is an address of this machine (DNS rebinding) still
says that page's name in the `Host` header. So names are answered that are ours, and addresses, which are no
names.
"""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from typing import Final

# From which nothing is sent: asking for the way to it tells which address of this machine leads outside.
_ELSEWHERE: Final = ("192.0.2.1", 9)
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def is_own(header: str, host: str) -> bool:
    """Return whether a `Host` header names this server.

    Parameters
    ----------
    header
        As it came: a name or an address, with or without a port.
    host
        What the server listens on. Where that is every address, this machine's name and any address count.
    """
    name = _without_port(header).lower().rstrip(".")
    if name in LOOPBACK_NAMES or name == host.lower():
        return True
    if not _is_every_address(host):
        return False
    return _is_address(name) or name in {socket.gethostname().lower(), socket.getfqdn().lower()}


def _without_port(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


def _is_address(name: str) -> bool:
    with suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return False


def _is_every_address(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_unspecified
    return False


def outward_address() -> str:
    """Return the address of this machine that leads into other networks; the empty text where none does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
            return str(probe.getsockname()[0])
        except OSError:
            return ""

"""What `sera up` tells once all answers: an address for people, one for nodes, and what to do next."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, NamedTuple

from sera_command.installation.installation import is_loopback
from sera_store.registry.entities import PERSON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_store.registry.registry import Registry

# An address of documentation (RFC 5737): asking for the way there sends nothing.
_ELSEWHERE = ("192.0.2.1", 9)


class Announcement(NamedTuple):
    """Lines for people: what is up, what they must not overlook, and what comes next."""

    lines: list[str]
    warnings: list[str]
    next_step: str


def announcement(pages: str, nodes: str, host: str, folder: Path, registry: Registry) -> Announcement:
    """Word what `sera up` tells.

    Parameters
    ----------
    pages
        Address under which most people reach the pages.
    nodes
        Address under which nodes reach the broker.
    host
        Its host, as the command line named it.
    folder
        The installation's folder.
    registry
        Says what is registered, and so what comes next.
    """
    lines = ["Sera is up.", f"  For people: {pages}", f"  For nodes:  {nodes}", f"  Data:       {folder}"]
    return Announcement(lines, list(_warnings(host)), next_step(registry, folder))


def _warnings(host: str) -> Iterator[str]:
    if is_loopback(host):
        own = own_address() or "ADDRESS"
        yield (
            f"Only this machine reaches {host}; no board reaches it. Before you make files for boards, "
            f"start `sera up --host {own}`, with this machine's own address in the garden's network."
        )


def next_step(registry: Registry, folder: Path) -> str:
    """Name the next command of somebody who begins, by what is registered."""
    data = f"--data {folder}"
    communities, gardens = registry.communities(), registry.gardens()
    if not communities:
        return f"sera community new COMMUNITY {data}"
    if not gardens:
        return f"sera garden new GARDEN --community {communities[0].id} {data} --help"
    nodes = [node for node in registry.nodes() if node.detector != PERSON]
    if not nodes:
        node = f"sera node new {gardens[0].id[:28]}-1 --garden {gardens[0].id}"
        return f"{node} --board pico_w --sensor capacitive:26 --wifi NETWORK {data}"
    if all(node.simulated for node in nodes):
        return f"sera figures {data}"
    return f"sera fleet {data}   shows which nodes have sent, and what they need"


def own_address() -> str:
    """Return this machine's address on the way to other networks, or the empty text where it has none."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(_ELSEWHERE)
            address = str(probe.getsockname()[0])
    except OSError:
        return ""
    return "" if is_loopback(address) else address


__all__ = ["Announcement", "announcement", "next_step", "own_address"]

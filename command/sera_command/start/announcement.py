"""What `sera up` tells once all answers: an address for people, one for nodes, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sera_command.installation.installation import is_loopback, own_address
from sera_store.registry.entities import PERSON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_store.registry.registry import Registry


class Announcement(NamedTuple):
    """Lines for people: what is up, what they must not overlook, and what comes next."""

    lines: list[str]
    warnings: list[str]
    next_step: str


class Reach(NamedTuple):
    """Under which addresses an installation is reached.

    Parameters
    ----------
    pages
        Address under which most people reach the pages.
    nodes
        Address under which nodes reach the broker.
    host
        Its host, as the command line named it.
    local_host
        `NAME.local`, which this machine answers to in the network; or empty.
    local_pages
        Address of the pages under that name; or empty.
    can_announce
        Whether what answers to names is on this machine.
    """

    pages: str
    nodes: str
    host: str
    local_host: str = ""
    local_pages: str = ""
    can_announce: bool = True


def announcement(reach: Reach, folder: Path, registry: Registry) -> Announcement:
    """Word what `sera up` tells.

    Parameters
    ----------
    reach
        Under which addresses it is reached.
    folder
        The installation's folder.
    registry
        Says what is registered, and so what comes next.
    """
    people = f"{reach.pages} or {reach.local_pages}" if reach.local_pages else reach.pages
    lines = ["Sera is up.", f"  For people: {people}", f"  For nodes:  {reach.nodes}"]
    lines += [*_name_line(reach), f"  Data:       {folder}"]
    return Announcement(lines, list(_warnings(reach.host)), next_step(registry, folder))


def _name_line(reach: Reach) -> Iterator[str]:
    if reach.local_host:
        yield (
            f"  Its name:   {reach.local_host}, which boards look for: should the address change, start it "
            "again with the new one"
        )
    elif not reach.can_announce and not is_loopback(reach.host):
        yield (
            "  Its name:   none, so that boards look for its address; with one they follow to a new address: "
            "pip install 'sera-gardens[lan]'"
        )


def _warnings(host: str) -> Iterator[str]:
    if is_loopback(host):
        own = own_address() or "ADDRESS"
        yield (
            f"Only this machine reaches {host}; no board reaches it. Before you make files for boards, "
            f"start `sera up --lan {own}`, with this machine's own address in the garden's network."
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

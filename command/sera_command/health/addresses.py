"""Checks of the ways by which boards look for this machine: its address, its name in the local network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_command.errors import BadInputError
from sera_command.health.check import Check, State
from sera_command.health.progress import is_running
from sera_command.installation.boards import boards_elsewhere, boards_of
from sera_command.installation.installation import (
    SETTINGS_FILE,
    Installation,
    is_loopback,
    is_own_address,
    own_address,
)
from sera_command.installation.local_responder import is_available, owner_of, responder_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_command.health.check import Examined
    from sera_command.installation.installation import Address


def addresses(examined: Examined) -> Iterator[Check]:
    """Check whether boards reach this machine at the address they were made for."""
    if not (examined.folder / SETTINGS_FILE).exists():
        return
    try:
        installation = Installation(examined.folder)
        address = installation.address()
        boards, elsewhere = boards_of(installation), boards_elsewhere(installation)
    except BadInputError as error:
        yield Check("addresses", State.FAIL, str(error), "write it again as the message says")
        return
    yield _own(address, boards)
    if elsewhere:
        step = "write their files again with `sera node files NODE`, then `sera node flash NODE`"
        yield Check("boards", State.WARN, f"made for another address: {', '.join(elsewhere)}", step)
    if address.local_host and is_running(examined):
        yield from _name(address)


def _own(address: Address, boards: list[str]) -> Check:
    host, own = address.host, own_address() or "ADDRESS"
    if is_loopback(host):
        state = State.WARN if boards else State.OK
        step = (
            f"`sera up --lan {own}`, then the boards' files again: `sera node files NODE`" if boards else ""
        )
        return Check("addresses", state, f"only this machine reaches {host}", step)
    if not is_own_address(host):
        follow = f"; boards follow by {address.local_host}" if address.local_host else ""
        step = f"start it again with `sera up --lan {own}`{follow}"
        return Check("addresses", State.FAIL, f"{host} is no address of this machine any more", step)
    return Check("addresses", State.OK, f"boards look for {address.board_host}")


def _name(address: Address) -> Iterator[Check]:
    """Ask the network for the name that boards look for."""
    if not is_available():
        return
    name = address.local_host
    try:
        responder = responder_at(address.host)
    except OSError as error:
        yield Check(
            "name", State.WARN, f"{name}: the network cannot be asked ({error})", "look for its multicast"
        )
        return
    try:
        owner = owner_of(name, responder)
    finally:
        responder.close()
    if owner is None:
        step = "start `sera up` again; boards use the address meanwhile"
        yield Check("name", State.WARN, f"nothing answers to {name}", step)
    elif owner and owner != address.host and not is_own_address(owner):
        step = "end what answers there, or `sera up --lan-name` another, and the boards' files again"
        yield Check("name", State.FAIL, f"{name} is the machine at {owner}", step)
    else:
        yield Check("name", State.OK, f"{name} answers")

"""`NAME.local`: what `sera up` answers to in the local network, and the services that it announces there.

Multicast DNS and its service discovery (RFC 6762, RFC 6763), by zeroconf, which is LGPL and so an extra. A
board that looks for a name, and for no address, follows this machine to a new address by itself.
"""

from __future__ import annotations

import ipaddress
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

from sera_command.errors import BadInputError
from sera_command.installation.installation import is_loopback, is_own_address
from sera_command.installation.local_responder import LIBRARY, is_available, owner_of, responder_at
from sera_command.terminal import warn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zeroconf import ServiceInfo, Zeroconf

    from sera_command.installation.installation import Installation
    from sera_command.start.up_options import UpOptions
    from sera_store.registry.registry import Registry

INSTALL: Final = "pip install 'sera-gardens[lan]'"
BROKER: Final = "_secure-mqtt._tcp.local."
PAGES: Final = "_http._tcp.local."
# A label of a name of DNS: RFC 1035, section 2.3.4.
_NAME_LONGEST: Final = 63
_NAMES_MOST: Final = 9


class LocalName:
    """A name that is answered for with an address of this machine until `close`; or none.

    Parameters
    ----------
    host
        `NAME.local`, or the empty text for none.
    address
        The address that it stands for.
    responder
        What answers; None for no name.
    """

    def __init__(self, host: str, address: str, responder: Zeroconf | None) -> None:
        self.host = host
        self._address = address
        self._responder = responder
        self._services: dict[str, ServiceInfo] = {}

    @classmethod
    def none(cls) -> Self:
        """Return what announces nothing."""
        return cls("", "", None)

    def announce(self, service: str, port: int, address: str = "") -> None:
        """Announce a service under the name, in place of what was announced of its kind.

        Parameters
        ----------
        service
            `BROKER` or `PAGES`.
        port
            Where it listens.
        address
            Where, if not at the address of the name.
        """
        if self._responder is None:
            return
        from zeroconf import ServiceInfo  # noqa: PLC0415 - an extra

        self.withdraw(service)
        name = self.host.removesuffix(".local")
        info = ServiceInfo(
            service,
            f"Sera {name}.{service}",
            port=port,
            server=f"{self.host}.",
            addresses=[ipaddress.ip_address(address or self._address).packed],
            properties={"path": "/"} if service == PAGES else {},
        )
        self._responder.register_service(info, allow_name_change=True)
        self._services[service] = info

    def withdraw(self, service: str) -> None:
        """Withdraw a service; nothing happens where none of its kind is announced."""
        info = self._services.pop(service, None)
        if info is not None and self._responder is not None:
            self._responder.unregister_service(info)

    def close(self) -> None:
        """Withdraw everything, and tell the network so."""
        if self._responder is not None:
            self._responder.close()


@contextmanager
def answered_name(installation: Installation, registry: Registry, options: UpOptions) -> Iterator[LocalName]:
    """Answer to the installation's name in the local network while the body runs, where that is possible.

    The name is the one that is asked for, else the one it had before, since boards look for that; else one
    that nobody in the network has. Where the network or the machine does not do it, a warning says why.

    Raises
    ------
    BadInputError
        A name was asked for that cannot be one, is another machine's, or needs what is not installed.
    """
    # Boards come first: the pages are announced with an address of their own.
    address = options.lan if is_loopback(options.host) else options.host
    if not address or is_loopback(address):
        if options.lan_name:
            raise BadInputError(
                f"--lan-name {options.lan_name}: {options.host} is this machine's alone; name its address in "
                "the network with --lan"
            )
        yield LocalName.none()
        return
    if not is_available():
        if options.lan_name:
            raise BadInputError(f"--lan-name {options.lan_name}: {LIBRARY} is not on this machine: {INSTALL}")
        yield LocalName.none()
        return
    name = _open(installation, registry, options.lan_name, address)
    try:
        yield name
    finally:
        name.close()


def _open(installation: Installation, registry: Registry, queried_name: str, host: str) -> LocalName:
    try:
        # A host may be a name, too.
        address = str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
        responder = responder_at(address)
    except OSError as error:
        warn(f"No name is announced in the network: multicast at {host} failed ({error}).")
        return LocalName.none()
    try:
        host = _free_host(installation, registry, queried_name, responder)
    except BaseException:
        responder.close()
        raise
    if not host:
        responder.close()
        return LocalName.none()
    return LocalName(host, address, responder)


def _free_host(installation: Installation, registry: Registry, queried_name: str, responder: Zeroconf) -> str:
    """Choose the name; the empty text, with a warning, where that of before is another machine's."""
    fixed_host = checked_host(queried_name) if queried_name else installation.local_host()
    if not fixed_host:
        return _first_free(registry, responder)
    owner = _other_owner(fixed_host, responder)
    if owner and queried_name:
        raise BadInputError(
            f"{fixed_host} is the machine at {owner} already; choose another name with --lan-name"
        )
    if owner:
        warn(
            f"{fixed_host}, which boards look for, is the machine at {owner} now: no name is announced. End "
            "what answers there, or choose another name with --lan-name and make the boards' files again."
        )
        return ""
    return fixed_host


def _first_free(registry: Registry, responder: Zeroconf) -> str:
    communities = registry.communities()
    name = f"sera-{communities[0].id}" if communities else "sera"
    for host in (f"{name}.local", *(f"{name}-{number}.local" for number in range(2, _NAMES_MOST + 1))):
        if not _other_owner(host, responder):
            return host
    warn(
        f"No name is announced: {name} and {_NAMES_MOST - 1} like it are others'; choose one with --lan-name."
    )
    return ""


def _other_owner(host: str, responder: Zeroconf) -> str:
    """Return the address of another machine that answers to a name; the empty text where none does."""
    owner = owner_of(host, responder)
    return "" if owner is None or is_own_address(owner) else owner


def checked_host(name: str) -> str:
    """Return `NAME.local` of a name as it was typed, with or without its end.

    Raises
    ------
    BadInputError
        It cannot be a name of a machine.
    """
    label = name.lower().removesuffix(".").removesuffix(".local")
    letters = label.replace("-", "")
    is_label = letters.isascii() and letters.isalnum() and label[0] != "-" and label[-1] != "-"
    if not is_label or len(label) > _NAME_LONGEST:
        raise BadInputError(
            f"--lan-name {name!r}: expected up to {_NAME_LONGEST} of the characters a-z, 0-9 and -, such as "
            "sera-oak"
        )
    return f"{label}.local"

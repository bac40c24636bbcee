"""What asks and answers for names of the local network (multicast DNS, RFC 6762): zeroconf, an extra."""

from __future__ import annotations

import importlib.util
import ipaddress
from typing import TYPE_CHECKING, Final

from sera_command.installation.installation import is_own_address

if TYPE_CHECKING:
    from zeroconf import Zeroconf

LIBRARY: Final = "zeroconf"
# Who has a name answers at once, but not again what all heard within the last second: RFC 6762, section 6.
_ANSWERED_WITHIN_MS: Final = 2000


def is_available() -> bool:
    """Return whether what answers to names is on this machine."""
    return importlib.util.find_spec(LIBRARY) is not None


def responder_at(address: str) -> Zeroconf:
    """Open what asks and answers in the network of an address of this machine; close it in the end.

    Raises
    ------
    OSError
        The address is not of this machine, or its network knows no multicast.
    """
    from zeroconf import IPVersion, Zeroconf  # noqa: PLC0415 - an extra

    version = IPVersion.V6Only if ":" in address else IPVersion.V4Only
    return Zeroconf(interfaces=[address], ip_version=version)


def owner_of(host: str, responder: Zeroconf) -> str | None:
    """Return the address that a name stands for in the network; None where nothing answers to it.

    An address of this machine is returned only where no other machine answers, too.
    """
    from zeroconf import AddressResolver, DNSQuestionType  # type: ignore[attr-defined] # noqa: PLC0415

    resolver = AddressResolver(f"{host}.")
    # Answered to all: an answer to this machine alone goes to one of its programs, perhaps another one.
    resolver.request(responder, _ANSWERED_WITHIN_MS, question_type=DNSQuestionType.QM)
    addresses = [address for address in resolver.parsed_addresses() if not _is_of_one_link(address)]
    return next(
        (address for address in addresses if not is_own_address(address)), next(iter(addresses), None)
    )


def _is_of_one_link(address: str) -> bool:
    """Return whether an address says nothing without its interface."""
    return ipaddress.ip_address(address.partition("%")[0]).is_link_local and ":" in address

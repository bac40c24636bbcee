"""The local network as another machine in it sees it, for tests of `NAME.local`."""

from __future__ import annotations

import functools
import ipaddress
import socket
import struct
import subprocess
import sys

import pytest

LOOPBACK = "127.0.0.1"
_GROUP = "224.0.0.251"
_PORT = 5353
_WAIT_S = 2.0
# As lwIP asks, which boards resolve names with: a one-shot question from a port of its own (RFC 6762, 5.1).
_HEADER = struct.pack("!6H", 0, 0, 1, 0, 0, 0)
_A_IN = struct.pack("!2H", 1, 1)
_RESOLVE = """
import sys
from sera_command.installation.local_responder import owner_of, responder_at
responder = responder_at(sys.argv[2])
print(owner_of(sys.argv[1], responder) or "")
responder.close()
"""


@functools.cache
def multicast_problem(address: str) -> str:
    """Explain why no multicast goes from this machine to itself at an address; empty where it does."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear, _query_socket(address) as mouth:
            ear.bind(("", 0))
            joined = socket.inet_aton(_GROUP) + socket.inet_aton(address)
            ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
            ear.settimeout(_WAIT_S)
            mouth.sendto(b"?", (_GROUP, ear.getsockname()[1]))
            ear.recv(16)
    except OSError as error:
        return str(error)
    return ""


def require_multicast(address: str) -> str:
    """Return an address of this machine between whose programs multicast goes, or skip the test."""
    problem = multicast_problem(address) if address else "this machine has no address in a network"
    if problem:
        pytest.skip(f"no multicast on this machine: {problem}")
    return address


def resolved_elsewhere(host: str, address: str) -> str:
    """Resolve a name in another process; the empty text where nothing answers."""
    words = [sys.executable, "-c", _RESOLVE, host, address]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=True).stdout.strip()


def queried_by_board(host: str, address: str) -> str:
    """Ask for a name as a board's network stack does, and return the address that comes back; or nothing."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in host.split("."))
    with _query_socket(address) as mouth:
        mouth.settimeout(_WAIT_S)
        mouth.sendto(_HEADER + labels + b"\0" + _A_IN, (_GROUP, _PORT))
        try:
            answer = mouth.recv(2048)
        except TimeoutError:
            return ""
    # Behind the question: type A, class IN, four bytes of time to live, two of length, the address.
    head = struct.pack("!2H", 1, 1)
    at = answer.index(head, len(_HEADER) + len(labels) + 5)
    return str(ipaddress.ip_address(answer[at + 10 : at + 14]))


def _query_socket(address: str) -> socket.socket:
    mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
    return mouth

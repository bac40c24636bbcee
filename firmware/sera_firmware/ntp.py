"""Asks time servers for UTC: best of four samples by round trip. RFC 4330 (SNTP version 4)."""

import socket
import struct

from sera_firmware.portable import Any, const, ticks_diff, ticks_ms

_PORT = const(123)
_PACKET_BYTES = const(48)
_CLIENT_VERSION_4 = const(0x23)
_MODE_MASK = const(0x07)
_MODE_SERVER = const(4)
_SAMPLES = const(4)
# Seconds from 1900-01-01 (NTP) to 1970-01-01 (Unix).
_UNIX_EPOCH_S = 2208988800
_ERA_S = 4294967296
# A server that says a day before this firmware was written (2026-01-01) is wrong, or a wrap on.
_BUILT_S = 1767225600


def utc(servers: list[Any], timeout_ms: int) -> tuple[Any, ...]:
    """Ask the servers in turn for UTC.

    Parameters
    ----------
    servers
        Host names, or (host, port) pairs, the preferred one first.
    timeout_ms
        Longest wait for one answer [ms].

    Returns
    -------
    tuple of int
        UTC at the return of the best sample, and its uncertainty, half its round trip [ms].

    Raises
    ------
    OSError
        If no server gave a usable answer.
    """
    for server in servers:
        host, port = (server, _PORT) if isinstance(server, str) else server
        best = None
        for _ in range(_SAMPLES):
            sample = _sample(host, port, timeout_ms)
            if sample is None:
                break
            if best is None or sample[1] < best[1]:
                best = sample
        if best is not None:
            utc_ms, round_trip_ms, taken_at = best
            return utc_ms + ticks_diff(ticks_ms(), taken_at), round_trip_ms // 2 + 1
    raise OSError("no time from %s; is the network there, and UDP port 123 open?" % (servers,))


def _sample(host: str, port: int, timeout_ms: int) -> tuple[Any, ...] | None:
    """Ask once: UTC at arrival [ms], round trip [ms], counter at arrival; None without a good answer."""
    link = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, 0, socket.SOCK_DGRAM)[0]
        link = socket.socket(family, kind, protocol)
        link.settimeout(timeout_ms / 1000)
        request = bytearray(_PACKET_BYTES)
        request[0] = _CLIENT_VERSION_4
        sent_at = ticks_ms()
        struct.pack_into(">I", request, 40, sent_at)
        link.sendto(request, address)
        answer = link.recv(_PACKET_BYTES)
        taken_at = ticks_ms()
    except (OSError, ValueError):
        return None
    finally:
        if link is not None:
            link.close()
    utc_ms = _read(answer, sent_at)
    round_trip_ms = ticks_diff(taken_at, sent_at)
    return None if utc_ms is None else (utc_ms + round_trip_ms // 2, round_trip_ms, taken_at)


def _read(answer: bytes, sent_at: int) -> int | None:
    """Read the server's time of sending [ms], or None if the packet is no answer to this question."""
    if len(answer) < _PACKET_BYTES or answer[0] & _MODE_MASK != _MODE_SERVER:
        return None
    stratum, echoed = answer[1], struct.unpack_from(">I", answer, 24)[0]
    if not 1 <= stratum <= 15 or answer[0] >> 6 == 3 or echoed != sent_at:
        return None
    seconds, fraction = struct.unpack_from(">II", answer, 40)
    utc_s = seconds - _UNIX_EPOCH_S
    if utc_s < _BUILT_S:
        utc_s += _ERA_S
    if utc_s >= _BUILT_S + _ERA_S // 2:
        return None
    return int(utc_s * 1000 + (fraction * 1000 >> 32))

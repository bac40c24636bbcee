"""Asks time servers for UTC: best of four samples by round trip. RFC 4330 (SNTP version 4)."""

import os
import socket
import struct

from sera_firmware import BUILT_S
from sera_firmware.budget import Budget
from sera_firmware.errors import TimeServersDifferError
from sera_firmware.portable import Any, const, ticks_diff, ticks_ms

_PORT = const(123)
_PACKET_BYTES = const(48)
_CLIENT_VERSION_4 = const(0x23)
_MODE_MASK = const(0x07)
_MODE_SERVER = const(4)
_SAMPLES = const(4)
_NONCE_BYTES = const(8)
# Seconds from 1900-01-01 (NTP) to 1970-01-01 (Unix).
_UNIX_EPOCH_S = 2208988800
_ERA_S = 4294967296
# What the firmware believes at most after it was built: ten years [s].
_LATEST_AFTER_BUILT_S = const(315576000)
# A jump of more than this is believed only if both servers agree on it, as near as this to each other.
_JUMP_MOST_S = const(86400)
_AGREEMENT_MS = const(60000)
_TIMEOUT_MS = const(2000)


def utc(
    servers: list[Any],
    known_s: int | None = None,
    budget_ms: int = 20000,
    expires_s: int = 0,
    timeout_ms: int = _TIMEOUT_MS,
) -> tuple[Any, ...]:
    """Ask the servers for UTC, the second one where the first does not confirm a clock that was certain.

    Parameters
    ----------
    servers
        One or two host names, or (host, port) pairs, the preferred one first.
    known_s
        UTC by the node's own clock, or None as long as that is not certain [s].
    budget_ms
        How long all of it may take [ms]; looking up a name may take longer.
    expires_s
        End of the node's certificate, after which no time is believed, or 0 where it is not known [s].
    timeout_ms
        Longest wait for one answer [ms].

    Returns
    -------
    tuple of int, int, bool
        UTC now and its uncertainty, half the best sample's round trip [ms]; whether it is certain: given by
        two servers, or by one that is within a day of a clock that was certain.

    Raises
    ------
    TimeServersDifferError
        If both answer and do not agree, and neither confirms a clock that was certain.
    OSError
        If no server gave a usable answer, or one alone reports a jump over a day.
    """
    budget = Budget(ticks_ms, budget_ms)
    latest_s = BUILT_S + _LATEST_AFTER_BUILT_S
    if expires_s:
        latest_s = min(latest_s, expires_s)
    samples: list[tuple[Any, ...]] = []
    for server in servers:
        best = _best(server, budget, timeout_ms, latest_s)
        if best is None:
            continue
        if known_s is not None and abs(_now(best) - known_s * 1000) <= _JUMP_MOST_S * 1000:
            return _now(best), best[1] // 2 + 1, True
        samples.append(best)
    if not samples:
        raise OSError("no time from %s; is the network there, and UDP port 123 open?" % (servers,))
    times_ms = [_now(best) for best in samples]
    if len(samples) > 1 and abs(times_ms[0] - times_ms[1]) > _AGREEMENT_MS:
        raise TimeServersDifferError("time servers %s differ: %s ms after 1970" % (servers, times_ms))
    if known_s is not None and len(samples) < 2:
        raise OSError("one of %s alone tells of a jump by more than a day: %s ms" % (servers, times_ms))
    return times_ms[0], samples[0][1] // 2 + 1, len(samples) > 1


def _now(sample: tuple[Any, ...]) -> int:
    """Return the present UTC by a sample [ms]."""
    return int(sample[0] + ticks_diff(ticks_ms(), sample[2]))


def _best(server: Any, budget: Budget, timeout_ms: int, latest_s: int) -> tuple[Any, ...] | None:
    """Take four samples of one server; keep the one of the shortest round trip."""
    host, port = (server, _PORT) if isinstance(server, str) else server
    best = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, 0, socket.SOCK_DGRAM)[0]
        for _ in range(_SAMPLES):
            wait_ms = min(timeout_ms, budget.left_ms())
            if wait_ms <= 0:
                break
            sample = _sample((family, kind, protocol), address, wait_ms, latest_s)
            if sample is None:
                break
            if best is None or sample[1] < best[1]:
                best = sample
    except (OSError, ValueError):
        pass
    return best


def _sample(kind: tuple[Any, ...], address: Any, timeout_ms: int, latest_s: int) -> tuple[Any, ...] | None:
    """Return UTC at arrival [ms], round trip [ms] and counter at arrival; None without a good answer."""
    link = socket.socket(*kind)
    try:
        link.settimeout(timeout_ms / 1000)
        # Sent back as it was by a server (RFC 4330, section 5): a stranger who cannot see it cannot answer.
        nonce = os.urandom(_NONCE_BYTES)
        request = bytearray(_PACKET_BYTES)
        request[0] = _CLIENT_VERSION_4
        request[40:] = nonce
        sent_at = ticks_ms()
        link.sendto(request, address)
        answer = link.recv(_PACKET_BYTES)
        taken_at = ticks_ms()
    finally:
        link.close()
    utc_ms = _read(answer, nonce, latest_s)
    round_trip_ms = ticks_diff(taken_at, sent_at)
    return None if utc_ms is None else (utc_ms + round_trip_ms // 2, round_trip_ms, taken_at)


def _read(answer: bytes, nonce: bytes, latest_s: int) -> int | None:
    """Read the server's time of sending [ms], or None if the packet is no answer to this question."""
    if len(answer) < _PACKET_BYTES or answer[0] & _MODE_MASK != _MODE_SERVER:
        return None
    if not 1 <= answer[1] <= 15 or answer[0] >> 6 == 3 or bytes(answer[24:32]) != nonce:
        return None
    seconds, fraction = struct.unpack_from(">II", answer, 40)
    if not seconds and not fraction:  # no time at all, as RFC 4330 has it
        return None
    utc_s = seconds - _UNIX_EPOCH_S
    if utc_s < BUILT_S:
        utc_s += _ERA_S
    if utc_s >= latest_s:
        return None
    return int(utc_s * 1000 + (fraction * 1000 >> 32))

"""The byte stream under MQTT: TCP or mutual TLS, the same on MicroPython and CPython.

Nothing here blocks: every wait is done in slices, so that a deadline holds although the other side
trickles single bytes, and the watchdog is fed meanwhile. Only the look-up of a host's name is the
platform's own and takes as long as it takes.
"""

import gc
import socket
import sys

from sera_firmware import lazy_modules
from sera_firmware.errors import BrokerError
from sera_firmware.portable import (
    READING,
    WRITING,
    Any,
    Readiness,
    const,
    ticks_diff,
    ticks_ms,
    waits_for,
)

_PORT_PLAIN = const(1883)
_PORT_TLS = const(8883)
# MicroPython's socket module lacks these names.
_IPPROTO_TCP = const(6)
_TCP_NODELAY = const(1)
# A watchdog on a Pico waits 8.4 s at most.
_SLICE_MS = const(500)
# What TLS must get in one piece each: its buffers for a received record of 16 KB and a sent one of
# 4 KB, with head and tail. Not more, or what settles in the rest would keep them from being had again.
_TLS_ROOMS = (16720, 4432)


class SilenceError(BrokerError):
    """Nothing came before the deadline."""


class Transport:
    """One open stream, on which every read and write ends at a deadline.

    Parameters
    ----------
    feed
        Called at least twice a second while waiting: a watchdog's food, or None.
    """

    def __init__(self, feed: Any = None) -> None:
        self._feed = feed
        self._socket: Any = None
        self._stream: Any = None
        self._readiness: Any = None
        self._budget: Any = None
        self._since = 0
        self._allowed_ms = 0
        self._has_tls = False
        self._rooms: list[bytearray] = []

    def reserve(self) -> None:
        """Hold the large blocks that TLS needs, until it needs them and again afterwards.

        Without them small objects that live on would in time lie all over the heap, and there would be
        room enough for TLS, but no such piece. An ESP32's TLS has memory of its own.
        """
        if len(self._rooms) == len(_TLS_ROOMS) or sys.platform == "esp32":
            return
        self._rooms.clear()
        gc.collect()
        try:
            for size in _TLS_ROOMS:
                self._rooms.append(bytearray(size))
        except MemoryError:
            pass  # tried again after the next connection

    @property
    def is_open(self) -> bool:
        """Whether there is a stream."""
        return self._stream is not None

    def keep_within(self, budget: Any) -> None:
        """Limit every deadline by a budget: an object whose `left_ms()` runs down, or None."""
        self._budget = budget

    def allow(self, milliseconds: int) -> None:
        """Set the deadline of all that follows to so many milliseconds from now."""
        self._since = ticks_ms()
        self._allowed_ms = milliseconds

    def open(self, host: str, port: int, tls: dict[str, str] | None, address: Any = None) -> None:
        """Connect, with mutual TLS where `tls` names the files `ca`, `cert` and `key`.

        The handshake happens with the first packet. Where the host's name is not found, `address` is tried.

        Raises
        ------
        OSError, ValueError, BrokerError
            If no answer comes in time, or the files are not valid.
        """
        self._has_tls = tls is not None
        gc.collect()  # sockets that were dropped live until they are collected
        self._eat()
        port = port or (_PORT_TLS if tls else _PORT_PLAIN)
        try:
            way = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
        except OSError:
            if not address:
                raise
            way = socket.getaddrinfo(address, port, 0, socket.SOCK_STREAM)[0]
        self._socket = socket.socket(way[0], way[1], way[2])
        try:
            self._connect(way[4])
            self._use(
                self._socket if tls is None else self._wrap(host, lazy_modules.call("trust", "context", tls))
            )
        except (OSError, ValueError, BrokerError, MemoryError):
            self.close()
            raise

    def _connect(self, address: Any) -> None:
        self._socket.setblocking(0)
        self._readiness = Readiness(self._socket)
        try:
            self._socket.connect(address)
        except OSError as error:
            if not waits_for(error, WRITING):
                raise
            self._wait(WRITING)
        try:
            # Without Nagle's algorithm, under which a second small packet waits 40 ms and more.
            self._socket.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
        except (OSError, ValueError):  # a port without the option is slower, not wrong
            pass

    def _wrap(self, host: str, context: Any) -> Any:
        """Begin TLS in the rooms that were kept for it; nothing else may get in between."""
        self._rooms.clear()
        gc.collect()
        return context.wrap_socket(self._socket, server_hostname=host, do_handshake_on_connect=False)

    def _use(self, stream: Any) -> None:
        self._stream = stream
        self._readiness = Readiness(stream)
        if hasattr(stream, "readinto"):
            self._read_into, self._write_from = stream.readinto, stream.write
        else:  # CPython
            self._read_into, self._write_from = stream.recv_into, stream.send

    def _eat(self) -> None:
        if self._feed is not None:
            self._feed()

    def _left_ms(self) -> int:
        left_ms = self._allowed_ms - ticks_diff(ticks_ms(), self._since)
        if self._budget is not None:
            left_ms = min(left_ms, self._budget.left_ms())
        if left_ms <= 0:
            raise SilenceError("broker silent for %d ms, or the wake's time is used up" % self._allowed_ms)
        return left_ms

    def _wait(self, direction: int) -> None:
        """Wait a slice of the time that is left."""
        left_ms = self._left_ms()
        self._eat()
        self._readiness.wait(direction, min(left_ms, _SLICE_MS))

    def _transfer(self, action: Any, view: memoryview, direction: int) -> int:
        """Read or write what goes without blocking, at least one byte unless the stream ended."""
        while True:
            try:
                count: int | None = action(view)
                if count is not None:
                    return count
            except OSError as error:
                awaited = waits_for(error, direction)
                if not awaited:
                    raise
                self._wait(awaited)
            else:
                self._wait(direction)

    def read_some(self, view: memoryview) -> int:
        """Read what is there, at least one byte, and return how much.

        Raises
        ------
        SilenceError
            If nothing came before the deadline.
        OSError, ValueError, BrokerError
            If the stream ended.
        """
        self._left_ms()  # a broker that never stops talking must not get more time than a silent one
        count = self._transfer(self._read_into, view, READING)
        if not count:
            raise BrokerError("broker closed the connection")
        return count

    def write(self, view: memoryview) -> None:
        """Write all of the view, as one piece where the network takes it."""
        count = self._transfer(self._write_from, view, WRITING)
        while count < len(view):
            count += self._transfer(self._write_from, view[count:], WRITING)

    def close(self) -> None:
        """Close the stream and its socket, whatever state they are in.

        TLS that failed in its handshake leaves the socket below it open.
        """
        self._readiness = self._read_into = self._write_from = None
        for part in (self._stream, self._socket):
            if part is not None:
                try:
                    part.close()
                except (OSError, ValueError):
                    pass
        self._stream = self._socket = None
        if self._has_tls:
            self.reserve()

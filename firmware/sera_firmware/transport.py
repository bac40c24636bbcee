"""The byte stream under MQTT: TCP or mutual TLS, the same on MicroPython and CPython."""

import socket
from errno import EAGAIN, ETIMEDOUT

from sera_firmware.errors import BrokerError
from sera_firmware.portable import Any, const, ssl, ticks_diff, ticks_ms

_PORT_PLAIN = const(1883)
_PORT_TLS = const(8883)
# MicroPython's socket module lacks these names.
_IPPROTO_TCP = const(6)
_TCP_NODELAY = const(1)


class SilenceError(BrokerError):
    """Nothing came before the deadline."""


class Transport:
    """One open stream, on which every read and write ends at a deadline."""

    def __init__(self) -> None:
        self._socket: Any = None
        self._stream: Any = None
        self._since = 0
        self._allowed_ms = 0
        self.budget: Any = None

    @property
    def is_open(self) -> bool:
        """Whether there is a stream."""
        return self._stream is not None

    def allow(self, milliseconds: int) -> None:
        """Set the deadline of all that follows to so many milliseconds from now, within the budget."""
        self._since = ticks_ms()
        self._allowed_ms = milliseconds if self.budget is None else min(milliseconds, self.budget.left_ms())

    def open(self, host: str, port: int, tls: dict[str, str] | None) -> None:
        """Connect, with mutual TLS where `tls` names the files `ca`, `cert` and `key`."""
        port = port or (_PORT_TLS if tls else _PORT_PLAIN)
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
        self._socket = socket.socket(family, kind, protocol)
        try:
            self._arm()
            self._socket.connect(address)
            self._send_at_once()
            self._stream = self._socket if tls is None else _wrap(self._socket, host, tls)
        except (OSError, ValueError):
            self.close()
            raise
        if hasattr(self._stream, "settimeout"):  # CPython's TLS takes the plain socket over
            self._socket = self._stream
        # CPython and MicroPython spell "read into" and "write all" differently.
        stream = self._stream
        self._read_into = stream.recv_into if hasattr(stream, "recv_into") else stream.readinto
        self._write_all = stream.sendall if hasattr(stream, "sendall") else stream.write

    def _send_at_once(self) -> None:
        """Turn off Nagle's algorithm, under which a second small packet waits 40 ms and more."""
        try:
            self._socket.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
        except (OSError, ValueError):  # a port without the option is slower, not wrong
            pass

    def _arm(self) -> None:
        left = self._allowed_ms - ticks_diff(ticks_ms(), self._since)
        if left <= 0:
            raise SilenceError("broker silent for %d ms" % self._allowed_ms)
        self._socket.settimeout(left / 1000)

    def fill(self, view: memoryview, is_start: bool = False) -> None:
        """Read exactly as many bytes as the view has room for.

        Raises
        ------
        SilenceError
            If a packet was to start here and none did; nothing was read then.
        BrokerError
            If the stream ended or stopped in the middle.
        """
        got, size = 0, len(view)
        while got < size:
            try:
                self._arm()
                part = self._read_into(view[got:])
            except SilenceError:
                if is_start and got == 0:
                    raise
                raise BrokerError("broker fell silent in the middle of a packet")
            except OSError as error:
                if not _is_timeout(error):
                    raise
                continue  # the deadline has passed, which the next turn says
            if not part:
                raise BrokerError("broker closed the connection")
            got += part

    def write(self, view: memoryview) -> None:
        """Write all of the view as one piece."""
        self._arm()
        self._write_all(view)

    def close(self) -> None:
        """Close the stream and its socket, whatever state they are in."""
        for part in (self._stream, self._socket):
            if part is not None:
                try:
                    part.close()
                except (OSError, ValueError):
                    pass
        self._stream = self._socket = None


def _is_timeout(error: OSError) -> bool:
    """Tell a deadline from other errors; MicroPython's TLS gives its number with a minus."""
    number = error.args[0] if error.args else 0
    return number in (ETIMEDOUT, EAGAIN, -ETIMEDOUT, -EAGAIN) or "timed out" in str(error)


def _wrap(raw: Any, host: str, tls: dict[str, str]) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if hasattr(context, "minimum_version"):  # CPython takes file names
        context.load_verify_locations(tls["ca"])
        context.load_cert_chain(tls["cert"], tls["key"])
    else:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(_content(tls["ca"]))
        context.load_cert_chain(_content(tls["cert"]), _content(tls["key"]))
    return context.wrap_socket(raw, server_hostname=host)


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()

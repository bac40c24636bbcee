"""One connection to a broker: its socket, what waits to be written, and its keep-alive."""

from __future__ import annotations

import socket
import ssl
from math import inf
from typing import TYPE_CHECKING, Final

from sera_gateway.errors import ConnectionEndedError, ProtocolError, SettingsError
from sera_gateway.mqtt.packets import GOODBYE, PING, Connected, PacketReader, connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_gateway.config import Address, BrokerSettings
    from sera_gateway.mqtt.packets import Login, Packet

CONNECT_TIMEOUT_S: Final = 10.0
GOODBYE_S: Final = 5.0
BYTES_AT_ONCE: Final = 262_144
# Share of the keep-alive after which a sign of life is asked for; the broker gives up after 1.5.
PING_AFTER: Final = 0.75


def tls_context(broker: BrokerSettings) -> ssl.SSLContext | None:
    """Load the certificates again, so that renewed ones count from the next connection on; None without TLS.

    Raises
    ------
    SettingsError
        The files are no certificates, or do not belong together.
    """
    if not broker.address.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=broker.ca_file or None)
        if broker.crl_file:
            context.load_verify_locations(broker.crl_file)
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        if broker.cert_file:
            context.load_cert_chain(broker.cert_file, broker.key_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"[broker] ca_file {broker.ca_file!r}, crl_file {broker.crl_file!r}, "
            f"cert_file {broker.cert_file!r}, key_file {broker.key_file!r} cannot be used for TLS ({error}); "
            "expected PEM files that belong together"
        ) from error
    return context


def open_socket(address: Address, context: ssl.SSLContext | None) -> socket.socket:
    """Connect to a broker, with the TLS handshake where there is one.

    Raises
    ------
    OSError
        The connection is refused, or the two sides do not trust one another.
    """
    plain = socket.create_connection((address.host, address.port), timeout=CONNECT_TIMEOUT_S)
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return context.wrap_socket(plain, server_hostname=address.host) if context else plain
    except BaseException:
        plain.close()
        raise


class Connection:
    """A connection that has been opened; `log_in` first, then `read`, `write` and `keep_alive`.

    Parameters
    ----------
    sock
        Connected, its TLS handshake done, with a timeout for the login.
    version
        Of the protocol, as in `packets`.
    packet_largest
        Of a longer packet [bytes] only the beginning is kept.
    clock_s
        The clock of the keep-alive [s].
    """

    def __init__(
        self, sock: socket.socket, version: int, packet_largest: int, clock_s: Callable[[], float]
    ) -> None:
        self.sock = sock
        self._version = version
        self._reader = PacketReader(version, packet_largest)
        self._clock_s = clock_s
        self._early: list[Packet] = []
        self._unsent = bytearray()
        self._keepalive_s = 0
        self._last_read_s = self._wrote_s = clock_s()
        self._ping_sent_s = -inf

    @property
    def wants_write(self) -> bool:
        """Whether bytes wait for the socket to take them."""
        return bool(self._unsent)

    @property
    def has_buffered(self) -> bool:
        """Whether something can be read that the socket does not show any more."""
        return bool(self._early) or (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() > 0)

    def log_in(self, login: Login) -> Connected:
        """Send CONNECT and return the broker's answer.

        Raises
        ------
        ConnectionEndedError
            There was no answer, or one that is no MQTT.
        """
        try:
            self.sock.sendall(connect(self._version, login))
            while not self._early:
                data = self.sock.recv(BYTES_AT_ONCE)
                if not data:
                    raise ConnectionEndedError("the broker closed the connection instead of an answer")
                self._early = self._reader.feed(data)
        except (OSError, ProtocolError) as error:
            raise ConnectionEndedError(str(error)) from error
        answer = self._early.pop(0)
        if not isinstance(answer, Connected):
            raise ConnectionEndedError(f"the broker answered {type(answer).__name__} instead of letting in")
        self.sock.settimeout(0)
        self._last_read_s = self._wrote_s = self._clock_s()
        # MQTT 5 lets the broker choose another interval.
        self._keepalive_s = login.keepalive_s if answer.keepalive_s is None else answer.keepalive_s
        return answer

    def read(self) -> list[Packet]:
        """Read what is there, at most some hundred kilobytes.

        Raises
        ------
        ConnectionEndedError
            The connection is of no more use.
        """
        packets, self._early = self._early, []
        byte_count = 0
        try:
            while byte_count < BYTES_AT_ONCE:
                data = self.sock.recv(BYTES_AT_ONCE)
                if not data:
                    raise ConnectionEndedError("the broker closed the connection")
                byte_count += len(data)
                packets += self._reader.feed(data)
                if not self.has_buffered:
                    break
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except (OSError, ProtocolError) as error:
            raise ConnectionEndedError(str(error)) from error
        if byte_count:
            self._last_read_s = self._clock_s()
        return packets

    def write(self, data: bytes) -> None:
        """Queue bytes; `flush` sends them."""
        self._unsent += data

    def flush(self) -> None:
        """Send what the socket takes now.

        Raises
        ------
        ConnectionEndedError
            The connection is of no more use.
        """
        while self._unsent:
            try:
                sent = self.sock.send(self._unsent)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError as error:
                raise ConnectionEndedError(str(error)) from error
            del self._unsent[:sent]
            self._wrote_s = self._clock_s()

    def keep_alive(self, *, reading: bool) -> None:
        """Send PINGREQ when it is due, and end the connection where no answer comes.

        Parameters
        ----------
        reading
            Whether answers are read at all now; while they are not, their absence says nothing.

        Raises
        ------
        ConnectionEndedError
            The broker is silent.
        """
        now_s = self._clock_s()
        if not self._keepalive_s:
            return
        if not reading:
            self._last_read_s = now_s
        if self._ping_sent_s > self._last_read_s:
            # No second one meanwhile, from which the time would count again.
            if now_s - self._ping_sent_s >= self._keepalive_s:
                silent_s = now_s - self._last_read_s
                raise ConnectionEndedError(f"the broker has been silent for {silent_s:.0f} s")
        elif now_s - min(self._wrote_s, self._last_read_s) >= self._keepalive_s * PING_AFTER:
            self._ping_sent_s = now_s
            self.write(PING)

    def close(self, *, goodbye: bool = False) -> None:
        """End the connection, in good order where asked."""
        try:
            if goodbye:
                self.sock.settimeout(GOODBYE_S)
                self.sock.sendall(bytes(self._unsent) + GOODBYE)
                # The broker closes once it has read the goodbye and all acknowledgements before it. Who does
                # not wait for that and connects again takes over a session in which they do not count.
                until_s = self._clock_s() + GOODBYE_S
                while self.sock.recv(BYTES_AT_ONCE) and self._clock_s() < until_s:
                    pass
        except OSError:
            # It was to be ended anyway; the broker keeps the session.
            return
        finally:
            self.sock.close()

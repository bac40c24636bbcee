"""Talk to the broker: subscribe, take messages in, acknowledge what is safe, publish what is due."""

from __future__ import annotations

import selectors
import socket
import ssl
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from paho.mqtt.client import Client, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from sera_gateway.errors import SettingsError
from sera_gateway.journal import Message
from sera_vocabulary import topics

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from paho.mqtt.client import ConnectFlags, DisconnectFlags
    from paho.mqtt.reasoncodes import ReasonCode
    from structlog.typing import FilteringBoundLogger

    from sera_gateway.config import GatewaySettings
    from sera_gateway.intake import Intake

CONNECT_TIMEOUT_S: Final = 10
RETRY_FIRST_S: Final = 0.5
RETRY_MOST_S: Final = 30.0
SELECT_S: Final = 0.5
READS_AT_ONCE: Final = 200
LAST_ACKNOWLEDGEMENTS_S: Final = 5.0

SESSION_FOR_EVER_S: Final = 0xFFFFFFFF
INFLIGHT_MOST: Final = 1000
_SESSION_TAKEN_OVER: Final = 0x8E
# A connection that ends this soon, this often in a row, looks like two clients under one id.
_SHORT_CONNECTION_S: Final = 5.0
_SHORT_CONNECTIONS: Final = 3


class Outgoing(NamedTuple):
    """One retained message for the broker."""

    topic: str
    payload: bytes


def subscriptions(settings: GatewaySettings) -> list[tuple[str, int]]:
    """List what the gateway listens to, as (filter, QoS).

    Its own channel down to the nodes is heard too, at QoS 0, to notice a second gateway.
    """
    communities = settings.gateway.communities or ("+",)
    ours = [
        (topics.subscription(community, channel), 1)
        for community in communities
        for channel in topics.UP_CHANNELS
    ]
    heard = [(topics.subscription(community, topics.HAVE), 0) for community in communities]
    return [*ours, *heard, *((name, 1) for name in settings.gateway.subscribe)]


class Receiver:
    """The network side: one thread, one paho client a connection.

    A fresh client for each connection is what drops the acknowledgements of an old one: after a
    reconnect the same message id may name another message.

    Parameters
    ----------
    settings
        Broker, client id and subscriptions.
    password
        The broker's password, or None.
    clock_ns
        Stamps messages as they arrive: Unix time [ns].
    log
        Where connections, refusals and taken-over sessions are reported.
    first_connection
        Number of the first connection; one above the last one in the journal.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        password: str | None,
        clock_ns: Callable[[], int],
        log: FilteringBoundLogger,
        first_connection: int = 1,
    ) -> None:
        self._settings = settings
        self._password = password
        self._clock_ns = clock_ns
        self._log = log
        self._heard_have: Callable[[str, bytes], None] = lambda _topic, _payload: None
        self._connected: Callable[[], None] = lambda: None
        self._tls = _tls_context(settings)
        self._intake: Intake | None = None
        self._client: Client | None = None
        self.connection = first_connection - 1
        self.online = False
        self.refused_subscriptions: list[str] = []
        self._acknowledgements: deque[Sequence[Message]] = deque()
        self._outgoing: deque[Outgoing] = deque()
        self._pending: set[int] = set()
        self._short_connections = 0
        self._seen = 0
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_out.settimeout(0)
        self._wake_in.settimeout(0)

    def listen(self, heard_have: Callable[[str, bytes], None], connected: Callable[[], None]) -> None:
        """Have somebody called for each `have` heard, ours too, and for each connection that stands."""
        self._heard_have = heard_have
        self._connected = connected

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Have messages acknowledged by the network thread; called once they are on disk."""
        self._acknowledgements.append(messages)
        self._wake()

    def publish(self, outgoing: Sequence[Outgoing]) -> bool:
        """Have retained messages published; False where there is no connection to publish on."""
        if not self.online:
            return False
        self._outgoing.extend(outgoing)
        self._wake()
        return True

    def run(self, intake: Intake, stop: threading.Event) -> None:
        """Connect, converse, connect again, until told to stop."""
        self._intake = intake
        wait_s = RETRY_FIRST_S
        while not stop.is_set():
            began = time.monotonic()
            spoke = self._connect() and self._converse(stop)
            if stop.is_set():
                break
            wait_s = RETRY_FIRST_S if spoke else min(wait_s * 2, RETRY_MOST_S)
            self._notice_short_connection(spoke, time.monotonic() - began)
            stop.wait(wait_s)
        self._end()

    def close(self) -> None:
        """Let go of the sockets."""
        self._wake_in.close()
        self._wake_out.close()

    def _connect(self) -> bool:
        address = self._settings.broker.address
        self.connection += 1
        self._pending.clear()
        self._outgoing.clear()
        self._client = self._fresh_client()
        properties = None
        start: dict[str, Any] = {}
        if self._settings.broker.protocol == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION_FOR_EVER_S
            properties.ReceiveMaximum = INFLIGHT_MOST
            start = {"clean_start": False, "properties": properties}
        try:
            self._client.connect(address.host, address.port, self._settings.broker.keepalive_s, **start)
        except (OSError, ValueError) as error:
            self._log.warning("broker_unreachable", url=self._settings.broker.url, detail=str(error))
            return False
        return True

    def _fresh_client(self) -> Client:
        five = self._settings.broker.protocol == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._settings.client_id,
            clean_session=None if five else False,
            protocol=MQTTv5 if five else MQTTv311,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        if self._tls is not None:
            client.tls_set_context(self._tls)
        if self._settings.broker.user:
            client.username_pw_set(self._settings.broker.user, self._password)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        # Its presence makes paho leave all writing to our loop, in our thread.
        client.on_socket_register_write = lambda *_: None
        return client

    def _converse(self, stop: threading.Event) -> bool:
        """Serve one connection to its end; True if the broker had let us in."""
        client = self._client
        assert client is not None  # noqa: S101 - set by _connect
        assert self._intake is not None  # noqa: S101 - set by run
        was_online = False
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_in, selectors.EVENT_READ)
            watched: tuple[Any, int] = (None, 0)
            while (sock := client.socket()) is not None and not stop.is_set():
                events = 0 if self._intake.full else selectors.EVENT_READ
                events |= selectors.EVENT_WRITE if client.want_write() else 0
                watched = _watch(selector, watched, (sock, events))
                self._serve(client, sock, selector, reading=bool(events & selectors.EVENT_READ))
                was_online = was_online or self.online
        if client.socket() is None:
            self.online = False
        return was_online

    def _serve(self, client: Client, sock: Any, selector: selectors.BaseSelector, *, reading: bool) -> None:
        buffered = reading and isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        for key, events in selector.select(0 if buffered else SELECT_S):
            if key.fileobj is self._wake_in:
                self._wake_in.recv(4096)
            elif events & selectors.EVENT_READ:
                buffered = True
        if buffered:
            self._read(client)
        self._write_due(client)
        if client.want_write():
            client.loop_write()
        client.loop_misc()

    def _read(self, client: Client) -> None:
        intake = self._intake
        assert intake is not None  # noqa: S101 - set by run
        for _ in range(READS_AT_ONCE):
            before = self._seen
            if client.loop_read() or self._seen == before or intake.full:
                return

    def _write_due(self, client: Client) -> None:
        while self._acknowledgements:
            for message in self._acknowledgements.popleft():
                if message.qos and message.connection == self.connection:
                    self._pending.discard(message.mid)
                    client.ack(message.mid, message.qos)
        while self._outgoing:
            topic, payload = self._outgoing.popleft()
            client.publish(topic, payload, qos=1, retain=True)

    def _on_connect(
        self, client: Client, _data: object, flags: ConnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            self._log.error("broker_refuses", url=self._settings.broker.url, reason=str(reason))
            client.disconnect()
            return
        self._log.info("connected", connection=self.connection, session_present=flags.session_present)
        client.subscribe(subscriptions(self._settings))

    def _on_subscribe(
        self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        wanted = [name for name, _ in subscriptions(self._settings)]
        refused = [name for name, reason in zip(wanted, reasons, strict=False) if reason.is_failure]
        self.refused_subscriptions = refused
        if refused:
            self._log.error("subscription_refused", filters=refused, expected="rights to read them")
        self.online = True
        self._connected()

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._seen += 1
        topic = _topic_of(message)
        if topic.endswith(topics.HAVE) and not message.qos and _is_have(topic):
            self._heard_have(topic, bytes(message.payload))
            return
        if message.qos:
            if message.mid in self._pending:
                # NATS sends again what waits for its acknowledgement; it is here already.
                return
            self._pending.add(message.mid)
        assert self._intake is not None  # noqa: S101 - set by run
        self._intake.offer(
            Message(
                self._clock_ns(),
                topic,
                bytes(message.payload),
                message.qos,
                message.retain,
                message.dup,
                message.mid,
                self.connection,
            )
        )

    def _on_disconnect(
        self, _client: Client, _data: object, flags: DisconnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        self.online = False
        self._log.info("disconnected", connection=self.connection, reason=str(reason))
        if flags.is_disconnect_packet_from_server and reason.value == _SESSION_TAKEN_OVER:
            self._report_taken_over()

    def _notice_short_connection(self, spoke: bool, lasted_s: float) -> None:
        if not spoke:
            return
        self._short_connections = self._short_connections + 1 if lasted_s < _SHORT_CONNECTION_S else 0
        if self._short_connections >= _SHORT_CONNECTIONS and self._settings.broker.protocol != "5":
            self._report_taken_over()

    def _report_taken_over(self) -> None:
        self._log.error(
            "session_taken_over",
            client_id=self._settings.client_id,
            detail="another client seems to use the same client id; give each gateway its own [gateway] id",
        )

    def _end(self) -> None:
        """Send the acknowledgements that are still due, then say goodbye."""
        client = self._client
        until = time.monotonic() + LAST_ACKNOWLEDGEMENTS_S
        while client is not None and client.socket() is not None and time.monotonic() < until:
            self._write_due(client)
            if client.want_write():
                client.loop_write()
            elif self._intake is None or not self._intake.waiting:
                client.disconnect()
                client.loop_write()
                break
            else:
                time.sleep(0.01)
        self.online = False

    def _wake(self) -> None:
        try:
            self._wake_out.send(b"!")
        except OSError:
            # Full means that it will wake anyway; closed means that nobody listens any more.
            return


def _tls_context(settings: GatewaySettings) -> ssl.SSLContext | None:
    broker = settings.broker
    if not broker.address.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=broker.ca_file or None)
        if broker.cert_file:
            context.load_cert_chain(broker.cert_file, broker.key_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"[broker] ca_file {broker.ca_file!r}, cert_file {broker.cert_file!r}, key_file "
            f"{broker.key_file!r} cannot be used for TLS ({error}); expected PEM files that belong together"
        ) from error
    return context


def _topic_of(message: MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError as error:
        return bytes(error.object).decode("utf-8", "backslashreplace")


def _is_have(topic: str) -> bool:
    parsed = topics.parse(topic)
    return parsed is not None and parsed[2] == topics.HAVE


def _watch(
    selector: selectors.BaseSelector, before: tuple[Any, int], now: tuple[Any, int]
) -> tuple[Any, int]:
    """Watch the socket for what is wanted now; nothing to do where that did not change."""
    if before != now:
        if before[1]:
            selector.unregister(before[0])
        if now[1]:
            selector.register(*now)
    return now

"""Talk to the broker: subscribe, take messages in, acknowledge what is safe, publish what is due."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from sera_gateway.config import OFFER_ROOT, FurtherBroker
from sera_gateway.errors import ConnectionEndedError, SettingsError
from sera_gateway.journal.journal import Message
from sera_gateway.mqtt import packets
from sera_gateway.mqtt.budgets import Arrival
from sera_gateway.mqtt.connection import Connection, open_socket, tls_context
from sera_gateway.mqtt.packets import V5, V311, Publish
from sera_gateway.mqtt.reason_codes import SESSION_REPLACED, connection_reason, disconnection_reason
from sera_gateway.mqtt.senders import TOPICS_CACHED
from sera_gateway.mqtt.subscriptions import Subscriber
from sera_store.backoff import Backoff
from sera_store.database.recent_cache import TOPIC_CACHED_LONGEST, RecentCache
from sera_vocabulary import topics

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from sera_gateway.config import GatewaySettings
    from sera_gateway.mqtt.budgets import Budgets
    from sera_gateway.mqtt.intake import Intake
    from sera_gateway.mqtt.packets import Packet
    from sera_gateway.process.logs import JsonLog

# Nothing is due more exactly. All that comes, and all that is to be sent, ends the wait.
SELECT_S: Final = 3.0
# It is due at three quarters of its time, so that a wait longer than planned ends before the broker gives up.
_KEEPALIVE_SHARE: Final = 0.1
# While the journal has no room for more.
_SELECT_FULL_S: Final = 0.5
LAST_ACKNOWLEDGEMENTS_S: Final = 5.0
RECEIVE_MAXIMUM_MOST: Final = 65_535
# Of messages of our own, so many may wait for their acknowledgement; brokers commonly take no more.
PUBLISHED_AT_ONCE: Final = 20
_MIDS: Final = 65_535
# What comes before the payload of the longest message that is kept: a topic, at most, and some numbers.
_BEFORE_PAYLOAD: Final = 65_536 + 64
# Only some brokers say it (Mosquitto 2.0.11 and NATS do not).
# A connection that ends this soon, this often in a row, looks like two clients under one id.
_SHORT_CONNECTION_S: Final = 5.0
_SHORT_CONNECTIONS: Final = 3
_OFFERED: Final = (f"{OFFER_ROOT}/", "homeassistant/device/sera-")


class Outgoing(NamedTuple):
    """One message for the broker, which keeps it (QoS 1, retained) or passes it on once (QoS 0)."""

    topic: str
    payload: bytes
    is_kept: bool = True


class Watcher(Protocol):
    """Wants the messages of some topics at once, besides that they are journaled."""

    @property
    def status_topics(self) -> frozenset[str]:
        """The topics."""

    def handle_status(self, topic: str, payload: bytes) -> None:
        """Take one message of them."""


class _NoWatcher:
    status_topics: frozenset[str] = frozenset()

    def handle_status(self, topic: str, payload: bytes) -> None:
        """Take none."""


class Numbering(NamedTuple):
    """What keeps the connections and message ids of several brokers apart.

    Parameters
    ----------
    next_connection
        Gives the number of the next connection, over all brokers.
    mid_base
        What is added to a broker's message ids where they are journaled: a multiple of 65,536.
    """

    next_connection: Callable[[], int]
    mid_base: int = 0


class Receiver:
    """The network side: one thread, one connection after another.

    Acknowledgements carry the number of their connection, and those of an old one are dropped: after a
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
    budgets
        What each sender may bring.
    first_connection
        Number of the first connection; one above the last one in the journal.
    clock_s
        The clock of intervals [s].
    numbering
        That of one of several brokers; by default connections count from `first_connection`.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        password: str | None,
        clock_ns: Callable[[], int],
        log: JsonLog,
        budgets: Budgets,
        first_connection: int = 1,
        clock_s: Callable[[], float] = time.monotonic,
        numbering: Numbering | None = None,
    ) -> None:
        numbering = numbering or Numbering(count(first_connection).__next__)
        self._next_connection, self._mid_base = numbering
        broker = settings.broker
        self._prefix = broker.prefix if isinstance(broker, FurtherBroker) else ""
        self._settings = settings
        self._budgets = budgets
        self._version = V5 if settings.broker.protocol == "5" else V311
        self._select_s = min(SELECT_S, settings.broker.keepalive_s * _KEEPALIVE_SHARE)
        self._packet_largest = settings.budget.packet_bytes + _BEFORE_PAYLOAD
        self._password = password
        self._clock_ns = clock_ns
        self._clock_s = clock_s
        self._log = log
        self._on_have: Callable[[str, bytes], None] = lambda _topic, _payload: None
        self._on_connected: Callable[[], None] = lambda: None
        self._watcher: Watcher = _NoWatcher()
        self._on_retained: Callable[[str, bytes], None] = lambda _topic, _payload: None
        # Seen at once, whatever the broker does: files that cannot be used end the gateway at its start.
        tls_context(settings.broker)
        self._subscriber = Subscriber(settings, self._version, log, clock_s)
        self._intake: Intake | None = None
        self._connection: Connection | None = None
        self.connection = first_connection - 1
        self.online = False
        self.sessions_replaced = 0
        self._acknowledgements: deque[Sequence[Message]] = deque()
        self._outgoing: deque[Outgoing] = deque()
        self._pending: set[int] = set()
        self._published: set[int] = set()
        self._publish_most = PUBLISHED_AT_ONCE
        self._mid = 0
        self._short_connections = 0
        self._topics: RecentCache[bytes, str] = RecentCache(TOPICS_CACHED)
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_out.settimeout(0)
        self._wake_in.settimeout(0)

    @property
    def refused_subscriptions(self) -> list[str]:
        """Filters that the broker does not let us read."""
        return self._subscriber.refused

    def listen(self, on_have: Callable[[str, bytes], None], on_connected: Callable[[], None]) -> None:
        """Register callbacks for received `have` messages, our own too, and for new connections."""
        self._on_have = on_have
        self._on_connected = on_connected

    def watch(self, watcher: Watcher) -> None:
        """Register who wants some messages as they arrive."""
        self._watcher = watcher

    def listen_to_retained(self, on_retained: Callable[[str, bytes], None]) -> None:
        """Register who hears at once what the broker had kept; called on the network thread."""
        self._on_retained = on_retained

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Queue acknowledgements for the network thread; called once messages are on disk."""
        self._acknowledgements.append(messages)
        self.wake()

    def publish(self, outgoing: Sequence[Outgoing]) -> bool:
        """Queue messages for publishing; False where there is no connection."""
        if not self.online:
            return False
        self._outgoing.extend(outgoing)
        self.wake()
        return True

    def run(self, intake: Intake, stop: threading.Event) -> None:
        """Connect, converse, connect again, until told to stop."""
        self._intake = intake
        backoff = Backoff()
        while not stop.is_set():
            began_s = self._clock_s()
            sessions_replaced = self.sessions_replaced
            spoke = self._connect() and self._converse(stop)
            if stop.is_set():
                break
            if spoke:
                backoff.reset()
            wait_s = backoff.next_s()
            self._notice_short_connection(spoke, self._clock_s() - began_s)
            # Two that take the session from one another would never let a message rest.
            stop.wait(wait_s if sessions_replaced == self.sessions_replaced else backoff.most_s)
        self._end()

    def close(self) -> None:
        """Close the sockets."""
        self._wake_in.close()
        self._wake_out.close()

    def _connect(self) -> bool:
        """Open a connection, log in and subscribe; False where the broker is away or refuses."""
        broker = self._settings.broker
        self._forget_connection()
        try:
            # Read again, so that a certificate and a client id that were changed count from now on.
            login = _login(self._settings, self._password)
            sock = open_socket(broker.address, tls_context(broker))
        except (OSError, SettingsError) as error:
            self._log.warning("broker_unreachable", url=broker.url, detail=str(error))
            return False
        self._connection = Connection(sock, self._version, self._packet_largest, self._clock_s)
        try:
            answer = self._connection.log_in(login)
        except ConnectionEndedError as error:
            self._log.warning("broker_unreachable", url=broker.url, detail=str(error))
        else:
            if not answer.reason:
                self._log.info(
                    "connected", connection=self.connection, session_present=answer.session_present
                )
                self._publish_most = min(PUBLISHED_AT_ONCE, answer.receive_maximum or PUBLISHED_AT_ONCE)
                self._connection.write(self._subscriber.begin(login.client_id, self._next_mid))
                return True
            reason = connection_reason(self._version, answer.reason)
            self._log.error("broker_refuses", url=broker.url, reason=reason)
        self._connection.close()
        return False

    def _forget_connection(self) -> None:
        self.connection = self._next_connection()
        self._connection = None
        self._pending.clear()
        self._published.clear()
        self._outgoing.clear()

    def _converse(self, stop: threading.Event) -> bool:
        """Serve one connection to its end; True if the broker had let us in."""
        connection, intake = self._connection, self._intake
        assert connection is not None  # noqa: S101 - set by _connect
        assert intake is not None  # noqa: S101 - set by run
        was_online = False
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_in, selectors.EVENT_READ)
            registered: tuple[Any, int] = (None, 0)
            try:
                while not stop.is_set():
                    events = 0 if intake.full else selectors.EVENT_READ
                    events |= selectors.EVENT_WRITE if connection.wants_write else 0
                    registered = _register(selector, registered, (connection.sock, events))
                    self._serve(connection, selector, reading=bool(events & selectors.EVENT_READ))
                    was_online = was_online or self.online
            except ConnectionEndedError as error:
                connection.close()
                self._connection, self.online = None, False
                self._log.info("disconnected", connection=self.connection, reason=str(error))
        return was_online

    def _serve(self, connection: Connection, selector: selectors.BaseSelector, *, reading: bool) -> None:
        readable = reading and connection.has_buffered
        wait_s = self._select_s if reading else _SELECT_FULL_S
        for key, events in selector.select(0 if readable else wait_s):
            if key.fileobj is self._wake_in:
                self._wake_in.recv(4096)
            elif events & selectors.EVENT_READ:
                readable = True
        # Before anything is taken: a sender that was registered meanwhile is known then.
        self._offer(self._budgets.due(self._clock_ns()))
        if readable:
            self._take(connection.read())
        self._write_due(connection)
        if reading:
            connection.write(self._subscriber.due(self._next_mid))
        connection.keep_alive(reading=reading)
        connection.flush()

    def _take(self, incoming: Sequence[Packet]) -> None:
        """Hand messages on, but for those that are here already, only heard, or beyond a budget."""
        now_ns, number, pending = self._clock_ns(), self.connection, self._pending
        base = self._mid_base
        new, exceeded_limit = Message._make, self._budgets.exceeded_limit
        status_topics = self._watcher.status_topics
        messages: list[Message] = []
        counted: list[Message] = []
        for packet in incoming:
            if packet.__class__ is not Publish:
                self._take_answer(packet)
                continue
            topic, payload, qos, retain, dup, mid, cut, digest = packet
            name = self._topics.get(topic) or self._name(topic)
            if qos:
                if mid in pending:
                    # NATS sends again what waits for its acknowledgement; it is here already.
                    continue
                pending.add(mid)
            if retain or (status_topics and name in status_topics):
                self._tell(name, payload, is_kept=retain)
            message = new((now_ns, name, payload, qos, retain, dup, mid + base, number))
            if self._is_only_heard(message):
                counted.append(message)
            elif not (limit := exceeded_limit(now_ns, name, len(payload) + cut)):
                messages.append(message)
            elif row := self._budgets.refuse(
                now_ns, limit, Arrival(name, payload, len(payload) + cut, digest)
            ):
                # Acknowledged once head and hash are on disk.
                messages.append(row._replace(qos=qos, mid=mid + base, connection=number))
            else:
                counted.append(message)
        self._offer(messages)
        if counted:
            self._acknowledgements.append(counted)

    def _tell(self, name: str, payload: bytes, *, is_kept: bool) -> None:
        """Hand a message to whoever wants it at once: what a node says now, or what the broker had kept."""
        if is_kept:
            self._on_retained(name, payload)
        else:
            self._watcher.handle_status(name, payload)

    def _offer(self, messages: list[Message]) -> None:
        if messages:
            assert self._intake is not None  # noqa: S101 - set by run
            self._intake.offer_all(messages)

    def _is_only_heard(self, message: Message) -> bool:
        """Return whether a message is an answer to a node, or came only because filters were merged."""
        topic = message.topic
        if topic.endswith(topics.HAVE) and _is_have(topic):
            self._on_have(topic, message.payload)
            return not message.qos
        local_topic = topic[len(self._prefix) :]
        # What we offer to another broker comes back to us where all of it is subscribed to.
        if self._prefix and local_topic.startswith(_OFFERED):
            return True
        return self._subscriber.is_unwanted(local_topic)

    def _take_answer(self, packet: Packet) -> None:
        if isinstance(packet, packets.Published):
            self._published.discard(packet.mid)
        elif isinstance(packet, packets.Subscribed | packets.Unsubscribed):
            self._subscriber.handle_answer(packet)
            if self._subscriber.subscribed and not self.online:
                self.online = True
                self._on_connected()
        elif isinstance(packet, packets.Disconnected):
            if packet.reason == SESSION_REPLACED:
                self.sessions_replaced += 1
                self._report_session_replaced()
            raise ConnectionEndedError(disconnection_reason(packet.reason))

    def _name(self, topic: bytes) -> str:
        name = self._prefix + topic.decode("utf-8", "backslashreplace")
        if len(topic) <= TOPIC_CACHED_LONGEST:
            self._topics[topic] = name
        return name

    def _write_due(self, connection: Connection) -> None:
        while self._acknowledgements:
            batch = self._acknowledgements.popleft()
            number, base = self.connection, self._mid_base
            mids = [message.mid - base for message in batch if message.qos and message.connection == number]
            self._pending.difference_update(mids)
            connection.write(packets.acknowledgements(mids))
        while self._outgoing and len(self._published) < self._publish_most:
            topic, payload, is_kept = self._outgoing.popleft()
            if not is_kept:
                connection.write(packets.publish_once(self._version, topic, payload))
                continue
            mid = self._next_mid()
            self._published.add(mid)
            connection.write(packets.publish(self._version, mid, topic, payload, retain=True))

    def _next_mid(self) -> int:
        while True:
            self._mid = self._mid % _MIDS + 1
            if self._mid not in self._published:
                return self._mid

    def _notice_short_connection(self, spoke: bool, lasted_s: float) -> None:
        if not spoke:
            return
        self._short_connections = self._short_connections + 1 if lasted_s < _SHORT_CONNECTION_S else 0
        if self._short_connections >= _SHORT_CONNECTIONS:
            self._report_session_replaced()

    def _report_session_replaced(self) -> None:
        self._log.error(
            "session_taken_over",
            detail="another client seems to use the same client id; give each gateway its own [gateway] id, "
            "and if it was not you, `sera authority rotate gateway`",
        )

    def _end(self) -> None:
        """Send the acknowledgements that are still due, then say goodbye."""
        connection, until_s = self._connection, self._clock_s() + LAST_ACKNOWLEDGEMENTS_S
        self._connection, self.online = None, False
        self._offer(self._budgets.due(self._clock_ns(), all_rows=True))
        if connection is None:
            return
        try:
            while self._intake is not None and self._intake.waiting and self._clock_s() < until_s:
                self._write_due(connection)
                connection.flush()
                time.sleep(0.01)
            self._write_due(connection)
        except ConnectionEndedError:
            self._log.info("disconnected", connection=self.connection, reason="while saying goodbye")
        connection.close(goodbye=True)

    def wake(self) -> None:
        """Wake the network thread to check what is to be sent, and whether to stop; never wait."""
        try:
            self._wake_out.send(b"!")
        except OSError:
            # Full means that it will wake anyway; closed means that the network thread has ended.
            return


def _login(settings: GatewaySettings, password: str | None) -> packets.Login:
    if isinstance(settings.broker, FurtherBroker):
        password = settings.broker.password()
    return packets.Login(
        settings.client_id,
        settings.broker.keepalive_s,
        settings.broker.user,
        password,
        receive_maximum=min(RECEIVE_MAXIMUM_MOST, settings.receive.waiting_messages),
    )


def _is_have(topic: str) -> bool:
    parsed = topics.parse(topic)
    return parsed is not None and parsed[2] == topics.HAVE


def _register(
    selector: selectors.BaseSelector, before: tuple[Any, int], now: tuple[Any, int]
) -> tuple[Any, int]:
    """Watch the socket for what is wanted now; nothing to do where that did not change."""
    if before != now:
        if before[1]:
            selector.unregister(before[0])
        if now[1]:
            selector.register(*now)
    return now

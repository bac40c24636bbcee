"""Bind MQTT client ids to certificates on the embedded broker, which does not do so itself.

On NATS whoever has any certificate may connect with any client id: take the session of another, or leave
sessions behind without end. The guard looks every few seconds, ends each connection and session whose
client id was not issued to its certificate, and reports the certificate. It also limits what each of the
server's streams may keep.
"""

from __future__ import annotations

import base64
import json
import random
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_gateway.errors import ConnectionEndedError, GatewayError
from sera_gateway.mqtt.connection import CONNECT_TIMEOUT_S
from sera_gateway.mqtt.packets import V311, Login, connect
from sera_gateway.security.broker_files import (
    CONNECTIONS_MOST,
    CONNECTIONS_SUBJECT,
    SESSIONS_STREAM,
    STREAM_BYTES_MOST,
)
from sera_gateway.security.nats_client import NatsClient
from sera_gateway.security.suspensions import Suspensions, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from sera_gateway.process.logs import JsonLog
    from sera_gateway.security.authority import Authority, Issued
    from sera_gateway.security.credentials import Credentials
    from sera_gateway.security.embedded_broker import EmbeddedBroker

# Between two looks, and while somebody was shut out within the last hour.
EVERY_S: Final = 5.0
EVERY_WARNED_S: Final = 1.0
# So many sessions are ended in one turn; each takes a connection.
_ENDED_AT_ONCE: Final = 200
_CONNACK_BYTES: Final = 4
_KEEPALIVE_S: Final = 30


# A board that moves to another network changes its address once; two holders of one key do so by turns.
_MOVES_ALARMING: Final = 3
_MOVES_WITHIN_S: Final = 600.0


class MqttConnection(NamedTuple):
    """A connection of an MQTT client, by the common name of its certificate."""

    certificate: str
    address: str
    client_id: str
    number: int
    traffic: Traffic


class SessionGuard:
    """Looks after the sessions of one embedded broker.

    Parameters
    ----------
    broker
        A broker with certificates, that runs.
    authority
        Knows which client id was issued with which certificate.
    own
        The guard's own certificate, to which `nats_rights` gave what it asks.
    log
        Where foreign client ids are reported, by certificate; a client id is never written.
    suspensions
        Which nodes are shut out for now; the broker's `rights` leave them out.
    streams
        Bytes that each stream of the server may keep.
    clock_s
        The clock of intervals [s].
    """

    def __init__(
        self,
        broker: EmbeddedBroker,
        authority: Authority,
        own: Credentials,
        log: JsonLog,
        suspensions: Suspensions,
        streams: dict[str, int] = STREAM_BYTES_MOST,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broker = broker
        self._authority = authority
        self._own = own
        self._log = log
        self._streams = streams
        self._clock_s = clock_s
        self._suspensions = suspensions
        self._suspended: frozenset[str] = frozenset()
        self._addresses: dict[str, str] = {}
        self._moves_s: dict[str, list[float]] = {}
        self._limited: set[str] = set()
        self._client_ids: dict[str, str] = {}
        self._pid: int | None = None
        self._client: NatsClient | None = None
        self._files: tuple[int, ...] = ()

    def run(self, stop: threading.Event) -> None:
        """Look again and again until told to stop; a broker that is away is looked at later."""
        # At times that nobody can foresee: who connects only between two looks would not be seen.
        drawn = random.SystemRandom()
        while not stop.wait(drawn.uniform(0.6, 1.0) * self._pause_s()):
            try:
                self.look()
            except (GatewayError, OSError, ValueError, KeyError) as error:
                self._log.warning("sessions_not_looked_at", detail=str(error))
        self.close()

    def _pause_s(self) -> float:
        return EVERY_WARNED_S if self._suspensions.is_recent() else EVERY_S

    def close(self) -> None:
        """Close the connection to the server; the next look opens another."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def look(self) -> list[MqttConnection]:
        """Limit streams, report and end what is foreign; return the foreign connections.

        Raises
        ------
        ConnectionEndedError
            If the broker does not answer.
        """
        if self._broker.pid != self._pid:
            self._pid = self._broker.pid
            self._limited.clear()
            self._client_ids.clear()
            self._suspensions.forget_connections()
            self.close()
        good = self._authority.good()
        own, all_clients = _client_ids(good)
        connections, stored = self._ask()
        sessions = stored - all_clients
        self._suspend(connections, {record.name for record in good if record.kind == "node"})
        foreign = [
            connection
            for connection in connections
            if connection.client_id not in own.get(connection.certificate, ())
        ]
        self._notice_moves(connections)
        for connection in foreign:
            self._log.error(
                "foreign_client_id",
                certificate=connection.certificate,
                address=connection.address,
                detail="its client id was issued to another certificate or to none, and is shut out; "
                "if its board was not just given new files, `sera node revoke` shuts its key out",
            )
        self._end([*(connection.client_id for connection in foreign), *sessions])
        return foreign

    def _suspend(self, connections: Sequence[MqttConnection], nodes: Collection[str]) -> None:
        """Shut out nodes that brought far more than their budget, and let in those whose time is over."""
        suspended = self._suspensions.count(
            (connection.number, connection.certificate, connection.traffic)
            for connection in connections
            if connection.certificate in nodes
        )
        for certificate, seconds in suspended.items():
            self._log.error(
                "node_suspended",
                certificate=certificate,
                seconds=seconds,
                detail="it sends far more than its budget and delays the others; it is shut out so long; "
                "if it goes on, `sera node revoke` shuts it out for good",
            )
        names = self._suspensions.names()
        # A suspended node is connected where another command has written the rights meanwhile.
        if names != self._suspended or any(connection.certificate in names for connection in connections):
            self._broker.renew()
            self._suspended = names

    def _ask(self) -> tuple[list[MqttConnection], set[str]]:
        """Limit streams, and return the connections and the client ids of sessions.

        One connection is kept from look to look, since each costs both sides more than all questions. It is
        opened again where certificates were replaced, and where the server has ended it, for new rights say.
        """
        files = tuple(path.stat().st_mtime_ns for path in (self._own.pem, self._authority.trust))
        if files != self._files:
            self.close()
        was_open = self._client is not None
        try:
            return self._ask_over(self._client or self._open(files))
        except ConnectionEndedError:
            self.close()
            if not was_open:
                raise
            return self._ask_over(self._open(files))

    def _open(self, files: tuple[int, ...]) -> NatsClient:
        self._client = NatsClient(_internal_port(self._broker), self._context())
        self._files = files
        return self._client

    def _ask_over(self, client: NatsClient) -> tuple[list[MqttConnection], set[str]]:
        self._limit_streams(client)
        return _connections(client), self._sessions(client)

    def _notice_moves(self, connections: Iterable[MqttConnection]) -> None:
        """Report a key that is used from two addresses by turns: a copy of it is about."""
        now_s = self._clock_s()
        for connection in connections:
            before = self._addresses.get(connection.certificate)
            self._addresses[connection.certificate] = connection.address
            if before in (None, connection.address):
                continue
            moves_s = [
                at for at in self._moves_s.get(connection.certificate, ()) if now_s - at < _MOVES_WITHIN_S
            ]
            self._moves_s[connection.certificate] = [*moves_s, now_s]
            if len(moves_s) + 1 >= _MOVES_ALARMING:
                self._moves_s[connection.certificate] = []
                self._log.error(
                    "key_in_two_places",
                    certificate=connection.certificate,
                    addresses=[before, connection.address],
                    detail="it connects from two addresses by turns; if nobody moved that board, its key was "
                    "copied: `sera node revoke`, then `sera node files --new-key`",
                )

    def _limit_streams(self, client: NatsClient) -> None:
        for stream, most in self._streams.items():
            if stream in self._limited:
                continue
            config = client.request(f"$JS.API.STREAM.INFO.{stream}").get("config")
            if config is None:  # made with the first client
                continue
            if (config["max_bytes"], config["discard"]) != (most, "new"):
                request = {**config, "max_bytes": most, "discard": "new"}
                answer = client.request(f"$JS.API.STREAM.UPDATE.{stream}", **request)
                if "error" in answer:
                    self._log.error("stream_not_limited", stream=stream, detail=str(answer["error"]))
            self._limited.add(stream)

    def _sessions(self, client: NatsClient) -> set[str]:
        """Return the client ids of all sessions that the server keeps."""
        answer = client.request(f"$JS.API.STREAM.INFO.{SESSIONS_STREAM}", subjects_filter="$MQTT.sess.>")
        subjects = answer.get("state", {}).get("subjects") or {}
        self._client_ids = {name: client for name, client in self._client_ids.items() if name in subjects}
        for subject in [name for name in subjects if name not in self._client_ids][:_ENDED_AT_ONCE]:
            answer = client.request(f"$JS.API.STREAM.MSG.GET.{SESSIONS_STREAM}", last_by_subj=subject)
            if "message" in answer:
                session = json.loads(base64.b64decode(answer["message"]["data"]))
                self._client_ids[subject] = str(session["id"])
        return set(self._client_ids.values())

    def _end(self, client_ids: Iterable[str]) -> None:
        """End sessions: a clean login ends the connection that there is, and leaves nothing at its end."""
        for client_id in list(dict.fromkeys(client_ids))[:_ENDED_AT_ONCE]:
            login = Login(client_id, _KEEPALIVE_S, clean=True)
            address = (self._broker.host, self._broker.port)
            with (
                socket.create_connection(address, CONNECT_TIMEOUT_S) as plain,
                self._context().wrap_socket(plain, server_hostname=self._broker.host) as sock,
            ):
                sock.sendall(connect(V311, login))
                sock.recv(_CONNACK_BYTES)

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self._authority.trust))
        context.load_cert_chain(self._own.pem)
        return context


@contextmanager
def guarding(guard: SessionGuard) -> Iterator[None]:
    """Let a guard look after its broker, in a thread, while the body runs."""
    stop = threading.Event()
    thread = threading.Thread(target=guard.run, args=(stop,), name="session-guard", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _client_ids(issued: Iterable[Issued]) -> tuple[dict[str, set[str]], set[str]]:
    """Return the client ids that each certificate may use, and all of them.

    A board whose files have no client id uses its node's id, under its own certificate alone.
    """
    own = {record.name: {record.client_id, record.holder} for record in issued}
    return own, set().union(*own.values())


def _internal_port(broker: EmbeddedBroker) -> int:
    """Find the port of NATS's own protocol, which the server chose and wrote down."""
    for path in (broker.folder / "ports").glob(f"*_{broker.pid}.ports"):
        with suppress(OSError, ValueError, KeyError, IndexError):
            return int(json.loads(path.read_bytes())["nats"][0].rpartition(":")[2])
    raise ConnectionEndedError("the embedded broker does not run")


def _connections(client: NatsClient) -> list[MqttConnection]:
    answer = client.request(CONNECTIONS_SUBJECT, auth=True, limit=CONNECTIONS_MOST)
    return [
        MqttConnection(
            str(entry.get("authorized_user", "")).removeprefix("CN="),
            str(entry.get("ip")),
            str(entry["mqtt_client"]),
            int(entry["cid"]),
            Traffic(int(entry.get("in_msgs", 0)), int(entry.get("in_bytes", 0))),
        )
        for entry in answer.get("data", {}).get("connections") or ()
        if entry.get("mqtt_client")
    ]

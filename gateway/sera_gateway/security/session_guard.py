"""Bind MQTT client ids to certificates or users on an embedded broker, which does not do so itself.

On NATS whoever is let in at all may connect with any client id: take the session of another, or leave
sessions behind without end. The guard looks every few seconds, ends each connection and session whose
client id does not belong to its certificate or user, and reports that. It also limits what each of the
server's streams may keep.
"""

from __future__ import annotations

import base64
import json
import random
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from sera_gateway.errors import ConnectionEndedError, GatewayError
from sera_gateway.mqtt.packets import V311, connect
from sera_gateway.security.broker_files import (
    CONNECTIONS_MOST,
    CONNECTIONS_SUBJECT,
    SESSIONS_STREAM,
    STREAM_BYTES_MOST,
)
from sera_gateway.security.guarded_clients import MqttConnection
from sera_gateway.security.suspensions import Suspensions, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from sera_gateway.process.logs import JsonLog
    from sera_gateway.security.embedded_broker import EmbeddedBroker
    from sera_gateway.security.guarded_clients import GuardedClients
    from sera_gateway.security.nats_client import NatsClient

# Between two looks, and while somebody was shut out within the last hour.
EVERY_S: Final = 5.0
EVERY_WARNED_S: Final = 1.0
# So many sessions are ended in one turn; each takes a connection.
_ENDED_AT_ONCE: Final = 200
_CONNACK_BYTES: Final = 4

# A board that moves to another network changes its address once; two holders of one key do so by turns.
_MOVES_ALARMING: Final = 3
_MOVES_WITHIN_S: Final = 600.0


class SessionGuard:
    """Looks after the sessions of one embedded broker.

    Parameters
    ----------
    broker
        A broker with rights, that runs.
    clients
        Say which client id is whose, and how the guard logs in.
    log
        Where foreign client ids are reported, by certificate or user; a client id is never written.
    suspensions
        Who is shut out for now; the broker's `rights` leave them out.
    streams
        Bytes that each stream of the server may keep.
    clock_s
        The clock of intervals [s].
    """

    def __init__(
        self,
        broker: EmbeddedBroker,
        clients: GuardedClients,
        log: JsonLog,
        suspensions: Suspensions,
        streams: dict[str, int] = STREAM_BYTES_MOST,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broker = broker
        self._clients = clients
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
        """Check the sessions again and again until told to stop; a broker that is away is checked later."""
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
        connections, stored = self._ask()
        client_ids = self._clients.client_ids(connections)
        sessions = stored - client_ids.known
        self._suspend(connections, client_ids.limited)
        foreign = [
            connection
            for connection in connections
            if connection.client_id not in client_ids.own.get(connection.user, ())
        ]
        self._notice_moves(connections)
        for connection in foreign:
            wording = self._clients.wording
            user = {wording.user: connection.user}
            self._log.error("foreign_client_id", address=connection.address, detail=wording.foreign, **user)
        self._end([*(connection.client_id for connection in foreign), *sessions])
        return foreign

    def _suspend(self, connections: Sequence[MqttConnection], limited: Collection[str]) -> None:
        """Shut out who brought far more than their budget, and let in those whose time is over."""
        suspended = self._suspensions.count(
            (connection.number, connection.user, connection.traffic)
            for connection in connections
            if connection.user in limited
        )
        wording = self._clients.wording
        for name, seconds in suspended.items():
            self._log.error(
                "node_suspended", seconds=seconds, detail=wording.suspended, **{wording.user: name}
            )
        names = self._suspensions.names()
        # Who is suspended is connected where another command has written the rights meanwhile.
        if names != self._suspended or any(connection.user in names for connection in connections):
            self._broker.renew()
            self._suspended = names

    def _ask(self) -> tuple[list[MqttConnection], set[str]]:
        """Limit streams, and return the connections and the client ids of sessions.

        One connection is kept from look to look, since each costs both sides more than all questions. It is
        opened again where certificates were replaced, and where the server has ended it, for new rights say.
        """
        files = self._clients.files_version()
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
        self._client = self._clients.open_client(_internal_port(self._broker))
        self._files = files
        return self._client

    def _ask_over(self, client: NatsClient) -> tuple[list[MqttConnection], set[str]]:
        self._limit_streams(client)
        return _connections(client), self._sessions(client)

    def _notice_moves(self, connections: Iterable[MqttConnection]) -> None:
        """Report a key that is used from two addresses by turns: a copy of it is about."""
        now_s = self._clock_s()
        for connection in connections:
            before = self._addresses.get(connection.user)
            self._addresses[connection.user] = connection.address
            if before in (None, connection.address):
                continue
            moves_s = [at for at in self._moves_s.get(connection.user, ()) if now_s - at < _MOVES_WITHIN_S]
            self._moves_s[connection.user] = [*moves_s, now_s]
            if len(moves_s) + 1 >= _MOVES_ALARMING:
                self._moves_s[connection.user] = []
                wording = self._clients.wording
                self._log.error(
                    "key_in_two_places",
                    addresses=[before, connection.address],
                    detail=wording.two_places,
                    **{wording.user: connection.user},
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
            with self._clients.open_mqtt(self._broker.host, self._broker.port) as sock:
                sock.sendall(connect(V311, self._clients.login(client_id)))
                sock.recv(_CONNACK_BYTES)


@contextmanager
def guarding(guard: SessionGuard) -> Iterator[None]:
    """Run a guard beside its broker, in a thread, while the body runs."""
    stop = threading.Event()
    thread = threading.Thread(target=guard.run, args=(stop,), name="session-guard", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


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

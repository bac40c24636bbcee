"""Write the files of both brokers from the registry, for whoever runs one.

Pure functions from names to text. A node may publish on its own up-channels and read its own
down-channels, under its own community; nothing is granted by a pattern that another node could fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_gateway.errors import BrokerFilesError
from sera_gateway.security import certificate_names
from sera_vocabulary import topic_filters, topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

# What an MQTT session on NATS is delivered by. `$MQTT.msgs`, where the messages of all others are kept, is
# left out; NATS refuses filters of MQTT clients there of its own accord as well.
NATS_DELIVERY: Final = "$MQTT.sub.>"

# Bytes that Mosquitto keeps for one absent client. A batch is about 500 bytes with its topic, so this
# holds about 500,000 batches: forty nodes that send one batch every 15 minutes, for four months.
QUEUED_BYTES_MOST: Final = 256 * 1024 * 1024
INFLIGHT_MOST: Final = 1000
LOG_BYTES_MOST: Final = 10 * 1024 * 1024

# What one client can make a broker hold. A node's longest message has 1.5 kB, and nothing beyond 64 kB is
# ever read; a packet has its topic before the payload.
PAYLOAD_BYTES_MOST: Final = 64 * 1024
PACKET_BYTES_MOST: Final = PAYLOAD_BYTES_MOST + 2048
CONNECTIONS_MOST: Final = 1024
KEEPALIVE_S_MOST: Final = 600
# Of what waits for a client that reads slowly (NATS), of the broker as a whole (Mosquitto), and of all that
# NATS keeps on disk and in memory.
PENDING_BYTES_MOST: Final = 16 * 1024 * 1024
MEMORY_BYTES_MOST: Final = 2 * QUEUED_BYTES_MOST
STORED_BYTES_MOST: Final = 4 * 1024 * 1024 * 1024
# Of that, what each stream of NATS may take. What is left keeps sessions, so that a gateway gets in to fetch
# what waits when the others are full.
STREAM_BYTES_MOST: Final = {
    "$MQTT_msgs": 3 * 1024 * 1024 * 1024,
    "$MQTT_rmsgs": 512 * 1024 * 1024,
    "$MQTT_qos2in": 256 * 1024 * 1024,
}
SESSIONS_STREAM: Final = "$MQTT_sess"
CONNECTIONS_SUBJECT: Final = "$SYS.REQ.ACCOUNT.PING.CONNZ"
# A session whose client stays away for longer ends. A gateway is away for a winter at most.
SESSION_DAYS_MOST: Final = 120


@dataclass(frozen=True, slots=True)
class BrokerTls:
    """The files by which a broker proves itself and knows its clients.

    Parameters
    ----------
    certificate, key
        The broker's own certificate and its private key (PEM).
    trust
        The certificates of the authorities whose clients are let in (PEM, one or more); None where clients
        show no certificate.
    revoked
        The list of revoked certificates (PEM), or None. Only Mosquitto reads it.
    """

    certificate: Path
    key: Path
    trust: Path | None
    revoked: Path | None = None


@dataclass(frozen=True, slots=True)
class NodePlace:
    """A node's certificate, and the community under whose topics it may speak.

    Parameters
    ----------
    name
        Common name of the certificate, `elm-1.2`. A node whose certificate is being changed has two places.
    community
        Id of the community.
    foreign
        Filters of the topics besides that it may publish on, in the manner of another maker's device.
    """

    name: str
    community: str
    foreign: tuple[str, ...] = ()

    @property
    def node(self) -> str:
        """The node's id."""
        certificate = certificate_names.parse(self.name)
        return certificate.holder if certificate else ""


def nats_settings(
    folder: Path, host: str, port: int, tls: BrokerTls | None, *, has_rights: bool | None = None
) -> str:
    """Write the settings of the NATS server: where it listens and keeps its messages.

    Parameters
    ----------
    folder
        Where the server keeps its messages and its log, and where `rights.conf` lies when `tls` is given.
    host, port
        Where MQTT clients are listened for.
    tls
        Certificates, or None for a broker that anybody who reaches it may use.
    has_rights
        Whether users and their rights are listed in `rights.conf`; by default where there are certificates.

    Returns
    -------
    str
        The text of `nats.conf`.

    Notes
    -----
    NATS's own protocol cannot be switched off; it listens on a free loopback port, and with `tls` asks
    for a certificate there too and then refuses all but the guard of sessions: all others are allowed MQTT
    alone.

    A client that takes another's client id ends that one's session, though it reads nothing from it. So
    client ids are drawn, and `SessionGuard` ends what connects with one that is not its own.
    """
    lines = [
        "# Written by Sera; changes made here are lost.",
        "server_name: sera",
        'listen: "127.0.0.1:-1"',
        f"pid_file: {_quote(folder / 'broker.pid')}",
        f"ports_file_dir: {_quote(folder / 'ports')}",
        f"log_file: {_quote(folder / 'broker.log')}",
        f"log_size_limit: {LOG_BYTES_MOST}",
        "log_max_num: 4",
        f"max_payload: {PACKET_BYTES_MOST}",
        f"max_pending: {PENDING_BYTES_MOST}",
        f"max_connections: {CONNECTIONS_MOST}",
        # `always` loses nothing at a power cut, but takes a twentieth as many messages: docs/measurements.md.
        "jetstream {",
        f"  store_dir: {_quote(folder / 'messages')}",
        "  sync_interval: '10s'",
        f"  max_memory_store: {PENDING_BYTES_MOST}",
        f"  max_file_store: {STORED_BYTES_MOST}",
        "}",
        "mqtt {",
        f"  host: {_quote(host)}",
        f"  port: {port}",
        # A gateway that was killed gets what it had not acknowledged after this time, not after 30 s.
        '  ack_wait: "5s"',
        "  max_ack_pending: 1000",
        f'  consumer_inactive_threshold: "{24 * SESSION_DAYS_MOST}h"',
        *([f"  {line}" for line in _nats_tls(tls)] if tls else []),
        "}",
        *(_nats_tls(tls) if tls and tls.trust else []),
        *(['include "rights.conf"'] if (tls is not None if has_rights is None else has_rights) else []),
    ]
    return "\n".join(lines) + "\n"


def nats_rights(
    nodes: Iterable[NodePlace],
    gateways: Sequence[str],
    guard: str | None = None,
    communities: Iterable[str] = (),
    subscriptions: Iterable[str] = (),
    pages: str | None = None,
    former: Mapping[str, Iterable[str]] | None = None,
) -> str:
    """Write who may do what on the NATS server, by certificate name.

    Parameters
    ----------
    nodes
        The certificates of all nodes that may connect. One that is not listed is refused, which is how
        a certificate is revoked here: NATS reads no revocation lists for clients.
    gateways
        Certificate names of the gateways; at least one.
    guard
        Certificate name of the `SessionGuard`, if there is one.
    communities
        Communities besides those of the nodes: the gateway answers recorded nodes, too.
    subscriptions
        Filters of other makers' devices that the gateway may subscribe to.
    pages
        Certificate name of the pages, if they are served: they alone publish what people enter.
    former
        By node the communities that it has left: the gateway may clear what is kept there.

    Returns
    -------
    str
        The text of `rights.conf`.

    Raises
    ------
    BrokerFilesError
        If a name is no name, appears twice, or no gateway is named.
    """
    places = _check_places(nodes, gateways)
    served = sorted({place.community for place in places} | set(communities))
    users = [_nats_guard(guard)] if guard else []
    users += [_nats_user(name, *_gateway_subjects(served, subscriptions, former or {})) for name in gateways]
    users += [_nats_user(place.name, *_node_subjects(place)) for place in places]
    if pages:
        users.append(_nats_user(pages, [_subject(name) for name in _people_filters(served)], []))
    body = ",\n".join(users)
    return f"# Written by Sera; changes made here are lost.\nauthorization {{\n  users: [\n{body}\n  ]\n}}\n"


def mosquitto_settings(folder: Path, host: str, port: int, tls: BrokerTls, *, user: str = "mosquitto") -> str:
    """Write the settings of a Mosquitto broker with mutual TLS.

    Parameters
    ----------
    folder
        Where the broker keeps its messages, and where `rights.acl` lies.
    host, port
        Where clients are listened for.
    tls
        Certificates.
    user
        The account the broker runs under when it is started as root; it must be able to read the files.

    Returns
    -------
    str
        The text of `mosquitto.conf`.

    Notes
    -----
    The client id is the certificate's name, so that no client takes over the session of another.
    `autosave_on_changes` with an interval of 1 writes the queue after each change, so that a broker that
    dies keeps what it has acknowledged. Without it 1,000 of 1,000 messages were lost.
    """
    lines = [
        "# Written by Sera; changes made here are lost.",
        f"user {user}",
        f"listener {port} {host}",
        f"max_connections {CONNECTIONS_MOST}",
        f"cafile {tls.trust}",
        f"certfile {tls.certificate}",
        f"keyfile {tls.key}",
        *([f"crlfile {tls.revoked}"] if tls.revoked else []),
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
        "allow_anonymous false",
        f"acl_file {folder / 'rights.acl'}",
        "persistence true",
        f"persistence_location {folder / 'messages'}/",
        "autosave_on_changes true",
        "autosave_interval 1",
        f"max_inflight_messages {INFLIGHT_MOST}",
        "max_queued_messages 0",
        f"max_queued_bytes {QUEUED_BYTES_MOST}",
        f"max_packet_size {PACKET_BYTES_MOST}",
        f"max_keepalive {KEEPALIVE_S_MOST}",
        f"memory_limit {MEMORY_BYTES_MOST}",
        f"persistent_client_expiration {SESSION_DAYS_MOST}d",
        "log_dest stderr",
    ]
    return "\n".join(lines) + "\n"


def mosquitto_rights(
    nodes: Iterable[NodePlace],
    gateways: Sequence[str],
    communities: Iterable[str] = (),
    subscriptions: Iterable[str] = (),
    pages: str | None = None,
    former: Mapping[str, Iterable[str]] | None = None,
) -> str:
    """Write who may do what on Mosquitto, by certificate name: the text of `rights.acl`.

    Parameters
    ----------
    nodes, gateways, communities, subscriptions, pages, former
        As for `nats_rights`. Listed one by one, since with `pattern` a node could write under another
        community.

    Returns
    -------
    str
        The text of `rights.acl`.

    Raises
    ------
    BrokerFilesError
        If a name is no name, appears twice, or no gateway is named.
    """
    places = _check_places(nodes, gateways)
    served = sorted({place.community for place in places} | set(communities))
    parts = ["# Written by Sera; changes made here are lost."]
    for name in gateways:
        writes = [
            topics.subscription(community, down) for community in served for down in topics.DOWN_CHANNELS
        ]
        writes += _cleared_topics(former or {})
        reads = [f"{topics.ROOT}/#", *topic_filters.merge(subscriptions)]
        parts.append("\n".join([f"user {name}", *_acl_lines("read", reads), *_acl_lines("write", writes)]))
    for place in places:
        writes = [topics.topic(place.community, place.node, up) for up in topics.UP_CHANNELS]
        writes += place.foreign
        reads = [topics.topic(place.community, place.node, down) for down in topics.DOWN_CHANNELS]
        parts.append(
            "\n".join([f"user {place.name}", *_acl_lines("write", writes), *_acl_lines("read", reads)])
        )
    if pages:
        parts.append("\n".join([f"user {pages}", *_acl_lines("write", _people_filters(served))]))
    return "\n\n".join(parts) + "\n"


def _people_filters(communities: Iterable[str]) -> list[str]:
    # Any counter of a community: no node has a right on this channel, and the ledger knows the counters.
    return [topics.subscription(community, topics.PEOPLE) for community in communities]


def _check_places(nodes: Iterable[NodePlace], gateways: Sequence[str]) -> list[NodePlace]:
    places = sorted(nodes, key=lambda place: place.name)
    names = [*gateways, *(place.name for place in places)]
    if not gateways:
        raise BrokerFilesError("broker files: no gateway is named; name the one that reads from this broker")
    for name in names:
        if certificate_names.parse(name) is None:
            raise BrokerFilesError(
                f"broker files: {name!r} is no name of a certificate; "
                "expected an id and a generation, elm-1.2"
            )
    for community in {place.community for place in places}:
        if not topics.is_name(community):
            raise BrokerFilesError(
                f"broker files: {community!r} is no name; "
                f"expected {topics.NAME_SHORTEST} to {topics.NAME_LONGEST} "
                "of the letters a-z, 0-9 and -; rename it in the registry"
            )
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise BrokerFilesError(
            f"broker files: {', '.join(twice)} is named twice; "
            "one certificate name is one node or one gateway"
        )
    return places


def _node_subjects(place: NodePlace) -> tuple[list[str], list[str]]:
    publish = [_subject(topics.topic(place.community, place.node, up)) for up in topics.UP_CHANNELS]
    publish += map(_subject, place.foreign)
    subscribe = [_subject(topics.topic(place.community, place.node, down)) for down in topics.DOWN_CHANNELS]
    return publish, subscribe


def _gateway_subjects(
    communities: Sequence[str], subscriptions: Iterable[str], former: Mapping[str, Iterable[str]]
) -> tuple[list[str], list[str]]:
    publish = [_subject(topics.subscription(c, down)) for c in communities for down in topics.DOWN_CHANNELS]
    publish += map(_subject, _cleared_topics(former))
    # A filter `sera/#` also listens to the topic `sera` itself.
    # The gateway asks for no two filters that share a topic, but for one that covers both.
    return publish, [topics.ROOT, f"{topics.ROOT}.>", *map(_subject, topic_filters.merge(subscriptions))]


def _cleared_topics(former: Mapping[str, Iterable[str]]) -> list[str]:
    """Return what nodes that have moved left retained of themselves, each by its whole topic."""
    return [
        topics.topic(community, node, channel)
        for node in sorted(former)
        for community in sorted(former[node])
        for channel in topics.UP_CHANNELS
        if channel in topics.RETAINED_CHANNELS
    ]


def _nats_guard(name: str) -> str:
    """Write what the guard of sessions may ask the server; of messages it hears and says none."""
    asks = [f"$JS.API.STREAM.{word}.{name}" for word in ("INFO", "UPDATE") for name in STREAM_BYTES_MOST]
    asks += [f"$JS.API.STREAM.{word}.{SESSIONS_STREAM}" for word in ("INFO", "MSG.GET")]
    rights = (
        f"publish: {{ {_nats_allow([*asks, CONNECTIONS_SUBJECT])} }}, "
        f"subscribe: {{ {_nats_allow(['_INBOX.>'])} }}"
    )
    return (
        f'    {{ user: "CN={name}", allowed_connection_types: ["STANDARD", "MQTT"],\n'
        f"      permissions: {{ {rights} }} }}"
    )


def _nats_user(name: str, publish: Sequence[str], subscribe: Sequence[str]) -> str:
    rights = (
        f"publish: {{ {_nats_allow(publish)} }}, subscribe: {{ {_nats_allow([*subscribe, NATS_DELIVERY])} }}"
    )
    return (
        f'    {{ user: "CN={name}", allowed_connection_types: ["MQTT"],\n      permissions: {{ {rights} }} }}'
    )


def _nats_allow(subjects: Sequence[str]) -> str:
    if not subjects:
        return 'deny: ">"'
    return "allow: [" + ", ".join(f'"{subject}"' for subject in subjects) + "]"


def _nats_tls(tls: BrokerTls) -> list[str]:
    files = f"cert_file: {_quote(tls.certificate)}, key_file: {_quote(tls.key)}"
    if tls.trust is None:
        return [f"tls {{ {files} }}"]
    return [f"tls {{ {files}, ca_file: {_quote(tls.trust)}, verify_and_map: true }}"]


def _acl_lines(access: str, filters: Iterable[str]) -> list[str]:
    return [f"topic {access} {text}" for text in filters]


def _subject(topic: str) -> str:
    subject = topic.replace("+", "*").replace("/", ".")
    return subject.removesuffix("#") + ">" if subject.endswith("#") else subject


def _quote(path: Path | str) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'

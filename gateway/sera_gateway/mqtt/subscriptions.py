"""Present and former subscriptions of the gateway: a lasting session keeps filters no longer used."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from sera_gateway.config import FurtherBroker
from sera_gateway.errors import ConnectionEndedError
from sera_gateway.mqtt import packets
from sera_store.atomic_file import replacing
from sera_vocabulary import topic_filters, topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sera_gateway.config import GatewaySettings
    from sera_gateway.process.logs import JsonLog

# A broker that lets us in but does not answer SUBSCRIBE within this time is tried again; after the same time
# a filter that was refused is asked for again.
SUBSCRIBED_WITHIN_S: Final = 30.0
FILE: Final = "subscriptions.json"
# NATS lets a session wait for 65,535 acknowledgements, and the embedded broker for 1,000 a filter.
NATS_FILTERS_MOST: Final = 65


def node_subscriptions(settings: GatewaySettings) -> list[tuple[str, int]]:
    """List the filters of Sera's own nodes, as (filter, QoS).

    The channel down to the nodes is heard too, at QoS 0, to notice a second gateway.
    """
    if isinstance(settings.broker, FurtherBroker):
        # Nodes of ours are at our own broker alone.
        return []
    communities = settings.gateway.communities or ("+",)
    up_filters = [
        (topics.subscription(community, channel), 1)
        for community in communities
        for channel in topics.SUBSCRIBED_CHANNELS
    ]
    have_filters = [(topics.subscription(community, topics.HAVE), 0) for community in communities]
    return [*up_filters, *have_filters]


def device_subscriptions(settings: GatewaySettings) -> dict[str, frozenset[str]]:
    """Return the filters of other makers' devices, each with those of the settings that it stands for.

    No two of them share a topic, or NATS would deliver a message once for each. What overlaps the filters of
    Sera's own nodes may stay: their records have keys.
    """
    own = [name for name, _ in node_subscriptions(settings)]
    device_filters = [
        name
        for name in settings.gateway.subscribe
        if not any(topic_filters.covers(own_filter, name) for own_filter in own)
    ]
    return topic_filters.merge(device_filters)


class RememberedFilters:
    """The filters that a broker may still hold for us, on disk, for each session that there was.

    Parameters
    ----------
    path
        The file, made at the first writing; one that cannot be read counts as empty, since the worst that
        follows is a message too many.
    session
        The broker's address. It is kept with a digest of the client id, which is a secret on NATS.
    """

    def __init__(self, path: Path, session: str) -> None:
        self._path = path
        self._address = session
        self._session = ""

    def begin(self, client_id: str) -> None:
        """Turn to the session of a client id."""
        self._session = hashlib.sha256(f"{client_id} at {self._address}".encode()).hexdigest()

    def read(self) -> set[str]:
        """Return the filters that the broker may hold; a text that is no filter it cannot hold."""
        remembered = self._sessions().get(self._session, ())
        return {name for name in remembered if not topic_filters.filter_problem(name)}

    def write(self, filters: Iterable[str]) -> None:
        """Note the filters that the broker may hold, in one step.

        Raises
        ------
        OSError
            The file cannot be written; the one before is still there.
        """
        sessions = self._sessions() | {self._session: sorted(filters)}
        with replacing(self._path) as file:
            file.write(msgspec.json.format(msgspec.json.encode(sessions), indent=1))

    def _sessions(self) -> dict[str, list[str]]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, list[str]])
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return {}


class Subscriber:
    """Asks for the filters that are wanted on every connection, and takes back those that no longer are.

    Parameters
    ----------
    settings
        What is wanted, and the folder where it is remembered.
    version
        Of the protocol, as in `packets`.
    log
        Where refusals are reported.
    clock_s
        The clock of intervals [s].
    """

    def __init__(
        self,
        settings: GatewaySettings,
        version: int,
        log: JsonLog,
        clock_s: Callable[[], float],
    ) -> None:
        address = settings.broker.address
        # A file of its own for each broker, since each has a thread of its own.
        name = f"{settings.broker.name}-{FILE}" if isinstance(settings.broker, FurtherBroker) else FILE
        self._remembered = RememberedFilters(
            Path(settings.data.folder) / name, f"{address.host}:{address.port}"
        )
        self._stands_for = device_subscriptions(settings)
        self._filters = [*node_subscriptions(settings), *((name, 1) for name in self._stands_for)]
        self._exact = _exact_filters(self._stands_for)
        self._narrower: list[tuple[str, int]] = []
        self._version = version
        self._log = log
        self._clock_s = clock_s
        self._requested = self._filters
        self._subscribe_mid = self._unsubscribe_mid = 0
        self._until_s = 0.0
        self.subscribed = False
        self.refused: list[str] = []
        self._report_merged(settings.gateway.subscribe)

    def is_unwanted(self, topic: str) -> bool:
        """Return whether a message came only because filters were merged into a wider one."""
        if not self._exact or topic.startswith(topics.ROOT + "/"):
            return False
        return not any(topic_filters.covers(name, topic) for name in self._exact)

    def begin(self, client_id: str, next_mid: Callable[[], int]) -> bytes:
        """Write what a new connection begins with: UNSUBSCRIBE where something is held in vain, SUBSCRIBE."""
        self._remembered.begin(client_id)
        self.subscribed, self.refused = False, []
        names = {name for name, _ in self._filters}
        remembered = self._remembered.read()
        # Before they are asked for, so that a kill at any moment forgets none.
        self._remember(remembered | names)
        if not (unwanted := sorted(remembered - names)):
            return self._ask_for(self._filters, next_mid())
        self._unsubscribe_mid = next_mid()
        self._log.info("unsubscribed", filters=unwanted)
        unsubscribe = packets.unsubscribe(self._version, self._unsubscribe_mid, unwanted)
        return unsubscribe + self._ask_for(self._filters, next_mid())

    def handle_answer(self, packet: packets.Subscribed | packets.Unsubscribed) -> None:
        """Take the broker's answer to one of the two."""
        if isinstance(packet, packets.Subscribed) and packet.mid == self._subscribe_mid:
            self._subscribe_mid = 0
            self.subscribed = True
            self._note_refused(packet.reasons)
        elif isinstance(packet, packets.Unsubscribed) and packet.mid == self._unsubscribe_mid:
            self._remember(name for name, _ in self._filters)

    def due(self, next_mid: Callable[[], int]) -> bytes:
        """Write what is due now: once in a while what was refused is asked for again.

        Raises
        ------
        ConnectionEndedError
            The broker has not answered in time.
        """
        if self._narrower:
            narrower, self._narrower = self._narrower, []
            return self._ask_for(narrower, next_mid())
        if self._clock_s() <= self._until_s:
            return b""
        if not self.subscribed:
            raise ConnectionEndedError(f"no answer to SUBSCRIBE within {SUBSCRIBED_WITHIN_S:g} s")
        if not self.refused:
            return b""
        return self._ask_for([(name, qos) for name, qos in self._filters if name in self.refused], next_mid())

    def _ask_for(self, filters: list[tuple[str, int]], mid: int) -> bytes:
        self._requested, self._subscribe_mid = filters, mid
        self._until_s = self._clock_s() + SUBSCRIBED_WITHIN_S
        return packets.subscribe(self._version, mid, filters)

    def _note_refused(self, reasons: Sequence[int]) -> None:
        requested = [name for name, _ in self._requested]
        refused = [
            name for name, reason in zip(requested, reasons, strict=False) if reason >= packets.REFUSED_FROM
        ]
        refused = [name for name in refused if not self._is_replaced(name)]
        now = [name for name in self.refused if name not in requested] + refused
        if now == self.refused:
            return
        self.refused = now
        if refused:
            self._log.error("subscription_refused", filters=refused, expected=self._expected(refused))
        else:
            self._log.info("subscription_granted", filters=requested)

    def _expected(self, refused: Iterable[str]) -> str:
        """Return what a broker that refuses filters lacks; NATS takes some characters from no client."""
        for name in refused:
            if character := topic_filters.nats_problem(name):
                return (
                    f"a broker that takes {character} in a topic, as in {name!r}: NATS takes none; let the "
                    "device use another topic, or run Mosquitto"
                )
        filters = sum(qos > 0 for _, qos in self._filters)
        if filters <= NATS_FILTERS_MOST:
            return "rights to read them"
        return (
            f"rights to read them, and of NATS at most {NATS_FILTERS_MOST} filters a session, not {filters}: "
            "join those in [gateway] subscribe by wildcards"
        )

    def _is_replaced(self, refused: str) -> bool:
        """Ask next for the filters that a wider one stands for; rights to read them may not reach further."""
        narrower = sorted(self._stands_for.pop(refused, frozenset()) - {refused})
        if not narrower:
            return False
        self._log.warning("merged_filter_refused", filter=refused, asked_instead=narrower)
        self._narrower += [(name, 1) for name in narrower]
        self._filters = [(name, qos) for name, qos in self._filters if name != refused] + self._narrower
        self._remember({name for name, _ in self._filters} | self._remembered.read())
        return True

    def _report_merged(self, settings: Sequence[str]) -> None:
        for name, stands_for in self._stands_for.items():
            if len(stands_for) > 1 or name not in stands_for:
                self._log.warning(
                    "filters_merged",
                    filter=name,
                    instead_of=sorted(stands_for),
                    expected="filters without a common topic",
                )
        own = sorted(set(settings) - {name for names in self._stands_for.values() for name in names})
        if own:
            self._log.warning("filters_left_out", filters=own, detail="the gateway hears its nodes anyway")

    def _remember(self, filters: Iterable[str]) -> None:
        try:
            self._remembered.write(filters)
        except OSError as error:
            self._log.warning("subscriptions_not_remembered", detail=str(error))


def _exact_filters(stands_for: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the filters of the settings where some were merged into one that hears more, else none."""
    if all(name in names for name, names in stands_for.items()):
        return frozenset()
    return frozenset(name for names in stands_for.values() for name in names)

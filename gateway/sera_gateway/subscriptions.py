"""What the gateway listens to, and what it listened to before: a lasting session keeps what nobody wants."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from sera_gateway import packets
from sera_gateway.errors import ConnectionEndedError
from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from structlog.typing import FilteringBoundLogger

    from sera_gateway.config import GatewaySettings

# A broker that lets us in but does not answer SUBSCRIBE within this time is tried anew; after the same time
# a filter that was refused is asked for again.
SUBSCRIBED_WITHIN_S: Final = 30.0
FILE: Final = "subscriptions.json"
# NATS lets a session wait for 65,535 acknowledgements, and the embedded broker for 1,000 a filter.
NATS_FILTERS_MOST: Final = 65


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
        """Return the filters that the broker may hold."""
        return set(self._sessions().get(self._session, ()))

    def write(self, filters: Iterable[str]) -> None:
        """Note the filters that the broker may hold, in one step.

        Raises
        ------
        OSError
            The file cannot be written; the one before is still there.
        """
        sessions = self._sessions() | {self._session: sorted(filters)}
        new = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        new.write_bytes(msgspec.json.format(msgspec.json.encode(sessions), indent=1))
        new.replace(self._path)

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
        log: FilteringBoundLogger,
        clock_s: Callable[[], float],
    ) -> None:
        address = settings.broker.address
        self._remembered = RememberedFilters(
            Path(settings.data.folder) / FILE, f"{address.host}:{address.port}"
        )
        self._wanted = subscriptions(settings)
        self._version = version
        self._log = log
        self._clock_s = clock_s
        self._asked = self._wanted
        self._subscribe_mid = self._unsubscribe_mid = 0
        self._until_s = 0.0
        self.subscribed = False
        self.refused: list[str] = []

    def begin(self, client_id: str, next_mid: Callable[[], int]) -> bytes:
        """Write what a new connection begins with: UNSUBSCRIBE where something is held in vain, SUBSCRIBE."""
        self._remembered.begin(client_id)
        self.subscribed, self.refused = False, []
        wanted = {name for name, _ in self._wanted}
        held = self._remembered.read()
        # Before they are asked for, so that a kill at any moment forgets none.
        self._remember(held | wanted)
        if not (unwanted := sorted(held - wanted)):
            return self._ask_for(self._wanted, next_mid())
        self._unsubscribe_mid = next_mid()
        self._log.info("unsubscribed", filters=unwanted)
        taken_back = packets.unsubscribe(self._version, self._unsubscribe_mid, unwanted)
        return taken_back + self._ask_for(self._wanted, next_mid())

    def answered(self, packet: packets.Subscribed | packets.Unsubscribed) -> None:
        """Take the broker's answer to one of the two."""
        if isinstance(packet, packets.Subscribed) and packet.mid == self._subscribe_mid:
            self._subscribe_mid = 0
            self.subscribed = True
            self._note_refused(packet.reasons)
        elif isinstance(packet, packets.Unsubscribed) and packet.mid == self._unsubscribe_mid:
            self._remember(name for name, _ in self._wanted)

    def due(self, next_mid: Callable[[], int]) -> bytes:
        """Write what is due now: once in a while what was refused is asked for again.

        Raises
        ------
        ConnectionEndedError
            The broker has not answered in time.
        """
        if self._clock_s() <= self._until_s:
            return b""
        if not self.subscribed:
            raise ConnectionEndedError(f"no answer to SUBSCRIBE within {SUBSCRIBED_WITHIN_S:g} s")
        if not self.refused:
            return b""
        return self._ask_for([one for one in self._wanted if one[0] in self.refused], next_mid())

    def _ask_for(self, filters: list[tuple[str, int]], mid: int) -> bytes:
        self._asked, self._subscribe_mid = filters, mid
        self._until_s = self._clock_s() + SUBSCRIBED_WITHIN_S
        return packets.subscribe(self._version, mid, filters)

    def _note_refused(self, reasons: Sequence[int]) -> None:
        asked = [name for name, _ in self._asked]
        refused = [
            name for name, reason in zip(asked, reasons, strict=False) if reason >= packets.REFUSED_FROM
        ]
        if refused == self.refused:
            return
        self.refused = refused
        if refused:
            self._log.error("subscription_refused", filters=refused, expected=self._expected())
        else:
            self._log.info("subscription_granted", filters=asked)

    def _expected(self) -> str:
        filters = sum(qos > 0 for _, qos in self._wanted)
        if filters <= NATS_FILTERS_MOST:
            return "rights to read them"
        return (
            f"rights to read them, and of NATS at most {NATS_FILTERS_MOST} filters a session, not {filters}: "
            "join those in [gateway] subscribe by wildcards"
        )

    def _remember(self, filters: Iterable[str]) -> None:
        try:
            self._remembered.write(filters)
        except OSError as error:
            self._log.warning("subscriptions_not_remembered", detail=str(error))

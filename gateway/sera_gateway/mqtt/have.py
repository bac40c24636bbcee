"""Publish to each node which of its records have arrived, and notice another gateway that does so too."""

from __future__ import annotations

import threading
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from sera_gateway.mqtt.receive import Outgoing
from sera_vocabulary import messages as keys
from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sera_gateway.config import GatewayIdentity
    from sera_gateway.process.logs import JsonLog
    from sera_store.records.keys import Extent


# Of names that were made up, so many are remembered; the oldest go.
NODES_MOST: Final = 20_000
OTHER_GATEWAYS_MOST: Final = 100


class _Have(msgspec.Struct):
    gateway: str = msgspec.field(name=keys.KEY_GATEWAY)


class _LastHave(NamedTuple):
    """What was last published to a node, and when."""

    epoch: str
    next: int
    top: int
    at_s: float


def have_message(gateway: str, extent: Extent) -> bytes:
    """Write the `have` of one node."""
    return msgspec.json.encode(
        {
            keys.KEY_VERSION: keys.PROTOCOL_VERSION,
            keys.KEY_GATEWAY: gateway,
            keys.KEY_EPOCH: extent.epoch,
            keys.KEY_HAVE_NEXT: extent.next,
            keys.KEY_HAVE_TOP: extent.top,
        }
    )


class HaveKeeper:
    """What is due to be published to which node, at most once a node in an interval.

    Parameters
    ----------
    identity
        The gateway's id, the interval [s], and how it meets another gateway.
    clock_s
        The clock of the interval [s].
    publish
        Queues messages; returns False where there is no connection.
    log
        Where another gateway is reported.
    """

    def __init__(
        self,
        identity: GatewayIdentity,
        clock_s: Callable[[], float],
        publish: Callable[[Sequence[Outgoing]], bool],
        log: JsonLog,
    ) -> None:
        self._identity = identity
        self._clock_s = clock_s
        self._publish = publish
        self._log = log
        self._lock = threading.Lock()
        self._extents: dict[str, Extent] = {}
        self._last_have: dict[str, _LastHave] = {}
        self._due: set[str] = set()
        self._is_due = threading.Event()
        self.other_gateways: set[str] = set()

    @property
    def silent(self) -> bool:
        """Whether another gateway has made this one stop publishing to nodes."""
        return bool(self.other_gateways) and self._identity.yields_to_other

    def note(self, extents: Iterable[Extent]) -> None:
        """Take how far nodes have come; of two epochs of a node the one that changed last counts."""
        with self._lock:
            for extent in extents:
                before = self._extents.get(extent.node)
                if before is not None and before.epoch != extent.epoch and before.changed > extent.changed:
                    continue
                if before is None and len(self._extents) >= NODES_MOST:
                    self._forget(next(iter(self._extents)))
                self._extents[extent.node] = extent
                last = self._last_have.get(extent.node)
                if last is None or last[:3] != (extent.epoch, extent.next, extent.top):
                    self._due.add(extent.node)
                    self._is_due.set()

    def handle_connection(self) -> None:
        """Make all nodes due again: the broker may be another one."""
        with self._lock:
            self._last_have.clear()
            self._due.update(self._extents)
            self._is_due.set()

    def rest(self, most_s: float) -> bool:
        """Wait until something is due, or `wake` is called; False where neither was within this time [s]."""
        with self._lock:
            if not self._due:
                self._is_due.clear()
        return self._is_due.wait(most_s)

    def wake(self) -> None:
        """End a rest."""
        self._is_due.set()

    def publish_due(self) -> int:
        """Publish what is due now and return to how many nodes."""
        if self.silent:
            return 0
        now_s = self._clock_s()
        with self._lock:
            ripe = [
                node
                for node in self._due
                if self._published_at_s(node) + self._identity.have_interval_s <= now_s
            ]
            extents = [self._extents[node] for node in ripe]
        if not extents or not self._publish([self._outgoing(extent) for extent in extents]):
            return 0
        with self._lock:
            for extent in extents:
                self._last_have[extent.node] = _LastHave(extent.epoch, extent.next, extent.top, now_s)
                if self._extents[extent.node] == extent:
                    self._due.discard(extent.node)
        return len(extents)

    def handle_have(self, topic: str, payload: bytes) -> None:
        """Report a `have` on the broker that is neither this gateway's nor one of a gateway it replaces."""
        try:
            gateway = msgspec.json.decode(payload, type=_Have).gateway
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return
        expected_gateways = {self._identity.id, *self._identity.replaces, *self.other_gateways}
        if gateway in expected_gateways or len(self.other_gateways) >= OTHER_GATEWAYS_MOST:
            return
        self.other_gateways.add(gateway)
        self._log.error(
            "another_gateway",
            topic=topic,
            other=gateway[: topics.NAME_LONGEST],
            silent=self.silent,
            detail="stop one of them; if the other is gone for good, name it in [gateway] replaces",
        )

    def _forget(self, node: str) -> None:
        del self._extents[node]
        self._last_have.pop(node, None)
        self._due.discard(node)

    def _published_at_s(self, node: str) -> float:
        last = self._last_have.get(node)
        return last.at_s if last else -inf

    def _outgoing(self, extent: Extent) -> Outgoing:
        topic = topics.topic(extent.community, extent.node, topics.HAVE)
        return Outgoing(topic, have_message(self._identity.id, extent))

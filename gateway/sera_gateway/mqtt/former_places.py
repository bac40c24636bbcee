"""Take from the broker what a node that moved to another community left retained at its old place."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from sera_gateway.mqtt.receive import Outgoing
from sera_store.registry.belonging import former_communities
from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sera_gateway.process.logs import JsonLog
    from sera_store.registry.registry import Registry

# A move is in the registry a moment before the broker has been told what the gateway may clear.
SETTLED_S: Final = 5.0
# All that a broker may keep of a node, of what it says and of what it is told.
CHANNELS: Final = (*topics.RETAINED_CHANNELS, topics.CREDENTIALS)


class FormerPlaces:
    """The topics of communities in which nodes stood before, and stand no more.

    An empty message takes a retained one from the broker. It is published where the broker hands out what it
    keeps there, at each beginning of a connection, and as soon as a move is entered; a place at which nothing
    is kept is left alone.

    Parameters
    ----------
    registry
        Says where nodes stand, and stood.
    publish
        Queues messages; returns False where there is no connection.
    clock_s
        The clock of intervals [s].
    log
        Where it is reported what was cleared.
    """

    def __init__(
        self,
        registry: Registry,
        publish: Callable[[Sequence[Outgoing]], bool],
        clock_s: Callable[[], float],
        log: JsonLog,
    ) -> None:
        self._registry = registry
        self._publish = publish
        self._clock_s = clock_s
        self._log = log
        self._lock = threading.Lock()
        self._version = registry.version()
        self._places = _places(registry)
        # Topics, each with when it is to be cleared [s].
        self._due: dict[str, float] = {}

    def handle_retained(self, topic: str, payload: bytes) -> None:
        """Note a message that the broker had kept, where its node stands no more."""
        parsed = topics.parse(topic)
        if payload and parsed is not None and parsed[:2] in self._places and parsed[2] in CHANNELS:
            with self._lock:
                self._due.setdefault(topic, self._clock_s())

    def publish_due(self) -> None:
        """Clear what has been heard since, and the places that nodes have left since."""
        version, now_s = self._registry.version(), self._clock_s()
        if version != self._version:
            places = _places(self._registry)
            left = places - self._places
            self._version, self._places = version, places
            with self._lock:
                for place in left:
                    self._due |= {topics.topic(*place, channel): now_s + SETTLED_S for channel in CHANNELS}
        with self._lock:
            due = sorted(topic for topic, at_s in self._due.items() if at_s <= now_s)
        if due and self._publish([Outgoing(topic, b"") for topic in due]):
            with self._lock:
                for topic in due:
                    self._due.pop(topic, None)
            self._log.info("former_places_cleared", topics=len(due))


def _places(registry: Registry) -> frozenset[tuple[str, str]]:
    """Return each community that a node has left, with the node."""
    return frozenset(
        (community, node) for node, left in former_communities(registry).items() for community in left
    )

"""Which node a device is that goes by a name of its own, and in which time zone it stands."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, Protocol
from zoneinfo import ZoneInfo

from sera_store.database.recent_cache import RecentCache

if TYPE_CHECKING:
    from sera_store.registry.registry import Registry

_NAMES_MOST: Final = 8_192
_UNKNOWN: Final = ""


class DeviceNames(Protocol):
    """What has to be known of devices to read their messages."""

    def node_of(self, name: str, mapping: str, at_s: int) -> str | None:
        """Return the node that goes by a name in messages of a mapping at a time [s]; None for nobody."""

    def zone_of(self, node: str, at_s: int) -> ZoneInfo | None:
        """Return the time zone of a node's garden at a time [s]; None where it is in no garden."""


class RegisteredNames:
    """The names of devices as the registry has them, kept until it changes.

    Parameters
    ----------
    registry
        Who is known as what, since when.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._nodes: dict[str, list[str]] = {}
        self._moments: list[int] = []
        self._cache: RecentCache[tuple[str, str, int], str] = RecentCache(_NAMES_MOST)

    def renew(self) -> None:
        """Forget all: the registry has changed."""
        self._nodes = self._registry.nodes_by_name()
        self._moments = self._registry.moments() if self._nodes else []
        self._cache = RecentCache(_NAMES_MOST)

    def node_of(self, name: str, mapping: str, at_s: int) -> str | None:
        """Return the node that goes by a name in messages of a mapping at a time [s]; None for nobody.

        Of several the one whose way in is that mapping; None where that leaves more than one.
        """
        if name not in self._nodes:
            return None
        key = (name, mapping, bisect_right(self._moments, at_s))
        node = self._cache.get(key)
        if node is None:
            node = self._cache[key] = self._find(name, mapping, at_s)
        return node or None

    def zone_of(self, node: str, at_s: int) -> ZoneInfo | None:
        """Return the time zone of a node's garden at a time [s]; None where it is in no garden."""
        place = self._registry.place_of(node, at_s) or self._registry.place_of(node)
        garden = self._registry.garden(place[1]) if place else None
        return ZoneInfo(garden.timezone) if garden else None

    def _find(self, name: str, mapping: str, at_s: int) -> str:
        nodes = [self._registry.node(node, at_s) for node in self._nodes[name]]
        nodes_by_alias = [node for node in nodes if node is not None and name in node.known_as]
        for way_in in (mapping, ""):
            by_way = [node.id for node in nodes_by_alias if node.way_in == way_in]
            if by_way:
                return by_way[0] if len(by_way) == 1 else _UNKNOWN
        # By another way it is refused with that way's name.
        return nodes_by_alias[0].id if len(nodes_by_alias) == 1 else _UNKNOWN

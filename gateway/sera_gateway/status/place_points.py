"""Each garden, district and community that is registered; classes of detectors; what happened when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_gateway.status.status_points import hour_s, status_point
from sera_quality.soil_texture import Texture, water_limits
from sera_store.registry.entities import PERSON
from sera_vocabulary import series
from sera_vocabulary import status_series as s
from sera_vocabulary.alert_rules import RULES_BY_CODE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sera_store.fleet.node_facts import NodeState
    from sera_store.outputs.line_protocol import Point
    from sera_store.registry.entities import Garden, Node
    from sera_store.registry.registry import Registry


def place_points(registry: Registry, fleet: Sequence[NodeState], at_s: int) -> Iterator[Point]:
    """Return a point of `PLACES` for each garden, district and community.

    Parameters
    ----------
    registry
        What is registered; places of gardens are not read.
    fleet
        What is known of each node that stands in a garden.
    at_s
        Now, Unix time [s].
    """
    by_garden: dict[str, list[NodeState]] = {}
    for state in fleet:
        by_garden.setdefault(state.garden, []).append(state)
    gardens = registry.gardens()
    for garden in gardens:
        own = by_garden.get(garden.id, [])
        fields = {**_nodes(own, at_s), **_water(registry, garden, at_s)}
        yield _place(garden.community, "garden", garden.id, fields, at_s)
    for district in registry.districts():
        # How many nodes stand in it the figures say, which hide it where a host could be recognised.
        yield _place(district.community, "district", district.id, {s.RESIDENTS: district.residents}, at_s)
    for community in registry.communities():
        own = [state for state in fleet if state.community == community.id]
        fields = {**_nodes(own, at_s), **_gaps(own)}
        yield _place(community.id, "community", community.id, fields, at_s)


def class_points(registry: Registry, at_s: int) -> Iterator[Point]:
    """Return a point of `CLASSES` for each comparability class of each garden."""
    for garden in registry.gardens():
        counts: dict[str, int] = {}
        for node in registry.nodes(garden.id):
            if node.detector not in ("none", PERSON):
                counts[class_name(node)] = counts.get(class_name(node), 0) + 1
        for name, count in counts.items():
            tags = {series.TAG_COMMUNITY: garden.community, series.TAG_GARDEN: garden.id, s.TAG_CLASS: name}
            yield status_point(s.CLASSES, hour_s(at_s), tags, {s.NODES: count})


def class_name(node: Node) -> str:
    """Return what names a comparability class: detector, then each field that must agree.

    Examples
    --------
    >>> from sera_store.registry.entities import Node
    >>> class_name(Node("elm-1", "elm-yard", "camera", {"optics": "v2", "threshold": "0.6"}))
    'camera, optics v2, threshold 0.6'
    """
    fields = [f"{name} {text}" for name, text in sorted(node.comparability.items())]
    return ", ".join([node.detector, *fields])


def event_points(registry: Registry, version: str, since_s: int) -> Iterator[Point]:
    """Return a point of `EVENTS` for each calibration of a probe in a garden, and for this version.

    Parameters
    ----------
    registry
        What is registered.
    version, since_s
        Of Sera, and since when it runs here [s].
    """
    for community in registry.communities():
        tags = {series.TAG_COMMUNITY: community.id, s.TAG_KIND: s.RELEASE}
        yield status_point(s.EVENTS, since_s, tags, {s.TEXT: f"Sera {version}"})
    for probe in registry.probes():
        for calibration in registry.calibrations(probe.serial):
            place = registry.place_of(probe.node or "", calibration.valid_from_s)
            if place is not None:
                community_id, garden = place
                tags = {
                    series.TAG_COMMUNITY: community_id,
                    series.TAG_GARDEN: garden,
                    s.TAG_KIND: s.CALIBRATION,
                    series.TAG_PROBE: probe.serial,
                }
                yield status_point(s.EVENTS, calibration.valid_from_s, tags, {s.TEXT: probe.serial})


def _place(community: str, kind: str, name: str, fields: dict[str, float | None], at_s: int) -> Point:
    tags = {series.TAG_COMMUNITY: community, series.TAG_SCOPE: kind, series.TAG_SCOPE_ID: name}
    return status_point(s.PLACES, hour_s(at_s), tags, {s.EXPECTED: 1, **fields})


def _nodes(own: Sequence[NodeState], at_s: int) -> dict[str, float | None]:
    heard = [state.heard_s for state in own if state.heard_s is not None]
    return {
        s.NODES: len(own),
        s.NODES_HEARD: sum([_is_heard(state, at_s) for state in own]),
        s.HEARD_MS: 1000 * max(heard) if heard else None,
    }


def _gaps(own: Sequence[NodeState]) -> dict[str, float | None]:
    """Add up what is not here: a query that adds up 500 nodes hour by hour takes most of a second."""
    return {
        s.MISSING: sum([state.missing for state in own]),
        s.LOST: sum([state.lost for state in own]),
        s.UNDATED: sum([state.undated for state in own]),
    }


def _is_heard(state: NodeState, at_s: int) -> bool:
    """Return whether a node has come within so many of its contacts that nobody looks yet."""
    if state.heard_s is None or not state.contact_s:
        return False
    return bool((at_s - state.heard_s) / state.contact_s < RULES_BY_CODE["silent"].look)


def _water(registry: Registry, garden: Garden, at_s: int) -> dict[str, float | None]:
    soil = registry.soil(garden.id, at_s)
    if soil is None:
        return {}
    return dict(
        zip(
            s.WATER_LIMITS,
            water_limits(Texture(soil.sand, soil.clay, soil.organic_matter_percent)),
            strict=True,
        )
    )

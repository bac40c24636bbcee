"""A planned season in the registry: its gardens, nodes, probes and calibrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_store.coarse_grid import ConsentLevel
from sera_store.registry.entities import Calibration, Community, Garden, Node, ProbePlace
from sera_vocabulary import measurements
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from sera_simulator.world.season import Season
    from sera_store.store import Store

_AUTHOR: Final = "sera demo"
# The registry knows the gardens from the day before the season on.
_BEFORE_S: Final = DAY_S


def register(season: Season, store: Store) -> None:
    """Enter a season's gardens, nodes, probes and calibrations into the registry."""
    since_s = season.start_s - _BEFORE_S
    registry = store.registry
    community = season.community
    registry.put(Community(community.id, community.name), since_s=since_s, by=_AUTHOR)
    for garden in season.gardens:
        entity = Garden(
            garden.id,
            community.id,
            None,
            garden.name,
            garden.latitude,
            garden.longitude,
            garden.timezone,
            ConsentLevel.NEIGHBOURHOOD,
            garden.area_m2,
        )
        registry.put(entity, since_s=since_s, by=_AUTHOR)
    for node in season.nodes:
        registry.put(Node(node.id, node.garden, node.detector, simulated=True), since_s=since_s, by=_AUTHOR)
        for probe in node.probes:
            place = ProbePlace(probe.serial, node.id, probe.position, probe.depth_m)
            registry.put(place, since_s=since_s, by=_AUTHOR)
            calibration = Calibration(
                id=f"bench-{probe.serial}",
                serial=probe.serial,
                source=measurements.SOIL_MOISTURE_RAW,
                target=measurements.SOIL_MOISTURE,
                coefficients=probe.calibration.coefficients,
                valid_from_s=probe.calibration.valid_from_s,
                uncertainty=probe.calibration.uncertainty,
                reference="simulated bench calibration of the demo",
            )
            registry.put(calibration, since_s=since_s, by=_AUTHOR)

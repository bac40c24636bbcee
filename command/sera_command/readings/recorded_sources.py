"""Whose recorded readings are: a source's node and garden in the registry, entered when it first comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_command.errors import BadInputError
from sera_store.registry.entities import (
    PERSON,
    Calibration,
    Community,
    Garden,
    Node,
    ProbePlace,
    RecordedSource,
)
from sera_store.release.persons import draw_counter_id, draw_id
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from sera_gateway.importers import Recording
    from sera_store.store import Store

_BY: Final = "sera ingest"
_BEFORE_S: Final = DAY_S
# The probe whose raw counts a soil type is assumed for.
_SOIL_POSITION: Final = 1


class Placement(NamedTuple):
    """Where recorded readings belong, as far as the source does not say."""

    community: str
    garden: str | None
    latitude: float | None
    longitude: float | None
    timezone: str


def with_node(store: Store, recording: Recording) -> Recording:
    """Name a recording as its source was named before, or by ids drawn now, which tell nothing of it."""
    source = store.registry.recorded_source(recording.origin)
    if source is None:
        node = draw_counter_id() if recording.detector == PERSON else draw_id("logger")
        source = RecordedSource(node, draw_id("garden"), recording.origin)
        store.registry.put(source, since_s=0, by=_BY)
    return recording.with_node(source.id)


def garden_of(store: Store, recording: Recording, placement: Placement) -> str:
    """Return the garden of a recording: the one that was said, or the one drawn for its source."""
    source = store.registry.recorded_source(recording.origin)
    return placement.garden or (source.garden if source else recording.node)


def register(
    store: Store, recording: Recording, placement: Placement, calibration: Calibration | None
) -> None:
    """Enter community, garden, node, probes and calibration of a recording, from the day before it on.

    Raises
    ------
    BadInputError
        Nothing says where it was recorded, or its garden belongs to another community.
    """
    since_s = min(row.utc_s for row in recording.rows) - _BEFORE_S
    registry = store.registry
    if registry.community(placement.community) is None:
        registry.put(Community(placement.community, placement.community), since_s=0, by=_BY)
    garden = garden_of(store, recording, placement)
    home = registry.garden(garden)
    if home is None:
        registry.put(_garden(recording, garden, placement), since_s=0, by=_BY)
    elif home.community != placement.community:
        raise BadInputError(
            f"garden {garden} belongs to community {home.community}; expected --community {home.community}"
        )
    registry.put(Node(recording.node, garden, recording.detector), since_s=since_s, by=_BY)
    depths = dict(recording.depths_m)
    for position, _model, serial in recording.probes:
        entered = ProbePlace(serial, recording.node, position, depths.get(position))
        registry.put(entered, since_s=since_s, by=_BY)
        if calibration is not None and position == _SOIL_POSITION:
            registry.put(_calibration_of(calibration, serial, since_s), since_s=since_s, by=_BY)


def _calibration_of(calibration: Calibration, serial: str, since_s: int) -> Calibration:
    """Write the calibration of an assumed soil type for one probe."""
    return Calibration(
        id=f"{calibration.id}-{serial}",
        serial=serial,
        source=calibration.source,
        target=calibration.target,
        coefficients=calibration.coefficients,
        valid_from_s=since_s,
        reference=calibration.reference,
        assumption=calibration.assumption,
    )


def _garden(recording: Recording, name: str, placement: Placement) -> Garden:
    latitude, longitude = recording.place or (placement.latitude, placement.longitude)
    if latitude is None or longitude is None:
        raise BadInputError(
            f"{recording.source} does not say where it was recorded; "
            "give --latitude and --longitude (they leave only made coarse)"
        )
    return Garden(
        name, placement.community, None, name, latitude, longitude, recording.timezone or placement.timezone
    )

"""Gardens on a map as GeoJSON (RFC 7946): the cells in which they are, never points that look exact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sera_store.coarse_grid import CoarsePlace
    from sera_store.exports.selection import Selection
    from sera_store.release.places import ReleasedGarden
    from sera_store.store import Store

_DIGITS: Final = 6


def geojson_text(store: Store, selection: Selection) -> str:
    """Write the gardens as features; one whose place is hidden has no geometry."""
    collection = {
        "type": "FeatureCollection",
        "license": selection.licence.deed.page,
        "features": [_feature(garden) for garden in selection.gardens(store)],
    }
    return json.dumps(collection, indent=1, ensure_ascii=False) + "\n"


def point(place: CoarsePlace) -> dict[str, Any]:
    """Return the centre of a cell as a GeoJSON point."""
    return {
        "type": "Point",
        "coordinates": [round(place.longitude, _DIGITS), round(place.latitude, _DIGITS)],
    }


def _cell(place: CoarsePlace) -> dict[str, Any]:
    """Return the outline of a cell, counter-clockwise from its south-west corner."""
    half = place.grid_deg / 2
    west, east = (round(place.longitude + side * half, _DIGITS) for side in (-1, 1))
    south, north = (round(place.latitude + side * half, _DIGITS) for side in (-1, 1))
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _feature(garden: ReleasedGarden) -> dict[str, Any]:
    place = garden.place
    return {
        "type": "Feature",
        "id": garden.id,
        "geometry": None if place is None else _cell(place),
        "properties": {
            "name": garden.name or garden.id,
            "community": garden.community,
            "timezone": garden.timezone,
            "uncertainty_m": None if place is None else place.uncertainty_m,
            "grid_deg": None if place is None else place.grid_deg,
            "simulated": garden.is_simulated,
        },
    }

"""The only reader of exact places: what may be known of a garden's place outside the registry."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from statistics import median_low
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sera_store.coarse_grid import SIDE, SIDE_PER_DEGREE, Cell, CoarsePlace, ConsentLevel, cell_of, coarse
from sera_store.registry.simulation import REAL, simulation_by_garden, simulation_of
from sera_vocabulary.durations import HOUR_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.registry.entities import Garden
    from sera_store.registry.registry import Registry
    from sera_store.registry.simulation import Simulation


# What sun and weather are computed for, whatever the consent.
_SUN_LEVEL: Final = ConsentLevel.CITY

_DEGREES_AN_HOUR: Final = 15.0


@dataclass(frozen=True, slots=True)
class ReleasedGarden:
    """A garden without its exact place, as analysis and all outputs know it.

    Parameters
    ----------
    id, community, district, name, timezone
        As in the registry.
    place
        Where it is, as closely as its host allows; None where the place is hidden.
    sun_place
        Latitude and longitude that sun and weather are computed for [degree]: the centre of its cell of
        0.1 degree, whatever the consent; of a hidden garden that of its community.
    is_simulated
        Whether all that stands there is simulated.
    left_out
        Ids of simulated nodes beside real ones, of which nothing enters a figure.
    """

    id: str
    community: str
    district: str | None
    name: str
    timezone: str
    place: CoarsePlace | None
    sun_place: tuple[float, float]
    is_simulated: bool = False
    left_out: tuple[str, ...] = ()


def released_gardens(registry: Registry, community: str | None = None) -> list[ReleasedGarden]:
    """List the gardens of a community, or of all, by id, without their exact places."""
    gardens = registry.gardens(community)
    neighbours: dict[str, list[Garden]] = {}
    for garden in gardens:
        neighbours.setdefault(garden.community, []).append(garden)
    simulations = simulation_by_garden(registry)
    return [
        _released(garden, neighbours[garden.community], simulations.get(garden.id, REAL))
        for garden in gardens
    ]


def released_garden(registry: Registry, name: str) -> ReleasedGarden | None:
    """Find a garden as last entered, without its exact place; None where there is none."""
    garden = registry.garden(name)
    if garden is None:
        return None
    return _released(garden, registry.gardens(garden.community), simulation_of(registry, name))


def coarse_place(garden: Garden) -> CoarsePlace | None:
    """Return where an entry of a garden says it is, as closely as that entry allows; None where hidden."""
    return coarse(garden.latitude, garden.longitude, garden.consent)


def coarsened(place: CoarsePlace, level: ConsentLevel) -> CoarsePlace:
    """Coarsen a released place further, to a level that others ask for; one that is coarser stays as it is.

    Parameters
    ----------
    place
        As its host allows.
    level
        Any level but `hidden`.
    """
    cell = cell_of(place.latitude, place.longitude, level)
    asked = CoarsePlace(*cell.centre, cell.uncertainty_m, cell.side / SIDE_PER_DEGREE)
    return place if place.grid_deg > asked.grid_deg else asked


def gardens_within(
    registry: Registry, community: str, rings: Sequence[Sequence[tuple[float, float]]]
) -> list[str]:
    """List the gardens of a community that lie within an outline; hidden ones are in none.

    Parameters
    ----------
    rings
        Closed rings of (longitude, latitude) [degree]; what lies inside an odd number of them is within, so
        that holes are not.
    """
    return [
        garden.id
        for garden in registry.gardens(community)
        if garden.consent is not ConsentLevel.HIDDEN and is_within(garden.longitude, garden.latitude, rings)
    ]


def is_within(longitude: float, latitude: float, rings: Sequence[Sequence[tuple[float, float]]]) -> bool:
    """Return whether a position [degree] lies inside an odd number of closed rings, so that holes are not."""
    return bool(sum([_is_inside(longitude, latitude, ring) for ring in rings]) % 2)


def _is_inside(x: float, y: float, ring: Sequence[tuple[float, float]]) -> bool:
    """Return whether a ray towards larger x crosses the ring an odd number of times."""
    inside = False
    for (x1, y1), (x2, y2) in itertools.pairwise(ring):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def _released(garden: Garden, neighbours: Sequence[Garden], simulation: Simulation) -> ReleasedGarden:
    return ReleasedGarden(
        garden.id,
        garden.community,
        garden.district,
        garden.name,
        garden.timezone,
        coarse_place(garden),
        _sun_place(garden, neighbours),
        simulation.is_whole,
        simulation.beside_real,
    )


def _sun_place(garden: Garden, neighbours: Sequence[Garden]) -> tuple[float, float]:
    """Choose the centre of a coarse cell, into which nothing of a hidden place enters."""
    if garden.consent is not ConsentLevel.HIDDEN:
        return cell_of(garden.latitude, garden.longitude, _SUN_LEVEL).centre
    cells = [
        cell_of(neighbour.latitude, neighbour.longitude, _SUN_LEVEL)
        for neighbour in neighbours
        if neighbour.consent is not ConsentLevel.HIDDEN
    ]
    if not cells:
        return zone_place(garden.timezone)
    rows, columns = [cell.row for cell in cells], [cell.column for cell in cells]
    return Cell(median_low(rows), median_low(columns), SIDE[_SUN_LEVEL]).centre


@lru_cache(maxsize=64)
def zone_place(timezone: str) -> tuple[float, float]:
    """Centre of the 0.1 degree cell of a time zone's own city, from the tz database [degree].

    A zone without one, such as `UTC` or an old alias, has its meridian's point on the equator.
    """
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        fields = line.split("\t")
        if not line.startswith("#") and len(fields) > 2 and fields[2] == timezone:
            latitude, longitude = _iso_6709(fields[1])
            break
    else:
        offset = datetime(2000, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(timezone)).utcoffset()
        hours = offset.total_seconds() / HOUR_S if offset is not None else 0.0
        latitude, longitude = 0.0, _DEGREES_AN_HOUR * ((hours + 12) % 24 - 12)
    return cell_of(latitude, longitude, _SUN_LEVEL).centre


def _iso_6709(text: str) -> tuple[float, float]:
    """Read `+513030-0000731` or `+5230+01322`: signed degrees, minutes and perhaps seconds."""
    cut = max(text.rfind("+"), text.rfind("-"))
    latitude, longitude = text[:cut], text[cut:]
    return _sexagesimal(latitude, 3), _sexagesimal(longitude, 4)


def _sexagesimal(text: str, degrees: int) -> float:
    minutes, seconds = text[degrees : degrees + 2], text[degrees + 2 :] or "0"
    size = int(text[1:degrees]) + int(minutes) / 60 + int(seconds) / 3_600
    return -size if text.startswith("-") else size

"""Districts from GeoJSON: their ids, numbers and outlines, each bad feature named."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import msgspec

from sera_command.errors import BadInputError
from sera_store.errors import InvalidEntryError
from sera_store.registry.entities import District
from sera_vocabulary.topics import NAME_LONGEST

if TYPE_CHECKING:
    from pathlib import Path

Point = tuple[float, float]
# RFC 7946: longitude first, then latitude, perhaps an altitude; WGS 84.
Ring = list[list[float]]
_NO_NAME: Final = re.compile(r"[^a-z0-9]+")
_LONGITUDE_MOST, _LATITUDE_MOST = 180.0, 90.0


class DistrictColumns(NamedTuple):
    """Which properties of a feature hold what; None where a file has none."""

    id: str
    title: str | None
    residents: str | None
    deprivation: str | None


class DistrictArea(NamedTuple):
    """A district and its outline: rings of (longitude, latitude) [degree]; inside an odd number is within."""

    district: District
    rings: list[list[Point]]


class _Polygon(msgspec.Struct, tag="Polygon"):
    coordinates: Annotated[list[Ring], msgspec.Meta(min_length=1)]


class _MultiPolygon(msgspec.Struct, tag="MultiPolygon"):
    coordinates: Annotated[list[list[Ring]], msgspec.Meta(min_length=1)]


class _Feature(msgspec.Struct, tag="Feature"):
    geometry: _Polygon | _MultiPolygon
    properties: dict[str, Any]


class _Collection(msgspec.Struct, tag="FeatureCollection"):
    features: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1)]


def read_areas(path: Path, community: str, columns: DistrictColumns, source: str) -> list[DistrictArea]:
    """Read the districts of a GeoJSON file.

    Parameters
    ----------
    path
        A FeatureCollection of polygons in WGS 84 (RFC 7946).
    community
        Whose districts they are.
    columns
        Which properties hold id, name, residents and deprivation.
    source
        Where both numbers are from.

    Raises
    ------
    BadInputError
        It is no such file, or some of its features are no districts; each is named by its number.
    """
    return parse_areas(path.read_bytes(), path.name, community, columns, source)


def parse_areas(
    content: bytes, name: str, community: str, columns: DistrictColumns, source: str
) -> list[DistrictArea]:
    """Read the districts of a file's content, as `read_areas` does; `name` names it in messages.

    Raises
    ------
    BadInputError
        It is no such file, or some of its features are no districts; each is named by its number.
    """
    try:
        collection = msgspec.json.decode(content, type=_Collection)
    except msgspec.MsgspecError as error:
        raise BadInputError(
            f"{name} is no GeoJSON FeatureCollection ({error}); export one from your map"
        ) from (error)
    areas: list[DistrictArea] = []
    problems: list[str] = []
    first: dict[str, int] = {}
    for number, raw in enumerate(collection.features, 1):
        try:
            area = _area(msgspec.json.decode(raw, type=_Feature), community, columns, source)
        except (msgspec.MsgspecError, InvalidEntryError) as error:
            problems.append(f"feature {number}: {error}")
            continue
        before = first.setdefault(area.district.id, number)
        if before != number:
            problems.append(f"feature {number}: id {area.district.id!r} is that of feature {before} too")
        areas.append(area)
    if problems:
        raise BadInputError("\n".join([f"{name}: no district was entered", *problems]))
    return areas


def district_id(text: str) -> str:
    """Make an id of a name or code: `Brislington East` becomes `brislington-east`.

    Examples
    --------
    >>> district_id("Brislington East"), district_id("E05008942"), district_id("Bünde-Süd")
    ('brislington-east', 'e05008942', 'bunde-sud')
    """
    letters = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return _NO_NAME.sub("-", letters).strip("-")[:NAME_LONGEST]


def _area(feature: _Feature, community: str, columns: DistrictColumns, source: str) -> DistrictArea:
    properties = feature.properties
    text = _text(properties, columns.id)
    title = _text(properties, columns.title) if columns.title is not None else text
    residents = _number(properties, columns.residents)
    if residents is not None and (residents < 1 or not residents.is_integer()):
        raise InvalidEntryError(f"{columns.residents} {residents:g} is no number of residents")
    district = District(
        district_id(text),
        community,
        title,
        None if residents is None else int(residents),
        _number(properties, columns.deprivation),
        source,
    )
    geometry = feature.geometry
    polygons = [geometry.coordinates] if isinstance(geometry, _Polygon) else geometry.coordinates
    return DistrictArea(district, [_ring(ring) for polygon in polygons for ring in polygon])


def _text(properties: dict[str, Any], name: str) -> str:
    if name not in properties:
        raise InvalidEntryError(
            f"has no property {name!r}; its properties are {', '.join(properties) or 'none'}"
        )
    value = properties[name]
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
        raise InvalidEntryError(f"{name} {value!r} is no name")
    return str(value).strip()


def _number(properties: dict[str, Any], name: str | None) -> float | None:
    if name is None:
        return None
    if name not in properties:
        raise InvalidEntryError(
            f"has no property {name!r}; its properties are {', '.join(properties) or 'none'}"
        )
    value = properties[name]
    if value in (None, ""):
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidEntryError(f"{name} {value!r} is no number")
    return number


def _ring(ring: Ring) -> list[Point]:
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise InvalidEntryError(
            "an outline is not closed; expected four positions or more, the last as the first"
        )
    points = []
    for position in ring:
        if len(position) < 2:
            raise InvalidEntryError(f"{position} is no position; expected longitude and latitude")
        longitude, latitude = position[:2]
        if not (abs(longitude) <= _LONGITUDE_MOST and abs(latitude) <= _LATITUDE_MOST):
            raise InvalidEntryError(
                f"position {longitude:g}, {latitude:g} is not on the globe; export the map in WGS 84 "
                "(EPSG:4326)"
            )
        points.append((longitude, latitude))
    return points

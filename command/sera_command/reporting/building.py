"""Compose the open report of a community."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_analysis.methods import VERSION
from sera_coalition.report import measures
from sera_coalition.report import report as codes
from sera_coalition.report.report import Report, ReportDistrict, SourceTable
from sera_command import __version__
from sera_command.errors import BadInputError
from sera_command.importers.place_tables import read_living_places, read_outlets
from sera_command.reporting.access import Access, Kind, Positions, Question, access_figures, suppressed, tens
from sera_command.reporting.watching import RESULTS, district_results, effort_of, watching_figures
from sera_store.coarse_grid import ConsentLevel, cell_of
from sera_store.release.places import released_gardens
from sera_store.tables.names import fold_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_analysis.diversity.samples import FloatArray
    from sera_command.importers.district_areas import DistrictArea
    from sera_command.importers.place_tables import LivingPlaces, Outlets
    from sera_store.registry.entities import District
    from sera_store.release.places import ReleasedGarden
    from sera_store.results.results import Result
    from sera_store.store import Store

OUTLETS, DISTRICTS, GARDENS, MAP = "outlets", "districts", "gardens", "areas"
_ALIKE_SHARE: Final = 0.02


class TableFile(NamedTuple):
    """A table as it was given: name, and bytes."""

    name: str
    content: bytes


class DistrictMap(NamedTuple):
    """Outlines of the districts, and the file that they are from."""

    file: TableFile
    areas: list[DistrictArea]


class BuiltReport(NamedTuple):
    """The report, and what a reader at the terminal must know of how the tables were read."""

    report: Report
    remarks: list[str]


class _World(NamedTuple):
    """Districts, gardens with a place, how many have none or a coarse one, and the store's figures."""

    districts: list[District]
    gardens: list[ReleasedGarden]
    hidden: int
    coarse: int
    is_simulated: bool
    results: list[dict[str, Result]]


def build_report(
    store: Store,
    community: str,
    districts: TableFile,
    outlets: TableFile | None,
    question: Question,
    now_s: int,
    outlines: DistrictMap | None = None,
) -> BuiltReport:
    """Make the open report of a community.

    Parameters
    ----------
    store
        Its registry has the districts and gardens, its results the figures of watching.
    community
        Id of the community.
    districts
        Where people live, by district.
    outlets
        Food outlets; None where there is no such table.
    question
        Reach, method, seed and draws.
    now_s
        Present Unix time [s].
    outlines
        The map that says in which district a place lies; None where the table says it.

    Raises
    ------
    BadInputError
        The community has no district, or the map has one that is not registered.
    TableError
        A table or some of its rows are not valid; each is named.
    """
    world = _world(store, community, question, now_s)
    known = _names(world.districts)
    areas = _registered(outlines, world.districts) if outlines is not None else []
    homes = read_living_places(districts.content, districts.name, known, _centre(world.gardens), areas)
    shops = None
    if outlets is not None:
        positions = homes.positions
        shops = read_outlets(outlets.content, outlets.name, positions, reach_m=question.reach_m)
    tables = _tables(world, districts, outlets, homes, shops)
    if outlines is not None:
        tables = (_table(MAP, outlines.file.name, outlines.file.content, len(areas)), *tables)
    report = _composed(community, world, homes, shops, question, tables, now_s)
    return BuiltReport(report, _remarks(homes, shops, districts.name, outlets))


def _names(districts: Sequence[District]) -> dict[str, list[str]]:
    """Return the ids of the districts that an id or a name in a table may mean, by folded text."""
    meant: dict[str, list[str]] = {}
    for district in districts:
        for text in {fold_name(district.id), fold_name(district.name)} - {""}:
            meant.setdefault(text, []).append(district.id)
    return meant


def _registered(outlines: DistrictMap, districts: Sequence[District]) -> list[DistrictArea]:
    """Return the outlines of a map; refuse those of districts that are not registered."""
    known = {district.id for district in districts}
    strange = [area.district.id for area in outlines.areas if area.district.id not in known]
    if strange:
        names, there = ", ".join(strange), ", ".join(sorted(known))
        raise BadInputError(
            f"{outlines.file.name}: {names} not registered; registered are {there}. `sera district import` "
            "enters those of a map; --id-from names the property with their ids"
        )
    return outlines.areas


def _world(store: Store, community: str, question: Question, now_s: int) -> _World:
    districts = sorted(
        store.registry.districts(community), key=lambda district: (fold_name(district.name), district.id)
    )
    if not districts:
        raise BadInputError(
            f"community {community!r} has no district; register them with `sera district new` or `import`"
        )
    every = released_gardens(store.registry, community)
    real = [garden for garden in every if not garden.is_simulated]
    gardens = real or every
    placed = [garden for garden in gardens if garden.place is not None]
    near = [garden for garden in placed if garden.place and garden.place.uncertainty_m <= question.reach_m]
    return _World(
        districts,
        placed,
        len(gardens) - len(placed),
        len(placed) - len(near),
        bool(every) and not real,
        [district_results(store, district.id, gardens, now_s) for district in districts],
    )


def _centre(gardens: Sequence[ReleasedGarden]) -> tuple[float, float] | None:
    if not gardens:
        return None
    latitude, longitude = np.median(np.array([garden.sun_place for garden in gardens]), axis=0).tolist()
    return latitude, longitude


def _composed(
    community: str,
    world: _World,
    homes: LivingPlaces,
    shops: Outlets | None,
    question: Question,
    tables: tuple[SourceTable, ...],
    now_s: int,
) -> Report:
    places = _coarse_homes(homes)
    members = [
        np.array([name == district.id for name in homes.districts], float) for district in world.districts
    ]
    names = [district.id for district in world.districts]
    to_outlets = access_figures(
        places, members, names, _shops(shops), _kind_of_outlets(world, homes), question
    )
    to_gardens = access_figures(
        places, members, names, _gardens(world), _kind_of_gardens(world, homes), question
    )
    effort_figures = [
        figure
        for district, results in zip(world.districts, world.results, strict=True)
        for figure in watching_figures(district, results)
    ]
    efforts = [effort_of(results) for results in world.results]
    by_district = dict(zip(names, efforts, strict=True))
    figures = [*to_outlets.figures, *to_gardens.figures, *effort_figures]
    order = {measure.name: number for number, measure in enumerate(measures.MEASURES)}
    figures = sorted(_beside_effort(figures, by_district), key=lambda figure: order[figure.measure])
    return Report(
        community=community,
        day=f"{datetime.fromtimestamp(now_s, UTC):%Y-%m-%d}",
        code=f"sera {__version__}, methods {VERSION}",
        reach_m=question.reach_m,
        method=question.method,
        seed=question.seed,
        draws=question.draws,
        districts=_district_rows(world, homes, members, efforts),
        tables=tables,
        figures=tuple(figures),
        lorenz=_curves(to_outlets, to_gardens),
        gardens=len(world.gardens) - world.coarse,
        gardens_hidden=world.hidden,
        gardens_coarse=world.coarse,
        is_simulated=world.is_simulated,
    )


def _curves(to_outlets: Access, to_gardens: Access) -> dict[str, tuple[float, ...]]:
    curves = {measures.OUTLETS_GINI: to_outlets.lorenz, measures.GARDENS_GINI: to_gardens.lorenz}
    return {name: curve for name, curve in curves.items() if curve}


def _beside_effort(figures: Sequence[codes.Figure], efforts: dict[str, float | None]) -> list[codes.Figure]:
    """Put the effort of its district beside every number that has none of its own."""
    return [
        figure
        if figure.effort_h is not None or not figure.district
        else codes.with_effort(figure, efforts[figure.district])
        for figure in figures
    ]


def _coarse_homes(homes: LivingPlaces) -> Positions:
    """Put each place into the centre of its cell of the fixed grid: nothing finer enters."""
    cells = [
        cell_of(latitude, longitude, ConsentLevel.STREET) for latitude, longitude in homes.positions.tolist()
    ]
    uncertainty = np.array([float(cell.uncertainty_m) for cell in cells]) + homes.radius_m
    return Positions(np.array([cell.centre for cell in cells]), homes.residents, uncertainty)


def _shops(shops: Outlets | None) -> Positions:
    if shops is None:
        return Positions(np.zeros((0, 2)), np.zeros(0), np.zeros(0))
    return Positions(shops.positions, shops.supply, np.zeros(len(shops.supply)))


def _gardens(world: _World) -> Positions:
    places = [garden.place for garden in world.gardens if garden.place is not None]
    positions = np.array([(place.latitude, place.longitude) for place in places]).reshape(-1, 2)
    return Positions(
        positions, np.ones(len(places)), np.array([float(place.uncertainty_m) for place in places])
    )


def _kind_of_outlets(world: _World, homes: LivingPlaces) -> Kind:
    doubts = (codes.STRAIGHT_LINE, codes.COARSE_CENTRES, *_differing(world, homes))
    return Kind(
        measures.WITHOUT_OUTLET,
        measures.OUTLETS_A_THOUSAND,
        measures.OUTLETS_GINI,
        (DISTRICTS, OUTLETS),
        doubts,
        codes.NO_TABLE,
    )


def _kind_of_gardens(world: _World, homes: LivingPlaces) -> Kind:
    left_out = (codes.GARDENS_LEFT_OUT,) if world.hidden or world.coarse else ()
    simulated = (codes.SIMULATED,) if world.is_simulated else ()
    doubts = (codes.STRAIGHT_LINE, codes.COARSE_CENTRES, *left_out, *simulated, *_differing(world, homes))
    return Kind(
        measures.WITHOUT_GARDEN,
        measures.GARDENS_A_THOUSAND,
        measures.GARDENS_GINI,
        (DISTRICTS, GARDENS),
        doubts,
        codes.NO_GARDEN,
    )


def _differing(world: _World, homes: LivingPlaces) -> tuple[str, ...]:
    """Return the doubt that the table's residents are others than the registered ones, if they are."""
    for district in world.districts:
        own = [name == district.id for name in homes.districts]
        people = float(homes.residents[own].sum())
        if (
            district.residents
            and people
            and abs(people - district.residents) > _ALIKE_SHARE * district.residents
        ):
            return (codes.RESIDENTS_DIFFER,)
    return ()


def _district_rows(
    world: _World, homes: LivingPlaces, members: Sequence[FloatArray], efforts: Sequence[float | None]
) -> tuple[ReportDistrict, ...]:
    people = np.array([float(own @ homes.residents) for own in members])
    _, hidden = suppressed(people, [])
    return tuple(
        ReportDistrict(
            id=district.id,
            name=district.name or district.id,
            residents=None if hidden[row] else tens(people[row]),
            places=int(members[row].sum()),
            effort_h=efforts[row],
        )
        for row, district in enumerate(world.districts)
    )


def _tables(
    world: _World,
    districts: TableFile,
    outlets: TableFile | None,
    homes: LivingPlaces,
    shops: Outlets | None,
) -> tuple[SourceTable, ...]:
    gardens = [
        [garden.id, place.latitude, place.longitude, place.uncertainty_m]
        for garden in world.gardens
        if (place := garden.place) is not None
    ]
    results = sorted(result.to_json().decode() for own in world.results for result in own.values())
    rows = [
        _table(DISTRICTS, districts.name, districts.content, len(homes.districts)),
        _table(GARDENS, GARDENS, json.dumps(gardens).encode(), len(gardens)),
        _table(RESULTS, RESULTS, json.dumps(results).encode(), len(results)),
    ]
    # Without a table the figures of outlets say so, and still name it.
    name, content = outlets if outlets is not None else ("", b"")
    rows.append(_table(OUTLETS, name, content, len(shops.names) if shops is not None else 0))
    return tuple(sorted(rows, key=lambda row: row.key))


def _table(key: str, name: str, content: bytes, rows: int) -> SourceTable:
    return SourceTable(key=key, name=name, sha256=hashlib.sha256(content).hexdigest(), rows=rows)


def _remarks(
    homes: LivingPlaces, shops: Outlets | None, districts: str, outlets: TableFile | None
) -> list[str]:
    remarks = [str(note) for note in homes.notes]
    if homes.without_residents:
        remarks.append(f"{districts}: {homes.without_residents} places without residents are left out")
    if homes.unread:
        remarks.append(f"{districts}: not read: {', '.join(homes.unread)}")
    if shops is not None and outlets is not None:
        remarks += [str(note) for note in shops.notes]
        if shops.unread:
            remarks.append(f"{outlets.name}: not read: {', '.join(shops.unread)}")
    return remarks

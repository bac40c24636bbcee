"""What one community gives of its gardens in some days, through the functions that release, as tables.

Everything comes from `sera_store.release`: places as coarse as hosts allow, days in place of times,
pseudonyms in place of persons, and nothing whose licence is narrower than the agreement's. The agreement
makes it coarser still. Days are read from the roll-ups: no single record is looked at.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import astuple
from functools import lru_cache
from statistics import fmean
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_coalition.agreements.terms import Agreement, DataClass, Period, Place
from sera_coalition.bundles.aggregation import Cell, GardenSum, RowKey
from sera_coalition.bundles.earlier import Earlier
from sera_coalition.bundles.figures.beside_rows import RowsAndFigures, choose_figures
from sera_coalition.bundles.figures.community_figures import Outlet, community_figures
from sera_coalition.bundles.given.salts import Salts
from sera_coalition.bundles.periods import period_around
from sera_coalition.bundles.subtraction import choose, grounds_of
from sera_coalition.bundles.tables import period_of
from sera_store.coarse_grid import ConsentLevel
from sera_store.licence import NO_LICENCE, Licence
from sera_store.release.days import released_days
from sera_store.release.persons import Pseudonyms
from sera_store.release.places import coarsened, released_gardens
from sera_vocabulary import measurements as m
from sera_vocabulary.durations import HOUR_S
from sera_vocabulary.messages import parse_column
from sera_vocabulary.series import AIR, COUNTS, SOIL, VISITS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sera_coalition.bundles.earlier import EarlierTable, IssuedRow
    from sera_coalition.bundles.subtraction import Choice, ReleasedRow
    from sera_coalition.bundles.tables import Row
    from sera_store.release.days import ReleasedDay
    from sera_store.release.places import ReleasedGarden
    from sera_store.store import Store

_SOURCES: Final = {
    DataClass.READINGS: (SOIL, AIR),
    DataClass.VISITS: (VISITS, COUNTS),
    DataClass.COUNTS: (COUNTS,),
}
# Raw counts mean nothing elsewhere, and the level of sound tells when people are at home.
MEANS: Final = frozenset((
    m.SOIL_MOISTURE, m.SOIL_WETNESS, m.SOIL_TEMPERATURE, m.SOIL_CONDUCTIVITY, m.SOIL_PH,
    m.SURFACE_TEMPERATURE, m.NEAR_GROUND_TEMPERATURE, m.AIR_TEMPERATURE, m.AIR_HUMIDITY, m.AIR_PRESSURE,
    m.ILLUMINANCE, m.RAINFALL,
))  # fmt: skip
NOTICED: Final = frozenset((m.PASSAGES, m.BUZZ_LOW, m.BUZZ_MID, m.BUZZ_HIGH, m.DETECTIONS, *m.GROUP_NAMES))


class Window(NamedTuple):
    """First and last local day, both included."""

    first: date
    last: date


class SharedTables(NamedTuple):
    """What leaves of gardens.

    Parameters
    ----------
    tables
        Rows by table.
    grounds
        What they rest on, for the giver alone.
    again, left_out
        How many rows are given as they were before, and how many stay: with those given before they would
        tell of fewer gardens or persons than agreed.
    """

    tables: dict[str, list[Row]]
    grounds: dict[str, list[IssuedRow]]
    again: int
    left_out: int


def shared_tables(
    store: Store,
    community: str,
    agreement: Agreement,
    window: Window,
    earlier: Earlier | None = None,
    salts: Salts | None = None,
) -> SharedTables:
    """Return the rows that a community gives by an agreement of some days; stories are not here.

    Parameters
    ----------
    store
        Records, results and registry.
    community
        Who gives.
    agreement
        What was agreed.
    window
        Whole periods of the agreement.
    earlier
        What was given before to somebody who knows of it; nothing where it is left out.
    salts
        Those of the community, under which what rows rest on is kept; drawn where they are left out.
    """
    salts = salts or Salts()
    party = agreement.party(community)
    gives = party.gives if party is not None else ()
    gardens = released_gardens(store.registry, community)
    real = [garden for garden in gardens if not garden.is_simulated]
    store.rollups.catch_up()
    head = _Head(community, agreement.licence, int(not real))
    earlier = earlier or Earlier()
    known = RowsAndFigures(agreement.smallest_cell, earlier)
    shared = SharedTables({}, {}, 0, 0)
    # Figures come last, since they are held against rows of gardens.
    for name in sorted(gives, key=lambda name: name is DataClass.INDICES):
        if name in _SOURCES:
            choice = _chosen(
                store, real or gardens, agreement, window, name, head, earlier.tables[name], known, salts
            )
            rows = [_row(name, head, row) for row in choice.released]
            grounds = grounds_of(choice, rows)
            known.take_in(name, grounds)
        elif name is DataClass.INDICES:
            outlet = Outlet(_licence(agreement), pseudonyms_of(community), salts)
            figures = community_figures(store, gardens, agreement, window, tuple(head), outlet)
            choice, grounds = choose_figures(figures, known, earlier.tables[name])
        else:
            continue
        shared.tables[name] = [row.row for row in grounds]
        shared.grounds[name] = grounds
        shared = shared._replace(
            again=shared.again + len(choice.again), left_out=shared.left_out + choice.left_out
        )
    return shared


class _Head(NamedTuple):
    """What every row begins with."""

    origin: str
    licence: str
    simulated: int

    def of(self, first: date, last: date) -> tuple[str, str, int, str, str]:
        return (*self, first.isoformat(), last.isoformat())


def _chosen(
    store: Store,
    gardens: list[ReleasedGarden],
    agreement: Agreement,
    window: Window,
    name: DataClass,
    head: _Head,
    earlier: EarlierTable,
    known: RowsAndFigures,
    salts: Salts,
) -> Choice:
    period, licence = period_of(name, agreement), _licence(agreement)
    pseudonyms = pseudonyms_of(head.origin)
    sums: defaultdict[RowKey, list[GardenSum]] = defaultdict(list)
    for garden in gardens:
        days = [
            day
            for day in released_days(
                store,
                garden.id,
                series=_SOURCES[name],
                names=_names(name),
                days=window,
                pseudonyms=pseudonyms,
                licence=licence,
            )
            if day.node not in garden.left_out and _is_used(day, name)
        ]
        cell = _cell(garden, agreement.place)
        work_out = garden_means if name is DataClass.READINGS else garden_totals
        for key, garden_sum in work_out(days, garden.id, period).items():
            persons = frozenset(map(salts.person, garden_sum.persons))
            sums[key].append(garden_sum._replace(garden=salts.garden(garden.id), cell=cell, persons=persons))
    has_hours = name is not DataClass.READINGS
    return choose(
        sums,
        agreement.smallest_cell,
        earlier,
        tuple(head),
        has_hours=has_hours,
        figures=lambda key, members: known.admits_row(name, key.name, key.span, members),
    )


def _licence(agreement: Agreement) -> Licence:
    """Return the licence that what leaves has to allow; for the purposes alone every one does."""
    return Licence.CC_BY_NC if agreement.licence == NO_LICENCE else Licence(agreement.licence)


def pseudonyms_of(community: str) -> Pseudonyms:
    """Return those of persons who counted, of which none leaves: they tell persons apart in all bundles."""
    return Pseudonyms(f"counters of bundles of {community}".encode())


def _names(name: DataClass) -> tuple[str, ...]:
    return tuple(sorted(MEANS)) if name is DataClass.READINGS else (*sorted(NOTICED), m.AWAKE_S)


def _is_used(day: ReleasedDay, name: DataClass) -> bool:
    return name is DataClass.READINGS or day.by_person == (name is DataClass.COUNTS)


@lru_cache(maxsize=1 << 10)
def _measurement(column: str) -> str:
    name, _ = parse_column(column) or (column, 0)
    return name


def _cell(garden: ReleasedGarden, place: Place) -> Cell:
    """Coarsen a released place to the agreement; one that its host made coarser stays as it is."""
    released = garden.place
    if released is None or place.level is ConsentLevel.HIDDEN:
        return None
    north, east, _, grid_deg = astuple(coarsened(released, place.level))
    return north, east, grid_deg


def garden_means(days: Iterable[ReleasedDay], garden: str, period: Period) -> dict[RowKey, GardenSum]:
    """Average over days: of each day over nodes and positions, of rain over the daily sums of nodes."""
    by_day: defaultdict[tuple[str, date], defaultdict[str, list[float]]] = defaultdict(
        lambda: defaultdict(lambda: [0.0, 0.0])
    )
    for day in days:
        column = by_day[_measurement(day.name), day.day][f"{day.node} {day.name}"]
        column[0] += day.total
        column[1] += day.usable
    by_period: defaultdict[RowKey, list[float]] = defaultdict(list)
    for (name, date_), columns in by_day.items():
        values = [total if name == m.RAINFALL else total / count for total, count in columns.values()]
        by_period[RowKey(*period_around(date_, period), name)].append(fmean(sorted(values)))
    return {key: GardenSum(garden, None, mean=fmean(sorted(means))) for key, means in by_period.items()}


def garden_totals(days: Iterable[ReleasedDay], garden: str, period: Period) -> dict[RowKey, GardenSum]:
    """Add up what was noticed, and the hours of those who could notice it."""
    totals: defaultdict[RowKey, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    awake_s: defaultdict[tuple[date, date, str], float] = defaultdict(float)
    persons: dict[str, str] = {}
    for day in days:
        span = period_around(day.day, period)
        watcher = f"{day.node} {day.series}"
        if day.by_person:
            persons[watcher] = day.node
        if day.name == m.AWAKE_S:
            awake_s[(*span, watcher)] += day.total
        else:
            totals[RowKey(*span, day.name)][watcher] += day.total
    return {
        key: GardenSum(
            garden,
            None,
            frozenset(persons[watcher] for watcher in watchers if watcher in persons),
            total=sum(sorted(watchers.values())),
            effort_h=sum(sorted(awake_s[key.first, key.last, watcher] for watcher in watchers)) / HOUR_S,
        )
        for key, watchers in totals.items()
    }


def _row(name: DataClass, head: _Head, row: ReleasedRow) -> Row:
    key, group = row.key, row.group
    effort_h = group.effort_h if row.tells_hours else None
    place = row.cell or (None, None, None)
    start = (*head.of(key.first, key.last), *place, key.name)
    if name is DataClass.READINGS:
        measurement = m.COLUMNS[key.name]
        return (*start, measurement.unit, group.gardens, round(group.mean, measurement.decimals))
    if name is DataClass.VISITS:
        return (*start, group.gardens, group.total, effort_h)
    return (*start, group.gardens, group.persons, group.total, effort_h)

"""Figures of the community that could leave in a bundle, each with the gardens that it rests on.

A figure says of how many gardens it is, and some say of which. One that is not of every garden that said
anything of its kind in its days is left out here: nobody knows what it tells beside rows of gardens.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_coalition.agreements.terms import DataClass
from sera_coalition.bundles.aggregation import GardenSum
from sera_coalition.bundles.earlier import IssuedRow
from sera_coalition.bundles.figures.beside_rows import (
    BEAMS,
    CAMERAS,
    KINDS_OF,
    PEOPLE,
    SOIL_WARMTH,
    SOIL_WATER,
    Figure,
)
from sera_coalition.bundles.periods import period_around
from sera_coalition.bundles.subtraction import member_of
from sera_coalition.bundles.tables import period_of
from sera_store.local_clock import local_date
from sera_store.release.days import released_days
from sera_store.release.licences import licence_of_figures
from sera_vocabulary import indices
from sera_vocabulary import measurements as m
from sera_vocabulary.series import COUNTS, SOIL, VISITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from sera_coalition.agreements.terms import Agreement, Period
    from sera_coalition.bundles.earlier import Span
    from sera_coalition.bundles.given.salts import Salts
    from sera_coalition.bundles.tables import Row
    from sera_store.licence import Licence
    from sera_store.release.days import ReleasedDay
    from sera_store.release.persons import Pseudonyms
    from sera_store.release.places import ReleasedGarden
    from sera_store.results.result import Result
    from sera_store.store import Store

_OF_GARDENS: Final = "gardens"
_WATER: Final = (m.SOIL_MOISTURE, m.SOIL_WETNESS)
# Series and measurements that tell which gardens said anything of a kind.
_SOURCES_OF: Final = {
    SOIL_WATER: (SOIL, _WATER),
    SOIL_WARMTH: (SOIL, (m.SOIL_TEMPERATURE,)),
    CAMERAS: (COUNTS, (*m.GROUP_NAMES, m.DETECTIONS, m.AWAKE_S)),
    BEAMS: (VISITS, (m.PASSAGES, m.AWAKE_S)),
    PEOPLE: (COUNTS, (*m.GROUP_NAMES, m.AWAKE_S)),
}
_DETECTOR_OF: Final = {CAMERAS: indices.CAMERA, BEAMS: indices.BEAM, PEOPLE: indices.PERSON}
# Figures whose parts are what each garden said.
_BY_GARDEN: Final = frozenset((
    indices.RELATIVE_WETNESS, indices.SOIL_MOISTURE_MEAN, indices.SOIL_TEMPERATURE_MEAN,
    indices.VISITS_PER_HOUR, indices.PASSAGES_PER_HOUR,
))  # fmt: skip


class Outlet(NamedTuple):
    """Under which licence something leaves, how its persons are told apart, and what stands for them here."""

    licence: Licence
    pseudonyms: Pseudonyms
    salts: Salts


def community_figures(
    store: Store,
    gardens: Sequence[ReleasedGarden],
    agreement: Agreement,
    days: tuple[date, date],
    head: Row,
    outlet: Outlet,
) -> Iterator[Figure]:
    """Iterate over the figures that rest on enough gardens and persons, and may be under the licence.

    Parameters
    ----------
    days
        First and last local day, both included.
    head
        First cells of each row: origin, licence, whether it is simulated.
    """
    licences = [licence_of_figures(store.registry, garden.id) for garden in gardens]
    if not all(licence.may_be_under(outlet.licence) for licence in licences):
        return
    timezone = gardens[0].timezone if gardens else "UTC"
    period = period_of(DataClass.INDICES, agreement)
    reporting = _Gardens(store, gardens, period, days, outlet)
    for result in store.results.current(scope="community", scope_id=str(head[0]), period=period.value):
        first, last = local_date(result.start_s, timezone), local_date(result.end_s - 1, timezone)
        is_within = days[0] <= first and last <= days[1]
        is_alike = result.is_simulated == bool(head[2])
        if result.value is None or not is_within or not is_alike or result.n_of != _OF_GARDENS:
            continue
        span = (first.isoformat(), last.isoformat())
        kind, members = reporting.behind(result, span)
        if members and min(_sizes(members)) >= agreement.smallest_cell:
            name = f"{result.index} {result.group} {result.target} {head[2]}"
            grounds = frozenset(map(member_of, members))
            row = (*head, *span, *_cells(result, agreement.smallest_cell))
            yield Figure(IssuedRow(*span, name, row, grounds), kind)


def _sizes(members: Sequence[GardenSum]) -> Iterator[int]:
    yield len(members)
    if persons := frozenset[str]().union(*(member.persons for member in members)):
        yield len(persons)


def _cells(result: Result, smallest: int) -> Row:
    """Return what is told of a figure; of the smallest cell no interval.

    Notes
    -----
    A mean and its interval are two sums: who knows what all gardens but two said works both out. Without the
    interval that takes all but one.
    """
    has_interval = result.n > smallest
    return (
        result.index,
        result.group,
        result.target,
        result.unit,
        result.n,
        float(result.value or 0.0),
        result.low if has_interval else None,
        result.high if has_interval else None,
        None if result.effort_h is None else round(result.effort_h, 2),
    )


class _Gardens:
    """Gardens that said anything of each kind in each period, and who counted there."""

    def __init__(
        self,
        store: Store,
        gardens: Sequence[ReleasedGarden],
        period: Period,
        days: tuple[date, date],
        outlet: Outlet,
    ) -> None:
        self._store = store
        self._gardens = gardens
        self._period = period
        self._window = days
        self._outlet = outlet
        self._detectors = {node.id: node.detector for node in store.registry.nodes()}
        self._persons_by_kind: dict[str, Mapping[Span, Mapping[str, frozenset[str]]]] = {}

    def behind(self, result: Result, span: Span) -> tuple[str, list[GardenSum]]:
        """Return which kind a figure is of, and the gardens that it rests on; none where it is not known."""
        kinds = KINDS_OF.get(result.index, ())
        kind = next((kind for kind in kinds if self._of(kind)), "")
        by_garden = self._of(kind).get(span, {}) if kind else {}
        values: dict[str, float | None] = dict.fromkeys(by_garden)
        if result.index in _BY_GARDEN:
            values = {name: value for name, value in result.parts.items() if value is not None}
        if len(by_garden) != result.n or set(values) != set(by_garden):
            return kind, []
        salts = self._outlet.salts
        return kind, [
            GardenSum(salts.garden(garden), None, frozenset(map(salts.person, persons)), mean=values[garden])
            for garden, persons in by_garden.items()
        ]

    def _of(self, kind: str) -> Mapping[Span, Mapping[str, frozenset[str]]]:
        if kind not in self._persons_by_kind:
            persons_of: defaultdict[Span, dict[str, frozenset[str]]] = defaultdict(dict)
            for garden in self._gardens:
                for day in self._days(garden, kind):
                    first, last = period_around(day.day, self._period)
                    span = (first.isoformat(), last.isoformat())
                    persons = {day.node} if day.by_person else set()
                    persons_of[span][garden.id] = persons_of[span].get(garden.id, frozenset()) | persons
            self._persons_by_kind[kind] = persons_of
        return self._persons_by_kind[kind]

    def _days(self, garden: ReleasedGarden, kind: str) -> Iterator[ReleasedDay]:
        series, names = _SOURCES_OF[kind]
        detector = _DETECTOR_OF.get(kind)
        for day in released_days(
            self._store,
            garden.id,
            series=(series,),
            names=names,
            days=self._window,
            pseudonyms=self._outlet.pseudonyms,
            licence=self._outlet.licence,
        ):
            own = indices.PERSON if day.by_person else self._detectors.get(day.node)
            if day.node not in garden.left_out and detector in (None, own):
                yield day

"""Which figures of the community leave beside rows of its gardens, so that both together tell of no fewer.

A figure may leave where it rests on every garden that said anything of its kind in its days: then it is known
on which. Rows and figures of one kind and of the same days are held against each other, whatever their names
are: what stands in exactly the same of them is never of fewer gardens, or persons, than agreed. Of days that
the other was given of by another period, neither leaves.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from sera_coalition.agreements.terms import DataClass
from sera_coalition.bundles.subtraction import Choice, Contribution, Partition
from sera_vocabulary import indices
from sera_vocabulary import measurements as m

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_coalition.bundles.earlier import Earlier, EarlierTable, IssuedRow, Member, Span

SOIL_WATER: Final = "soil_water"
SOIL_WARMTH: Final = "soil_warmth"
CAMERAS: Final = "cameras"
BEAMS: Final = "beams"
PEOPLE: Final = "people"

# The kind of what rows tell of, by their table and name.
_READINGS: Final = {
    m.SOIL_MOISTURE: SOIL_WATER,
    m.SOIL_WETNESS: SOIL_WATER,
    m.SOIL_TEMPERATURE: SOIL_WARMTH,
}
_VISITS: Final = {m.PASSAGES: BEAMS, m.DETECTIONS: CAMERAS, **dict.fromkeys(m.GROUP_NAMES, CAMERAS)}
TABLE_OF: Final = {
    SOIL_WATER: DataClass.READINGS,
    SOIL_WARMTH: DataClass.READINGS,
    CAMERAS: DataClass.VISITS,
    BEAMS: DataClass.VISITS,
    PEOPLE: DataClass.COUNTS,
}
# Kinds that each figure may rest on: people where no camera watches. Any other figure stays.
KINDS_OF: Final = {
    indices.RELATIVE_WETNESS: (SOIL_WATER,),
    indices.SOIL_MOISTURE_MEAN: (SOIL_WATER,),
    indices.SOIL_TEMPERATURE_MEAN: (SOIL_WARMTH,),
    indices.VISITS_PER_HOUR: (CAMERAS,),
    indices.PASSAGES_PER_HOUR: (BEAMS,),
    indices.VISITS_PER_SURVEY: (PEOPLE,),
    indices.GROUP_USE: (CAMERAS,),
    **dict.fromkeys(
        (
            indices.TOTAL_ACTIVITY,
            indices.GROUP_INCIDENCE,
            indices.EFFECTIVE_GROUPS_Q1,
            indices.EFFECTIVE_GROUPS_Q2,
        ),
        (CAMERAS, PEOPLE),
    ),
}


def kind_of_row(table: str, name: str) -> str:
    """Return what kind a row of gardens tells of; the empty text where no figure tells of it."""
    if table == DataClass.COUNTS:
        return PEOPLE
    return (_READINGS if table == DataClass.READINGS else _VISITS).get(name, "")


def kind_of_figure(row: IssuedRow) -> str:
    """Return what kind a figure that was given tells of."""
    kinds = KINDS_OF.get(row.name.partition(" ")[0], ("",))
    return kinds[-1] if any(member.persons for member in row.members) else kinds[0]


class _Known(NamedTuple):
    """Rows and figures of one kind, by their first and last day."""

    rows: defaultdict[Span, list[frozenset[Member]]]
    figures: defaultdict[Span, list[frozenset[Member]]]


class RowsAndFigures:
    """What a receiver knows of gardens and of the community together.

    Parameters
    ----------
    smallest
        Fewest gardens, and fewest persons, that anything may be about.
    earlier
        What was given before.
    """

    def __init__(self, smallest: int, earlier: Earlier) -> None:
        self._smallest = smallest
        self._earlier = earlier
        self._known: defaultdict[str, _Known] = defaultdict(
            lambda: _Known(defaultdict(list), defaultdict(list))
        )
        for table, issued in list(earlier.tables.items()):
            self.take_in(table, issued.all())

    def take_in(self, table: str, rows: Iterable[IssuedRow]) -> None:
        """Take in rows of gardens, or figures, that leave."""
        for row in rows:
            is_figure = table == DataClass.INDICES
            kind = kind_of_figure(row) if is_figure else kind_of_row(table, row.name)
            if kind:
                known = self._known[kind].figures if is_figure else self._known[kind].rows
                known[row.first, row.last].append(row.members)

    def admits_row(self, table: str, name: str, span: Span, members: frozenset[Member]) -> bool:
        """Return whether a row of gardens tells of no fewer beside the figures that are known."""
        kind = kind_of_row(table, name)
        figures = self._known[kind].figures if kind else {}
        if kind and _overlapping(self._earlier.tables[DataClass.INDICES].unknown, span):
            return False
        others = _overlapping(figures, span)
        return not others or (others == [span] and self._is_large(kind, span, members))

    def admits_figure(self, kind: str, span: Span, members: frozenset[Member]) -> bool:
        """Return whether a figure tells of no fewer beside the rows and figures that are known."""
        known, table = self._known[kind], self._earlier.tables[TABLE_OF[kind]]
        others = {*_overlapping(known.rows, span), *_overlapping(known.figures, span)}
        if others - {span} or _overlapping(table.unknown, span):
            return False
        return self._is_large(kind, span, members)

    def _is_large(self, kind: str, span: Span, members: frozenset[Member]) -> bool:
        known = self._known[kind]
        sets = [*known.rows.get(span, ()), *known.figures.get(span, ()), members]
        garden_sets = [frozenset(map(_of_garden, row)) for row in sets]
        values = [frozenset(map(_of_value, row)) for row in sets]
        # Of what is noticed, values of several names may well be the same.
        levels = [garden_sets, values] if TABLE_OF[kind] == DataClass.READINGS else [garden_sets]
        return all(Partition(level).has_only(self._smallest) for level in levels)


def _of_garden(member: Member) -> Contribution:
    return Contribution(member.garden, "", member.persons)


def _of_value(member: Member) -> Contribution:
    return Contribution(member.garden, member.value)


def _overlapping(spans: Iterable[Span], span: Span) -> list[Span]:
    return [other for other in spans if other[0] <= span[1] and span[0] <= other[1]]


class Figure(NamedTuple):
    """A figure that could leave: its row, of which kind it is, and the gardens that it rests on."""

    row: IssuedRow
    kind: str


def choose_figures(
    figures: Iterable[Figure], known: RowsAndFigures, earlier: EarlierTable
) -> tuple[Choice, list[IssuedRow]]:
    """Choose among figures of the community.

    Returns
    -------
    Choice
        How many were given before with another value, and are given as they were then; and how many stay.
    list of IssuedRow
        Those that leave.
    """
    choice, released = Choice(), []
    for row, kind in figures:
        span = (row.first, row.last)
        before = earlier.rows(span, row.name)
        if earlier.has_other_days(span, row.name):
            choice.left_out += 1
        elif any(other.row[3:] == row.row[3:] and other.members == row.members for other in before):
            released.append(row)
        elif before and _gardens(before[-1]) <= _gardens(row):
            again = (*row.row[:3], *before[-1].row[3:])
            choice.again.append(msgspec.structs.replace(before[-1], row=again))
        elif not before and known.admits_figure(kind, span, row.members):
            known.take_in(DataClass.INDICES, [row])
            released.append(row)
        else:
            choice.left_out += 1
    return choice, [*released, *choice.again]


def _gardens(row: IssuedRow) -> set[tuple[str, str]]:
    """Return gardens, and persons in them, that a figure rests on."""
    persons = {(member.garden, person) for member in row.members for person in member.persons}
    return persons | {(member.garden, "") for member in row.members}

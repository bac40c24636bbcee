"""What the screen of a workshop shows: who counted how long and how much, of which groups, and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_pages.counting.entries import without_hidden
from sera_vocabulary import indices, series
from sera_vocabulary import measurements as m
from sera_vocabulary.measurements import GROUP_NAMES

if TYPE_CHECKING:
    from sera_pages.accounts.participants import Participant
    from sera_pages.accounts.workshops import Workshop
    from sera_pages.installation import ServedInstallation
    from sera_store.records.rows import Record
    from sera_store.registry.registry import Garden
    from sera_workshop.views.figures import FigureView

# More than a workshop of 120 groups can count in a day; the newest are taken.
_COUNTS_MOST: Final = 5_000
# A phone's clock is set by the server's, but a count may have begun as its group came in.
_BEFORE_S: Final = 900


@dataclass(frozen=True, slots=True)
class Line:
    """One group of people on the screen: number, name, counts, time counted [s], insects."""

    number: int
    name: str
    counts: int
    seconds: int
    insects: int


@dataclass(frozen=True, slots=True)
class GardenFigure:
    """A garden's figure from ten-minute counts, as it was made last."""

    garden: str
    view: FigureView


@dataclass(frozen=True, slots=True)
class Board:
    """All that moves on the screen.

    Parameters
    ----------
    state
        Of the workshop.
    lines
        By number of participants; without names where they are hidden.
    groups
        Insects by group, those that were seen, most first.
    counts, seconds, insects
        Of all together; seconds are the effort [s].
    figures
        Of gardens that have one.
    """

    state: str
    lines: tuple[Line, ...]
    groups: tuple[tuple[str, int], ...]
    counts: int
    seconds: int
    insects: int
    figures: tuple[GardenFigure, ...]


def gardens_of(installation: ServedInstallation, workshop: Workshop) -> list[Garden]:
    """Return the gardens in which people of a workshop count."""
    gardens = installation.registry.gardens(workshop.community)
    return [garden for garden in gardens if not workshop.gardens or garden.id in workshop.gardens]


def board_of(installation: ServedInstallation, workshop: Workshop) -> Board:
    """Add up what the participants of a workshop have counted so far; withdrawn counts are not among it."""
    gardens = gardens_of(installation, workshop)
    participants = {entity.person: entity for entity in installation.participants.of(workshop.id)}
    counted: dict[str, list[Record]] = {person: [] for person in participants}
    counters = {
        node.id: node.person
        for garden in gardens
        for node in installation.registry.nodes(garden.id)
        if node.person in participants
    }
    for record in _records(installation, workshop, counters):
        person = counters[record.node]
        if (record.time_s or 0) >= participants[person].joined_s - _BEFORE_S:
            counted[person].append(record)
    lines = [_line(workshop, participants[person], records) for person, records in counted.items()]
    return Board(
        workshop.state,
        tuple(sorted(lines, key=lambda line: line.number)),
        _groups([record for records in counted.values() for record in records]),
        sum(line.counts for line in lines),
        sum(line.seconds for line in lines),
        sum(line.insects for line in lines),
        tuple(_figures(installation, gardens)),
    )


def _records(installation: ServedInstallation, workshop: Workshop, counters: dict[str, str]) -> list[Record]:
    records = installation.view.newest(
        counters, (series.COUNTS,), from_s=workshop.created_s - _BEFORE_S, limit=_COUNTS_MOST
    )
    # Whoever is of the community counts on afterwards; that is another day.
    counted = [record for record in records if (record.time_s or 0) <= workshop.end_s]
    return without_hidden(installation, counted)


def _line(workshop: Workshop, participant: Participant, records: list[Record]) -> Line:
    rows = [record.by_column for record in records]
    return Line(
        participant.number,
        "" if workshop.are_names_hidden else participant.name,
        len(rows),
        sum(int(row.get(m.AWAKE_S) or 0) for row in rows),
        sum(int(row.get(name) or 0) for row in rows for name in GROUP_NAMES),
    )


def _groups(records: list[Record]) -> tuple[tuple[str, int], ...]:
    sums = dict.fromkeys(GROUP_NAMES, 0)
    for record in records:
        row = record.by_column
        for name in GROUP_NAMES:
            sums[name] += int(row.get(name) or 0)
    return tuple(sorted(((name, number) for name, number in sums.items() if number), key=lambda row: -row[1]))


def _figures(installation: ServedInstallation, gardens: list[Garden]) -> list[GardenFigure]:
    figures = []
    for garden in gardens:
        # At once: who sees the screen is in the room, and came in by its code.
        for view, _ in installation.figures.garden(garden.id, None):
            if view.index == indices.VISITS_PER_SURVEY and view.value:
                figures.append(GardenFigure(garden.name or garden.id, view))
    return figures

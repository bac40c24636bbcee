"""What goes into an archive: places, surveys with their effort, what came, and what was measured beside it.

Only what may leave: places from `released_gardens`, counts from `released_surveys`, nodes by whole days.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_store.calendar import is_amount
from sera_store.licence import Licence
from sera_store.registry.comparability import comparability
from sera_store.registry.entities import PERSON
from sera_store.release.licences import may_leave
from sera_store.release.places import released_garden
from sera_store.release.surveys import released_surveys
from sera_vocabulary import measurements as m
from sera_vocabulary import series
from sera_vocabulary.durations import HOUR_S
from sera_vocabulary.measurements import GROUP_NAMES
from sera_vocabulary.messages import parse_column
from sera_workshop.errors import NoGardensError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sera_store.aggregates.rollup_tables import RollupTable
    from sera_store.registry.entities import Node
    from sera_store.release.places import ReleasedGarden
    from sera_store.release.surveys import ReleasedSurvey
    from sera_store.store import Store

CAMERA: Final = "camera"
# Counts of different probes cannot be compared; codes and efforts are no measurements.
_NO_MEASUREMENTS: Final = frozenset(
    {m.SOIL_MOISTURE_RAW, m.AWAKE_S, m.SURVEYS, m.TARGET_FLOWER, *GROUP_NAMES}
)
# Beside a person's count.
_CONDITIONS: Final = (m.AIR_TEMPERATURE, m.CLOUD_COVER, m.WIND_FORCE, m.FLOWER_UNITS, m.PATCH_AREA)
_COUNT_S: Final = 600.0
UNRECORDED: Final = "unrecorded"


@dataclass(frozen=True, slots=True)
class Measured:
    """A mean, sum or single value of a quantity, in the unit that it has everywhere."""

    name: str
    position: int
    value: float
    readings: int
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """What one node did on one local day, or one count of a person.

    Parameters
    ----------
    id
        The same for the same data; in it neither a person nor an hour.
    detector
        What watched: `camera`, `person`, `beam`, `microphone` or `none`.
    effort_h
        Hours of watching; None where nothing looked for insects, or where no effort is known.
    counts
        How many of which group, by name, of the groups that were looked for.
    recall_low
        Lower end of a group's measured recall by such a camera in this garden, by group.
    flower
        Target flower of the count, of `TARGET_FLOWERS`; empty where there was none or it is not known.
    timed_counts
        How many ten-minute counts a person's row sums up.
    """

    id: str
    garden: ReleasedGarden
    date: str
    detector: str
    node: str = ""
    effort_h: float | None = None
    counts: dict[str, float] = field(default_factory=dict)
    recall_low: dict[str, float] = field(default_factory=dict)
    flower: str = ""
    timed_counts: float = 0.0
    measured: tuple[Measured, ...] = ()

    @property
    def is_human(self) -> bool:
        """Whether a person counted."""
        return self.detector == PERSON

    @property
    def is_watched(self) -> bool:
        """Whether somebody or something looked for insect groups, for a time that is known."""
        return bool(self.counts) and bool(self.effort_h)

    def is_absence(self, group: str) -> bool:
        """Return whether a zero of this survey is an absence that may be published.

        The group was looked for, for a known time, and either a person counted all ten groups or the recall
        of this group by this kind of camera was measured here.
        """
        if self.counts.get(group) != 0 or not self.is_watched:
            return False
        return self.is_complete if self.is_human else self.recall_low.get(group, 0.0) > 0

    @property
    def is_complete(self) -> bool:
        """Whether all ten groups were looked for."""
        return all(group in self.counts for group in GROUP_NAMES)

    @property
    def present(self) -> list[str]:
        """Groups that came."""
        return [group for group in GROUP_NAMES if self.counts.get(group, 0.0) > 0]

    @property
    def absent(self) -> list[str]:
        """Groups whose absence may be published."""
        return [group for group in GROUP_NAMES if self.is_absence(group)]


@dataclass(frozen=True, slots=True)
class Contents:
    """An archive before it has a form; surveys stand in the order of their ids.

    `community` is that of the first garden; an archive has gardens of one alone. All of it may be under the
    licence: what was given under a narrower one is not in it.
    """

    community: str
    community_name: str
    gardens: tuple[ReleasedGarden, ...]
    surveys: tuple[Survey, ...]
    first: date
    last: date
    licence: Licence


def collect(
    store: Store, gardens: Sequence[str], first: date, last: date, licence: Licence = Licence.CC_BY
) -> Contents:
    """Read what an archive of some gardens and local dates, both included, may hold under a licence.

    Raises
    ------
    NoGardensError
        No garden was named, or one is not in the registry.
    """
    released = []
    for name in gardens:
        garden = released_garden(store.registry, name)
        if garden is None:
            raise NoGardensError(f"garden {name!r} is not in the registry; expected one that is there.")
        if may_leave(store.registry, name, licence):
            released.append(garden)
    store.rollups.catch_up()
    surveys = [survey for garden in released for survey in _surveys(store, garden, first, last, licence)]
    if not released:
        raise NoGardensError(
            f"no garden was named that is in the registry and given under {licence.deed.title} or a wider "
            "licence."
        )
    community = released[0].community
    entered = store.registry.community(community)
    return Contents(
        community,
        (entered.name if entered else "") or community,
        tuple(sorted(released, key=lambda garden: garden.id)),
        tuple(sorted(surveys, key=lambda survey: survey.id)),
        first,
        last,
        licence,
    )


def site_id(garden: ReleasedGarden) -> str:
    """Id of a garden in all archives."""
    return f"{garden.community}:{garden.id}"


def _surveys(store: Store, garden: ReleasedGarden, first: date, last: date, licence: Licence) -> list[Survey]:
    numbers: dict[str, int] = {}
    surveys = []
    for counted in released_surveys(store, garden, first, last, licence):
        numbers[counted.date] = numbers.get(counted.date, 0) + 1
        name = f"{site_id(garden)}:{counted.date}:count-{numbers[counted.date]}"
        surveys.append(_count(name, garden, counted))
    return surveys + _node_days(store, garden, first, last)


def _count(name: str, garden: ReleasedGarden, counted: ReleasedSurvey) -> Survey:
    values = dict(counted.values)
    timed_counts = values.get(m.SURVEYS, 1.0)
    seconds = values.get(m.AWAKE_S, timed_counts * _COUNT_S)
    flower = m.TARGET_FLOWERS[int(values[m.TARGET_FLOWER])] if m.TARGET_FLOWER in values else ""
    return Survey(
        name,
        garden,
        counted.date,
        PERSON,
        effort_h=seconds / HOUR_S,
        counts={group: values[group] for group in GROUP_NAMES if group in values},
        flower="" if flower == UNRECORDED else flower,
        timed_counts=timed_counts,
        measured=tuple(Measured(name, 0, values[name], 1) for name in _CONDITIONS if name in values),
    )


@dataclass(slots=True)
class _NodeDay:
    """What roll-ups of several series say of one node and day."""

    effort_h: float = 0.0
    counts: dict[str, float] = field(default_factory=dict)
    measured: list[Measured] = field(default_factory=list)


def _node_days(store: Store, garden: ReleasedGarden, first: date, last: date) -> list[Survey]:
    nodes = {node.id: node for node in store.registry.nodes() if node.id not in garden.left_out}
    days: dict[tuple[str, str], _NodeDay] = {}
    for name in (series.COUNTS, series.VISITS, series.AIR, series.SOIL):
        table = store.rollups.read(name, first=first, last=last, garden=garden.id)
        for row in range(len(table)):
            node = table.places[table.place[row]].node
            if node in nodes and nodes[node].detector != PERSON:
                day = days.setdefault((node, str(table.date[row])), _NodeDay())
                _add_row(day, name, table, row)
    return [
        _node_survey(store, garden, nodes[node], when, day)
        for (node, when), day in days.items()
        if day.counts or day.measured
    ]


def _add_row(day: _NodeDay, name: str, table: RollupTable, row: int) -> None:
    for key, cells in table.cells.items():
        cell = cells[row]
        column, position = parse_column(key) or (key, 0)
        if not cell["count"]:
            continue
        if column in GROUP_NAMES:
            day.counts[column] = float(cell["sum"])
            day.effort_h = max(day.effort_h, float(cell["effort_s"]) / HOUR_S)
        elif column not in _NO_MEASUREMENTS:
            is_sum = is_amount(name, key)
            value = float(cell["sum"] if is_sum else cell["sum"] / cell["count"])
            day.measured.append(Measured(column, position or 0, value, int(cell["count"]), is_sum))
            if name == series.VISITS:
                day.effort_h = max(day.effort_h, float(cell["effort_s"]) / HOUR_S)


def _node_survey(store: Store, garden: ReleasedGarden, node: Node, when: str, day: _NodeDay) -> Survey:
    recall: dict[str, float] = {}
    if node.detector == CAMERA:
        for verification in store.registry.verifications(garden.id):
            if verification.comparability == comparability(node):
                lows = zip(verification.groups, verification.recall_low, strict=True)
                recall = {group: low for group, low in lows if low is not None}
    flower = node.comparability.get(m.TARGET_FLOWER, "")
    return Survey(
        f"{site_id(garden)}:{when}:{node.id}",
        garden,
        when,
        node.detector,
        node.id,
        effort_h=day.effort_h or None,
        counts=day.counts if node.detector == CAMERA else {},
        recall_low=recall,
        flower=flower if flower in m.TARGET_FLOWERS and flower != UNRECORDED else "",
        measured=tuple(sorted(day.measured, key=lambda item: (item.name, item.position))),
    )


def number_text(value: float, digits: int = 6) -> str:
    """Write a number as archives have it: a decimal point, no exponent, no digits that say nothing."""
    text = np.format_float_positional(round(value, digits), trim="-")
    return "0" if text in ("-0", "") else text

"""What Sera noticed itself of readings: from flags, gaps, queues and refused messages, never from a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_store.local_clock import local_date
from sera_store.release.places import released_garden
from sera_vocabulary import measurements as m
from sera_vocabulary.durations import HOUR_S
from sera_vocabulary.messages import parse_column
from sera_vocabulary.quality import FAIL, MISSING
from sera_vocabulary.series import HEALTH, SOIL
from sera_workshop.views import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from sera_store.records.series_tables import Table
    from sera_store.store import Store
    from sera_workshop.views.days import Day
    from sera_workshop.views.facts import GardenFacts

STUCK: Final = "stuck"
MISSING_VALUES: Final = "missing"
FAILED: Final = "failed"
UNWATCHED: Final = "unwatched"
BATTERY: Final = "battery"
WAITED: Final = "waited"
REFUSED: Final = "refused"

# A shorter spell is told by the share of good data, not in a sentence of its own.
_SPELL_LEAST_S: Final = 6 * HOUR_S
# Longer than any planned time between two contacts: the network was gone, or the node could not send.
_WAITING_S: Final = 12 * HOUR_S
# Spells with less between them are one.
_APART_S: Final = 24 * HOUR_S
# The charge of a lithium cell is nearly gone below it.
_EMPTY_V: Final = 3.4
# The counts of a probe and the moisture made from them are one thing to people.
_SAME_AS: Final = {m.SOIL_MOISTURE_RAW: m.SOIL_MOISTURE}


@dataclass(frozen=True, slots=True)
class Noticed:
    """One thing that was noticed.

    Parameters
    ----------
    code
        `STUCK`, `MISSING_VALUES`, `FAILED`, `UNWATCHED`, `BATTERY`, `WAITED` or `REFUSED`.
    garden
        Id of the garden.
    first, last
        Local dates, both included; None for a refusal.
    name
        The measurement, where it is about one.
    count
        Values left out, days without watching, or records that waited or were refused.
    value
        The lowest voltage [V].
    """

    code: str
    garden: str
    first: date | None
    last: date | None
    name: str = ""
    count: int = 0
    value: float = 0.0

    def sentence(self, garden: str) -> str:
        """Write it for the present readers, with the garden's name."""
        return words.say(
            f"noticed.{self.code}",
            garden=garden,
            dates="" if self.first is None or self.last is None else words.dates(self.first, self.last),
            name=words.plain(self.name) if self.name else "",
            count=self.count,
            volts=words.number(self.value),
        )


def noticed(
    store: Store,
    gardens: Sequence[GardenFacts],
    days: Mapping[str, Sequence[Day]],
    start_s: int,
    end_s: int,
) -> tuple[Noticed, ...]:
    """Find what was noticed about the readings of gardens, by garden and then by kind.

    Parameters
    ----------
    store
        Where flags, health and dead letters are read.
    gardens
        The gardens.
    days
        Their days, by id; a day without watching is noticed.
    start_s, end_s
        Span of Unix time [s], end exclusive; refused messages count whenever they came.
    """
    refused: dict[str, int] = {}
    for (_, node), count in store.dead_letters.counts().items():
        refused[node] = refused.get(node, 0) + count
    remarks: list[Noticed] = []
    for garden in gardens:
        place = released_garden(store.registry, garden.id)
        left_out = set(place.left_out) if place else set()
        soil, health = (
            store.records.table(series, columns, garden=garden.id, start_s=start_s, end_s=end_s)
            for series, columns in ((SOIL, _SOIL_COLUMNS), (HEALTH, _HEALTH_COLUMNS))
        )
        remarks += _unwatched(garden, days.get(garden.id, ()))
        remarks += _batteries(garden, health, left_out)
        remarks += _waited(garden, health, left_out)
        remarks += _flagged(garden, soil, left_out)
        own = set(store.registry.nodes_ever_in(garden.id)) - left_out
        count = sum(refused.get(node, 0) for node in own)
        remarks += [Noticed(REFUSED, garden.id, None, None, count=count)] if count else []
    return tuple(remarks)


_SOIL_COLUMNS: Final = (m.SOIL_MOISTURE, m.SOIL_MOISTURE_RAW, m.SOIL_TEMPERATURE)
_HEALTH_COLUMNS: Final = (m.BATTERY_VOLTAGE, m.QUEUE_AGE_S, m.QUEUE_LENGTH)


def _unwatched(garden: GardenFacts, days: Sequence[Day]) -> Iterator[Noticed]:
    spell: list[Day] = []
    for day in (*days, None):
        if day is not None and day.visits is None:
            spell.append(day)
        elif spell:
            first, last = (_date(end.date) for end in (spell[0], spell[-1]))
            yield Noticed(UNWATCHED, garden.id, first, last, count=len(spell))
            spell = []


def _date(iso: str) -> date:
    from datetime import date as calendar_date  # noqa: PLC0415 - the name is taken here

    return calendar_date.fromisoformat(iso)


def _batteries(garden: GardenFacts, health: Table, left_out: set[str]) -> Iterator[Noticed]:
    volts = health.values.get(m.BATTERY_VOLTAGE)
    if volts is None:
        return
    is_low = (volts < _EMPTY_V) & _counted(health, left_out)
    times_s = health.time_s[is_low]
    for begin, end in _spells(times_s):
        within = is_low & (health.time_s >= begin) & (health.time_s <= end)
        yield _spell(BATTERY, garden, begin, end, value=float(volts[within].min()))


def _waited(garden: GardenFacts, health: Table, left_out: set[str]) -> Iterator[Noticed]:
    """Report records that waited on the flash for longer than any two contacts are apart."""
    ages, lengths = (health.values.get(name) for name in (m.QUEUE_AGE_S, m.QUEUE_LENGTH))
    if ages is None or lengths is None:
        return
    is_late = (ages > _WAITING_S) & _counted(health, left_out)
    for begin, end in _spells(health.time_s[is_late]):
        within = is_late & (health.time_s >= begin) & (health.time_s <= end)
        since_s = int((health.time_s[within] - ages[within]).min())
        most = sum(
            int(np.nanmax(lengths[within & (health.node == node)])) for node in set(health.node[within])
        )
        yield _spell(WAITED, garden, since_s, end, count=most)


def _flagged(garden: GardenFacts, soil: Table, left_out: set[str]) -> Iterator[Noticed]:
    """Report spells whose values failed a check, all the same or not, or are missing; each once."""
    counts: dict[tuple[str, date, date, str], int] = {}
    for node in np.unique(soil.node).tolist():
        if soil.nodes[node] in left_out:
            continue
        own = soil.node == node
        for code, name, begin, end, count in _spells_of_node(soil.rows(own)):
            first, last = (local_date(moment, garden.timezone) for moment in (begin, end))
            key = (code, first, last, name)
            counts[key] = max(count, counts.get(key, 0))
    for (code, first, last, name), count in sorted(counts.items(), key=lambda item: item[0][1:]):
        yield Noticed(code, garden.id, first, last, name, count)


def _spells_of_node(table: Table) -> Iterator[tuple[str, str, int, int, int]]:
    for column, values in table.values.items():
        parsed = parse_column(column)
        name = column if parsed is None else parsed[0]
        quality = table.quality[column]
        for flag in (FAIL, MISSING):
            rows = np.flatnonzero(quality == flag)
            # Rows that follow one another, so that a good value between two spells ends the first.
            for spell in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
                if not len(spell):
                    continue
                begin, end = int(table.time_s[spell[0]]), int(table.time_s[spell[-1]])
                if end - begin < _SPELL_LEAST_S:
                    continue
                code = MISSING_VALUES if flag == MISSING else _failed(values[spell])
                yield code, _SAME_AS.get(name, name), begin, end, len(spell)


def _failed(values: NDArray[np.float64]) -> str:
    return STUCK if np.all(values == values[0]) else FAILED


def _counted(table: Table, left_out: set[str]) -> NDArray[np.bool_]:
    return np.array([table.nodes[node] not in left_out for node in table.node], bool)


def _spells(times_s: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Join moments [s] to spells, as (first, last)."""
    if not len(times_s):
        return []
    ordered = np.sort(times_s)
    cuts = np.flatnonzero(np.diff(ordered) > _APART_S) + 1
    return [(int(part[0]), int(part[-1])) for part in np.split(ordered, cuts)]


def _spell(
    code: str, garden: GardenFacts, begin_s: int, end_s: int, *, count: int = 0, value: float = 0.0
) -> Noticed:
    first, last = (local_date(moment, garden.timezone) for moment in (begin_s, end_s))
    return Noticed(code, garden.id, first, last, count=count, value=value)


def waiting_days(remarks: Iterable[Noticed], garden: str) -> frozenset[str]:
    """Return the dates (ISO 8601) of a garden whose readings came home later."""
    from datetime import timedelta  # noqa: PLC0415 - small, and for this alone

    dates: set[str] = set()
    for remark in remarks:
        if (
            remark.code == WAITED
            and remark.garden == garden
            and remark.first is not None
            and remark.last is not None
        ):
            count = (remark.last - remark.first).days + 1
            dates |= {(remark.first + timedelta(days=number)).isoformat() for number in range(count)}
    return frozenset(dates)

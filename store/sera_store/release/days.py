"""Days of single nodes as they may leave: sums and counts from the roll-ups, pseudonyms of persons, no times.

What leaves as a sum or a mean over days needs no single record. A year of forty gardens is a million records,
and some ten thousand of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_store.registry.entities import PERSON
from sera_store.release.licences import counters_left_out, may_leave
from sera_store.release.persons import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from sera_store.licence import Licence
    from sera_store.release.persons import Pseudonyms
    from sera_store.store import Store


class ReleasedDay(NamedTuple):
    """What one node said in one column on one local day of its garden.

    Parameters
    ----------
    day
        On the clock of the garden: amounts on the day that they end, states on the day that they begin.
    node
        The node, or a person's pseudonym.
    by_person
        Whether a person counted it.
    name
        Measurement, with `@position` where a probe measured it.
    total, usable
        Sum of the usable values, and how many they are: at least one.
    """

    day: date
    node: str
    by_person: bool
    series: str
    name: str
    total: float
    usable: int


def released_days(
    store: Store,
    garden: str,
    *,
    series: Sequence[str],
    names: Sequence[str],
    days: tuple[date, date],
    pseudonyms: Pseudonyms,
    licence: Licence | None,
) -> Iterator[ReleasedDay]:
    """Read the days of a garden as they may leave, those that are rolled up by now.

    Parameters
    ----------
    store
        Where the roll-ups and the registry are.
    series, names
        Which series and measurements; a name without a position stands for all positions.
    days
        First and last local day, both included.
    pseudonyms
        Those of this output.
    licence
        Only what may be in an output under this one; None for what stays in the house.

    Notes
    -----
    Values that failed a check or are missing are in no sum, as they are in no figure. Seconds of watching are
    bounded by time, so that no node watched more hours than the clock ran.
    """
    if licence is not None and not may_leave(store.registry, garden, licence):
        return
    left_out = frozenset() if licence is None else counters_left_out(store.registry, garden, licence)
    persons = {node.id for node in store.registry.nodes() if node.detector == PERSON}
    for name in series:
        table = store.rollups.read(name, names, first=days[0], last=days[1], garden=garden)
        dates = table.date.tolist()
        for column, cells in table.cells.items():
            for row in np.flatnonzero(cells["count"] > 0).tolist():
                node = table.places[table.place[row]].node
                if node in left_out:
                    continue
                by_person = node in persons
                yield ReleasedDay(
                    dates[row],
                    pseudonyms.of(node) if by_person else node,
                    by_person or node.startswith(PREFIX),
                    name,
                    column,
                    float(cells["sum"][row]),
                    int(cells["count"][row]),
                )

"""Keeping the tallies in step with the table of records: months that late or revised readings touch."""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from sera_analysis.aggregates.days import Days
from sera_analysis.aggregates.garden_summary import GardenSummary, summarise
from sera_analysis.aggregates.gardens import Statements, garden_days, load_nodes, statements
from sera_analysis.aggregates.tallies import DIGEST_BYTES, FORM, GardenTally, joined, tally
from sera_store.aggregates.tallies import MonthDigests
from sera_store.calendar import date_of, first_of_month, month_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sera_analysis.diversity.samples import IntArray
    from sera_store.registry.entities import Node
    from sera_store.release.places import ReleasedGarden
    from sera_store.store import Store


class CachedGarden(NamedTuple):
    """One garden with its nodes, the digests of its months, their summary, and what people state."""

    garden: ReleasedGarden
    nodes: dict[str, Node]
    months: list[MonthDigests]
    summary: GardenSummary
    stated: Statements

    def day_digests(self, span: Days) -> IntArray:
        """Return the digest of each day of a span, 0 for days without a record; shape (days,)."""
        row = np.zeros(span.number, dtype=np.int64)
        for month in self.months:
            shift = (first_of_month(month.month) - span.first).days
            digests = np.frombuffer(month.digests, np.int64)
            start, stop = max(shift, 0), min(shift + digests.size, span.number)
            if start < stop:
                row[start:stop] = digests[start - shift : stop - shift]
        return row


def catch_up(
    store: Store,
    gardens: Iterable[ReleasedGarden],
    *,
    version: str,
    again: bool,
    progress: Callable[[str, int, int], None],
) -> tuple[list[CachedGarden], int]:
    """Add up what is new, and load these gardens.

    Parameters
    ----------
    store
        Where the records are, and where the tallies are kept.
    gardens
        All gardens of the registry.
    version
        Version of the program: another one adds everything up again.
    again
        True to add everything up again.
    progress
        Called with a garden's name, how many are done, and how many there are.

    Returns
    -------
    list of Entry
        In the gardens' order.
    int
        How many months were added up.
    """
    store.rollups.catch_up()
    last, position = store.records.last_change(), store.tallies.position()
    changed_days = store.tallies.changed_days(position, last) if last > position else {}
    garden_list, entries, added = list(gardens), [], 0
    for index, garden in enumerate(garden_list):
        nodes = load_nodes(store, garden)
        basis = basis_of(garden, nodes, version)
        if again:
            store.tallies.forget(garden.id)
        months = _months_to_add(
            store, garden, changed_days.get(garden.id, set()), basis, has_position=position > 0
        )
        if months:
            progress(garden.id, index, len(garden_list))
            _add(store, garden, nodes, sorted(months), basis)
        added += len(months)
        entries.append(_open(store, garden, nodes))
    store.tallies.move(last)
    return entries, added


def basis_of(garden: ReleasedGarden, nodes: dict[str, Node], version: str) -> str:
    """Return a digest of what a garden's tallies depend on beside its readings."""
    detectors = sorted((name, node.detector) for name, node in nodes.items())
    text = repr((FORM, version, garden.sun_place, garden.timezone, detectors, garden.left_out))
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _months_to_add(
    store: Store, garden: ReleasedGarden, days: set[int], basis: str, *, has_position: bool
) -> set[int]:
    """Return which months of a garden are touched; all of them where they were added up by another basis."""
    month_digests = store.tallies.month_digests(garden.id)
    if any(month.basis != basis for month in month_digests):
        store.tallies.forget(garden.id)
        month_digests = []
    if not month_digests and has_position:
        days = days | store.tallies.days(garden.id)
    # A day of UTC lies in up to three local days, and bouts and weather reach a day further.
    around = {day + shift for day in days for shift in (-2, -1, 0, 1, 2)}
    return {month_number(date_of(day)) for day in around}


def _add(store: Store, garden: ReleasedGarden, nodes: dict[str, Node], months: list[int], basis: str) -> None:
    detectors = {name: node.detector for name, node in nodes.items()}
    bodies = []
    for month in months:
        sums = tally(store, garden, detectors, Days.of_month(month))
        bodies.append((MonthDigests(month, basis, sums.day_digests()), sums.to_bytes()))
    store.tallies.put_months(garden.id, bodies)


def _open(store: Store, garden: ReleasedGarden, nodes: dict[str, Node]) -> CachedGarden:
    """Load a garden's digests and its summary, computed again where a month or a node's class has changed."""
    months, stated = store.tallies.month_digests(garden.id), statements(store, garden.id)
    months_read = [month for month in months if any(month.digests)]
    basis = blake2b(repr((nodes, months)).encode(), digest_size=8).hexdigest()
    cached = store.tallies.summary(garden.id, basis)
    if cached is not None:
        return CachedGarden(garden, nodes, months, msgspec.json.decode(cached, type=GardenSummary), stated)
    whole = whole_tally(store.tallies.months(garden.id), _span_of(months_read))
    summary = summarise(garden_days(garden, nodes, whole, stated), whole.present)
    store.tallies.put_summary(garden.id, basis, msgspec.json.encode(summary))
    return CachedGarden(garden, nodes, months, summary, stated)


def _span_of(months: list[MonthDigests]) -> Days:
    if not months:
        return Days(date_of(0), 1)
    last = months[-1]
    after = first_of_month(last.month) + timedelta(days=len(last.digests) // DIGEST_BYTES)
    return Days.between(first_of_month(months[0].month), after)


def whole_tally(months: Iterable[bytes], span: Days) -> GardenTally:
    """Join the stored months of a garden over a span of days."""
    return joined([GardenTally.from_bytes(body) for body in months], span)

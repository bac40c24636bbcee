"""The limits that hold for a garden's readings at their time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sera_quality.limits import COMPARED_MOST, LIMITS, REACH_S, Climate, Limit
from sera_store.registry import check_limits
from sera_store.registry.entities import PERSON
from sera_vocabulary.measurements import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from sera_store.registry.check_limits import CheckLimit
    from sera_store.registry.registry import Registry

# By check of the registry: the fields of a limit that it sets.
_STEPS: Final = {
    check_limits.SPIKE: ("suspect_spike", "fail_spike"),
    check_limits.RATE: ("suspect_rate", "fail_rate"),
    check_limits.NEIGHBOURS: ("suspect_apart", "fail_apart"),
    check_limits.AIR: ("suspect_air", "fail_air"),
    check_limits.RISE: ("suspect_rise", "fail_rise"),
}


class LimitsInForce:
    """The table of limits with what gardens have of their own; read again where the registry has changed.

    Parameters
    ----------
    registry
        Which limits gardens have, since when.

    Attributes
    ----------
    gardens
        Those that have limits of their own for any measurement.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._version = -1
        self._moments: list[int] = []
        # By garden and measurement: its limit in each span between two moments.
        self._own: dict[tuple[str, str], list[Limit]] = {}
        self.gardens: frozenset[str] = frozenset()
        self._crowded: frozenset[str] = frozenset()
        self._names: frozenset[str] = frozenset()

    def renew(self) -> bool:
        """Read what gardens have of their own where the registry has changed; return whether it has."""
        version = self._registry.version()
        if version == self._version:
            return False
        self._version = version
        self._crowded = crowded_gardens(self._registry)
        self._moments = self._registry.limit_moments()
        self._own = self._read()
        self.gardens = frozenset(garden for garden, _ in self._own)
        # Withdrawn ones too: values that these have flagged are to be looked at.
        self._names = self._registry.limit_names()
        return True

    def is_compared(self, garden: str) -> bool:
        """Return whether the nodes of a garden are compared with one another."""
        return garden not in self._crowded

    def has_own(self, garden: str, name: str) -> bool:
        """Return whether a garden has limits of its own for a measurement."""
        return (garden, name) in self._own

    def find(
        self, garden: str, name: str, times_s: NDArray[np.int64]
    ) -> list[tuple[Limit, NDArray[np.bool_]]]:
        """Find the limits of its own that a garden has, each with the times for which it holds.

        Parameters
        ----------
        times_s : array, shape (n,)
            Unix time [s].
        """
        spans = np.searchsorted(self._moments, times_s, side="right")
        by_limit: dict[Limit, NDArray[np.bool_]] = {}
        for span in np.unique(spans).tolist():
            limit = self._own[garden, name][span]
            by_limit[limit] = by_limit.get(limit, np.zeros(len(times_s), bool)) | (spans == span)
        return list(by_limit.items())

    def names(self) -> frozenset[str]:
        """List the measurements that have limits."""
        return self._names | frozenset(LIMITS)

    def still_reach_s(self) -> int:
        """Return how far [s] from a value others lie at most that decide whether it stands still.

        A run that is long enough on its whole length is so within this time of each of its values, the first
        value at or beyond it included.
        """
        limits = [*LIMITS.values(), *(limit for spans in self._own.values() for limit in spans)]
        return REACH_S + max(limit.still_s[1] for limit in limits if limit.still_s is not None)

    def _read(self) -> dict[tuple[str, str], list[Limit]]:
        every = [self._registry.limits(moment_s) for moment_s in self._moments]
        keys = {(limit.garden, limit.measurement) for limits in every for limit in limits}
        return {
            key: [table_limit(key[1])]
            + [
                own_limit(limit for limit in limits if (limit.garden, limit.measurement) == key)
                or table_limit(key[1])
                for limits in every
            ]
            for key in keys
        }


def crowded_gardens(registry: Registry) -> frozenset[str]:
    """List the gardens in which more nodes have ever stood than are compared with one another."""
    counts = Counter(
        garden
        for name, gardens in registry.gardens_ever().items()
        if (node := registry.node(name)) is not None and node.detector != PERSON
        for garden in gardens
    )
    return frozenset(garden for garden, count in counts.items() if count > COMPARED_MOST)


def table_limit(name: str) -> Limit:
    """Return the limits of a measurement; what is possible where the table has none."""
    measurement = COLUMNS[name]
    return LIMITS.get(name, Limit((measurement.lowest, measurement.highest)))


def own_limit(entries: Iterable[CheckLimit]) -> Limit | None:
    """Return the limits of one measurement with what a garden's entries set in them; None without any."""
    limit = None
    for entry in entries:
        limit = _changed(limit or table_limit(entry.measurement), entry)
    return limit


def _changed(limit: Limit, entry: CheckLimit) -> Limit:
    if entry.check in _STEPS:
        suspect, fail = _STEPS[entry.check]
        steps: dict[str, Any] = {suspect: entry.suspect, fail: entry.fail}
        return limit._replace(**steps)
    if entry.check == check_limits.FLAT_LINE:
        is_off = entry.suspect is None or entry.fail is None
        return limit._replace(still_s=None if is_off else (int(entry.suspect or 0), int(entry.fail or 0)))
    span = (
        entry.lowest if entry.lowest is not None else -np.inf,
        entry.highest if entry.highest is not None else np.inf,
    )
    if entry.check == check_limits.RANGE:
        return limit._replace(usual=span)
    return limit._replace(climates=(*limit.climates, Climate(entry.period, entry.first, entry.last, *span)))

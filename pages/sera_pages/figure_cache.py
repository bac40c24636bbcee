"""The figures that pages show, found by key and kept until records or registry change."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeVar

from sera_store.release.places import released_gardens
from sera_vocabulary import indices
from sera_words.language import current_locale
from sera_words.sentences import page_words
from sera_workshop.views.display_results import display_results
from sera_workshop.views.facts import place_words
from sera_workshop.views.figures import FigureView, figure, figures_of, groups_of, select_figure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sera_store.registry.registry import Registry
    from sera_store.release.places import ReleasedGarden
    from sera_store.view import StoreView

T = TypeVar("T")

STEP_S: Final = 300
# Where nothing new arrives, time alone asks for new ones.
_PAGES_MOST: Final = 2_000
GROUPS_MOST: Final = 3

# Of the community as a whole, in the order in which they are told.
_OF_COMMUNITY = (indices.EFFORT, indices.VISITS_PER_HOUR, indices.VISITS_PER_SURVEY, indices.NODES)


@dataclass(frozen=True, slots=True)
class GardenLine:
    """A garden in the table of its community.

    Parameters
    ----------
    visits
        Visits per hour of cameras, else per ten-minute count of people; the empty view where there are none.
    effort
        Hours watched, in words.
    place
        Where it is, as closely as its host allows.
    """

    id: str
    name: str
    place: str
    effort: str
    visits: FigureView | None


@dataclass(frozen=True, slots=True)
class VisitorsLine:
    """Who visits a garden: how many nodes measure there, and the groups that came most often, in words."""

    nodes: int
    groups: tuple[str, ...]


class FigureCache:
    """Figures in words for the present readers, by place.

    Parameters
    ----------
    view, registry
        Where figures and gardens are.

    Notes
    -----
    Times until which a reader sees figures are rounded down to `STEP_S`, so that a page is made once for many
    readers.
    """

    def __init__(self, view: StoreView, registry: Registry) -> None:
        self._view = view
        self._registry = registry
        self._lock = Lock()
        self._version: tuple[int, int] = (-1, -1)
        self._cache: dict[tuple[str, str, object, str], object] = {}

    def community(self, name: str, until_s: Mapping[str, int | None]) -> tuple[GardenLine, ...]:
        """Return the gardens of a community, by name.

        Parameters
        ----------
        name
            Id of the community.
        until_s
            Of each garden until when its figures are seen, Unix time [s]; None, or absent, for no limit.
        """
        limits = {garden: _rounded(limit_s) for garden, limit_s in until_s.items()}
        return self._cached(
            "gardens", name, tuple(sorted(limits.items())), lambda: self._gardens(name, limits)
        )

    def of_community(self, name: str, until_s: int | None) -> tuple[FigureView, ...]:
        """Return the figures of a community as a whole, as seen until a Unix time [s]; None for no limit."""
        limit_s = _rounded(until_s)
        return self._cached("community", name, limit_s, lambda: self._of_community(name, limit_s))

    def garden(self, name: str, until_s: int | None) -> tuple[tuple[FigureView, int], ...]:
        """Return the figures of a garden, each with the change number by which it is explained.

        Parameters
        ----------
        name
            Id of the garden.
        until_s
            Until when its figures are seen, Unix time [s]; None for no limit.
        """
        limit_s = _rounded(until_s)
        return self._cached("garden", name, limit_s, lambda: self._garden(name, limit_s))

    def visitors(self, garden: str, until_s: int | None) -> VisitorsLine:
        """Return who visits a garden.

        Parameters
        ----------
        garden
            Its id.
        until_s
            Until when its figures are seen, Unix time [s]; None for no limit.
        """
        limit_s = _rounded(until_s)
        return self._cached("visitors", garden, limit_s, lambda: self._visitors(garden, limit_s))

    def _cached(self, kind: str, name: str, limit: object, make: Callable[[], T]) -> T:
        version = (self._view.last_change(), self._registry.version())
        locale = current_locale()
        with self._lock:
            if version != self._version or len(self._cache) > _PAGES_MOST:
                self._cache.clear()
                self._version = version
            value = self._cache.get((kind, name, limit, locale))
        if value is None:
            value = make()
            with self._lock:
                if version == self._version:
                    self._cache[kind, name, limit, locale] = value
        return value  # type: ignore[return-value]

    def _gardens(self, community: str, until_s: Mapping[str, int | None]) -> tuple[GardenLine, ...]:
        gardens = released_gardens(self._registry, community)
        lines = [self._line(garden, until_s.get(garden.id)) for garden in gardens]
        return tuple(sorted(lines, key=lambda line: line.name.lower()))

    def _line(self, garden: ReleasedGarden, until_s: int | None) -> GardenLine:
        results = display_results(self._view, [garden.id], {garden.id: until_s})
        effort = select_figure(results, garden.id, indices.EFFORT)
        visits = select_figure(results, garden.id, indices.VISITS_PER_HOUR)
        if visits is None or visits.value is None:
            visits = select_figure(results, garden.id, indices.VISITS_PER_SURVEY) or visits
        return GardenLine(
            garden.id,
            garden.name or garden.id,
            place_words(garden.place),
            figure(effort).value if effort is not None else "",
            figure(visits) if visits is not None and visits.value is not None else None,
        )

    def _visitors(self, garden: str, until_s: int | None) -> VisitorsLine:
        nodes = [node for node in self._registry.nodes(garden=garden) if node.detector != indices.PERSON]
        results = display_results(self._view, [garden], {garden: until_s})
        seen = [(result.value or 0.0, -rank, result) for rank, _, result in groups_of(results, garden)]
        often = sorted((row for row in seen if row[0] > 0), key=lambda row: row[:2], reverse=True)
        words = page_words().figures
        groups = [f"{words.name(result.group)} {figure(result).value}" for *_, result in often[:GROUPS_MOST]]
        return VisitorsLine(len(nodes), tuple(groups))

    def _of_community(self, community: str, until_s: int | None) -> tuple[FigureView, ...]:
        views = []
        for index in _OF_COMMUNITY:
            results = self._view.results.current(
                scope="community", scope_id=community, index=index, until_s=until_s
            )
            result = select_figure(results, community, index)
            if result is not None and result.value is not None:
                views.append(figure(result))
        return tuple(views)

    def _garden(self, garden: str, until_s: int | None) -> tuple[tuple[FigureView, int], ...]:
        detectors = sorted({node.detector for node in self._registry.nodes(garden=garden)} - {"none"})
        results = display_results(self._view, [garden], {garden: until_s})
        numbers = self._view.results.heads("garden", garden, until_s)
        rows = []
        for view in figures_of(results, garden, detectors):
            result = select_figure(results, garden, view.index)
            if result is not None and result.key in numbers:
                rows.append((view, numbers[result.key]))
        return tuple(rows)


def _rounded(until_s: int | None) -> int | None:
    return None if until_s is None else until_s // STEP_S * STEP_S

"""Read from a store the results that pages and murals show, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_store.results.result_set import ResultSet
from sera_vocabulary import indices
from sera_workshop.views.figures import MAIN_FIGURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sera_store.results.results import Result
    from sera_store.store import Store
    from sera_store.view import StoreView

DISPLAY_INDICES: Final = (*MAIN_FIGURES, indices.EFFORT, indices.GROUP_INCIDENCE)
# A part of the span is shown only where there is no figure of the whole.
_PARTS: Final = ("season", "month", "week")


def display_results(
    store: Store | StoreView, gardens: Iterable[str], until_s: Mapping[str, int | None] | None = None
) -> ResultSet:
    """Read what a page of some gardens shows.

    Parameters
    ----------
    store
        Where the figures are.
    gardens
        Ids of the gardens.
    until_s
        Unix time [s] after which the reader sees nothing, by garden, as `sera_store.release.delay` answers;
        no limit where it is None.

    Returns
    -------
    ResultSet
        Of each index that is shown the figures of the whole span, or where there are none those of its parts;
        and the visits of each day.
    """
    limits = until_s or {}
    return ResultSet(result for garden in gardens for result in _of_garden(store, garden, limits.get(garden)))


def _of_garden(store: Store | StoreView, garden: str, until_s: int | None) -> Iterator[Result]:
    def read(index: str, period: str) -> list[Result]:
        return store.results.current(
            scope="garden", scope_id=garden, index=index, period=period, until_s=until_s
        )

    for index in DISPLAY_INDICES:
        yield from read(index, "span") or [result for period in _PARTS for result in read(index, period)]
    yield from read(indices.TOTAL_ACTIVITY, "day")

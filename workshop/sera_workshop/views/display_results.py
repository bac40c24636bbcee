"""Read from a store the results that pages and murals show, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_store.results.result_set import ResultSet
from sera_vocabulary import indices
from sera_workshop.views.figures import MAIN_FIGURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sera_store.results.results import Result
    from sera_store.store import Store
    from sera_store.view import StoreView

DISPLAY_INDICES: Final = (*MAIN_FIGURES, indices.EFFORT, indices.GROUP_INCIDENCE)
# A part of the span is shown only where there is no figure of the whole.
_PARTS: Final = ("season", "month", "week")


def display_results(store: Store | StoreView, gardens: Iterable[str]) -> ResultSet:
    """Read what a page of some gardens shows.

    Parameters
    ----------
    store
        Where the figures are.
    gardens
        Ids of the gardens.

    Returns
    -------
    ResultSet
        Of each index that is shown the figures of the whole span, or where there are none those of its parts;
        and the visits of each day.
    """
    return ResultSet(result for garden in gardens for result in _of_garden(store, garden))


def _of_garden(store: Store | StoreView, garden: str) -> Iterator[Result]:
    for index in DISPLAY_INDICES:
        yield from _read(store, garden, index, "span") or [
            result for period in _PARTS for result in _read(store, garden, index, period)
        ]
    yield from _read(store, garden, indices.TOTAL_ACTIVITY, "day")


def _read(store: Store | StoreView, garden: str, index: str, period: str) -> list[Result]:
    return store.results.current(scope="garden", scope_id=garden, index=index, period=period)

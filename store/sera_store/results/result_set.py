"""Results found by key: an index over them is built once, and no question reads all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sera_store.results.results import Result


class ResultSet:
    """Results indexed by place, index and group.

    Parameters
    ----------
    results
        Any results, in any order; the order is kept.
    """

    def __init__(self, results: Iterable[Result] = ()) -> None:
        self._results = tuple(results)
        self._by_key: dict[tuple[str, str, str], list[Result]] = {}
        for result in self._results:
            self._by_key.setdefault((result.scope_id, result.index, result.group), []).append(result)

    def __iter__(self) -> Iterator[Result]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    def find(
        self, scope_id: str, index: str, group: str = "", *, period: str | None = None
    ) -> tuple[Result, ...]:
        """Return the results of one place, index and group, in their given order.

        Parameters
        ----------
        scope_id, index, group
            Place, index, and insect group or soil condition; the empty group is the figure of all.
        period
            Only results of this kind of window; None for all.

        Returns
        -------
        tuple of Result
            Empty where there is none.
        """
        results = self._by_key.get((scope_id, index, group), ())
        return tuple([result for result in results if period is None or result.period == period])

"""Figures of watching by district, as the store has them, and the effort that stands beside all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_coalition.report import report as codes
from sera_coalition.report.measures import MEASURES_BY_NAME, OF_SENSORS
from sera_coalition.report.report import Figure
from sera_store.release.delay import readable_until_s
from sera_vocabulary import indices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.registry.entities import District
    from sera_store.release.places import ReleasedGarden
    from sera_store.results.results import Result
    from sera_store.store import Store

RESULTS: Final = "results"
_PERIOD: Final = "span"
_HIDDEN: Final = {"district_nodes_too_few": codes.TOO_FEW, "district_derivable": codes.DERIVABLE}


def district_results(
    store: Store, district: str, gardens: Sequence[ReleasedGarden], now_s: int
) -> dict[str, Result]:
    """Return the store's present figures of a district by index, as everybody may see them now."""
    own = [garden.id for garden in gardens if garden.district == district]
    until_s = readable_until_s(store.registry, own, now_s)
    results = store.results.current(scope="district", scope_id=district, period=_PERIOD, until_s=until_s)
    results_by_index: dict[str, Result] = {}
    for result in sorted(results, key=lambda result: result.start_s):
        if result.index in OF_SENSORS and not result.group:
            results_by_index[result.index] = result
    return results_by_index


def watching_figures(district: District, results: dict[str, Result]) -> list[Figure]:
    """Put the store's figures of a district into the report, each with its effort and interval."""
    return [_figure(measure, district.id, results.get(measure)) for measure in OF_SENSORS]


def effort_of(results: dict[str, Result]) -> float | None:
    """Return the hours of watching in a district [h]; None where nothing is known, or it is too small."""
    result = results.get(indices.NODES)
    is_hidden = result is None or (result.reason is not None and result.reason.code in _HIDDEN)
    if result is None or is_hidden or result.effort_h is None:
        return None
    return round(result.effort_h, 1)


def _figure(measure: str, district: str, result: Result | None) -> Figure:
    doubts = (codes.WHERE_SENSORS_STAND,)
    if result is None:
        return Figure(
            measure=measure,
            district=district,
            reason=codes.NO_EFFORT,
            method="",
            tables=(RESULTS,),
            doubts=doubts,
        )
    decimals = MEASURES_BY_NAME[measure].decimals
    hidden = _HIDDEN.get(result.reason.code, "") if result.reason is not None else ""
    value, low, high = (
        None if number is None else round(number, decimals)
        for number in (result.value, result.low, result.high)
    )
    return Figure(
        measure=measure,
        district=district,
        value=value,
        low=low if value is not None else None,
        high=high if value is not None else None,
        reason=_reason(result, hidden),
        statement=result.reason,
        effort_h=None if hidden or result.effort_h is None else round(result.effort_h, 1),
        n=0 if hidden else result.n,
        n_of=result.n_of,
        method=result.method,
        tables=(RESULTS,),
        doubts=doubts,
    )


def _reason(result: Result, hidden: str) -> str:
    if result.value is not None:
        return ""
    return hidden or (codes.NOT_ENOUGH if result.effort_h else codes.NO_EFFORT)

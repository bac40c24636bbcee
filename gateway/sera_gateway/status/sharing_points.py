"""How evenly watching is shared out: measures beside chance, and the points of Lorenz curves."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_gateway.status.status_points import status_point
from sera_vocabulary import indices, series
from sera_vocabulary import status_series as s
from sera_words.keys import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sera_store.outputs.line_protocol import Point
    from sera_store.registry.registry import Registry
    from sera_store.results.results import Result, Results

_MEASURES: Final = (
    indices.EFFORT_GINI,
    indices.EFFORT_THEIL,
    indices.EFFORT_ATKINSON,
    indices.EFFORT_CONCENTRATION,
)
_RESIDENTS, _HOURS = Part.of("district_residents").key, Part.of("watched_hours").key
_CHANCE_LOW, _CHANCE_HIGH = Part.of("chance_low").key, Part.of("chance_high").key
# So many steps stand in order as texts.
_STEP_DIGITS: Final = 3


class Share(NamedTuple):
    """What a district has: residents, and hours of watching."""

    residents: float
    hours: float


def sharing_points(registry: Registry, results: Results) -> Iterator[Point]:
    """Return the points of all measures and Lorenz curves of each community."""
    for community in registry.communities():
        for index in _MEASURES:
            for result in results.current(scope="community", scope_id=community.id, index=index):
                if result.value is not None:
                    yield _measure(community.id, result)
        districts = [district.id for district in registry.districts(community.id)]
        yield from _curves(community.id, districts, results)


def lorenz_curve(shares: Sequence[Share]) -> list[tuple[float, float]]:
    """Return the shares of residents and of watching that the least watched districts have.

    Parameters
    ----------
    shares
        Each district's residents, more than 0, and hours.

    Returns
    -------
    list of tuple
        From (0, 0) to (1, 1), a point more than there are districts; none without residents or hours.

    Examples
    --------
    >>> lorenz_curve([Share(1000, 30.0), Share(3000, 10.0)])
    [(0.0, 0.0), (0.75, 0.25), (1.0, 1.0)]
    """
    residents, hours = sum([share.residents for share in shares]), sum([share.hours for share in shares])
    if not (residents > 0 and hours > 0):
        return []
    ordered = sorted(shares, key=lambda share: (share.hours / share.residents, -share.residents))
    x = accumulate([share.residents / residents for share in ordered], initial=0.0)
    y = accumulate([share.hours / hours for share in ordered], initial=0.0)
    return [*list(zip(x, y, strict=True))[:-1], (1.0, 1.0)]


def _measure(community: str, result: Result) -> Point:
    tags = {
        series.TAG_COMMUNITY: community,
        series.TAG_PERIOD: result.period,
        series.TAG_INDEX: result.index,
    }
    fields = {
        s.VALUE: result.value,
        s.CHANCE_LOW: result.parts.get(_CHANCE_LOW),
        s.CHANCE_HIGH: result.parts.get(_CHANCE_HIGH),
    }
    return status_point(s.SHARING, result.start_s, tags, fields)


def _curves(community: str, districts: Sequence[str], results: Results) -> Iterator[Point]:
    """Draw a curve where each district may be shown: one that is hidden could be reckoned from the others."""
    by_window: dict[tuple[str, int], list[Result]] = {}
    for district in districts:
        for result in results.current(scope="district", scope_id=district, index=indices.EFFORT_A_THOUSAND):
            by_window.setdefault((result.period, result.start_s), []).append(result)
    for (period, start_s), own in by_window.items():
        if len(own) < len(districts) or any(result.value is None for result in own):
            continue
        shares = [
            Share(result.parts.get(_RESIDENTS) or 0.0, result.parts.get(_HOURS) or 0.0) for result in own
        ]
        for number, (residents, effort) in enumerate(lorenz_curve(shares)):
            tags = {
                series.TAG_COMMUNITY: community,
                series.TAG_PERIOD: period,
                s.TAG_STEP: f"{number:0{_STEP_DIGITS}}",
            }
            fields = {s.RESIDENTS_SHARE: residents, s.EFFORT_SHARE: effort, s.EVEN_SHARE: residents}
            yield status_point(s.LORENZ, start_s, tags, fields)

"""How facts are spread over the nodes of a community, so that no board reads hundreds of them."""

from __future__ import annotations

from statistics import median, quantiles
from typing import TYPE_CHECKING

from sera_gateway.status.status_points import status_point
from sera_vocabulary import series
from sera_vocabulary import status_series as s
from sera_vocabulary.durations import SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sera_store.outputs.line_protocol import Point


def spread_points(points: Iterable[Point]) -> Iterator[Point]:
    """Return a point of `SPREAD` for each community and fact that is known of any of its nodes.

    Parameters
    ----------
    points
        Of a fleet at one time, as `fleet_points` makes them; other series are passed over.
    """
    known: dict[tuple[str, str, int], list[float]] = {}
    for point in points:
        if point.key.measurement == s.FLEET:
            community = dict(point.key.tags)[series.TAG_COMMUNITY]
            for fact in s.SPREAD_FACTS:
                if fact in point.fields:
                    key = community, fact, point.key.time_ns // SECOND_NS
                    known.setdefault(key, []).append(float(point.fields[fact]))
    for (community, fact, at_s), values in known.items():
        tags = {series.TAG_COMMUNITY: community, s.TAG_FACT: fact}
        yield status_point(s.SPREAD, at_s, tags, spread(values))


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the ends, tenths and middle of some values, at least one, and how many there are.

    Examples
    --------
    >>> spread([3.0, 1.0, 2.0])["median"]
    2.0
    """
    # The tenths are ends where there are too few values to have any: linear between ranks from 0 to n - 1.
    tenths = quantiles(values, n=10, method="inclusive") if len(values) > 1 else [values[0]]
    return {
        s.MINIMUM: min(values),
        s.PERCENTILE_10: tenths[0],
        s.MEDIAN: median(values),
        s.PERCENTILE_90: tenths[-1],
        s.MAXIMUM: max(values),
        s.NODES: len(values),
    }

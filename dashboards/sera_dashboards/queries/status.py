"""How things stand: what is expected, what is wrong, how far the gateway is, how watching is shared out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_dashboards.queries.influxql import (
    INTERVAL,
    SELECTION_WITHOUT_ZONE,
    Place,
    equal,
    in_community,
    in_garden,
    last,
    name,
    select,
)
from sera_vocabulary import series
from sera_vocabulary import status_series as status

if TYPE_CHECKING:
    from collections.abc import Sequence

_NODE: Final = (series.TAG_GARDEN, series.TAG_NODE)


def fleet(fields: Sequence[str], place: Place = SELECTION_WITHOUT_ZONE) -> str:
    """Return the newest facts of each node that is expected, silent ones too."""
    return select(_newest_facts(fields), status.FLEET, [in_community(place)], _NODE)


def garden_fleet(fields: Sequence[str], place: Place) -> str:
    """Return the newest facts of each node that is expected in a garden."""
    return select(_newest_facts(fields), status.FLEET, in_garden(place), (series.TAG_NODE,))


def _newest_facts(fields: Sequence[str]) -> list[str]:
    """Choose the newest point by its severity, which each has: a fact that is not known any more has gone."""
    return [last(status.SEVERITY, status.SEVERITY), *map(name, fields)]


def garden_fleet_over_time(field: str, place: Place) -> str:
    """Return a fact over time, by node of a garden."""
    return select([f"mean({name(field)})"], status.FLEET, in_garden(place), (series.TAG_NODE,), INTERVAL)


def spread(fact: str, place: Place = SELECTION_WITHOUT_ZONE) -> str:
    """Return how a fact is spread over all nodes, as the gateway has rolled it up hour by hour."""
    summaries = {
        status.MINIMUM: "min",
        status.PERCENTILE_10: "mean",
        status.PERCENTILE_90: "mean",
        status.MEDIAN: "mean",
        status.MAXIMUM: "max",
    }
    fields = [f"{summary}({name(field)}) AS {name(field)}" for field, summary in summaries.items()]
    return select(fields, status.SPREAD, [in_community(place), equal(status.TAG_FACT, fact)], (), INTERVAL)


def fleet_sum(field: str, place: Place = SELECTION_WITHOUT_ZONE) -> str:
    """Return a fact of all nodes added up, as the gateway has added it up each hour."""
    where = [in_community(place), equal(series.TAG_SCOPE, "community")]
    return select([f"max({name(field)})"], status.PLACES, where, (), INTERVAL)


def expected(kind: str, fields: Sequence[str], place: Place = SELECTION_WITHOUT_ZONE) -> str:
    """Return every garden or district that is registered, whether it has figures or not."""
    where = [in_community(place), equal(series.TAG_SCOPE, kind)]
    columns = [last(status.EXPECTED, status.EXPECTED), *map(name, fields)]
    return select(columns, status.PLACES, where, (series.TAG_SCOPE_ID,))


def nodes_over_time(place: Place = SELECTION_WITHOUT_ZONE) -> str:
    """Return how many nodes of a community are expected, and how many of them are heard."""
    where = [in_community(place), equal(series.TAG_SCOPE, "community")]
    fields = [f"last({name(field)}) AS {name(field)}" for field in (status.NODES, status.NODES_HEARD)]
    return select(fields, status.PLACES, where, (), INTERVAL)


def findings(place: Place = SELECTION_WITHOUT_ZONE) -> str:
    """Return how bad each rule finds each node that it finds something of; 0 is well again."""
    tags = (*_NODE, status.TAG_CODE, status.TAG_PLACE)
    return select([last(status.SEVERITY, status.SEVERITY)], status.PROBLEMS, [in_community(place)], tags)


def messages_a_minute() -> str:
    """Return how many messages the journal took a minute."""
    rate = f"non_negative_derivative(max({name(status.JOURNAL_LAST)}), 1m)"
    return select([rate], series.GATEWAY, (), (), INTERVAL)


def gateway(field: str) -> str:
    """Return a number of the gateway over time."""
    return select([f"max({name(field)})"], series.GATEWAY, (), (), INTERVAL)


def disk_free() -> str:
    """Return the least room on the disk of each window."""
    return select([f"min({name(status.DISK_FREE_BYTES)})"], series.GATEWAY, (), (), INTERVAL)


def dead_letters() -> str:
    """Return how many rejected messages wait, by reason."""
    waiting = f"max({name(status.WAITING)})"
    return select([waiting], status.DEAD_LETTERS, (), (status.TAG_REASON,), INTERVAL)


def followers(field: str) -> str:
    """Return how far outputs are behind, or what they would not take, by output."""
    return select([f"max({name(field)})"], status.FOLLOWERS, (), (status.TAG_FOLLOWER,), INTERVAL)


def sharing(period: str, place: Place = SELECTION_WITHOUT_ZONE) -> str:
    """Return how evenly watching is shared out, beside what chance alone would do."""
    where = [in_community(place), equal(series.TAG_PERIOD, period)]
    fields = [last(status.VALUE, status.VALUE), name(status.CHANCE_LOW), name(status.CHANCE_HIGH)]
    return select(fields, status.SHARING, where, (series.TAG_INDEX,))


def lorenz(period: str, place: Place = SELECTION_WITHOUT_ZONE) -> str:
    """Return the points of the newest Lorenz curve, from the district with the least on."""
    where = [in_community(place), equal(series.TAG_PERIOD, period)]
    fields = [
        last(status.RESIDENTS_SHARE, status.RESIDENTS_SHARE),
        name(status.EFFORT_SHARE),
        name(status.EVEN_SHARE),
    ]
    return select(fields, status.LORENZ, where, (status.TAG_STEP,))


def events(kind: str, place: Place, *, garden: bool) -> str:
    """Return what happened of a kind, in a garden or a community."""
    where = [*(in_garden(place) if garden else (in_community(place),)), equal(status.TAG_KIND, kind)]
    return select([name(status.TEXT)], status.EVENTS, where)

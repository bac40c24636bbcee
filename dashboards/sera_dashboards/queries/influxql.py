"""Queries in InfluxQL, which InfluxDB 1, 2 and 3 all answer; names are quoted, values stand in quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_vocabulary import series

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY: Final = "1d"
AMOUNTS_DAY: Final = "1d, 1s"
"""Days of amounts (visits, seconds awake): what ends in the second of midnight belongs to the day before."""
INTERVAL: Final = "$__interval"
AMOUNTS_INTERVAL: Final = "$__interval, 1s"
# Empty windows of what is drawn as a line break it; bars and points need none.
_WITHOUT_EMPTY_WINDOWS: Final = frozenset({DAY, AMOUNTS_DAY, AMOUNTS_INTERVAL})


class Place(NamedTuple):
    """Of what place a query asks: names, or the variables of a dashboard.

    Parameters
    ----------
    community, garden
        Their ids.
    zone
        IANA time zone by whose days windows begin.
    """

    community: str = "${community}"
    garden: str = "${garden}"
    zone: str = "${zone}"


SELECTION: Final = Place()
"""What is chosen at the top of a dashboard."""
SELECTION_WITHOUT_ZONE: Final = Place(zone="UTC")


def name(text: str) -> str:
    """Quote a measurement, field or tag; `group` and `index` are words of the language otherwise."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def value(text: str) -> str:
    """Quote a tag's value."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def equal(tag: str, text: str) -> str:
    """Return the condition that a tag has a value."""
    return f"{name(tag)} = {value(text)}"


def in_variable(tag: str, variable: str) -> str:
    """Return the condition that a tag has one of the values chosen in a variable of several."""
    return f"{name(tag)} =~ /^${{{variable}:regex}}$/"


def in_list(tag: str, texts: Sequence[str]) -> str:
    """Return the condition that a tag has one of some values; no value at all fits none."""
    conditions = " OR ".join([equal(tag, text) for text in texts])
    return f"({conditions})" if texts else equal(tag, "")


def in_community(place: Place) -> str:
    """Return the condition that a point is of the place's community."""
    return equal(series.TAG_COMMUNITY, place.community)


def in_garden(place: Place) -> tuple[str, str]:
    """Return the conditions that a point is of the place's garden."""
    return in_community(place), equal(series.TAG_GARDEN, place.garden)


def last(field: str, heading: str = "") -> str:
    """Return the newest value of a field, under a heading."""
    return f"last({name(field)})" + (f" AS {name(heading)}" if heading else "")


def headed(field: str, heading: str) -> str:
    """Return a field under a heading."""
    return f"{name(field)} AS {name(heading)}"


def select(
    expressions: Sequence[str],
    source: str,
    where: Sequence[str],
    group_by: Sequence[str] = (),
    every: str = "",
    *,
    zone: str = "UTC",
) -> str:
    """Write a query over the dashboard's time range, with windows by a time zone.

    Parameters
    ----------
    expressions
        Expressions to read, written with `name`.
    source
        Measurement.
    where
        Conditions beside the time range.
    group_by
        Tags to group by.
    every
        Length of the windows, `DAY` of states and `AMOUNTS_DAY` of amounts; empty for the points themselves.
        Empty windows stay empty: missing is not zero.
    zone
        IANA time zone, or a variable.
    """
    conditions = " AND ".join(["$timeFilter", *where])
    groups = [f"time({every})"] if every else []
    groups += [name(tag) for tag in group_by]
    grouping = f" GROUP BY {', '.join(groups)}" if groups else ""
    fill = " fill(none)" if every in _WITHOUT_EMPTY_WINDOWS else " fill(null)" if every else ""
    columns = ", ".join(expressions)
    return (
        f"SELECT {columns} FROM {name(source)} WHERE {conditions}"  # noqa: S608 - all is quoted
        f"{grouping}{fill} tz({value(zone)})"
    )


def tag_values(tag: str, source: str, where: Sequence[str] = ()) -> str:
    """Write the query that lists the values of a tag, for a variable of the dashboard."""
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    return f"SHOW TAG VALUES FROM {name(source)} WITH KEY = {name(tag)}{condition}"

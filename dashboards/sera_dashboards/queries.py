"""Queries in InfluxQL, which InfluxDB 1, 2 and 3 all answer; names are quoted, values stand in quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

GARDEN = "${garden}"
COMMUNITY = "${community}"
PERIOD = "${period}"
ZONE = "tz('${zone}')"
DAY = "1d"
AMOUNTS_DAY = "1d, 1s"
"""Days of amounts (visits, seconds awake): what ends in the second of midnight belongs to the day before."""
INTERVAL = "$__interval"


def name(text: str) -> str:
    """Quote a measurement, field or tag; `group` and `index` are words of the language otherwise."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def value(text: str) -> str:
    """Quote a tag's value."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def equal(tag: str, text: str) -> str:
    """Return the condition that a tag has a value."""
    return f"{name(tag)} = {value(text)}"


def select(
    expressions: Sequence[str],
    source: Sequence[str],
    where: Sequence[str],
    group_by: Sequence[str] = (),
    every: str = "",
) -> str:
    """Write a query over the dashboard's time range, in the garden's time zone.

    Parameters
    ----------
    expressions
        Expressions to read, written with `name`.
    source
        Measurements.
    where
        Conditions beside the time range.
    group_by
        Tags to group by.
    every
        Length of the windows, `DAY` of states and `AMOUNTS_DAY` of amounts; empty for the points themselves.
        Empty windows stay empty: missing is not zero.
    """
    conditions = " AND ".join(["$timeFilter", *where])
    groups = [f"time({every})"] if every else []
    groups += [name(tag) for tag in group_by]
    grouping = f" GROUP BY {', '.join(groups)}" if groups else ""
    fill = " fill(none)" if every in (DAY, AMOUNTS_DAY) else " fill(null)" if every else ""
    tables = ", ".join(name(table) for table in source)
    columns = ", ".join(expressions)
    return f"SELECT {columns} FROM {tables} WHERE {conditions}{grouping}{fill} {ZONE}"  # noqa: S608 - all is quoted


def tag_values(tag: str, where: str = "") -> str:
    """Write the query that lists the values of a tag, for a variable of the dashboard."""
    return f"SHOW TAG VALUES WITH KEY = {name(tag)}" + (f" WHERE {where}" if where else "")

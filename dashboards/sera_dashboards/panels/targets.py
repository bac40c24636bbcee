"""Queries of a panel, and what Grafana does with their answers before it draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sera_dashboards.style import Json

# Chosen at the top of a dashboard; one that is shared with everybody has no variables, and names the one that
# `provisioning.datasource` sets up.
SOURCE_VARIABLE: Final = {"type": "influxdb", "uid": "${datasource}"}
FIXED_SOURCE_UID: Final = "sera-influxdb"
FIXED_SOURCE: Final = {"type": "influxdb", "uid": FIXED_SOURCE_UID}


def target(query: str, *, ref: str = "A", alias: str = "", table: bool = False) -> Json:
    """Make one query of a panel."""
    return {
        "datasource": SOURCE_VARIABLE,
        "refId": ref,
        "rawQuery": True,
        "query": query,
        "resultFormat": "table" if table else "time_series",
        "alias": alias,
    }


def tables(*queries: str) -> list[Json]:
    """Make the queries of a table, one after the other."""
    return [target(query, ref=chr(ord("A") + index), table=True) for index, query in enumerate(queries)]


def joined(field: str) -> Json:
    """Put the answers of several queries into one table, a row for each value of a field in any of them."""
    return {"id": "joinByField", "options": {"byField": field, "mode": "outer"}}


def joined_by_time() -> Json:
    """Put several series into one table by their times."""
    return joined("Time")


def divided(left: str, right: str, alias: str) -> Json:
    """Keep nothing but one series divided by another."""
    return {
        "id": "calculateField",
        "options": {
            "mode": "binary",
            "alias": alias,
            "binary": {"left": left, "operator": "/", "right": right},
            "replaceFields": True,
        },
    }


def columns(
    order: Sequence[str],
    names: Mapping[str, str],
    hidden: Sequence[str] = (),
    *,
    joined_of: Sequence[str] = (),
) -> Json:
    """Leave columns out, put the others into an order, and give them headings.

    Parameters
    ----------
    order, names, hidden
        Fields as the queries name them.
    joined_of
        Measurements of joined tables: a field of them may have its measurement behind its name, and a number
        where several are of one name.
    """

    def called(field: str) -> list[str]:
        return [field, *[f"{field} {source}" for source in dict.fromkeys(joined_of)]]

    numbers = range(1, len(joined_of) + 1)
    left_out = [name for field in hidden for name in called(field)]
    left_out += [f"{field} {number}" for field in hidden for number in numbers]
    return {
        "id": "organize",
        "options": {
            "excludeByName": dict.fromkeys(left_out, True),
            "indexByName": {name: index for index, field in enumerate(order) for name in called(field)},
            "renameByName": {name: heading for field, heading in names.items() for name in called(field)},
        },
    }


def without_empty(field: str) -> Json:
    """Leave out rows in which a text is empty."""
    condition = {"fieldName": field, "config": {"id": "equal", "options": {"value": ""}}}
    return {"id": "filterByValue", "options": {"type": "exclude", "match": "any", "filters": [condition]}}


def at_least(field: str, value: float) -> Json:
    """Keep rows in which a number is high enough."""
    condition = {"fieldName": field, "config": {"id": "greaterOrEqual", "options": {"value": value}}}
    return {"id": "filterByValue", "options": {"type": "include", "match": "any", "filters": [condition]}}

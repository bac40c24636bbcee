"""Panels as plain dictionaries: a time series, a table, and the grid they stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_dashboards import style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sera_dashboards.style import Json

DATASOURCE: Final = {"type": "influxdb", "uid": "${datasource}"}
COLUMNS: Final = 24


def target(query: str, *, ref: str = "A", alias: str = "", table: bool = False) -> Json:
    """Make one query of a panel."""
    return {
        "datasource": DATASOURCE,
        "refId": ref,
        "rawQuery": True,
        "query": query,
        "resultFormat": "table" if table else "time_series",
        "alias": alias,
    }


def series(
    title: str,
    description: str,
    unit: str,
    targets: Sequence[Json],
    *,
    custom: Json | None = None,
    overrides: Sequence[Json] = (),
    lowest: float | None = None,
    transformations: Sequence[Json] = (),
) -> Json:
    """Make a panel of values over time.

    Parameters
    ----------
    title, description
        What it shows, and what a reader must know to read it right.
    unit
        Grafana unit, from `looks`.
    targets
        Its queries.
    custom
        Lines by default.
    overrides
        Looks of single series.
    lowest
        Where its axis begins, for figures that cannot be below.
    transformations
        What Grafana does with the answers.
    """
    defaults: Json = {"unit": unit, "noValue": style.NO_DATA, "custom": custom or style.line_style()}
    if lowest is not None:
        defaults["min"] = lowest
    return {
        "type": "timeseries",
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "targets": list(targets),
        "fieldConfig": {"defaults": defaults, "overrides": list(overrides)},
        "options": {"legend": style.legend(), "tooltip": {"mode": "multi", "sort": "desc"}},
        "transformations": list(transformations),
    }


def table(
    title: str,
    description: str,
    unit: str,
    query: str,
    *,
    overrides: Sequence[Json] = (),
    words: Mapping[str, str] | None = None,
    time_from: str = "",
) -> Json:
    """Make a panel that is a table; `words` stand in place of codes, `time_from` widens its time range."""
    panel: Json = {
        "type": "table",
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "targets": [target(query, table=True)],
        "fieldConfig": {
            "defaults": {"unit": unit, "noValue": style.NO_DATA, "mappings": _mappings(words or {})},
            "overrides": list(overrides),
        },
        "options": {"showHeader": True, "footer": {"show": False}},
    }
    return {**panel, "timeFrom": time_from} if time_from else panel


def _mappings(words: Mapping[str, str]) -> list[Json]:
    """Make the mapping of values by which a panel shows words in place of codes."""
    texts = {code: {"text": text, "index": place} for place, (code, text) in enumerate(words.items())}
    return [{"type": "value", "options": texts}] if texts else []


def row(title: str) -> Json:
    """Make the headline of a group of panels."""
    return {"type": "row", "title": title, "collapsed": False, "panels": []}


def arrange(rows: Sequence[tuple[str, Sequence[Sequence[Json]], int]]) -> list[Json]:
    """Assign positions and numbers to panels.

    Parameters
    ----------
    rows
        A headline, lines of panels that share the width evenly, and the height of each line.

    Returns
    -------
    list of dict
        All panels, numbered from 1, none over another.
    """
    placed: list[Json] = []
    y = 0
    for headline, lines, height in rows:
        placed.append({**row(headline), "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1}})
        y += 1
        for line in lines:
            width = COLUMNS // len(line)
            for i, panel in enumerate(line):
                placed.append({**panel, "gridPos": {"x": i * width, "y": y, "w": width, "h": height}})
            y += height
    return [{**panel, "id": number} for number, panel in enumerate(placed, start=1)]

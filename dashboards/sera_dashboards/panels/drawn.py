"""Panels that draw: values over time, bars, single values, states, curves; and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sera_dashboards import style
from sera_dashboards.panels.targets import SOURCE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_dashboards.style import Json, Quantity
    from sera_words.dashboard_words import PanelText

_EMPTY_CELL: Final = "–"
# Grafana's own least width of a column, 150, cuts a table of fourteen columns at a desk.
_TABLE: Final = {"align": "auto", "filterable": False, "minWidth": 80, "wrapHeaderText": True}


def series(
    text: PanelText,
    quantity: Quantity,
    targets: Sequence[Json],
    *,
    custom: Json | None = None,
    overrides: Sequence[Json] = (),
    transformations: Sequence[Json] = (),
    summary: str = style.NEWEST,
    **more: Any,
) -> Json:
    """Make a panel of values over time.

    Parameters
    ----------
    text
        Title, how to read it, and what stands there without data.
    quantity
        Unit, decimals and bounds.
    targets
        Its queries.
    custom
        Lines by default.
    overrides
        Looks of single series.
    transformations
        What Grafana does with the answers.
    summary
        What the legend says of each series: its newest value by default, `style.TOTAL` of amounts.
    more
        Further keys of the panel.
    """
    options = {"legend": style.legend(summary), "tooltip": {"mode": "multi", "sort": "desc"}}
    field = {**_defaults(text, quantity), "custom": custom or style.line_style()}
    field["color"] = {"mode": "palette-classic"}
    coloured = [*_alias_colours(targets, overrides), *overrides]
    return _panel("timeseries", text, targets, field, coloured, options, transformations, **more)


def _alias_colours(targets: Sequence[Json], overrides: Sequence[Json]) -> list[Json]:
    """Colour series whose names are known, each so that every eye tells it from the others.

    Names from tags are not known: those lines have Grafana's own palette, since the one for every eye came
    with Grafana 13 and versions before it do not draw a panel that names it.
    """
    overridden = {override["matcher"]["options"] for override in overrides}
    names = [target["alias"] for target in targets]
    return [
        style.override(name, color=style.fixed(colour))
        for name, colour in zip(names, style.LINE_COLOURS, strict=False)
        if "$" not in name and name not in overridden
    ]


def single_values(
    text: PanelText,
    quantity: Quantity,
    targets: Sequence[Json],
    *,
    overrides: Sequence[Json] = (),
    thresholds: Json = style.PLAIN,
    **more: Any,
) -> Json:
    """Make a panel of some numbers that stand for themselves, with their names below."""
    field = {**_defaults(text, quantity), "thresholds": thresholds, "color": {"mode": "thresholds"}}
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "auto", "textMode": "value_and_name", "colorMode": "value", "graphMode": "none",
        "justifyMode": "auto",
    }  # fmt: skip
    return _panel("stat", text, targets, field, overrides, options, (), **more)


def bars(
    text: PanelText,
    quantity: Quantity,
    targets: Sequence[Json],
    *,
    overrides: Sequence[Json] = (),
    **more: Any,
) -> Json:
    """Make a panel of bars that lie one below another, one a series, with the last value of each."""
    field = {**_defaults(text, quantity), "thresholds": style.PLAIN, "color": {"mode": "thresholds"}}
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "horizontal", "displayMode": "basic", "showUnfilled": False, "valueMode": "text",
        "namePlacement": "left",
    }  # fmt: skip
    return _panel("bargauge", text, targets, field, overrides, options, (), **more)


def table(
    text: PanelText,
    targets: Sequence[Json],
    transformations: Sequence[Json],
    overrides: Sequence[Json],
    *,
    sort: tuple[str, bool] | None = None,
    **more: Any,
) -> Json:
    """Make a table; `sort` names a column and whether the highest stands first."""
    # The words for no data at all are too long for a single cell.
    empty = [style.of_kind(kind, noValue=_EMPTY_CELL) for kind in ("number", "string", "time")]
    field = {**_defaults(text, style.Quantity(style.TEXT)), "custom": _TABLE}
    options: Json = {"showHeader": True, "cellHeight": "sm", "footer": {"show": False}}
    if sort is not None:
        options["sortBy"] = [{"displayName": sort[0], "desc": sort[1]}]
    return _panel("table", text, targets, field, [*empty, *overrides], options, transformations, **more)


def states(
    text: PanelText, quantity: Quantity, targets: Sequence[Json], thresholds: Json, **more: Any
) -> Json:
    """Make a panel with a row a series and a coloured cell a value: where nothing is, no cell is."""
    field = {
        **_defaults(text, quantity),
        "thresholds": thresholds,
        "color": {"mode": "thresholds"},
        "custom": {"fillOpacity": 80, "lineWidth": 0},
    }
    options = {"showValue": "auto", "rowHeight": 0.9, "legend": style.legend()}
    return _panel("status-history", text, targets, field, (), options, (), **more)


def curve(
    text: PanelText,
    quantity: Quantity,
    targets: Sequence[Json],
    x: str,
    ys: Sequence[str],
    *,
    overrides: Sequence[Json] = (),
    **more: Any,
) -> Json:
    """Make a panel of one quantity over another."""
    field = {
        **_defaults(text, quantity),
        "custom": {"show": "points+lines", "lineWidth": 2, "pointSize": {"fixed": 5}},
    }
    matched = [
        {"x": _by_name(x), "y": _by_name(y), "frame": {"matcher": {"id": "byIndex", "options": 0}}}
        for y in ys
    ]
    options = {
        "mapping": "manual",
        "series": matched,
        "legend": style.legend(),
        "tooltip": {"mode": "single"},
    }
    return _panel("xychart", text, targets, field, overrides, options, (), **more)


def _by_name(field: str) -> Json:
    return {"matcher": {"id": "byName", "options": field}}


def row(title: str) -> Json:
    """Make the headline of a group of panels."""
    return {"type": "row", "title": title, "collapsed": False, "panels": []}


def _defaults(text: PanelText, quantity: Quantity) -> Json:
    bounds = {"decimals": quantity.decimals, "min": quantity.lowest, "max": quantity.highest}
    limits = {key: value for key, value in bounds.items() if value is not None}
    return {"unit": quantity.unit, "noValue": text.no_data, **limits}


def _panel(
    kind: str,
    text: PanelText,
    targets: Sequence[Json],
    field: Json,
    overrides: Sequence[Json],
    options: Json,
    transformations: Sequence[Json],
    **more: Any,
) -> Json:
    return {
        "type": kind,
        "title": text.title,
        "description": text.description,
        "datasource": SOURCE_VARIABLE,
        "targets": list(targets),
        "fieldConfig": {"defaults": field, "overrides": list(overrides)},
        "options": options,
        "transformations": list(transformations),
        **more,
    }

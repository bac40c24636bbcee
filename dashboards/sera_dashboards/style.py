"""The one place for looks: panel units, colours, axes and the words for no data."""

from __future__ import annotations

from typing import Any, Final

from sera_dashboards.errors import UnknownUnitError
from sera_vocabulary import meanings
from sera_vocabulary.indices import INDICES_BY_NAME
from sera_vocabulary.measurements import COLUMNS

Json = dict[str, Any]

NO_DATA: Final = "No data in this time: nothing has arrived, which does not mean zero"
GROUP_COLOURS: Final = meanings.GROUP_COLOURS


def unit_of(code: str) -> str:
    """Return the Grafana unit of a UCUM code.

    Raises
    ------
    UnknownUnitError
        No panel unit is known for it.
    """
    try:
        return str(meanings.UNITS[code].grafana)
    except KeyError as error:
        raise UnknownUnitError(
            f"unit {code!r} has no panel unit; give it a row in sera_vocabulary/meanings.py"
        ) from error


def measurement_unit(name: str) -> str:
    """Return the Grafana unit of a measurement, or of an insect group's count."""
    return unit_of(COLUMNS[name].unit)


def index_unit(name: str) -> str:
    """Return the Grafana unit of an index."""
    return unit_of(INDICES_BY_NAME[name].unit)


def legend() -> Json:
    """Show the legend below, as a list."""
    return {"displayMode": "list", "placement": "bottom", "showLegend": True}


def line_style() -> Json:
    """Draw lines that break where data are missing: a gap is not a straight line."""
    return {"drawStyle": "line", "lineWidth": 2, "fillOpacity": 0, "spanNulls": False, "showPoints": "auto"}


def bar_style(*, stacked: bool) -> Json:
    """Draw bars, one a window."""
    return {
        "drawStyle": "bars",
        "fillOpacity": 80,
        "lineWidth": 0,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
    }


def override(name: str, **properties: Any) -> Json:
    """Set properties of one series by its name; a double underscore in a name is Grafana's dot."""
    settings = [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()]
    return {"matcher": {"id": "byName", "options": name}, "properties": settings}

"""The one place for looks: panel units, bounds, decimals, colours, axes."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sera_dashboards.errors import UnknownUnitError
from sera_vocabulary import meanings
from sera_vocabulary.alert_rules import LOOK, URGENT
from sera_vocabulary.indices import INDICES_BY_NAME
from sera_vocabulary.measurements import COLUMNS
from sera_vocabulary.status_series import FLEET_FIELDS

Json = dict[str, Any]

GROUP_COLOURS: Final = meanings.GROUP_COLOURS
# Blue, yellow, vermilion after Okabe and Ito (2008): apart for every eye, and in grey. Grafana's own traffic
# light is not: its green and red are one colour to one man in twelve (`lint.colours`).
WELL_COLOUR: Final = "#56b4e9"
LOOK_COLOUR: Final = "#f0e442"
URGENT_COLOUR: Final = "#d55e00"
PLAIN_COLOUR: Final = "#0072b2"
SECOND_COLOUR: Final = "#e69f00"
EFFORT_COLOUR: Final = "#b8b8b8"
SEVERITY_COLOURS: Final = {0: WELL_COLOUR, LOOK: LOOK_COLOUR, URGENT: URGENT_COLOUR}
# Of lines without a colour of their own, one after the other.
LINE_COLOURS: Final = (
    PLAIN_COLOUR,
    URGENT_COLOUR,
    "#009e73",
    "#cc79a7",
    SECOND_COLOUR,
    WELL_COLOUR,
    "#933571",
)
# What legends say beside a name, by Grafana's reducers.
NEWEST, TOTAL, MEAN = "lastNotNull", "sum", "mean"
SHARE: Final = "percentunit"
TEXT: Final = "string"
MOMENT: Final = "dateTimeFromNow"


class Quantity(NamedTuple):
    """How a quantity is shown: Grafana's unit, decimals, and where its axis must begin and end."""

    unit: str
    decimals: int | None = None
    lowest: float | None = None
    highest: float | None = None


# Whole numbers in full, with marks between thousands: 2,298 and not 2.3 K.
COUNT: Final = Quantity("locale", 0, 0)
# Finer steps than these nobody reads off an axis, by UCUM unit.
_DECIMALS_MOST: Final = {"Cel": 1}
_DECIMALS_MOST_BY_DEFAULT: Final = 2
PART: Final = Quantity(SHARE, 0, 0, 1)
SECONDS: Final = Quantity("s", 1, 0)
# By UCUM unit, of figures and of facts of nodes.
_DECIMALS: Final = {
    "1": 1, "1/d": 2, "1/h": 1, "Cel": 1, "Cel.d": 0, "d": 0, "h": 1, "m3/m3": 3, "m3/m3/d": 4,
    "%": 0, "s": 1, "dB[mW]": 0, "V": 2, "ms": 0,
}  # fmt: skip


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


def measurement(name: str) -> Quantity:
    """Return how a measurement is shown, or an insect group's count; an axis begins at 0 where 0 is least."""
    row = COLUMNS[name]
    most = _DECIMALS_MOST.get(row.unit, _DECIMALS_MOST_BY_DEFAULT)
    return Quantity(unit_of(row.unit), min(row.decimals, most), 0 if row.lowest == 0 else None)


def index(name: str) -> Quantity:
    """Return how an index is shown."""
    row = INDICES_BY_NAME[name]
    if row.is_share:
        return PART
    return Quantity(unit_of(row.unit), _DECIMALS[row.unit], 0)


def fact(name: str) -> Quantity:
    """Return how a fact of a node is shown."""
    unit = FLEET_FIELDS[name]
    return Quantity(unit_of(unit), _DECIMALS[unit])


def legend(summary: str = "") -> Json:
    """Show the legend below, as a list, with a summary of each series (of Grafana's reducers) beside it."""
    calcs = [summary] if summary else []
    return {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": calcs}


def line_style() -> Json:
    """Draw lines that break where data are missing: a gap is not a straight line."""
    return {
        "drawStyle": "line", "lineWidth": 2, "fillOpacity": 0, "spanNulls": False, "showPoints": "auto",
        "pointSize": 5,
    }  # fmt: skip


def bar_style(*, stacked: bool) -> Json:
    """Draw bars, one a window."""
    return {
        "drawStyle": "bars",
        "fillOpacity": 80,
        "lineWidth": 0,
        "barAlignment": 1,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
    }


def band(low: tuple[str, str], high: tuple[str, str]) -> list[Json]:
    """Draw two series as ends of a band, each a field and what it is called; the legend has the upper."""
    ends = {"custom__lineWidth": 0, "custom__showPoints": "never", "color": fixed(WELL_COLOUR)}
    outside_of_legend = {"legend": True, "tooltip": False, "viz": False}
    return [
        override(low[0], displayName=low[1], **ends, custom__hideFrom=outside_of_legend),
        override(high[0], displayName=high[1], **ends, custom__fillBelowTo=low[1], custom__fillOpacity=25),
    ]


def override(name: str, **properties: Any) -> Json:
    """Set properties of one series by its name; a double underscore in a name is Grafana's dot."""
    settings = [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()]
    return {"matcher": {"id": "byName", "options": name}, "properties": settings}


def column_style(name: str, quantity: Quantity, **properties: Any) -> Json:
    """Show one series, or a column of a table, as a quantity."""
    return override(name, unit=quantity.unit, decimals=quantity.decimals, **properties)


def of_kind(kind: str, **properties: Any) -> Json:
    """Set properties of all series of a kind: number, string, time."""
    return {**override("", **properties), "matcher": {"id": "byType", "options": kind}}


def fixed(colour: str) -> Json:
    """Return one colour, whatever the value."""
    return {"mode": "fixed", "fixedColor": colour}


def steps(*limits: tuple[float | None, str]) -> Json:
    """Colour values by steps; the first has no lower end."""
    return {"mode": "absolute", "steps": [{"value": limit, "color": colour} for limit, colour in limits]}


PLAIN: Final = steps((None, PLAIN_COLOUR))


def word_mapping(words: dict[str, str]) -> list[Json]:
    """Show words in place of codes."""
    texts = {code: {"text": text, "index": index} for index, (code, text) in enumerate(words.items())}
    return [{"type": "value", "options": texts}] if texts else []


def coloured_words(rows: dict[str, tuple[str, str]]) -> list[Json]:
    """Show a word in a colour in place of each code."""
    texts = {
        code: {"text": text, "color": colour, "index": index}
        for index, (code, (text, colour)) in enumerate(rows.items())
    }
    return [{"type": "value", "options": texts}]

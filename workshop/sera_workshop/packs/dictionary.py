"""The data dictionary of a pack: what every column and every quantity in its tables means."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Final

from sera_vocabulary import indices
from sera_workshop.views import words
from sera_workshop.views.readings import SIMULATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sera_store.results.results import Result

READINGS: Final = "readings.csv"
FIGURES: Final = "figures.csv"
DICTIONARY: Final = "dictionary.csv"


@dataclass(frozen=True, slots=True)
class DictionaryRow:
    """One line of the dictionary; `what` is column, quantity or index."""

    file: str
    what: str
    name: str
    meaning: str
    unit: str


COLUMNS: Final = tuple(field.name for field in fields(DictionaryRow))

_SIMULATED: Final = ("the word “simulated” where it comes from a model, and is not data; else empty", "")
_READING_MEANINGS: Final = {
    "local_time": (
        "when the hour at the garden begins (ISO 8601); the date alone for what people count and for sound",
        "",
    ),
    "garden": ("which garden", ""),
    "node": ("which sensor node, or a pseudonym of the person who counted, drawn for this pack alone", ""),
    "series": ("which kind of record the value was in", ""),
    "quantity": ("what was measured; each has its own line below", ""),
    "position": ("which probe of the node measured it; empty where it has only one", ""),
    "value": ("the value; empty where the sensor failed, which is not zero", "see unit"),
    "unit": ("unit of the value, as a UCUM code; 1 is a count or has no unit", ""),
    "quality": ("what the automatic checks found: good, not checked, suspect, failed a check, missing", ""),
    "time_uncertainty_s": ("how far the time may be off", "s"),
    "simulated": _SIMULATED,
}
_FIGURE_COLUMNS: Final = {
    "place": ("which garden, district or community the figure is about", ""),
    "index": ("name of the figure; each has its own line below", ""),
    "group": ("insect group, where the figure is about one", ""),
    "period": (
        "kind of window: day, week, month, season, the whole span, or custom: any dates, as those of a pack",
        "",
    ),
    "first_day": ("first local day of the window", ""),
    "last_day": ("last local day of the window", ""),
    "value": ("the figure; empty where it is refused", "see unit"),
    "low": ("lower end of the interval; empty where there is none", "see unit"),
    "high": ("upper end of the interval; empty where there is none", "see unit"),
    "unit": ("unit of value, low and high, as a UCUM code", ""),
    "confidence": ("how often such an interval holds the true value, as a share of 1", "1"),
    "target": ("what the interval speaks about: these nodes, this garden or this community", ""),
    "effort_h": ("hours of watching behind the figure", "h"),
    "coverage": ("share of the window, with all its days, that was read or watched", "1"),
    "n": ("number of independent units behind the figure", "1"),
    "n_of": ("what these units are", ""),
    "reason": ("why there is no figure: what was found and what is needed", ""),
    "interval_reason": ("why there is a figure but no interval", ""),
    "simulated": _SIMULATED,
}
FIGURE_COLUMNS: Final = tuple(_FIGURE_COLUMNS)
READING_COLUMNS: Final = tuple(_READING_MEANINGS)


def entries(quantities: Iterable[str], names: Iterable[str]) -> tuple[DictionaryRow, ...]:
    """Make the dictionary for what is in the tables.

    Parameters
    ----------
    quantities
        Quantities in the readings.
    names
        Indices in the figures.

    Returns
    -------
    tuple of DictionaryRow
        Every column of every table, the dictionary's own too, then every quantity and index.
    """
    own = {
        "file": ("the table that the line is about", ""),
        "what": ("whether the line is about a column, a quantity or an index", ""),
        "name": ("its name", ""),
        "meaning": ("what it means", ""),
        "unit": ("its unit, as a UCUM code", ""),
    }
    tables = ((READINGS, _READING_MEANINGS), (FIGURES, _FIGURE_COLUMNS), (DICTIONARY, own))
    columns = [
        DictionaryRow(file, "column", n, *description)
        for file, table in tables
        for n, description in table.items()
    ]
    measured = [
        DictionaryRow(READINGS, "quantity", n, words.meaning(n), words.unit_of(n))
        for n in sorted(set(quantities))
    ]
    indexed = [
        DictionaryRow(FIGURES, "index", n, _index_meaning(n), _index_unit(n)) for n in sorted(set(names))
    ]
    return (*columns, *measured, *indexed)


def _index_meaning(name: str) -> str:
    """Explain what an index is, and whether it is a mean of units or a ratio of sums."""
    row = indices.INDICES_BY_NAME.get(name)
    average = words.average(row.method) if row else ""
    return f"{words.index_label(name)}; {average}" if average else words.index_label(name)


def _index_unit(name: str) -> str:
    row = indices.INDICES_BY_NAME.get(name)
    return row.unit if row else ""


def figure_row(result: Result, timezone: str) -> tuple[str | int | float | None, ...]:
    """Return a result as the cells of its row in the table of figures."""
    return (
        result.scope_id,
        result.index,
        result.group,
        result.period,
        words.iso_day(result.start_s, timezone),
        words.iso_day(max(result.start_s, result.end_s - 1), timezone),
        result.value,
        result.low,
        result.high,
        result.unit,
        result.confidence if result.low is not None else None,
        words.target(result.target),
        result.effort_h,
        result.coverage,
        result.n,
        words.units_name(result.n_of),
        words.statement(result.reason) or None,
        words.statement(result.interval_reason) or None,
        SIMULATED if result.is_simulated else None,
    )


def rows(dictionary: Sequence[DictionaryRow]) -> list[tuple[str, ...]]:
    """Return the dictionary as rows of cells."""
    return [astuple(entry) for entry in dictionary]

"""How `sera diversity` is shown to a person: tables, and below them what may not be concluded from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from sera_analysis.sites.references import references_of
from sera_analysis.sites.site_figures import label
from sera_command.consoles import plain_console
from sera_command.tables.citation import citation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console

    from sera_analysis.sites.site_figures import Question, Record

_REASONS_MOST = 8
_NOTES_MOST = 8
_WIDTH_WITHOUT_TERMINAL = 140


def console_for_tables() -> Console:
    """Make a console as wide as the terminal, or wide enough for these tables where there is none."""
    console = plain_console()
    return console if console.is_terminal else plain_console(width=_WIDTH_WITHOUT_TERMINAL)


def show(records: Mapping[str, Record], question: Question, console: Console) -> None:
    """Print the records of sites."""
    example = next(iter(records.values()))
    orders = [label(q) for q in question.orders]
    console.print(_effort(records, example))
    console.print(_richness(records, example))
    console.print(_hill(records, orders))
    for key, title in (("size_based", "At one size"), ("coverage_based", "At one coverage")):
        if example[key]:
            console.print(_comparison_table(records, key, title, orders))
    for line in cautions(records):
        console.print(f"- {line}", soft_wrap=True)
    console.print("References", style="bold")
    for keys, reference in _by_reference(references_of(records)):
        console.print(f"{keys}: {reference}", soft_wrap=True)
    console.print(f"To cite Sera: {citation()}", soft_wrap=True)


def _by_reference(references: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return each citation once, with the figures it is about."""
    keys: dict[str, list[str]] = {}
    for key, reference in references.items():
        keys.setdefault(reference, []).append(key.replace("_", " "))
    return [(", ".join(names), reference) for reference, names in keys.items()]


def _table(title: str, columns: Iterable[str]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left", no_wrap=index == 0, overflow="fold")
    return table


def _number(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"


def _effort(records: Mapping[str, Record], example: Record) -> Table:
    unit = "individuals" if example["units"] is None else "sampling units"
    table = _table("Effort and coverage", ("site", unit, "kinds", "found once", "found twice", "coverage"))
    for name, record in records.items():
        keys = ("n", "richness_observed", "singletons", "doubletons")
        cells = [_number(record[key]) for key in keys]
        table.add_row(
            name, *cells, _with_spread(record["coverage"], (record.get("bootstrap") or {}).get("coverage"))
        )
    return table


def _richness(records: Mapping[str, Record], example: Record) -> Table:
    keys = [key for key, value in example.items() if isinstance(value, dict) and "standard_error" in value]
    table = _table(
        "Kinds there are, estimated, with 95 % intervals", ("site", *(key.replace("_", " ") for key in keys))
    )
    for name, record in records.items():
        table.add_row(name, *(_with_interval(record[key]) for key in keys))
    return table


def _with_interval(estimate: Mapping[str, Any], decimals: int = 1) -> str:
    if estimate["value"] is None:
        return "-"
    value = f"{estimate['value']:,.{decimals}f}"
    if estimate.get("low") is None:
        return value
    return f"{value} ({estimate['low']:,.{decimals}f}-{estimate['high']:,.{decimals}f})"


def _hill(records: Mapping[str, Record], orders: list[str]) -> Table:
    columns = ("site", *(f"observed q={q}" for q in orders), *(f"asymptotic q={q}" for q in orders))
    table = _table("Effective number of kinds (Hill numbers)", columns)
    for name, record in records.items():
        spreads = (record.get("bootstrap") or {}).get("observed", {})
        observed = [_with_spread(record["observed"][q], spreads.get(q)) for q in orders]
        table.add_row(name, *observed, *(_with_interval(record["asymptotic"][q], 3) for q in orders))
    return table


def _comparison_table(records: Mapping[str, Record], key: str, title: str, orders: list[str]) -> Table:
    first = () if key == "size_based" else ("target",)
    table = _table(title, ("site", *first, "size", "coverage", *(f"q={q}" for q in orders)))
    for name, record in records.items():
        spreads = (record.get("bootstrap") or {}).get(key) or [{}] * len(record[key])
        for entry, spread in zip(record[key], spreads, strict=True):
            columns = (*first, "size", "coverage", *orders)
            table.add_row(name, *(_with_spread(entry[column], spread.get(column)) for column in columns))
    return table


def _with_spread(value: Any, spread: Mapping[str, Any] | None) -> str:
    """Write a figure with the interval of its bootstrap, where it has one."""
    if value is None or not spread:
        return _number(value)
    return f"{_number(value)} ({spread['low']:,.3f}-{spread['high']:,.3f})"


def cautions(records: Mapping[str, Record]) -> list[str]:
    """Return the cautions that belong beside these figures."""
    lines = []
    sizes = {record["n"] for record in records.values()}
    if len(sizes) > 1:
        lines.append(
            f"Efforts differ ({min(sizes):,} to {max(sizes):,}): observed numbers must not be compared "
            "between these sites. Compare at one coverage with --coverages, or at one size with --sizes."
        )
    lone = [name for name, record in records.items() if record["n"] == 1]
    if lone:
        lines.append(
            f"One find or unit alone tells nothing of what is missing, whatever formulas say: {_some(lone)}."
        )
    thin = [name for name, record in records.items() if (record["coverage"] or 0.0) < 0.5]
    if thin:
        lines.append(
            f"Coverage below a half, or none: {_some(thin)}. More sampling says more than any estimate."
        )
    far = [name for name, record in records.items() if _reaches_far(record)]
    if far:
        lines.append(
            f"More than twice the sample's size is asked of {_some(far)}: order 0 there is guesswork, "
            "and so are the other orders of a small sample."
        )
    lines += [f"{name}: {note}." for name, record in records.items() for note in record["notes"]][
        :_NOTES_MOST
    ]
    lines.append("Estimates of kinds not found are lower bounds, for lists that people have verified.")
    reasons = [line for name, record in records.items() for line in _reasons(name, record)]
    lines += reasons[:_REASONS_MOST]
    if len(reasons) > _REASONS_MOST:
        lines.append(f"... and {len(reasons) - _REASONS_MOST} more reasons with --json.")
    return lines


def _reasons(name: str, record: Record) -> list[str]:
    """Return each reason once, with the places it is about."""
    places: dict[str, list[str]] = {}
    for path, why in record["reasons"].items():
        places.setdefault(why, []).append(path)
    return [f"{name}, {_some(paths)}: {why}" for why, paths in places.items()]


def _reaches_far(record: Record) -> bool:
    entries = [*record["size_based"], *record["coverage_based"]]
    return any(entry["size"] is not None and entry["size"] > 2 * record["n"] for entry in entries)


def _some(names: list[str]) -> str:
    text = ", ".join(names[:5])
    return text if len(names) <= 5 else f"{text} and {len(names) - 5} more"

"""`sera dissimilarity`: how unlike the sites of any table are, in pairs and all together, without a store."""

from __future__ import annotations

import json as json_text
import math
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import typer
from rich.table import Table

from sera_analysis.diversity.samples import Abundance
from sera_analysis.sites.dissimilarity import MEASURES, dissimilarity, multi_site
from sera_analysis.sites.partition import partition
from sera_analysis.sites.site_figures import label
from sera_analysis.sites.thinning import thinned
from sera_command.consoles import plain_console
from sera_command.errors import BadInputError
from sera_command.importers.long_tables import read_long_sites
from sera_command.importers.number_lists import numbers_of
from sera_command.importers.site_tables import read_site_table
from sera_command.tables.diversity import long_columns
from sera_command.tables.reasons import in_words, notes_in_words, show_notes
from sera_command.terminal import echo_json
from sera_store.plain_text import plain
from sera_store.tables.numbers import DecimalMark  # noqa: TC001 - Typer reads the annotations
from sera_words.statements import TableReason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_command.importers.site_tables import SiteTable

app = typer.Typer()

_TOGETHER: Final = ("sorensen", "jaccard", "bray_curtis", "ruzicka")
_COLUMN_WIDTH: Final = 9
_SITES_MOST: Final = 30
_NAME_MOST: Final = 40


class Weights(StrEnum):
    """What each site counts for in the partition."""

    EQUAL = "equal"
    SIZE = "size"


@app.command("dissimilarity")
def pairs_of_sites(
    table: Annotated[
        Path, typer.Argument(help="CSV: sites in rows, kinds in columns, names in the first of each.")
    ],
    measure: Annotated[str, typer.Option(help=f"One of {', '.join(MEASURES)}.")] = "bray_curtis",
    transpose: Annotated[
        bool, typer.Option("--transpose", help="The file has kinds in rows and sites in columns.")
    ] = False,
    site: Annotated[str | None, typer.Option(help="Long table: column of sites.")] = None,
    kind: Annotated[str | None, typer.Option(help="Long table: column of kinds.")] = None,
    count: Annotated[
        str | None, typer.Option(help="Long table: column of counts; without it, a row counts one.")
    ] = None,
    none: Annotated[
        list[str] | None, typer.Option(help="Long table: word for a kind where nothing was found.")
    ] = None,
    required: Annotated[
        list[str] | None, typer.Option(help="Long table: leave rows out where this column has no note.")
    ] = None,
    add_repeats: Annotated[
        bool, typer.Option("--add-repeats", help="Long table: rows alike in every cell are two records.")
    ] = False,
    decimal: Annotated[
        DecimalMark | None, typer.Option(help="What stands before decimals, if the table does not show.")
    ] = None,
    orders: Annotated[str, typer.Option(help="Orders of the partition, 0 or more.")] = "0,1,2",
    weights: Annotated[
        Weights, typer.Option(help="What a site counts for in the partition.")
    ] = Weights.EQUAL,
    thin_to: Annotated[
        int | None, typer.Option(min=1, help="Draw so many individuals from each site, and give the mean.")
    ] = None,
    draws: Annotated[int, typer.Option(min=1, help="How many times to draw.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how much the sites of a table differ: a matrix, all sites at once, and gamma = alpha x beta."""
    if measure not in MEASURES:
        raise typer.BadParameter(
            f"found {measure!r}; expected one of {', '.join(MEASURES)}", param_hint="--measure"
        )
    partition_orders = numbers_of(orders, "--orders", least=0.0, infinite=True, fewest=1)
    long = long_columns(site, kind, count, none=none, required=required, adds_repeats=add_repeats)
    if long is None:
        read = read_site_table(table, transpose=transpose, decimal=decimal)
    else:
        read = read_long_sites(table, long, decimal=decimal)
    show_notes(read.notes)
    answer = _answer(_samples(read, thin_to, draws, seed), read, measure, partition_orders, weights)
    if thin_to is not None:
        answer["thinned"] = {"size": thin_to, "draws": draws, "seed": seed}
    if json:
        echo_json(json_text.dumps(answer, allow_nan=False, ensure_ascii=False))
    else:
        _show(answer, read)


def _samples(read: SiteTable, size: int | None, draws: int, seed: int) -> list[Abundance]:
    """Take the table as it is, or drawn to one size many times."""
    sample = Abundance(read.counts)
    if size is None:
        return [sample]
    short = np.flatnonzero(sample.n < size)
    if len(short):
        raise BadInputError(
            f"site {read.rows[short[0]]!r} has {sample.n[short[0]]:g} individuals; {size} cannot be drawn "
            f"from it. Leave the site out, or take the least size, {sample.n.min():g}, if that is above 0"
        )
    return [Abundance(draw) for draw in thinned(sample, size, draws, np.random.default_rng(seed))]


def _answer(
    samples: Sequence[Abundance], read: SiteTable, measure: str, orders: Sequence[float], weights: Weights
) -> dict[str, Any]:
    """Everything that is said, as plain numbers and None with reasons."""
    reasons: dict[str, TableReason] = {}
    matrix = np.mean([dissimilarity(sample, measure) for sample in samples], axis=0)
    by_site: dict[str, dict[str, float | None]] = {}
    for row, name in enumerate(read.rows):
        by_site[name] = {}
        for column, other in enumerate(read.rows):
            value = float(matrix[row, column])
            by_site[name][other] = value if math.isfinite(value) else None
            if not math.isfinite(value):
                reasons[f"matrix.{name}.{other}"] = _why(read, row, column)
    return {
        "measure": measure,
        "matrix": by_site,
        "multi_site": _multi_site(samples, reasons),
        "partition": _partition(samples, read, orders, weights, reasons),
        "reasons": in_words(reasons),
        "notes": notes_in_words(read.notes),
    }


def _why(read: SiteTable, row: int, column: int) -> TableReason:
    empty = [read.rows[place] for place in dict.fromkeys((row, column)) if not read.counts[place].any()]
    return TableReason.of("sites_empty", sites=empty) if empty else TableReason.of("measure_undefined")


def _multi_site(
    samples: Sequence[Abundance], reasons: dict[str, TableReason]
) -> dict[str, dict[str, float | None]]:
    """All sites at once by each family, total, turnover and the rest."""
    answer: dict[str, dict[str, float | None]] = {}
    for family in _TOGETHER:
        parts = np.mean([multi_site(sample, family) for sample in samples], axis=0)
        names = ("total", "turnover", "nestedness" if family in {"sorensen", "jaccard"} else "gradient")
        answer[family] = {
            name: float(part) if math.isfinite(part) else None
            for name, part in zip(names, parts, strict=True)
        }
        for name, part in answer[family].items():
            if part is None:
                reasons[f"multi_site.{family}.{name}"] = TableReason.of("sites_with_finds_too_few")
    return answer


def _partition(
    samples: Sequence[Abundance],
    read: SiteTable,
    orders: Sequence[float],
    weights: Weights,
    reasons: dict[str, TableReason],
) -> dict[str, Any] | None:
    """Gamma, alpha and beta by order, or None with the reason."""
    empty = [name for name, row in zip(read.rows, read.counts, strict=True) if not row.any()]
    if empty:
        reasons["partition"] = TableReason.of("partition_of_empty_sites", sites=empty)
        return None
    by_order: dict[str, dict[str, float | None]] = {}
    for q in orders:
        parts = [partition(sample, q, sample.n if weights is Weights.SIZE else None) for sample in samples]
        mean = np.mean(parts, axis=0)
        values = zip(parts[0]._fields, (float(part) for part in mean), strict=True)
        by_order[label(q)] = {name: part if math.isfinite(part) else None for name, part in values}
        for name, value in by_order[label(q)].items():
            if value is None:
                reasons[f"partition.orders.{label(q)}.{name}"] = TableReason.of("order_infinite_undefined")
    return {"weights": str(weights), "sites": len(read.rows), "orders": by_order}


def _show(answer: dict[str, Any], read: SiteTable) -> None:
    """Print for a person."""
    site_names = read.rows[:_SITES_MOST]
    titles = [plain(name, _NAME_MOST) for name in site_names]
    wide = max(80, (len(site_names) + 1) * max(_COLUMN_WIDTH, 2 + max(map(len, titles))))
    console = plain_console(width=wide)
    console.print(f"{answer['measure']}: {MEASURES[answer['measure']].says}", soft_wrap=True)
    grid = Table(box=None, pad_edge=False)
    for title in ("", *titles):
        grid.add_column(title, justify="right" if title else "left", no_wrap=True)
    for name, title in zip(site_names, titles, strict=True):
        grid.add_row(title, *(_number(answer["matrix"][name][other]) for other in site_names))
    console.print(grid)
    if len(site_names) < len(read.rows):
        console.print(f"... the first {len(site_names)} of {len(read.rows)} sites; all with --json.")
    for family, parts in answer["multi_site"].items():
        text = ", ".join(f"{name} {_number(part)}" for name, part in parts.items())
        console.print(f"All sites at once, {family}: {text}", soft_wrap=True)
    for q, parts in (answer["partition"] or {"orders": {}})["orders"].items():
        text = ", ".join(f"{name.replace('_', ' ')} {_number(part)}" for name, part in parts.items())
        console.print(f"Order {q}: {text}", soft_wrap=True)
    for line in _cautions(answer, read):
        console.print(f"- {line}", soft_wrap=True)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.3f}"


def _cautions(answer: dict[str, Any], read: SiteTable) -> list[str]:
    """Return the cautions that belong beside these figures."""
    sizes = read.counts.sum(axis=1)
    lines = [f"Reference: {MEASURES[answer['measure']].reference}."]
    if answer["partition"]:
        lines.append(
            f"Sites count {'by what was found' if answer['partition']['weights'] == 'size' else 'alike'}."
        )
    if "thinned" in answer:
        lines.append(
            "Means over {draws} draws of {size} individuals a site, seed {seed}.".format(**answer["thinned"])
        )
    elif sizes.min() != sizes.max():
        lines.append(
            f"Efforts differ ({sizes.min():,.0f} to {sizes.max():,.0f} individuals): part of the difference "
            "is effort. Bring the sites to one size with --thin-to."
        )
    why = dict.fromkeys(answer["reasons"].values())
    return [*lines, *(f"No value: {reason}" for reason in why)]

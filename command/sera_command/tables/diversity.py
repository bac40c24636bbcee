"""`sera diversity`: coverage, richness and Hill numbers of any table of sites, without a store."""

from __future__ import annotations

import json as json_text
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.progress import Progress

from sera_analysis.diversity.samples import Abundance, Incidence
from sera_analysis.sites.references import references_of
from sera_analysis.sites.site_bootstrap import Bootstrap
from sera_analysis.sites.site_diversity import site_diversity
from sera_analysis.sites.site_figures import Question
from sera_command.consoles import plain_console
from sera_command.importers.incidence_tables import read_frequencies, read_units
from sera_command.importers.long_tables import LongColumns, read_long_sites, read_long_units
from sera_command.importers.number_lists import numbers_of
from sera_command.importers.site_tables import read_site_table
from sera_command.tables.citation import citation
from sera_command.tables.diversity_report import console_for_tables, show
from sera_command.tables.reasons import in_words, notes_in_words, show_notes
from sera_command.terminal import echo_json
from sera_store.tables.numbers import DecimalMark  # noqa: TC001 - Typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_analysis.diversity.samples import Sample
    from sera_words.statements import TableNote


class SampleForm(NamedTuple):
    """How a table holds samples, as the options say; see `diversity`."""

    incidence: bool = False
    frequencies: bool = False
    transpose: bool = False
    assemblage: str | None = None
    long: LongColumns | None = None
    decimal: DecimalMark | None = None


class SampleTable(NamedTuple):
    """Names of the assemblages, their samples, and how the table was read."""

    names: list[str]
    sample: Sample
    notes: tuple[TableNote, ...]


app = typer.Typer()


@app.command()
def diversity(
    table: Annotated[
        Path, typer.Argument(help="CSV: sites in rows, kinds in columns, names in the first of each.")
    ],
    incidence: Annotated[
        bool, typer.Option("--incidence", help="Rows are sampling units: 0 and 1, or x where present.")
    ] = False,
    assemblage: Annotated[
        str | None, typer.Option(help="With --incidence: the column that names each unit's assemblage.")
    ] = None,
    frequencies: Annotated[
        bool, typer.Option("--frequencies", help="Sampling units, then in how many of them each kind was.")
    ] = False,
    site: Annotated[str | None, typer.Option(help="Long table: column of sites or assemblages.")] = None,
    kind: Annotated[str | None, typer.Option(help="Long table: column of kinds.")] = None,
    count: Annotated[
        str | None, typer.Option(help="Long table: column of counts; without it, a row counts one.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="Long table with --incidence: column of sampling units.")
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
    transpose: Annotated[
        bool, typer.Option("--transpose", help="The file has kinds in rows and sites in columns.")
    ] = False,
    orders: Annotated[str, typer.Option(help="Orders of diversity, 0 or more.")] = "0,1,2",
    sizes: Annotated[str, typer.Option(help="Sizes to compare at, 1 or more.")] = "",
    coverages: Annotated[str, typer.Option(help="Coverages to compare at, above 0 to 1.")] = "",
    bootstrap: Annotated[
        int, typer.Option(min=0, help="Replicates of Chao's bootstrap, 2 or more; 0 for none.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    more: Annotated[bool, typer.Option("--more", help="Also evenness, entropies and iChao1.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Estimate the diversity of each site of a table, with effort and what may not be said."""
    question = Question(
        orders=numbers_of(orders, "--orders", least=0.0, infinite=True, fewest=1),
        sizes=numbers_of(sizes, "--sizes", least=1.0),
        coverages=numbers_of(coverages, "--coverages", least=0.0, most=1.0),
        more=more,
    )
    if bootstrap == 1:
        raise typer.BadParameter("found 1; expected 0 for none, or 2 and more", param_hint="--bootstrap")
    long = long_columns(site, kind, count, unit, none, required, adds_repeats=add_repeats)
    form = SampleForm(incidence, frequencies, transpose, assemblage, long, decimal)
    _check_form(form)
    names, sample, notes = read_sample(table, form)
    show_notes(notes)
    drawn = Bootstrap(bootstrap, seed) if bootstrap else None
    with Progress(console=plain_console(err=True), transient=True) as bar:
        task = bar.add_task("sites", total=len(names))
        records = site_diversity(
            sample, names, question, drawn, lambda done: bar.update(task, completed=done)
        )
    records = {
        name: record | {"reasons": in_words(record["reasons"]), "notes": notes_in_words(record["notes"])}
        for name, record in records.items()
    }
    if json:
        answer = {
            "sites": records,
            "notes": notes_in_words(notes),
            "references": references_of(records),
            "cite": citation(),
        }
        echo_json(json_text.dumps(answer, allow_nan=False, ensure_ascii=False))
    else:
        show(records, question, console_for_tables())


def long_columns(
    site: str | None,
    kind: str | None,
    count: str | None,
    unit: str | None = None,
    none: Sequence[str] | None = None,
    required: Sequence[str] | None = None,
    *,
    adds_repeats: bool = False,
) -> LongColumns | None:
    """Return the columns of a long table, or None if no option names one.

    Raises
    ------
    typer.BadParameter
        Only some of the needed ones are named.
    """
    if not any((site, kind, count, unit, none, required, adds_repeats)):
        return None
    if site is None or kind is None:
        raise typer.BadParameter(
            "a long table needs the column of sites and that of kinds", param_hint="--site and --kind"
        )
    return LongColumns(
        site, kind, count, unit, tuple(none or ()), tuple(required or ()), adds_repeats=adds_repeats
    )


def _check_form(form: SampleForm) -> None:
    """Refuse options that contradict one another."""
    if form.frequencies and (form.incidence or form.long):
        raise typer.BadParameter("it already is of units counted", param_hint="--frequencies")
    if form.assemblage is not None and (not form.incidence or form.long):
        raise typer.BadParameter(
            "it is a column of a table of --incidence; a long table has --site", param_hint="--assemblage"
        )
    if form.long is not None and (form.transpose or form.incidence != (form.long.unit is not None)):
        raise typer.BadParameter(
            "a long table is not transposed, and --incidence and --unit are given together",
            param_hint="--site and --kind",
        )


def read_sample(table: Path, form: SampleForm) -> SampleTable:
    """Read a table as counts of sites, or as sampling units of one or more assemblages."""
    if form.incidence or form.frequencies:
        if form.frequencies:
            units = read_frequencies(table, transpose=form.transpose, decimal=form.decimal)
        elif form.long is not None:
            units = read_long_units(table, form.long, decimal=form.decimal)
        else:
            units = read_units(
                table, transpose=form.transpose, assemblage=form.assemblage, decimal=form.decimal
            )
        return SampleTable(units.names, Incidence(units.frequencies, units.units), units.notes)
    if form.long is not None:
        sites = read_long_sites(table, form.long, decimal=form.decimal)
    else:
        sites = read_site_table(table, transpose=form.transpose, decimal=form.decimal)
    return SampleTable(sites.rows, Abundance(sites.counts), sites.notes)

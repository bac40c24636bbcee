"""`sera diversity`: coverage, richness and Hill numbers of any table of sites, without a store."""

from __future__ import annotations

import json as json_text
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from sera_analysis.diversity.samples import Abundance, Incidence
from sera_analysis.sites.site_bootstrap import Bootstrap
from sera_analysis.sites.site_diversity import site_diversity
from sera_analysis.sites.site_figures import Question
from sera_command.consoles import plain_console
from sera_command.importers.number_lists import numbers_of
from sera_command.importers.site_tables import read_site_table
from sera_command.tables.diversity_report import console_for_tables, show
from sera_command.tables.reasons import in_words, write_notes
from sera_command.terminal import echo_json

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import Sample

app = typer.Typer()


@app.command()
def diversity(
    table: Annotated[
        Path, typer.Argument(help="CSV: sites in rows, kinds in columns, names in the first of each.")
    ],
    incidence: Annotated[
        bool, typer.Option("--incidence", help="Rows are sampling units with 0 and 1, of one assemblage.")
    ] = False,
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
    names, sample = read_sample(table, incidence=incidence, transpose=transpose)
    drawn = Bootstrap(bootstrap, seed) if bootstrap else None
    with Progress(console=plain_console(err=True), transient=True) as bar:
        task = bar.add_task("sites", total=len(names))
        records = site_diversity(
            sample, names, question, drawn, lambda done: bar.update(task, completed=done)
        )
    records = {
        name: record | {"reasons": in_words(record["reasons"]), "notes": write_notes(record["notes"])}
        for name, record in records.items()
    }
    if json:
        echo_json(json_text.dumps({"sites": records}, allow_nan=False, ensure_ascii=False))
    else:
        show(records, question, console_for_tables())


def read_sample(table: Path, *, incidence: bool, transpose: bool) -> tuple[list[str], Sample]:
    """Read a table as counts of sites, or as the units of one assemblage named after the file."""
    read = read_site_table(table, transpose=transpose, presence=incidence)
    if incidence:
        return [table.stem], Incidence.of_units(read.counts[None])
    return read.rows, Abundance(read.counts)

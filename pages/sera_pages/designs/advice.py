"""Advice on a bed: a table of months and insect groups, weights that people move, and what would fill it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from babel.dates import get_month_names
from starlette.routing import Route

from sera_commons.designs.advice import ENOUGH, GROUPS, MONTHS, WEIGHT_MOST, Weights, cover, proposals
from sera_commons.plants.table import load_plants, load_sources
from sera_pages.designs.drawing import read_drawing
from sera_pages.designs.wording import plant_name, title_of
from sera_pages.views.pages import page
from sera_pages.views.places import garden_of
from sera_pages.views.visit import visit_of
from sera_words.isolates import isolated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import QueryParams
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_commons.designs.advice import Cover, Proposal
    from sera_pages.views.visit import Visit

_CELLS_MOST: Final = 4


class Cell(NamedTuple):
    """One cell of the table: how many taxa, up to what is enough, and their names."""

    level: int
    number: str
    names: str


class ProposalWords(NamedTuple):
    """A proposal for a page."""

    name: str
    taxon: str
    gain: str
    fills: str
    against: str
    source: str


def advice(request: Request) -> Response:
    """Show the cover of a bed, and what would raise it."""
    visit = visit_of(request)
    row, design = read_drawing(visit)
    weights = read_weights(request.query_params)
    taxa = {plant.taxon for plant in design.plants}
    covered = cover(taxa, weights)
    months = _month_names(visit)
    return page(
        visit,
        "design_advice.html.j2",
        garden=garden_of(visit, row.garden),
        row=row,
        name=title_of(visit, design),
        share=None if covered.share is None else visit.words.figures.number(round(100 * covered.share)),
        months=[(month, months[month], weights.months.get(month, 1)) for month in MONTHS],
        groups=[(group, visit.words.figures.name(group), weights.groups.get(group, 1)) for group in GROUPS],
        cells=_cells(visit, covered),
        unknown=visit.words.figures.listed(isolated(plant_name(visit, taxon)) for taxon in covered.unknown),
        proposals=[_words(visit, proposal, months) for proposal in proposals(taxa, design.bed, weights)],
        enough=ENOUGH,
        weight_most=WEIGHT_MOST,
    )


def read_weights(query: QueryParams) -> Weights:
    """Read weights from an address; what is no whole number from 0 to the most counts as 1."""
    return Weights(
        {group: weight for group in GROUPS if (weight := _weight(query.get(group))) is not None},
        {month: weight for month in MONTHS if (weight := _weight(query.get(f"month_{month}"))) is not None},
    )


def _weight(text: str | None) -> int | None:
    if text is None or len(text) != 1 or not text.isascii() or not text.isdecimal():
        return None
    return int(text) if int(text) <= WEIGHT_MOST else None


def _month_names(visit: Visit) -> Mapping[int, str]:
    names: Mapping[int, str] = get_month_names(
        "abbreviated", context="stand-alone", locale=visit.words.figures.locale
    )
    return names


def _cells(visit: Visit, covered: Cover) -> dict[tuple[int, str], Cell]:
    return {
        place: Cell(
            min(len(taxa), ENOUGH),
            visit.words.figures.number(len(taxa)),
            visit.words.figures.listed(isolated(plant_name(visit, taxon)) for taxon in taxa),
        )
        for place, taxa in covered.cells.items()
    }


def _words(visit: Visit, proposal: Proposal, months: Mapping[int, str]) -> ProposalWords:
    say, clauses = visit.words.say, visit.words.figures.clauses
    plant = load_plants()[proposal.taxon]
    cell_words = [
        say("design.cell", month=months[month], group=visit.words.figures.name(group))
        for month, group in proposal.fills[:_CELLS_MOST]
    ]
    source = load_sources()[plant.sources["insect_groups"]]
    return ProposalWords(
        plant_name(visit, proposal.taxon),
        proposal.taxon,
        visit.words.figures.number(round(100 * proposal.gain, 1)),
        clauses(*cell_words),
        clauses(*(say(f"design.against.{code}") for code in proposal.against)),
        source.citation,
    )


ROUTES = (Route("/designs/{design}/advice", advice),)

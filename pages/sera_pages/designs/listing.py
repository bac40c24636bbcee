"""The beds of a garden that were drawn together, and the form that begins one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_commons.designs.document import (
    SIDE_LEAST_M,
    SIDE_MOST_M,
    SIDES,
    TITLE_MOST,
    Bed,
    first_update,
    open_document,
    read_design,
    rectangle,
)
from sera_commons.errors import DesignFullError
from sera_commons.plants.table import LIGHT, WATER
from sera_pages.accounts.roles import Deed
from sera_pages.designs.wording import title_of
from sera_pages.views.fields import FieldReader
from sera_pages.views.forms import read_form
from sera_pages.views.moments import moment_words
from sera_pages.views.pages import page
from sera_pages.views.places import garden_of
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_commons.designs.update_log import DesignRow
    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Garden

# Of what nobody knows, a bed says nothing.
UNKNOWN: Final = "unknown"
_FRESH: Final = {"title": "", "width": "2", "depth": "1", "light": UNKNOWN, "water": UNKNOWN}


class ListedBed(NamedTuple):
    """One bed in the list."""

    id: str
    title: str
    plants: int
    planted: str


def designs(request: Request) -> Response:
    """Show the beds of a garden."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    visit.require(Deed.DRAW, garden.community)
    return _page(visit, garden, _FRESH, (), {})


def _page(
    visit: Visit, garden: Garden, fields: dict[str, str], paths: tuple[str, ...], errors: dict[str, str]
) -> Response:
    say = visit.words.say
    rows = visit.installation.designs.of_garden(garden.id)
    return page(
        visit,
        "designs.html.j2",
        422 if errors else 200,
        garden=garden,
        beds=[_listed(visit, garden, row) for row in rows],
        fields=fields,
        paths=paths,
        errors=errors,
        most=TITLE_MOST,
        sides=[(side, say(f"design.side.{side}")) for side in SIDES],
        lights=[(light, say(f"design.light.{light}")) for light in (*LIGHT, UNKNOWN)],
        waters=[(water, say(f"design.water.{water}")) for water in (*WATER, UNKNOWN)],
    )


def _listed(visit: Visit, garden: Garden, row: DesignRow) -> ListedBed:
    design = read_design(open_document(visit.installation.designs.updates(row.id)))
    planted = ""
    if row.planted_s is not None:
        planted = moment_words(visit, row.planted_s, garden.timezone, with_hour=False)
    return ListedBed(row.id, title_of(visit, design), design.count, planted)


async def begin(request: Request) -> Response:
    """Begin a bed."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    visit.require(Deed.DRAW, garden.community)
    form = await read_form(visit)
    reader = FieldReader(form.fields())
    bed = read_bed_form(reader, form)
    errors = reader.problems(visit.words.say)
    if bed is None or errors:
        return _page(visit, garden, form.fields(), tuple(form.texts("paths")), errors)
    try:
        row = visit.installation.designs.begin(garden.id, garden.community, first_update(bed))
    except DesignFullError:
        errors = {"title": visit.words.say("design.many_beds")}
        return _page(visit, garden, form.fields(), bed.paths, errors)
    return RedirectResponse(f"/designs/{row.id}", 303)


def read_bed_form(reader: FieldReader, form: Form) -> Bed | None:
    """Read the fields of a bed; None where one of them is wrong, which the reader then says."""
    title = form.text("title", TITLE_MOST)
    width_m = reader.within("width", SIDE_LEAST_M, SIDE_MOST_M)
    depth_m = reader.within("depth", SIDE_LEAST_M, SIDE_MOST_M)
    for name, value in (("width", width_m), ("depth", depth_m)):
        if value is None and name not in reader.errors:
            reader.refuse(name, "design.no_length")
    light = reader.choice("light", (*LIGHT, UNKNOWN), "log.choose")
    water = reader.choice("water", (*WATER, UNKNOWN), "log.choose")
    if width_m is None or depth_m is None or reader.errors:
        return None
    paths = form.texts("paths")
    return Bed(
        rectangle(width_m, depth_m),
        title,
        None if light == UNKNOWN else light,
        None if water == UNKNOWN else water,
        tuple(side for side in SIDES if side in paths),
    )


ROUTES = (
    Route("/gardens/{garden}/designs", designs),
    Route("/gardens/{garden}/designs", begin, methods=["POST"]),
)

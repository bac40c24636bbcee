"""The page of one bed, and what is made of it: findings, the plan, 3-D, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sera_commons.designs.checks import findings
from sera_commons.designs.document import (
    PLANTS_MOST,
    Bed,
    first_update,
    open_document,
    read_design,
    rectangle,
)
from sera_commons.designs.glb import glb
from sera_commons.designs.plan import PAPERS, picture_svg, plan_svg
from sera_commons.designs.sizes import size_of
from sera_commons.designs.usdz import usdz
from sera_commons.errors import DesignError
from sera_commons.plants.table import load_plants
from sera_pages.accounts.roles import Deed
from sera_pages.community.settings import require_host
from sera_pages.counting.count import local_now
from sera_pages.designs.live import allowed_design
from sera_pages.designs.wording import grouped_words, plan_words, plant_name, title_of
from sera_pages.errors import RefusedRequestError
from sera_pages.views.forms import read_form
from sera_pages.views.moments import moment_words
from sera_pages.views.pages import STATIC, page
from sera_pages.views.places import garden_of
from sera_pages.views.readers import hosts
from sera_pages.views.visit import visit_of
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.entries import WITHDRAWN
from sera_store.chronicle.schema import chronicle_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from sera_commons.designs.document import Design
    from sera_commons.designs.update_log import DesignRow
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Garden

LIBRARY = "libraries/drawing.js"
VIEWER = "libraries/model-viewer.js"
# The pages' own policy for drawings that are opened by themselves: no script, and their own looks.
PLAN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_DAY = len("2026-06-01")
_GLB, _USDZ, _SVG = "model/gltf-binary", "model/vnd.usdz+zip", "image/svg+xml"


async def drawing(request: Request) -> Response:
    """Show a bed: with script and the library it is drawn on, else it is a picture."""
    visit = visit_of(request)
    row, design = await anyio.to_thread.run_sync(read_drawing, visit)
    day = local_now(visit, garden_of(visit, row.garden))[:_DAY]
    return drawing_page(visit, row, design, {"day": day}, {})


def drawing_page(
    visit: Visit, row: DesignRow, design: Design, fields: dict[str, str], errors: dict[str, str]
) -> Response:
    """Show the page of a bed, with the form that says it was planted."""
    garden = garden_of(visit, row.garden)
    return page(
        visit,
        "design.html.j2",
        422 if errors else 200,
        garden=garden,
        row=row,
        name=title_of(visit, design),
        has_bed=design.bed is not None,
        findings=grouped_words(visit, design),
        is_kept_back=is_kept_back(design),
        has_library=(STATIC / LIBRARY).is_file(),
        has_viewer=(STATIC / VIEWER).is_file(),
        library=LIBRARY,
        viewer=VIEWER,
        plants_most=PLANTS_MOST,
        may_end=visit.may(Deed.SETTINGS, row.community) and hosts(visit, garden),
        fields=fields,
        errors=errors,
        planted=_planted(visit, garden, row),
    )


def _planted(visit: Visit, garden: Garden, row: DesignRow) -> str:
    if row.planted_s is None:
        return ""
    return moment_words(visit, row.planted_s, garden.timezone, with_hour=False)


def list_findings(request: Request) -> Response:
    """Show what is to be looked at, for a page that is open."""
    visit = visit_of(request)
    _, design = read_drawing(visit)
    return page(
        visit,
        "design_findings.html.j2",
        findings=grouped_words(visit, design),
        is_kept_back=is_kept_back(design),
    )


def plan(request: Request) -> Response:
    """Answer with the plan to scale."""
    visit = visit_of(request)
    _, design = read_drawing(visit)
    paper = request.query_params.get("paper", "A4")
    if design.bed is None or paper not in PAPERS:
        raise RefusedRequestError(404, "refused.no_page")
    content = plan_svg(design, plan_words(visit, design), paper)
    return Response(content, media_type=_SVG, headers={"Content-Security-Policy": PLAN_POLICY})


def picture(request: Request) -> Response:
    """Answer with the bed as a small picture."""
    visit = visit_of(request)
    _, design = read_drawing(visit)
    if design.bed is None:
        raise RefusedRequestError(404, "refused.no_page")
    headers = {"Content-Security-Policy": PLAN_POLICY}
    return Response(picture_svg(design), media_type=_SVG, headers=headers)


def model(request: Request) -> Response:
    """Answer with the bed in 3-D, for the page and for AR on Android."""
    return _model_response(request, glb, _GLB)


def apple_model(request: Request) -> Response:
    """Answer with the bed in 3-D, for AR on Apple's devices."""
    return _model_response(request, usdz, _USDZ)


def _model_response(request: Request, make: Callable[[Design], bytes], media_type: str) -> Response:
    visit = visit_of(request)
    _, design = read_drawing(visit)
    if is_kept_back(design):
        raise RefusedRequestError(409, "design.kept_back")
    try:
        return Response(make(design), media_type=media_type)
    except DesignError as error:
        raise RefusedRequestError(409, "design.kept_back") from error


def plants(request: Request) -> Response:
    """Answer with the table of plants as an open page draws them."""
    visit = visit_of(request)
    rows = []
    for taxon, plant in load_plants().items():
        size = size_of(plant)
        rows.append(
            {
                "taxon": taxon,
                "name": plant_name(visit, taxon),
                "width": size.width_m,
                "known": size.is_width_known,
                "habit": plant.habit or "plant",
                "poison": visit.words.say(f"design.poison.{plant.poison}") if plant.poison else "",
            }
        )
    return JSONResponse(sorted(rows, key=lambda row: str(row["name"]).casefold()))


async def begin_again(request: Request) -> Response:
    """Begin a drawing again, with the same bed and no plants."""
    visit = visit_of(request)
    row, design = await anyio.to_thread.run_sync(read_drawing, visit)
    require_host(visit, garden_of(visit, row.garden))
    await read_form(visit)
    update = first_update(bed_of(design))
    await anyio.to_thread.run_sync(visit.installation.designs.restart, row.id, update)
    request.app.state.rooms.close(row.id)
    return RedirectResponse(f"/designs/{row.id}", 303)


async def erase(request: Request) -> Response:
    """Erase a drawing."""
    visit = visit_of(request)
    row, _ = await anyio.to_thread.run_sync(read_drawing, visit)
    require_host(visit, garden_of(visit, row.garden))
    await read_form(visit)
    await anyio.to_thread.run_sync(_erase, visit, row)
    request.app.state.rooms.close(row.id)
    return RedirectResponse(f"/gardens/{row.garden}/designs", 303)


def _erase(visit: Visit, row: DesignRow) -> None:
    """Erase a drawing, and what the chronicle holds of it."""
    entries = visit.installation.designs.entries_of(row.id)
    if entries:
        folder = chronicle_folder(visit.installation.folder, row.community)
        with Chronicle.open(folder, clock=visit.installation.clock) as chronicle:
            chronicle.erase(entries, WITHDRAWN)
    visit.installation.designs.erase(row.id)


def bed_of(design: Design) -> Bed:
    """Return the bed of a design; a new one where its outline cannot be read any more."""
    return design.bed or Bed(rectangle(2.0, 1.0))


def read_drawing(visit: Visit) -> tuple[DesignRow, Design]:
    """Return the design that a request names, as it is drawn by now; the person has to be allowed to draw."""
    row = allowed_design(visit, visit.request.path_params["design"])
    return row, read_design(open_document(visit.installation.designs.updates(row.id)))


def is_kept_back(design: Design) -> bool:
    """Return whether a design has a finding with which it is neither printed, shown in 3-D nor planted."""
    return any(finding.is_blocking for finding in findings(design))


ROUTES = (
    Route("/designs/plants.json", plants),
    Route("/designs/{design}", drawing),
    Route("/designs/{design}/findings", list_findings),
    Route("/designs/{design}/plan.svg", plan),
    Route("/designs/{design}/picture.svg", picture),
    Route("/designs/{design}/design.glb", model),
    Route("/designs/{design}/design.usdz", apple_model),
    Route("/designs/{design}/again", begin_again, methods=["POST"]),
    Route("/designs/{design}/erase", erase, methods=["POST"]),
)

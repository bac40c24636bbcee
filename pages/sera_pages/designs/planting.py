"""A bed was planted: the chronicle's entry, an action that cites it, what was measured before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio.to_thread
import rfc8785
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_commons.designs.outlines import area_m2
from sera_commons.items.guarded_plants import leads_to_garden
from sera_commons.items.item import PlantName
from sera_pages.accounts.roles import Deed
from sera_pages.counting.counters import counter_of
from sera_pages.designs.drawing import drawing_page, is_kept_back, read_drawing
from sera_pages.designs.wording import title_of
from sera_pages.errors import RefusedRequestError
from sera_pages.figures.action_comparison import citing_actions, compared_since
from sera_pages.sending.emptying import send_entry
from sera_pages.sending.messages import GardenAction
from sera_pages.sending.outbox import draw_form
from sera_pages.views.fields import FieldReader
from sera_pages.views.forms import read_form
from sera_pages.views.moments import moment_words
from sera_pages.views.pages import page
from sera_pages.views.places import garden_of
from sera_pages.views.visit import visit_of
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import Draft
from sera_store.chronicle.schema import chronicle_folder
from sera_store.errors import StoreError
from sera_workshop.views.figures import figure

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_commons.designs.document import Design
    from sera_commons.designs.update_log import DesignRow
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Person

KIND: Final = "design"
PLANTING: Final = "planting"


async def planted(request: Request) -> Response:
    """Take that a bed was planted on a day."""
    visit = visit_of(request)
    row, design = await anyio.to_thread.run_sync(read_drawing, visit)
    garden = garden_of(visit, row.garden)
    person = visit.require(Deed.COUNT, row.community)
    form = await read_form(visit)
    reader = FieldReader(form.fields())
    time_s, uncertainty_s = reader.local_time("day", garden.timezone, visit.installation.now_s())
    if is_kept_back(design) or not design.plants:
        reader.refuse("day", "design.nothing_to_plant")
    if reader.errors:
        return drawing_page(visit, row, design, form.fields(), reader.problems(visit.words.say))
    try:
        entry = await anyio.to_thread.run_sync(_enter, visit, row, design, person)
    except StoreError as error:
        visit.installation.log.warning("planting_not_entered", detail=str(error))
        raise RefusedRequestError(503, "design.not_entered") from error
    area = round(area_m2(design.bed.outline), 2) if design.bed else None
    action = GardenAction(PLANTING, time_s, None, area, uncertainty_s, entry)
    is_kept = await _send(visit, row, person, action)
    return RedirectResponse(f"/designs/{row.id}?{'kept' if is_kept else 'waits'}=1", 303)


def entry_body(row: DesignRow, design: Design) -> bytes:
    """Return what the chronicle's entry of a planting says: the bed and its plants, as they were then.

    A plant that heals stands in it without its name: the chronicle lasts and travels, and names the garden.
    """
    bed = design.bed
    return rfc8785.dumps(
        {
            "form": "sera design 1",
            "garden": row.garden,
            "bed": {
                "title": bed.title if bed else "",
                "outline": [list(corner) for corner in bed.outline] if bed else [],
                "light": bed.light if bed else None,
                "water": bed.water if bed else None,
                "paths": list(bed.paths) if bed else [],
            },
            "plants": [
                {"taxon": _open_name(plant.taxon), "at": list(plant.at), "width_m": plant.width_m}
                for plant in design.plants
            ],
        }
    )


def _open_name(taxon: str) -> str:
    return taxon if leads_to_garden([PlantName(name=taxon, language="la", taxon=taxon)]) else ""


def _enter(visit: Visit, row: DesignRow, design: Design, person: Person) -> int:
    """Enter the bed as it is drawn into the chronicle; return the entry's number."""
    installation = visit.installation
    folder = chronicle_folder(installation.folder, row.community)
    with Chronicle.open(folder, clock=installation.clock) as chronicle:
        draft = Draft(KIND, row.id, row.planted_count + 1, person.id, entry_body(row, design))
        [entry] = chronicle.append([draft])
    return entry.number


async def _send(visit: Visit, row: DesignRow, person: Person, action: GardenAction) -> bool:
    installation = visit.installation
    counter = counter_of(installation.registry, person.id, row.garden, action.time_s, person.id)
    message = installation.outbox.enter(f"{person.id}/{draw_form()}", row.community, counter, action)
    name = f"{counter}/{message.key.epoch}/{message.key.seq}"
    await anyio.to_thread.run_sync(
        installation.designs.note_planted, row.id, action.chronicle_entry or 0, action.time_s, name
    )
    return await send_entry(installation.outbox, installation.sender, message)


async def comparison(request: Request) -> Response:
    """Show what was measured before and after a bed was planted, or why that cannot be said."""
    visit = visit_of(request)
    row, design = await anyio.to_thread.run_sync(read_drawing, visit)
    garden = garden_of(visit, row.garden)
    if row.planted_s is None or row.planted_action is None:
        raise RefusedRequestError(404, "refused.no_page")
    action = await anyio.to_thread.run_sync(_action_of, visit, row, row.planted_action)
    result = await compared_since(visit, garden, action, row.planted_s)
    return page(
        visit,
        "design_comparison.html.j2",
        garden=garden,
        row=row,
        name=title_of(visit, design),
        day=moment_words(visit, row.planted_s, garden.timezone, with_hour=False),
        view=figure(result) if result is not None else None,
    )


def _action_of(visit: Visit, row: DesignRow, entered: str) -> str:
    """Return the action that cites a planting's entry by now: it may have been corrected since."""
    entries = visit.installation.designs.entries_of(row.id)
    citing = citing_actions(visit, row.garden, entries[-1:])
    return citing[0].name if citing else entered


ROUTES = (
    Route("/designs/{design}/planted", planted, methods=["POST"]),
    Route("/designs/{design}/comparison", comparison),
)

"""Change the bed of a drawing by a plain form: title, light, water, paths, and its corners one by one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import anyio.to_thread
import msgspec
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_commons.designs.document import (
    CORNERS_MOST,
    SIDE_MOST_M,
    SIDES,
    TITLE_MOST,
    Bed,
    Point,
    bed_update,
)
from sera_commons.errors import DesignError, DesignFullError, OtherGenerationError
from sera_commons.plants.table import LIGHT, WATER
from sera_pages.designs.drawing import bed_of, read_drawing
from sera_pages.designs.listing import UNKNOWN
from sera_pages.errors import RefusedRequestError
from sera_pages.views.fields import FieldReader
from sera_pages.views.forms import read_uploads
from sera_pages.views.pages import page
from sera_pages.views.places import garden_of
from sera_pages.views.visit import visit_of
from sera_store.errors import StoreError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_commons.designs.update_log import DesignRow
    from sera_pages.designs.rooms import Rooms
    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit

_BEFORE_MOST: Final = 4_000
_MOST: Final = 4 * SIDE_MOST_M


async def bed(request: Request) -> Response:
    """Show the form."""
    visit = visit_of(request)
    row, design = await anyio.to_thread.run_sync(read_drawing, visit)
    now = bed_of(design)
    return _page(visit, row, now, _fields_of(now), {})


def _fields_of(now: Bed) -> dict[str, str]:
    corners = {
        f"{axis}-{n}": f"{corner[i]:g}"
        for n, corner in enumerate(now.outline, 1)
        for i, axis in enumerate("xy")
    }
    return {"title": now.title, "light": now.light or UNKNOWN, "water": now.water or UNKNOWN, **corners}


def _page(
    visit: Visit, row: DesignRow, before: Bed, fields: dict[str, str], errors: dict[str, str]
) -> Response:
    say = visit.words.say
    return page(
        visit,
        "design_bed.html.j2",
        422 if errors else 200,
        garden=garden_of(visit, row.garden),
        row=row,
        before=msgspec.json.encode(before).decode(),
        corners=len(before.outline),
        can_grow=len(before.outline) < CORNERS_MOST,
        fields=fields,
        paths=before.paths,
        errors=errors,
        most=TITLE_MOST,
        sides=[(side, say(f"design.side.{side}")) for side in SIDES],
        lights=[(light, say(f"design.light.{light}")) for light in (*LIGHT, UNKNOWN)],
        waters=[(water, say(f"design.water.{water}")) for water in (*WATER, UNKNOWN)],
    )


async def change(request: Request) -> Response:
    """Take the changes of the form: they are merged as those of a phone are."""
    visit = visit_of(request)
    row, design = await anyio.to_thread.run_sync(read_drawing, visit)
    form = (await read_uploads(visit, ())).form
    before = _before(form) or bed_of(design)
    reader = FieldReader(form.fields())
    after = _read(reader, form, before)
    errors = reader.problems(visit.words.say)
    if errors:
        return _page(visit, row, before, form.fields(), errors)
    rooms: Rooms = request.app.state.rooms
    try:
        await rooms.change(row, partial(bed_update, before=before, after=after))
    except (DesignFullError, OtherGenerationError, StoreError) as error:
        visit.installation.log.warning("bed_not_changed", detail=str(error))
        raise RefusedRequestError(503, "design.not_entered") from error
    except DesignError:
        sentence = visit.words.say("design.no_outline")
        return _page(visit, row, before, form.fields(), {"x-1": sentence})
    return RedirectResponse(f"/designs/{row.id}", 303)


def _before(form: Form) -> Bed | None:
    """Return the bed that the form showed; None where a hand changed it."""
    try:
        return msgspec.json.decode(form.text("before", _BEFORE_MOST), type=Bed)
    except msgspec.MsgspecError:
        return None


def _read(reader: FieldReader, form: Form, before: Bed) -> Bed:
    light = reader.choice("light", (*LIGHT, UNKNOWN), "log.choose")
    water = reader.choice("water", (*WATER, UNKNOWN), "log.choose")
    paths = form.texts("paths")
    return Bed(
        _outline(reader, len(before.outline)),
        form.text("title", TITLE_MOST),
        None if light == UNKNOWN else light,
        None if water == UNKNOWN else water,
        tuple(side for side in SIDES if side in paths),
    )


def _outline(reader: FieldReader, corners: int) -> tuple[Point, ...]:
    """Read the corners; one whose fields are empty is taken away, and one more may come behind the last."""
    outline = []
    for number in range(1, corners + 2):
        names = f"x-{number}", f"y-{number}"
        values = [reader.within(name, -_MOST, _MOST) for name in names]
        for name, value, other in zip(names, values, reversed(values), strict=True):
            if value is None and other is not None:
                reader.refuse(name, "design.no_length")
        x, y = values
        if x is not None and y is not None:
            outline.append(Point(x, y))
    return tuple(outline)


ROUTES = (
    Route("/designs/{design}/bed", bed),
    Route("/designs/{design}/bed", change, methods=["POST"]),
)

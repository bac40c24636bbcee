"""What an event changed in a garden: asked for once it has begun, an action that cites the event's entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_commons.events.event import start_of
from sera_pages.accounts.roles import Deed
from sera_pages.counting.submission import take_form
from sera_pages.errors import RefusedRequestError
from sera_pages.events.garden_traces import KINDS, form_name
from sera_pages.events.listing import event_page
from sera_pages.events.released import address_of, book_of, has_begun, released_event
from sera_pages.figures.action_comparison import citing_actions, compared_since
from sera_pages.sending.messages import GardenAction
from sera_pages.views.fields import HALF_A_DAY_S, FieldReader
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import community_of, garden_of, garden_title
from sera_pages.views.visit import visit_of
from sera_vocabulary.measurements import PATCH_AREA
from sera_workshop.views.figures import figure

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_commons.events.release import ReleasedEvent
    from sera_pages.views.visit import Visit
    from sera_store.records.rows import Record
    from sera_store.registry.registry import Garden

# The hour of the event is known; when in it the work was done is not.


async def changed(request: Request) -> Response:
    """Take what an event changed in a garden."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    person = visit.require(Deed.COUNT, community.id)
    view = released_event(visit, community.id, request.path_params["item"])
    form = await read_form(visit)
    if not has_begun(visit, view) or view.event.cancelled:
        raise RefusedRequestError(409, "event.not_yet")
    reader = FieldReader(form.fields())
    garden = reader.choice("garden", tuple(view.event.gardens), "log.choose")
    kind = reader.choice("action", KINDS, "log.choose")
    area = reader.number(PATCH_AREA, PATCH_AREA)
    errors = reader.problems(visit.words.say)
    if errors:
        return event_page(visit, community, view, form.fields(), errors)
    time_s = int(start_of(view.event).timestamp())
    action = GardenAction(kind, time_s, None, area, HALF_A_DAY_S, view.number)
    is_kept = await take_form(
        visit.installation, person, garden_of(visit, garden), form_name(view, garden), action
    )
    address = address_of(community.id, view.item_id)
    return RedirectResponse(f"{address}?{'kept' if is_kept else 'waits'}=1", 303)


async def comparison(request: Request) -> Response:
    """Show what was measured in a garden before and after an event, or why that cannot be said."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.COUNT, community.id)
    view = released_event(visit, community.id, request.path_params["item"])
    garden = garden_of(visit, request.path_params["garden"])
    actions = _citing(visit, view, garden)
    result = await compared_since(visit, garden, actions.name, actions.time_s or 0)
    return page(visit, "event_comparison.html.j2", **_parts(visit, view, garden, result))


def _citing(visit: Visit, view: ReleasedEvent, garden: Garden) -> Record:
    book = book_of(visit, garden.community)
    entries = book.entries_of(view.item_id) if book is not None else []
    actions = citing_actions(visit, garden.id, entries) if garden.id in view.event.gardens else []
    if not actions:
        raise RefusedRequestError(404, "refused.no_page")
    return actions[0]


def _parts(visit: Visit, view: ReleasedEvent, garden: Garden, result: Any) -> dict[str, Any]:
    return {
        "address": address_of(garden.community, view.item_id),
        "event": view.event,
        "garden": garden_title(visit, garden.id),
        "compared": figure(result) if result is not None else None,
    }


_EVENT = "/communities/{community}/events/{item}"

ROUTES = (
    Route(_EVENT + "/gardens", changed, methods=["POST"]),
    Route(_EVENT + "/gardens/{garden}", comparison),
)

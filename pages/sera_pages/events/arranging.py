"""Enter an event, change it, cancel it with a reason, or take it back as a whole."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import anyio.to_thread
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_commons.errors import InvalidItemError
from sera_commons.events.event import REASON_LONGEST, TEXT_LONGEST, EventKind, RoleKind, check_event
from sera_commons.items.consent import BUILT_IN
from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.events.event_form import (
    USES,
    check_choices,
    empty_values,
    field_of,
    missing_fields,
    read_event,
    read_values,
    values_of,
)
from sera_pages.events.giving import withdraw_event
from sera_pages.events.listing import event_page, may_change
from sera_pages.events.released import address_of, book_of, released_event
from sera_pages.stories.choices import language_choices
from sera_pages.stories.released import released_stories, today
from sera_pages.stories.tell_form import choices_of, first
from sera_pages.views.forms import read_form, read_uploads
from sera_pages.views.moments import timezone_of
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_store.errors import StoreUnusableError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_commons.events.event import Event
    from sera_commons.items.release import ReleasedItem
    from sera_pages.stories.tell_form import Values
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community

# An event of next spring, and what is told of it for some time after.
_REVIEW: Final = timedelta(days=730)
# Newest first: more than a page of boxes is no choice.
_DISHES_MOST: Final = 60
_SHARED_WORDS: Final = ("empty", "too_long", "too_many", "characters", "choose", "review")


def arrange(request: Request) -> Response:
    """Show the form of a new event, or of one that is to be changed."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.ARRANGE, community.id)
    item_id = request.path_params.get("item", "")
    values = empty_values(visit.words.language, today(visit, community.id) + _REVIEW)
    if item_id:
        values = values_of(_changeable(visit, community, item_id))
    return _page(visit, community, values, item_id, {})


def _changeable(visit: Visit, community: Community, item_id: str) -> Event:
    """Return an event as its givers wrote it, to whom may change it.

    Raises
    ------
    RefusedRequestError
        There is none for the visitor (404), or it is not theirs to change (403).
    """
    released_event(visit, community.id, item_id)
    book = book_of(visit, community.id)
    stored = book.find(item_id) if book is not None else None
    if stored is None or stored.event is None:
        raise RefusedRequestError(404, "refused.no_page")
    if not may_change(visit, community.id, item_id):
        raise RefusedRequestError(403, "refused.role")
    return stored.event


async def take_event(request: Request) -> Response:
    """Keep a new event, or a new version of one."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    person = visit.require(Deed.ARRANGE, community.id)
    form = (await read_uploads(visit, ())).form
    values, item_id = read_values(form), request.path_params.get("item", "")
    if item_id:
        _changeable(visit, community, item_id)
    try:
        event = read_event(values, timezone_of(visit, community.id, (values["gardens"] or [""])[0]))
        check_event(event, today(visit, community.id))
        _check_choices(visit, community, event)
        book = visit.installation.shelves.events_of(community.id)
        entered = await anyio.to_thread.run_sync(book.arrange, event, person.id, item_id)
    except InvalidItemError as error:
        problems = [error, *missing_fields(values)]
        errors = {field_of(problem): _words(visit, problem) for problem in problems}
        return _page(visit, community, values, item_id, errors)
    except StoreUnusableError as error:
        visit.installation.log.warning("event_not_kept", community=community.id, detail=str(error))
        return _page(visit, community, values, item_id, {"title": visit.words.say("story.no_room")})
    return RedirectResponse(address_of(community.id, entered.item_id), 303)


def _words(visit: Visit, error: InvalidItemError) -> str:
    family = "tell" if error.code in _SHARED_WORDS else "event"
    return visit.wrong_words(family, error)


def _check_choices(visit: Visit, community: Community, event: Event) -> None:
    registry = visit.installation.registry
    check_choices(
        event,
        [garden.id for garden in registry.gardens(community.id)],
        [district.id for district in registry.districts() if district.community == community.id],
        _audiences(visit, community),
        _dishes(visit, community),
    )


def _audiences(visit: Visit, community: Community) -> dict[str, str]:
    shelf = visit.installation.shelves.find(community.id)
    return {name: audience.name for name, audience in shelf.audiences().items()} if shelf is not None else {}


def _dishes(visit: Visit, community: Community) -> dict[str, ReleasedItem]:
    views = released_stories(visit, community.id)
    return {view.name: view for view in views}


def _page(
    visit: Visit, community: Community, values: Values, item_id: str, errors: dict[str, str]
) -> Response:
    say, registry = visit.words.say, visit.installation.registry
    audiences = [(name, say(f"tell.audience_{name}")) for name in BUILT_IN]
    audiences[1:1] = list(_audiences(visit, community).items())
    return page(
        visit,
        "arrange.html.j2",
        422 if errors else 200,
        community=community,
        item_id=item_id,
        address=address_of(community.id, item_id) if item_id else f"/communities/{community.id}/events",
        values=choices_of(values, ("gardens", "dishes", "wanted", "uses")),
        errors=errors,
        kinds=[(kind.value, say(f"event.kind_{kind}")) for kind in EventKind],
        language_choices=language_choices(first(values, "language")),
        gardens=[(garden.id, garden.name or garden.id) for garden in registry.gardens(community.id)],
        districts=[
            (district.id, district.name or district.id)
            for district in registry.districts()
            if district.community == community.id
        ],
        dishes=_dish_choices(visit, community, values),
        roles=[(kind.value, say(f"event.role_{kind}")) for kind in RoleKind],
        audiences=audiences,
        uses=[(use.value, say(f"tell.use_{use.value}")) for use in USES],
        most=TEXT_LONGEST,
    )


def _dish_choices(visit: Visit, community: Community, values: Values) -> list[tuple[str, str]]:
    """List the newest stories that the visitor may see, and those that are chosen already."""
    titles = {name: view.title for name, view in _dishes(visit, community).items()}
    dishes = [name for name in values["dishes"] if name in titles]
    return [(name, titles[name]) for name in dict.fromkeys([*dishes, *list(titles)[:_DISHES_MOST]])]


async def cancel(request: Request) -> Response:
    """Cancel an event, with the reason."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    person = visit.require(Deed.ARRANGE, community.id)
    form, item_id = await read_form(visit), request.path_params["item"]
    _changeable(visit, community, item_id)
    reason = form.text("reason", 2 * REASON_LONGEST)
    book = visit.installation.shelves.events_of(community.id)
    try:
        await anyio.to_thread.run_sync(book.cancel, item_id, person.id, reason)
    except InvalidItemError as error:
        view = released_event(visit, community.id, item_id)
        return event_page(visit, community, view, {"reason": reason}, {"reason": _words(visit, error)})
    return RedirectResponse(address_of(community.id, item_id), 303)


async def withdraw(request: Request) -> Response:
    """Take an event back as a whole: all versions, and all names that were given for it."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.ARRANGE, community.id)
    await read_form(visit)
    _changeable(visit, community, request.path_params["item"])
    book = visit.installation.shelves.events_of(community.id)
    back = f"/communities/{community.id}/events"
    return await anyio.to_thread.run_sync(withdraw_event, visit, book, request.path_params["item"], back)


_EVENT = "/communities/{community}/events/{item}"

ROUTES = (
    Route("/arrange/{community}", arrange),
    Route("/arrange/{community}", take_event, methods=["POST"]),
    Route("/arrange/{community}/{item}", arrange),
    Route("/arrange/{community}/{item}", take_event, methods=["POST"]),
    Route(_EVENT + "/cancel", cancel, methods=["POST"]),
    Route(_EVENT + "/withdraw", withdraw, methods=["POST"]),
)

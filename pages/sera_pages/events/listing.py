"""Read events: those to come and those past, the programme of one, and both as files for calendars."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from sera_commons.events.calendar_file import MEDIA_TYPE, calendar_file
from sera_commons.events.event import RoleKind
from sera_commons.items.consent import Use
from sera_pages.accounts.names import NAME_LONGEST
from sera_pages.accounts.roles import Deed
from sera_pages.events.garden_traces import changes_of, garden_choices, kind_choices
from sera_pages.events.released import (
    address_of,
    book_of,
    has_begun,
    is_over,
    released_event,
    released_events,
)
from sera_pages.events.wording import district_name, event_lines, garden_lines, place_line, when_words
from sera_pages.stories.reading import story_lines
from sera_pages.stories.wording import direction_of_story
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_store.chronicle.head_words import words_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from sera_commons.events.release import ReleasedEvent
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community


def events(request: Request) -> Response:
    """Show the events of a community: those to come, and those past, the newest first."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    views = released_events(visit, community.id)
    past_views = [view for view in reversed(views) if is_over(visit, view)]
    coming = [view for view in views if not is_over(visit, view)]
    return page(
        visit,
        "events.html.j2",
        community=community,
        coming=event_lines(visit.words, visit.installation, community.id, coming),
        past=event_lines(visit.words, visit.installation, community.id, past_views),
        may_arrange=visit.may(Deed.ARRANGE, community.id),
    )


def event(request: Request) -> Response:
    """Show the programme of one event."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    view = released_event(visit, community.id, request.path_params["item"])
    return event_page(visit, community, view, {}, {})


def event_page(
    visit: Visit,
    community: Community,
    view: ReleasedEvent,
    fields: dict[str, str],
    errors: dict[str, str],
) -> Response:
    """Show a programme, with what was typed in one of its forms and what is wrong with it."""
    say, about = visit.words.say, view.event
    can_change = may_change(visit, community.id, view.item_id)
    asks_change = visit.may(Deed.COUNT, community.id) and has_begun(visit, view) and not about.cancelled
    return page(
        visit,
        "event.html.j2",
        422 if errors else 200,
        community=community,
        view=view,
        event=about,
        address=address_of(community.id, view.item_id),
        direction=direction_of_story(about.language),
        kind=say(f"event.kind_{about.kind}"),
        when=when_words(visit.words, about),
        day=visit.words.figures.date(date.fromisoformat(view.day)),
        district=district_name(visit.installation, about.district),
        gardens=garden_lines(visit.installation, about),
        dishes=list(
            zip(story_lines(visit, community.id, list(view.dishes)), _printable(visit, view), strict=True)
        ),
        names=[(say(f"event.role_{role.kind}"), role) for role in view.roles],
        wanted=visit.words.figures.listed(say(f"event.role_{kind}") for kind in about.wanted),
        roles=[(kind.value, say(f"event.role_{kind}")) for kind in _in_order(view)],
        most=NAME_LONGEST,
        head=_head(visit, community.id),
        may_change=can_change,
        may_be_named=visit.may(Deed.TELL, community.id) and not about.cancelled,
        changes=changes_of(visit, community.id, view),
        change_gardens=garden_choices(visit, view) if asks_change else [],
        change_kinds=kind_choices(visit),
        fields=fields,
        errors=errors,
        is_kept="kept" in visit.request.query_params,
        waits="waits" in visit.request.query_params,
    )


def may_change(visit: Visit, community: str, item_id: str) -> bool:
    """Return whether the visitor may change an event: who gave a version of it, and who moderates."""
    book = book_of(visit, community)
    if book is None or visit.person is None or not visit.may(Deed.ARRANGE, community):
        return False
    return visit.may(Deed.MODERATE, community) or visit.person.id in book.authors(item_id)


def _in_order(view: ReleasedEvent) -> list[RoleKind]:
    """List roles, those that are sought first."""
    return sorted(RoleKind, key=lambda kind: (kind not in view.event.wanted, list(RoleKind).index(kind)))


def _printable(visit: Visit, view: ReleasedEvent) -> list[bool]:
    """Return of each dish whether its giver agreed to print."""
    shelf = visit.installation.shelves.find(visit.request.path_params["community"])
    if shelf is None:
        return []
    stored = [shelf.find(dish.item_id, dish.version) for dish in view.dishes]
    return [
        version is not None and version.item is not None and Use.PRINT in version.item.consent.uses
        for version in stored
    ]


def _head(visit: Visit, community: str) -> str:
    """Return the chronicle's head as words, for paper, to whoever is in the community."""
    book = book_of(visit, community)
    head = book.chronicle.head() if book is not None else None
    if head is None or visit.person is None or visit.person.community != community:
        return ""
    return words_of(head)


def calendar(request: Request) -> Response:
    """Answer with all events that a visitor may see as one file for calendars."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    return _calendar(visit, released_events(visit, community.id), "events.ics")


def calendar_of_event(request: Request) -> Response:
    """Answer with one event as a file for calendars."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    view = released_event(visit, community.id, request.path_params["item"])
    return _calendar(visit, [view], "event.ics")


def _calendar(visit: Visit, views: list[ReleasedEvent], name: str) -> Response:
    content = calendar_file(views, lambda view: place_line(visit.words, visit.installation, view))
    disposition = f'attachment; filename="{name}"'
    return Response(content, media_type=MEDIA_TYPE, headers={"Content-Disposition": disposition})


_EVENT = "/communities/{community}/events/{item}"

ROUTES = (
    Route("/communities/{community}/events", events),
    Route("/communities/{community}/events.ics", calendar),
    Route(_EVENT + ".ics", calendar_of_event),
    Route(_EVENT, event),
)

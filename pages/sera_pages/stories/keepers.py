"""What a group holds: its keepers see what one of them agreed to, and agree, each in an own session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_commons.errors import InvalidItemError
from sera_commons.items.keepers import Terms, is_keeper, terms_of
from sera_commons.storage.changes import say_yes, take_back_yes
from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.stories.choices import (
    Choices,
    defined_audiences,
    licence_choices,
    read_uses,
    shared_audience_choices,
    terms_facts,
    use_choices,
)
from sera_pages.stories.consenting import changed_page, no_room
from sera_pages.stories.released import stored_for
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_store.errors import InvalidEntryError, StoreUnusableError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_commons.items.item import Item
    from sera_commons.items.release import StoredVersion
    from sera_commons.storage.shelf import Shelf
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Person


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one keeper agreed to: since which day, in words, and whether it is the visitor's own yes."""

    day: str
    terms: Terms
    facts: Choices
    is_own: bool


@dataclass(frozen=True, slots=True)
class _GroupStory:
    """A version that a group holds, and the keeper who asks."""

    shelf: Shelf
    stored: StoredVersion
    item: Item
    person: Person


def may_keep(visit: Visit, shelf: Shelf, item: Item) -> bool:
    """Return whether the visitor is a keeper of an item, however they came."""
    if visit.person is None or not item.held_by:
        return False
    holders = shelf.audiences().get(item.held_by)
    return is_keeper(visit.person.id, holders, people_of(visit, shelf.community))


def people_of(visit: Visit, community: str) -> list[str]:
    """List the drawn ids of those who have a role in a community."""
    return [person.id for person in visit.installation.registry.persons(community) if person.roles]


def keepers(request: Request) -> Response:
    """Show how it is, what a keeper has agreed to, and a form to agree to something else."""
    visit = visit_of(request)
    group_story = _group_story(visit, request)
    return _page(visit, group_story, terms_of(group_story.item.consent), {})


def _group_story(visit: Visit, request: Request) -> _GroupStory:
    """Return a version that a group holds.

    Raises
    ------
    RefusedRequestError
        There is no session (401), it is over plain http or the visitor is no keeper (403), or there is no
        such version that a group holds (404).
    """
    community = community_of(visit, request.path_params["community"])
    person = visit.require(Deed.KEEP, community.id)
    names = request.path_params["item"], request.path_params["version"]
    shelf, stored = stored_for(visit, community.id, *names)
    if stored.item is None or not stored.item.held_by:
        raise RefusedRequestError(404, "refused.no_page")
    if not may_keep(visit, shelf, stored.item):
        raise RefusedRequestError(403, "refused.role")
    return _GroupStory(shelf, stored, stored.item, person)


async def agree(request: Request) -> Response:
    """Keep a keeper's yes, or take it back; with the second yes to the same it is for whom they agreed."""
    visit = visit_of(request)
    group_story = _group_story(visit, request)
    form = await read_form(visit)
    if form.text("take_back"):
        take_back_yes(group_story.shelf, group_story.stored.number, group_story.person.id)
        return RedirectResponse(request.url.path, 303)
    terms = Terms(audience=form.text("audience"), uses=read_uses(form), licence=form.text("licence"))
    if names_people(group_story) and not form.text("asked"):
        return _page(visit, group_story, terms, {"asked": visit.words.say("keepers.ask")})
    if form.text("story") != str(group_story.stored.number):
        return _page(visit, group_story, terms, {"room": visit.words.say("consent.meanwhile")})
    community = people_of(visit, group_story.shelf.community)
    try:
        entered = await anyio.to_thread.run_sync(
            say_yes, group_story.shelf, group_story.stored, group_story.person.id, terms, community
        )
    except InvalidItemError as error:
        return _page(visit, group_story, terms, {error.field: visit.wrong_words("tell", error)})
    except InvalidEntryError:
        now = _group_story(visit, request)
        return _page(visit, now, terms, {"room": visit.words.say("consent.meanwhile")})
    except StoreUnusableError as error:
        return _page(visit, group_story, terms, {"room": no_room(visit, group_story.stored, error)})
    if entered is None:
        return RedirectResponse(request.url.path, 303)
    return changed_page(visit, group_story.stored, entered, is_by_keepers=True)


def names_people(group_story: _GroupStory) -> bool:
    """Return whether somebody is named, or may be seen or heard in it, besides its giver."""
    return bool(group_story.stored.attachments) or any(part.told_by for part in group_story.item.statements)


def _page(visit: Visit, group_story: _GroupStory, typed: Terms, errors: dict[str, str]) -> Response:
    stored, community = group_story.stored, group_story.shelf.community
    return page(
        visit,
        "story_keepers.html.j2",
        422 if errors else 200,
        address=f"/communities/{community}/stories/{stored.item_id}/{stored.version}",
        title=group_story.item.title,
        language=group_story.item.language,
        number=stored.number,
        group=defined_audiences(visit, community)[group_story.item.held_by],
        now=terms_facts(visit, community, group_story.item.consent),
        proposals=_proposals(visit, group_story),
        names_people=names_people(group_story),
        values=typed,
        audiences=shared_audience_choices(visit, community),
        uses=use_choices(visit),
        licences=licence_choices(visit),
        errors=errors,
    )


def _proposals(visit: Visit, group_story: _GroupStory) -> list[Proposal]:
    """List what somebody agreed to, one's own last: the same said by two is shown once."""
    proposals = [
        Proposal(
            visit.words.figures.date(date.fromisoformat(yes.day)),
            yes.terms,
            terms_facts(visit, group_story.shelf.community, yes.terms),
            yes.author == group_story.person.id,
        )
        for yes in group_story.shelf.yeses(group_story.stored.number)
    ]
    return sorted(proposals, key=lambda proposal: proposal.is_own)


_ADDRESS = "/communities/{community}/stories/{item}/{version:int}/keepers"

ROUTES = (
    Route(_ADDRESS, keepers),
    Route(_ADDRESS, agree, methods=["POST"]),
)

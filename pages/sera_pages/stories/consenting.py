"""Change what one agreed to for a story of one's own: audience, uses, name, licence, day of review."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import anyio.to_thread
import msgspec
from starlette.routing import Route

from sera_commons.errors import InvalidItemError
from sera_commons.items.consent import BUILT_IN, Naming
from sera_commons.storage.changes import change_consent
from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.stories.choices import (
    audience_choices,
    consent_facts,
    defined_audiences,
    licence_choices,
    naming_choices,
    read_uses,
    terms_facts,
    use_choices,
)
from sera_pages.stories.released import stored_for, today
from sera_pages.stories.withdrawing import outputs_with
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_store.errors import InvalidEntryError, StoreUnusableError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_commons.items.consent import Consent
    from sera_commons.items.item import Item
    from sera_commons.items.release import StoredVersion
    from sera_commons.storage.shelf import NewVersion, Shelf
    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit

_YEAR: Final = timedelta(days=365)
# Longer than a name may be, so that what is too long is said and not cut.
_LINE_MOST: Final = 400


def consent(request: Request) -> Response:
    """Show to its giver what they agreed to, to be changed."""
    visit = visit_of(request)
    _, stored, item = _own(visit, request)
    terms = item.consent
    if not terms.holds_on(today(visit, stored.community)):
        terms = msgspec.structs.replace(terms, review=str(today(visit, stored.community) + _YEAR))
    return _page(visit, stored, item, terms, {})


def _own(visit: Visit, request: Request) -> tuple[Shelf, StoredVersion, Item]:
    """Return a version of the visitor's own.

    Raises
    ------
    RefusedRequestError
        There is no session (401), or no such version of theirs (404).
    """
    community = community_of(visit, request.path_params["community"])
    person = visit.require(Deed.TELL, community.id)
    names = request.path_params["item"], request.path_params["version"]
    shelf, stored = stored_for(visit, community.id, *names)
    if stored.author != person.id or stored.item is None:
        raise RefusedRequestError(404, "refused.no_page")
    return shelf, stored, stored.item


async def change(request: Request) -> Response:
    """Put the version under another consent in the place of the one before, and list where that one is."""
    visit = visit_of(request)
    shelf, stored, item = _own(visit, request)
    form = await read_form(visit)
    terms = _read_consent(item.consent, form)
    if form.text("story") != str(stored.number):
        return _page(visit, stored, item, terms, {"room": visit.words.say("consent.meanwhile")})
    if terms.audience not in (*BUILT_IN, *defined_audiences(visit, stored.community)):
        return _page(visit, stored, item, terms, {"audience": visit.words.say("tell.wrong_choose")})
    try:
        entered = await anyio.to_thread.run_sync(
            change_consent, shelf, stored, terms, today(visit, stored.community)
        )
    except InvalidItemError as error:
        return _page(visit, stored, item, terms, {error.field: visit.wrong_words("tell", error)})
    except InvalidEntryError:
        return _page(visit, *_own(visit, request)[1:], terms, {"room": visit.words.say("consent.meanwhile")})
    except StoreUnusableError as error:
        return _page(visit, stored, item, terms, {"room": no_room(visit, stored, error)})
    return changed_page(visit, stored, entered, is_by_keepers=False)


def _read_consent(before: Consent, form: Form) -> Consent:
    naming = Naming.NAME if form.text("naming") == Naming.NAME else Naming.NONE
    return msgspec.structs.replace(
        before,
        audience=form.text("audience"),
        uses=read_uses(form),
        naming=naming,
        name=form.text("name", _LINE_MOST) if naming == Naming.NAME else "",
        licence=form.text("licence"),
        review=form.text("review"),
        # What a child gave is asked for again with each change.
        grown_up_agrees=form.text("grown_up") != "" or not before.is_child,
    )


def no_room(visit: Visit, stored: StoredVersion, error: StoreUnusableError) -> str:
    """Note that a change could not be kept, and return what the page says of it."""
    visit.installation.log.warning("story_not_kept", community=stored.community, detail=str(error))
    return visit.words.say("story.no_room")


def changed_page(
    visit: Visit, stored: StoredVersion, entered: NewVersion, *, is_by_keepers: bool
) -> Response:
    """Show what holds from now on, and what was handed out before."""
    shelf, changed = stored_for(visit, stored.community, entered.item_id, entered.version)
    assert changed.item is not None  # noqa: S101 - asked by `stored_for`
    # How a giver is named is theirs to know.
    facts = terms_facts if is_by_keepers else consent_facts
    return page(
        visit,
        "story_changed.html.j2",
        address=f"/communities/{shelf.community}/stories/{entered.item_id}/{entered.version}",
        title=changed.item.title,
        language=changed.item.language,
        number=entered.number,
        now=facts(visit, stored.community, changed.item.consent),
        outputs=outputs_with(visit, changed),
        is_by_keepers=is_by_keepers,
    )


def _page(
    visit: Visit, stored: StoredVersion, item: Item, terms: Consent, errors: dict[str, str]
) -> Response:
    groups = defined_audiences(visit, stored.community)
    is_over = not item.consent.holds_on(today(visit, stored.community))
    return page(
        visit,
        "story_consent.html.j2",
        422 if errors else 200,
        address=f"/communities/{stored.community}/stories/{stored.item_id}/{stored.version}",
        title=item.title,
        language=item.language,
        number=stored.number,
        over=visit.words.figures.date(date.fromisoformat(item.consent.review)) if is_over else "",
        group=groups.get(item.held_by, ""),
        is_child=item.consent.is_child,
        values=terms,
        audiences=audience_choices(visit, stored.community),
        uses=use_choices(visit),
        namings=naming_choices(visit),
        licences=licence_choices(visit),
        errors=errors,
    )


ROUTES = (
    Route("/communities/{community}/stories/{item}/{version:int}/consent", consent),
    Route("/communities/{community}/stories/{item}/{version:int}/consent", change, methods=["POST"]),
)

"""Take a story back: from the list of one's own, or by the slip handed out with it; with its receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from sera_pages.accounts.codes import plain_code
from sera_pages.errors import RefusedRequestError
from sera_pages.people.people import day_words
from sera_pages.stories.wording import title_words
from sera_pages.views.forms import read_open_form
from sera_pages.views.own_entries import own_routes
from sera_pages.views.pages import page
from sera_pages.views.visit import visit_of
from sera_store.release.handouts import handouts_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_commons.items.keepers import StandingYes
    from sera_commons.items.release import StoredVersion
    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Person


def stories_of(visit: Visit, person: Person) -> list[StoredVersion]:
    """List what a person gave and did not take back."""
    shelf = visit.installation.shelves.find(person.community)
    return shelf.by_author(person.id) if shelf is not None else []


def yeses_of(visit: Visit, person: Person) -> list[StandingYes]:
    """List what a person said as a keeper and did not take back."""
    shelf = visit.installation.shelves.find(person.community)
    return shelf.yeses_of(person.id) if shelf is not None else []


def withdraw_all(visit: Visit, person: Person) -> None:
    """Take back all that a person told, and said as a keeper: they leave."""
    shelf = visit.installation.shelves.find(person.community)
    if shelf is not None:
        shelf.withdraw_person(person.id)


def _withdraw_own(visit: Visit, person: Person, form: Form, back: str) -> Response:
    number = form.text("story")
    stored = next((version for version in stories_of(visit, person) if str(version.number) == number), None)
    if stored is None:
        raise RefusedRequestError(404, "refused.no_entry")
    return _withdrawn(visit, stored, back)


def story_of_slip(visit: Visit, code: str) -> StoredVersion | None:
    """Return the story that a slip was handed out with; None where the code is not one of these."""
    owner = visit.installation.story_slips.story_of(plain_code(code))
    community, _, number = (owner or "").partition("/")
    shelf = visit.installation.shelves.find(community) if owner else None
    # A slip is of what was given, and finds what took its place with another consent.
    stored = shelf.at(int(number)) if shelf is not None and number.isdecimal() else None
    return stored if stored is not None and stored.item is not None else None


def slip_page(visit: Visit, stored: StoredVersion, code: str) -> Response:
    """Show the story of a slip to whoever holds it, to be taken back."""
    what = title_words(visit.words, stored.item) if stored.item is not None else ""
    return page(visit, "story_slip.html.j2", what=what, code=code)


async def withdraw_by_slip(request: Request) -> Response:
    """Take back a story by the slip that was handed out with it: no session, no reason."""
    visit = visit_of(request)
    await read_open_form(visit)
    stored = story_of_slip(visit, request.path_params["code"])
    if stored is None:
        raise RefusedRequestError(404, "slip.wrong_code")
    return _withdrawn(visit, stored, "/")


def _withdrawn(visit: Visit, stored: StoredVersion, back: str) -> Response:
    """Erase it, and show the receipt: once, since nothing is kept from which it could be made again."""
    installation = visit.installation
    outputs = outputs_with(visit, stored)
    shelf = installation.shelves.of(stored.community)
    entries = shelf.lineage(stored)
    shelf.withdraw([stored.number])
    for number in entries:
        installation.story_slips.forget(f"{stored.community}/{number}")
    return receipt_page(visit, stored.number, outputs, back)


def handed_out(visit: Visit, names: set[str]) -> list[str]:
    """List the day and name of outputs that had something, by item and version."""
    return [
        visit.words.say("form.problem_at", label=day_words(visit, handout.made_s), problem=handout.name)
        for handout in handouts_of(visit.installation.folder)
        if names.intersection(handout.items)
    ]


def receipt_page(visit: Visit, number: int, outputs: list[str], back: str) -> Response:
    """Show that something was erased, by the number of its entry, and which outputs had it before."""
    return page(
        visit,
        "story_withdrawn.html.j2",
        number=number,
        day=day_words(visit, visit.installation.now_s()),
        outputs=outputs,
        back=back,
    )


def outputs_with(visit: Visit, stored: StoredVersion) -> list[str]:
    """List the outputs that were handed out with a version in them, the newest first, in words."""
    return handed_out(visit, set(stored.names))


ROUTES = (
    *own_routes("stories", _withdraw_own),
    Route("/slip/{code}/story", withdraw_by_slip, methods=["POST"]),
)

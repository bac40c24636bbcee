"""Tell something, one thing a page: nothing is kept before its giver has chosen who may see it, and for what.

What was filled in goes along from page to page in the form itself, so that it works without script and no
draft is kept: a step that was shown waits in memory alone. Files are chosen on the last page, and kept
together with the rest, or nothing is.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import anyio.to_thread
from starlette.routing import Route

from sera_commons.errors import InvalidItemError, InvalidMediaError
from sera_commons.items.consent import BUILT_IN
from sera_commons.items.item import TITLE_LONGEST, ItemKind
from sera_commons.media.pictures import remake_picture
from sera_commons.media.sound import strip_sound
from sera_commons.plants.table import load_plants
from sera_pages.accounts.codes import grouped_code
from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.people.people import qr_picture
from sera_pages.stories.choices import (
    audience_choices,
    defined_audiences,
    language_choices,
    licence_choices,
    naming_choices,
    use_choices,
)
from sera_pages.stories.last_look import last_look
from sera_pages.stories.released import address_of, released_story, today
from sera_pages.stories.tell_form import (
    PHOTOS,
    PLANTS,
    SOUND,
    STEPS,
    choices_of,
    empty_values,
    first,
    hidden_fields,
    note_of,
    problem_of,
    read_item,
    read_values,
    steps_of,
)
from sera_pages.views.answers import take_nothing
from sera_pages.views.forms import read_uploads
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_store.allergens import ALLERGENS
from sera_store.chronicle.drafts import Attachment
from sera_store.errors import StoreUnusableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from sera_commons.items.item import MediaNote
    from sera_commons.items.release import ReleasedItem
    from sera_commons.storage.shelf import NewVersion
    from sera_pages.stories.tell_form import Values
    from sera_pages.views.forms import Uploads
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community, Person

_YEAR: Final = timedelta(days=365)


def tell(request: Request) -> Response:
    """Show the first step; of a version told by somebody else, with its title."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.TELL, community.id)
    values = empty_values(visit.words.language, today(visit, community.id) + _YEAR)
    before = request.query_params.get("of", "")
    if before:
        view = released_story(visit, community.id, *_read_before(before))
        values |= {"title": [view.title], "kind": [str(view.kind)], "language": [view.language]}
    return _page(visit, community, values, STEPS[0], before, {})


def _read_before(text: str) -> tuple[str, int]:
    item_id, _, version = text.partition("/")
    return item_id, int(version) if version.isdecimal() and len(version) < len("10000") else 0


async def take_step(request: Request) -> Response:
    """Go on to the next step, back to one before, or keep all of it from the last."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    person = visit.require(Deed.TELL, community.id)
    uploads = await read_uploads(visit, (*PHOTOS, SOUND))
    form = uploads.form
    values, before = read_values(form), form.text("of")
    step = form.text("step") if form.text("step") in STEPS else STEPS[0]
    go, steps = form.text("go"), steps_of(values)
    # The last look is of what was checked: nothing leads there but going on.
    if go in steps[:-1]:
        return _page(visit, community, values, go, before, {})
    following = steps[steps.index(step) + 1] if step in steps[:-1] else steps[-1]
    wrong = problem_of(
        values, _gardens(visit, community), defined_audiences(visit, community.id), today(visit, community.id)
    )
    if wrong is not None and STEPS.index(wrong[0]) < STEPS.index(following):
        sentence = visit.wrong_words("tell", wrong[2])
        return _page(visit, community, values, wrong[0], before, {wrong[1]: sentence})
    if step != STEPS[-1]:
        return _page(visit, community, values, following, before, {})
    return await _keep(visit, community, person, values, before, uploads)


def _gardens(visit: Visit, community: Community) -> list[str]:
    return [garden.id for garden in visit.installation.registry.gardens(community.id)]


async def _keep(
    visit: Visit,
    community: Community,
    person: Person,
    values: Values,
    before: str,
    uploads: Uploads,
) -> Response:
    """Make files safe, and keep all of it or nothing."""
    form, notes, attachments = uploads.form, [], []
    errors = dict.fromkeys(uploads.without_room, visit.words.say("story.no_room"))
    for name, upload in uploads.files.items():
        try:
            attachments.append(await anyio.to_thread.run_sync(_safe, name, upload.content))
            notes.append(note_of(form, name))
        except InvalidMediaError as error:
            errors[name] = visit.words.say(f"tell.media_{error.code}")
    if uploads.files and not form.text("people_asked"):
        errors["people_asked"] = visit.words.say("tell.ask_people")
    media_words = {f"{name}-words": form.text(f"{name}-words", TITLE_LONGEST) for name in (*PHOTOS, SOUND)}
    if errors:
        return _page(visit, community, values, STEPS[-1], before, errors, media_words)
    item_id, based_on = _read_before(before) if before else ("", 0)
    if before:
        # Only a version that its teller may see can be told again.
        released_story(visit, community.id, item_id, based_on)
    try:
        entered = await anyio.to_thread.run_sync(
            _give, visit, community, person, values, tuple(notes), attachments, item_id, based_on
        )
    except InvalidItemError as error:
        errors = {error.field: visit.wrong_words("tell", error)}
        return _page(visit, community, values, STEPS[-1], before, errors, media_words)
    except StoreUnusableError as error:
        visit.installation.log.warning("story_not_kept", community=community.id, detail=str(error))
        errors = {"room": visit.words.say("story.no_room")}
        return _page(visit, community, values, STEPS[-1], before, errors, media_words)
    return _entered_page(visit, community, entered)


def _safe(name: str, content: bytes) -> Attachment:
    if name == SOUND:
        sound = strip_sound(content)
        return Attachment(sound.content, sound.media_type)
    return Attachment(remake_picture(content), "image/jpeg")


def _give(
    visit: Visit,
    community: Community,
    person: Person,
    values: Values,
    notes: tuple[MediaNote, ...],
    attachments: list[Attachment],
    item_id: str,
    based_on: int,
) -> NewVersion:
    item = read_item(values, notes, _gardens(visit, community), based_on)
    shelf, day = visit.installation.shelves.of(community.id), today(visit, community.id)
    return shelf.give(item, person.id, attachments, item_id=item_id, day=day)


def _entered_page(visit: Visit, community: Community, entered: NewVersion) -> Response:
    """Show that it is kept, with the slip that takes it back, once; or that there was no room for one."""
    code = ""
    with suppress(StoreUnusableError):
        code = visit.installation.story_slips.draw(f"{community.id}/{entered.number}")
    link = f"{visit.request.url.scheme}://{visit.request.headers['host']}/slip/{code}"
    view = released_story(visit, community.id, entered.item_id, entered.version)
    return page(
        visit,
        "story_given.html.j2",
        community=community,
        title=view.title,
        address=address_of(community.id, view),
        slip=grouped_code(code),
        link=link,
        picture=qr_picture(link) if code else "",
    )


def _told_before(visit: Visit, community: Community, before: str) -> ReleasedItem | None:
    """Return the version that this one starts from, for someone who tells it again and may see that one."""
    with suppress(RefusedRequestError):
        return released_story(visit, community.id, *_read_before(before)) if before else None
    return None


def _page(
    visit: Visit,
    community: Community,
    values: Values,
    step: str,
    before: str,
    errors: dict[str, str],
    media_words: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    # Nothing is given before the last step: a step that is sent again leads on again.
    take_nothing(visit.request)
    say = visit.words.say
    gardens = [
        (garden.id, garden.name or garden.id) for garden in visit.installation.registry.gardens(community.id)
    ]
    audiences = audience_choices(visit, community.id)
    return page(
        visit,
        "tell.html.j2",
        422 if errors else 200,
        community=community,
        step=step,
        steps=steps_of(values),
        before=before,
        told_before=_told_before(visit, community, before),
        media_words=media_words,
        values=choices_of(values),
        hidden=hidden_fields(values, step),
        errors=errors,
        kinds=[(kind.value, say(f"story.kind_{kind.value}")) for kind in ItemKind],
        language_choices=language_choices(first(values, "language")),
        taxa=_taxa(visit.words.language),
        plant_numbers=range(1, PLANTS + 1),
        gardens=gardens,
        last_look=last_look(visit, community.id, values, gardens) if step == STEPS[-1] else [],
        allergens=[(name, say(f"allergen.{name}")) for name in ALLERGENS],
        audiences=audiences,
        has_groups=len(audiences) > len(BUILT_IN),
        uses=use_choices(visit),
        namings=naming_choices(visit),
        licences=licence_choices(visit),
        photos=PHOTOS,
    )


def _taxa(language: str) -> list[tuple[str, str]]:
    """List the plants of the table under their name in a language, where they have one."""
    rows = [(plant.names.get(language, ""), plant.taxon) for plant in load_plants().values()]
    taxa = sorted((f"{name} ({taxon})" if name else taxon, taxon) for name, taxon in rows)
    return [(taxon, label) for label, taxon in taxa]


ROUTES = (
    Route("/tell/{community}", tell),
    Route("/tell/{community}", take_step, methods=["POST"]),
)

"""The form for a pack, the packs of the last hour, and their download."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Final

from msgspec import structs
from starlette.responses import FileResponse, RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.packs.requested import (
    PACKS_MOST,
    RequestedPack,
    RequestedPacks,
    State,
    draw_pack_id,
    last_entry,
)
from sera_pages.views.fields import as_choice
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_store.licence import Licence
from sera_store.local_clock import NO_TIMEZONE, local_time, utc_date
from sera_words.language import LANGUAGES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.installation import ServedInstallation
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community, Garden

KINDS: Final = ("workshop", "assembly")
# Texts and drawings of a pack are CC BY 4.0 themselves.
LICENCES: Final = (Licence.CC_BY, Licence.CC_BY_NC)
TITLE_LONGEST: Final = 100
DAYS_MOST: Final = 366
_DEADLINE_S: Final = 300.0
# So long an answer waits: most packs are there by then.
_WAIT_S: Final = 15.0
_DETAIL_MOST: Final = 400
# One at a time: it makes figures, which takes a processor and a hundred megabytes.
_SINGLE: Final = asyncio.Semaphore(1)
_TASKS: Final[set[asyncio.Task[None]]] = set()


def packs(request: Request) -> Response:
    """Show the form, and the packs of the last hour."""
    visit = visit_of(request)
    community = _community(visit)
    today = utc_date(visit.installation.now_s())
    values = {"first": today.replace(day=1).isoformat(), "last": today.isoformat()}
    values |= {"language": visit.words.language, "kind": KINDS[0], "licence": LICENCES[0], "title": ""}
    return _page(visit, community, values, [], {})


def _community(visit: Visit) -> Community:
    community = community_of(visit, visit.request.path_params["community"])
    visit.require(Deed.WORKSHOP, community.id)
    return community


def _page(
    visit: Visit, community: Community, values: dict[str, str], selected: list[str], errors: dict[str, str]
) -> Response:
    say, requested = visit.words.say, RequestedPacks(visit.installation)
    listed = requested.of(community.id)
    return page(
        visit,
        "packs.html.j2",
        422 if errors else 200,
        community=community,
        gardens=visit.installation.registry.gardens(community.id),
        values=values,
        chosen=selected,
        errors=errors,
        languages_of_packs=[(code, say(f"packs.language_{code}")) for code in LANGUAGES],
        kinds=[(kind, say(f"packs.kind_{kind}")) for kind in KINDS],
        licences=[
            (licence.value, as_choice(say(f"settings.licence_{licence.value}"))) for licence in LICENCES
        ],
        packs=[(pack, *_requested_at(visit, pack)) for pack in listed],
        most=PACKS_MOST,
        title_most=TITLE_LONGEST,
    )


def _requested_at(visit: Visit, pack: RequestedPack) -> tuple[str, str]:
    """Write the days of a pack, and at what time it was asked for."""
    days = (date.fromisoformat(day) for day in (pack.first, pack.last))
    garden = visit.installation.registry.garden(pack.gardens[0]) if pack.gardens else None
    moment = local_time(pack.requested_s, garden.timezone if garden is not None else NO_TIMEZONE)
    return visit.words.figures.full_dates(*days), f"{moment:%H:%M}"


async def ask(request: Request) -> Response:
    """Make a pack in a process that ends, and wait a little for it."""
    visit = visit_of(request)
    community = _community(visit)
    form = await read_form(visit)
    gardens = visit.installation.registry.gardens(community.id)
    selected = [garden.id for garden in gardens if garden.id in form.texts("garden")]
    values = {name: form.text(name) for name in ("first", "last", "language", "kind", "licence")}
    values["title"] = form.text("title", 2 * TITLE_LONGEST)
    requested = RequestedPacks(visit.installation)
    errors = _problems(visit, values, gardens)
    listed = requested.of(community.id)
    if any(pack.state is State.MAKING for pack in listed):
        errors["packs"] = visit.words.say("packs.busy")
    elif len(listed) >= PACKS_MOST:
        errors["packs"] = visit.words.say("packs.full", most=PACKS_MOST)
    if errors:
        return _page(visit, community, values, selected, errors)
    names = selected or [garden.id for garden in gardens]
    pack = RequestedPack(
        id=draw_pack_id(),
        community=community.id,
        gardens=tuple(names),
        requested_s=visit.installation.now_s(),
        entry=last_entry(visit.installation, names),
        change=visit.installation.view.last_change(),
        first=values["first"],
        last=values["last"],
        language=values["language"],
        kind=values["kind"],
        title=values["title"],
        licence=values["licence"],
    )
    requested.put(pack)
    task = asyncio.create_task(_make(visit.installation, pack))
    _TASKS.add(task)
    task.add_done_callback(_TASKS.discard)
    await asyncio.wait({task}, timeout=_WAIT_S)
    return RedirectResponse(f"/communities/{community.id}/packs#packs", 303)


def _problems(visit: Visit, values: dict[str, str], gardens: list[Garden]) -> dict[str, str]:
    """Return what is wrong with a form, by field."""
    say, errors = visit.words.say, {}
    days = {}
    for field in ("first", "last"):
        try:
            days[field] = date.fromisoformat(values[field])
        except ValueError:
            errors[field] = say("packs.wrong_day")
    if len(days) == len(("first", "last")) and not 0 <= (days["last"] - days["first"]).days < DAYS_MOST:
        errors["last"] = say("packs.wrong_span", most=DAYS_MOST)
    for field, choices in (("language", LANGUAGES), ("kind", KINDS), ("licence", LICENCES)):
        if values[field] not in choices:
            errors[field] = say("log.choose")
    if len(values["title"]) > TITLE_LONGEST:
        errors["title"] = say("settings.wrong_title", most=TITLE_LONGEST)
    if not gardens:
        errors["packs"] = say("community.no_gardens_yet")
    return errors


async def _make(installation: ServedInstallation, pack: RequestedPack) -> None:
    """Run the command that makes a pack, and write down what it came to."""
    requested = RequestedPacks(installation)
    async with _SINGLE:
        detail = await _run(installation, [*pack.words(), f"--out={requested.path(pack.id)}"])
    is_made = detail is None and requested.path(pack.id).is_file()
    state = State.READY if is_made else State.FAILED
    requested.put(structs.replace(pack, state=state, detail=detail or ""))
    if not is_made:
        installation.log.warning("pack_not_made", pack=pack.id, detail=detail)


async def _run(installation: ServedInstallation, words: list[str]) -> str | None:
    """Run the command to its end; return None where it ended well, else the last of what it said."""
    command = installation.settings.pack
    if not command:
        return "packs are made where `sera up` serves these pages"
    process = await asyncio.create_subprocess_exec(
        *command,
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, output = await asyncio.wait_for(process.communicate(), _DEADLINE_S)
    except TimeoutError:
        return f"it took longer than {_DEADLINE_S:.0f} s"
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return output.decode(errors="replace").strip()[-_DETAIL_MOST:] if process.returncode else None


def download(request: Request) -> Response:
    """Answer with a pack that is ready and may still leave."""
    visit = visit_of(request)
    community = _community(visit)
    requested = RequestedPacks(visit.installation)
    pack = requested.find(community.id, request.path_params["pack"])
    if pack is None or not requested.path(pack.id).is_file():
        raise RefusedRequestError(404, "packs.gone")
    if pack.state is State.OUTDATED:
        raise RefusedRequestError(409, "packs.is_outdated")
    name = f"{community.id}-{pack.first}-{pack.last}.zip"
    return FileResponse(requested.path(pack.id), media_type="application/zip", filename=name)


async def remove(request: Request) -> Response:
    """Take a pack away before its hour is over."""
    visit = visit_of(request)
    community = _community(visit)
    await read_form(visit)
    requested = RequestedPacks(visit.installation)
    pack = requested.find(community.id, request.path_params["pack"])
    if pack is not None and pack.state is not State.MAKING:
        requested.remove(pack.id)
    return RedirectResponse(f"/communities/{community.id}/packs#packs", 303)


ROUTES = (
    Route("/communities/{community}/packs", packs),
    Route("/communities/{community}/packs", ask, methods=["POST"]),
    Route("/communities/{community}/packs/{pack}.zip", download),
    Route("/communities/{community}/packs/{pack}/remove", remove, methods=["POST"]),
)

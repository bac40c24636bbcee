"""The remote of a workshop, for whoever runs it: start, pause, names, end, and the pack of the day."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from starlette.responses import FileResponse, RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.roles import Deed
from sera_pages.accounts.workshops import FORGET_DAYS, FORGET_DAYS_MOST, NEXT
from sera_pages.errors import RefusedRequestError
from sera_pages.packs.requested import is_withdrawn_since, last_entry
from sera_pages.people.people import day_words
from sera_pages.views.fields import FieldReader
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_pages.workshop.board import gardens_of

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.accounts.workshops import Workshop
    from sera_pages.installation import ServedInstallation
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community

FOLDER: Final = "workshops"
_FROZEN_WITHIN_S: Final = 180.0
# One at a time: it makes figures, which takes a processor and a hundred megabytes.
_SINGLE: Final = asyncio.Semaphore(1)


def pack_path(folder: Path, workshop: str) -> Path:
    """Return where the pack of a workshop is, in a data folder."""
    return folder / FOLDER / f"{workshop}.zip"


def workshops(request: Request) -> Response:
    """List the workshops of a community, with a form that begins one."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.WORKSHOP, community.id)
    return _workshops_page(visit, community, str(FORGET_DAYS), {}, [])


def _workshops_page(
    visit: Visit, community: Community, forget_days: str, errors: dict[str, str], selected: list[str]
) -> Response:
    return page(
        visit,
        "workshops.html.j2",
        422 if errors else 200,
        community=community,
        workshops=visit.installation.workshops.all(community.id),
        gardens=visit.installation.registry.gardens(community.id),
        day=day_words,
        errors=errors,
        forget_days=forget_days,
        chosen=selected,
    )


async def begin(request: Request) -> Response:
    """Make a workshop, and show its remote; a wrong number of days begins nothing, and ends nothing."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.WORKSHOP, community.id)
    form = await read_form(visit)
    garden_ids = [garden.id for garden in visit.installation.registry.gardens(community.id)]
    reader = FieldReader(form.fields())
    days = reader.within("forget_days", 1, FORGET_DAYS_MOST, is_whole=True)
    if reader.errors:
        texts = reader.problems(visit.words.say)
        return _workshops_page(visit, community, form.text("forget_days"), texts, form.texts("garden"))
    workshop = visit.installation.workshops.make(
        community.id,
        gardens=[name for name in form.texts("garden") if name in garden_ids],
        forget_days=FORGET_DAYS if days is None else int(days),
    )
    return RedirectResponse(f"/workshops/{workshop.id}/remote", 303)


def remote(request: Request) -> Response:
    """Show the remote."""
    visit = visit_of(request)
    workshop = run_workshop(visit)
    return page(
        visit,
        "workshop_remote.html.j2",
        workshop=workshop,
        community=community_of(visit, workshop.community),
        states=NEXT[workshop.state],
        participants=visit.installation.participants.of(workshop.id),
        has_pack=pack_path(visit.installation.folder, workshop.id).is_file(),
        is_failed="failed" in request.query_params,
        forget=day_words(visit, workshop.forget_s),
    )


def run_workshop(visit: Visit) -> Workshop:
    """Return the workshop of the address, which the visitor may run.

    Raises
    ------
    RefusedRequestError
        There is none (404), there is no session (401), or it may not, or not over plain http (403).
    """
    workshop = visit.installation.workshops.read(visit.request.path_params["workshop"])
    if workshop is None:
        raise RefusedRequestError(404, "refused.no_page")
    visit.require(Deed.WORKSHOP, workshop.community)
    return workshop


async def turn(request: Request) -> Response:
    """Start, pause, go on or end; what may not follow changes nothing, and the remote says what may."""
    visit = visit_of(request)
    workshop = run_workshop(visit)
    visit.installation.workshops.turn(workshop.id, (await read_form(visit)).text("state"))
    return _back(workshop)


async def names(request: Request) -> Response:
    """Hide the names of all groups on the screen or show them, or take away the name of one."""
    visit = visit_of(request)
    workshop = run_workshop(visit)
    form = await read_form(visit)
    number = form.text("number")
    if number:
        if number.isdecimal():
            visit.installation.participants.rename(workshop.id, int(number), "")
    else:
        visit.installation.workshops.hide_names(workshop.id, are_hidden=form.text("hidden") == "1")
    return _back(workshop)


async def freeze(request: Request) -> Response:
    """End the workshop and make the pack of its day, in a process that ends."""
    visit = visit_of(request)
    workshop = run_workshop(visit)
    await read_form(visit)
    return _back(workshop, "" if await make_frozen(visit, workshop) else "?failed=1")


async def make_frozen(visit: Visit, workshop: Workshop) -> bool:
    """Make the pack of a workshop, which ends with that; return whether it was made."""
    async with _SINGLE:
        return await _freeze(visit.installation, workshop.id)


async def _freeze(installation: ServedInstallation, workshop: str) -> bool:
    command = installation.settings.freeze
    if not command:
        return False
    process = await asyncio.create_subprocess_exec(
        *command,
        workshop,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, output = await asyncio.wait_for(process.communicate(), _FROZEN_WITHIN_S)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        return False
    if process.returncode:
        installation.log.warning("workshop_not_frozen", workshop=workshop, detail=output.decode()[-500:])
    return process.returncode == 0


def pack(request: Request) -> Response:
    """Answer with the pack of a workshop."""
    visit = visit_of(request)
    workshop = run_workshop(visit)
    path = pack_path(visit.installation.folder, workshop.id)
    if not path.is_file():
        raise RefusedRequestError(404, "refused.no_page")
    if not _is_current(visit.installation, workshop):
        raise RefusedRequestError(409, "packs.is_outdated")
    return FileResponse(path, media_type="application/zip", filename=path.name)


def _is_current(installation: ServedInstallation, workshop: Workshop) -> bool:
    """Return whether nothing was taken back or given otherwise since the pack of a workshop was begun."""
    if workshop.pack_entry is None or workshop.pack_change is None:
        # Whoever made the file ended before it noted of what.
        return False
    about = installation, [garden.id for garden in gardens_of(installation, workshop)]
    return last_entry(*about) <= workshop.pack_entry and not is_withdrawn_since(*about, workshop.pack_change)


def _back(workshop: Workshop, query: str = "") -> Response:
    return RedirectResponse(f"/workshops/{workshop.id}/remote{query}", 303)


ROUTES = (
    Route("/communities/{community}/workshops", workshops),
    Route("/communities/{community}/workshops", begin, methods=["POST"]),
    Route("/workshops/{workshop}/remote", remote),
    Route("/workshops/{workshop}/turn", turn, methods=["POST"]),
    Route("/workshops/{workshop}/names", names, methods=["POST"]),
    Route("/workshops/{workshop}/freeze", freeze, methods=["POST"]),
    Route("/workshops/{workshop}/pack.zip", pack),
)

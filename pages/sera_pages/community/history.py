"""The history of a garden: what was entered of it, its soil, nodes and probes, since when; and undoing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.community.dates import day_of
from sera_pages.community.garden_changes import enter
from sera_pages.community.settings import require_host
from sera_pages.errors import RefusedRequestError
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import garden_of, garden_title
from sera_pages.views.visit import visit_of
from sera_store.errors import InvalidEntryError
from sera_store.registry.changes import undo_entry
from sera_store.registry.entities import PERSON, Calibration, Garden, Node, ProbePlace
from sera_store.registry.garden_metadata import GardenSoil

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.visit import Visit
    from sera_store.registry.dated_entries import Entry
    from sera_store.registry.registry import Registry

_ENTRIES_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One entry: since when it holds, when it was written and by whom, what it says, and how it is named."""

    since: str
    recorded: str
    by: str
    what: str
    kind: str
    id: str
    number: int
    can_be_undone: bool


def history(request: Request) -> Response:
    """Show what was entered of a garden, the newest first."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    require_host(visit, garden)
    entries = entries_of(visit.installation.registry, garden.id)
    rows = [_row(visit, garden, kind, name, entry) for kind, name, entry in entries[:_ENTRIES_MOST]]
    return page(visit, "garden_history.html.j2", garden=garden, rows=rows, left_out=len(entries) - len(rows))


def entries_of(registry: Registry, garden: str) -> list[tuple[str, str, Entry]]:
    """List all entries about a garden with their kind and name, the one written last first."""
    nodes = [name for name in registry.nodes_ever_in(garden) if not _is_person(registry, name)]
    serials = sorted(
        {
            probe.serial
            for _, _, entry in _histories(registry, "probe", [p.id for p in registry.entities("probe")])
            if isinstance(probe := entry.entity, ProbePlace) and probe.node in nodes
        }
    )
    calibrations = [entity.id for serial in serials for entity in registry.calibrations(serial)]
    owners = (("garden", [garden]), ("soil", [garden]), ("node", nodes), ("probe", serials))
    entries = [item for kind, names in owners for item in _histories(registry, kind, names)]
    entries += _histories(registry, "calibration", calibrations)
    return sorted(entries, key=lambda item: -item[2].number)


def _histories(registry: Registry, kind: str, names: list[str]) -> list[tuple[str, str, Entry]]:
    return [(kind, name, entry) for name in names for entry in registry.history(kind, name)]


def _is_person(registry: Registry, name: str) -> bool:
    node = registry.node(name)
    return node is not None and node.detector == PERSON


def _row(visit: Visit, garden: Garden, kind: str, name: str, entry: Entry) -> HistoryRow:
    own = visit.person.id if visit.person is not None else ""
    return HistoryRow(
        day_of(visit, garden, entry.since_s),
        day_of(visit, garden, entry.recorded_s),
        visit.words.say("history.you") if entry.by == own else entry.by,
        _words(visit, entry),
        kind,
        name,
        entry.number,
        _can_be_undone(visit.installation.registry, kind, name, entry),
    )


def _can_be_undone(registry: Registry, kind: str, name: str, entry: Entry) -> bool:
    try:
        ((entity, since_s),) = undo_entry(registry, kind, name, entry.number)
    except InvalidEntryError:
        return False
    # What has been undone, or entered over since, holds no more: there is nothing to put back.
    return entity != entry.entity and registry.entity(kind, name, since_s) == entry.entity


def _words(visit: Visit, entry: Entry) -> str:
    """Write what an entry says; of a place that it was entered, and not where it is."""
    say, entity = visit.words.say, entry.entity
    if isinstance(entity, Garden):
        consent = say(f"settings.{entity.consent.value}")
        delay = say(f"settings.delay_{entity.delay.value}")
        licence = say(f"settings.licence_{entity.licence.value}")
        title = entity.name or entity.id
        return say("history.garden", title=title, consent=consent, delay=delay, licence=licence)
    if isinstance(entity, GardenSoil):
        shares = {"sand": f"{100 * entity.sand:.0f}", "clay": f"{100 * entity.clay:.0f}"}
        return say("history.soil", source=entity.source or "–", **shares)
    if isinstance(entity, Node):
        place = "history.node" if entity.garden else "history.node_nowhere"
        return say(place, node=entity.id, garden=garden_title(visit, entity.garden or ""))
    if isinstance(entity, ProbePlace):
        if entity.node is None:
            return say("history.probe_nowhere", serial=entity.serial)
        number = visit.words.figures.number
        depth = "–" if entity.depth_m is None else f"{number(100 * entity.depth_m)} {say('form.cm')}"
        return say(
            "history.probe", serial=entity.serial, node=entity.node, position=entity.position, depth=depth
        )
    if isinstance(entity, Calibration):
        ended = entity.valid_to_s is not None
        return say(
            "history.calibration_ended" if ended else "history.calibration",
            serial=entity.serial,
            reference=entity.reference or entity.id,
        )
    return entity.id


async def undo(request: Request) -> Response:
    """Put back what held before an entry, by a new entry of the same date."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    person = require_host(visit, garden)
    form = await read_form(visit)
    kind, name, number = form.text("kind"), form.text("id", 160), form.text("number")
    registry = visit.installation.registry
    owners = [(kind_, name_, str(entry.number)) for kind_, name_, entry in entries_of(registry, garden.id)]
    if (kind, name, number) not in owners:
        raise RefusedRequestError(404, "refused.no_entry")
    try:
        entries = undo_entry(registry, kind, name, int(number))
    except InvalidEntryError as error:
        raise RefusedRequestError(422, "history.first") from error
    enter(visit, entries, person)
    return RedirectResponse(f"/gardens/{garden.id}/history", 303)


ROUTES = (
    Route("/gardens/{garden}/history", history),
    Route("/gardens/{garden}/history", undo, methods=["POST"]),
)

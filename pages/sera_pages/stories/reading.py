"""Read stories: the list with its search, one version with its pictures and sounds, and plants."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response
from starlette.routing import Route

from sera_commons.items.guarded_plants import leads_to_garden
from sera_commons.items.item import PlantName, Role
from sera_commons.plants.table import load_plants
from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.stories.choices import consent_facts
from sera_pages.stories.keepers import may_keep
from sera_pages.stories.released import (
    address_of,
    released_stories,
    released_story,
    shelf_of,
    stored_for,
    today,
)
from sera_pages.stories.wording import allergens_of, direction_of_story, giver_words, licence_of, warnings_of
from sera_pages.views.pages import page
from sera_pages.views.places import community_of, garden_title
from sera_pages.views.readers import gardens_until_s
from sera_pages.views.visit import visit_of
from sera_words.language import own_name

if TYPE_CHECKING:
    from starlette.requests import Request

    from sera_commons.items.release import ReleasedItem
    from sera_pages.figure_cache import VisitorsLine
    from sera_pages.views.visit import Visit

_WORDS_LONGEST: Final = 100


def stories(request: Request) -> Response:
    """Show what may be seen in a community, or what words find of it."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    words = request.query_params.get("q", "")[:_WORDS_LONGEST].strip()
    return page(
        visit,
        "stories.html.j2",
        community=community,
        words=words,
        most=_WORDS_LONGEST,
        lines=story_lines(visit, community.id, released_stories(visit, community.id, words)),
        may_tell=visit.may(Deed.TELL, community.id),
        may_define=visit.may(Deed.AUDIENCES, community.id),
    )


def story_lines(visit: Visit, community: str, views: list[ReleasedItem]) -> list[dict[str, Any]]:
    """Put versions into lines of a list: address, title in its language, what it is, by whom."""
    return [
        {
            "address": address_of(community, view),
            "title": view.title,
            "language": view.language,
            "kind": visit.words.say(f"story.kind_{view.kind}"),
            "note": view.version_note,
            "by": giver_words(visit.words, view),
            "is_hidden": view.is_hidden,
        }
        for view in views
    ]


def story(request: Request) -> Response:
    """Show one version."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    view = released_story(visit, community.id, *_name(request))
    by_role = {role.value: [part for part in view.statements if part.role == role] for role in Role}
    other_versions = [
        other
        for other in released_stories(visit, community.id)
        if other.item_id == view.item_id and other.version != view.version
    ]
    return page(
        visit,
        "story.html.j2",
        community=community,
        view=view,
        address=address_of(community.id, view),
        by=giver_words(visit.words, view),
        direction=direction_of_story(view.language),
        parts=by_role,
        plants=[_plant_line(visit, community.id, plant) for plant in view.plants],
        gardens=[(garden, garden_title(visit, garden)) for garden in view.gardens],
        allergens=allergens_of(visit.words, view),
        licence=licence_of(visit.words, view),
        versions=[(address_of(community.id, other), other) for other in sorted(other_versions, key=_version)],
        may_tell=visit.may(Deed.TELL, community.id),
        **_changes(visit, community.id, view),
    )


def _changes(visit: Visit, community: str, view: ReleasedItem) -> dict[str, Any]:
    """Return what its giver agreed to, for them alone, and whether the visitor is a keeper of it."""
    shelf, stored = stored_for(visit, community, view.item_id, view.version)
    if stored.item is None:
        return {}
    consent = stored.item.consent
    facts = consent_facts(visit, community, consent) if view.is_own else []
    is_over = view.is_own and not consent.holds_on(today(visit, community))
    over = visit.words.figures.date(date.fromisoformat(consent.review)) if is_over else ""
    is_keeper = may_keep(visit, shelf, stored.item)
    return {"agreed": facts, "over": over, "is_hidden": view.is_hidden, "is_keeper": is_keeper}


def _name(request: Request) -> tuple[str, int]:
    return request.path_params["item"], request.path_params["version"]


def _version(view: ReleasedItem) -> int:
    return view.version


def _plant_line(visit: Visit, community: str, plant: PlantName) -> dict[str, Any]:
    """Put a plant into words: its name, its page, what warns of it, and who says so."""
    catalogued = load_plants().get(plant.taxon)
    return {
        "name": plant.name,
        "language": plant.language,
        "taxon": plant.taxon,
        "address": f"/communities/{community}/plants/{plant.taxon.replace(' ', '_')}" if catalogued else "",
        "warnings": warnings_of(visit.words, plant.taxon),
    }


def file(request: Request) -> Response:
    """Answer with a picture or sound of a version that the visitor may see."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    view = released_story(visit, community.id, *_name(request))
    shelf = shelf_of(visit, community.id)
    for released in view.files:
        if released.name == request.path_params["name"] and shelf is not None:
            content = shelf.chronicle.attachment(released.digest)
            if content is not None:
                return Response(content, media_type=released.media_type)
    raise RefusedRequestError(404, "refused.no_page")


def plant(request: Request) -> Response:
    """Show a plant: names, warnings, what is told of it, and what was measured in gardens where it grows."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    taxon = request.path_params["taxon"].replace("_", " ")
    catalogued = load_plants().get(taxon)
    if catalogued is None:
        raise RefusedRequestError(404, "refused.no_page")
    views = [
        view
        for view in released_stories(visit, community.id)
        if taxon in [plant.taxon for plant in view.plants]
    ]
    is_guarded = not leads_to_garden([PlantName(name=taxon, language="la", taxon=taxon)])
    gardens = set() if is_guarded else {garden for view in views for garden in view.gardens}
    until_s = gardens_until_s(visit, community.id)
    rows = visit.installation.figures.community(community.id, until_s)
    local = {(plant.name, plant.language) for view in views for plant in view.plants if plant.taxon == taxon}
    table = {(name, language) for language, name in catalogued.names.items()}
    return page(
        visit,
        "plant.html.j2",
        community=community,
        taxon=taxon,
        names=[(name, language, _own_name(language)) for name, language in sorted(local | table)],
        warnings=warnings_of(visit.words, taxon),
        is_guarded=is_guarded,
        gardens=[
            (row, _visitors(visit, visit.installation.figures.visitors(row.id, until_s.get(row.id))))
            for row in rows
            if row.id in gardens
        ],
        visits_label=visit.words.say("community.visits"),
        lines=story_lines(visit, community.id, views),
    )


def _visitors(visit: Visit, line: VisitorsLine) -> list[str]:
    """Write how many nodes measure in a garden, and which groups came most often: no node by its name."""
    say = visit.words.say
    nodes = [say("plant.nodes", number=visit.words.figures.whole(line.nodes))] if line.nodes else []
    groups = visit.words.figures.listed(line.groups)
    return [*nodes, say("plant.visitors", groups=groups)] if groups else nodes


def _own_name(language: str) -> str:
    try:
        return own_name(language.partition("-")[0])
    except ValueError:
        return language


_STORY = "/communities/{community}/stories/{item}/{version:int}"

ROUTES = (
    Route("/communities/{community}/stories", stories),
    Route(_STORY, story),
    Route(_STORY + "/files/{name}", file),
    Route("/communities/{community}/plants/{taxon}", plant),
)

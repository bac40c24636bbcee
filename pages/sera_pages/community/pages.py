"""Pages of communities and gardens: one sentence, one drawing, one table; figures below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import FileResponse
from starlette.routing import Route

from sera_coalition.report.report import report_path
from sera_pages.accounts.roles import Deed
from sera_pages.counting.entries import entries_of_garden
from sera_pages.errors import RefusedRequestError
from sera_pages.events.released import events_of_garden, released_events
from sera_pages.events.wording import event_lines
from sera_pages.report_folder import DRAWINGS, NARROW
from sera_pages.stories.reading import story_lines
from sera_pages.stories.released import stories_of_garden
from sera_pages.views.compression import COMPRESSED
from sera_pages.views.moments import moment_words
from sera_pages.views.pages import page
from sera_pages.views.places import community_of, garden_of
from sera_pages.views.readers import community_until_s, garden_until_s, gardens_until_s, hosts
from sera_pages.views.visit import visit_of
from sera_store.release.places import released_garden
from sera_vocabulary import indices
from sera_words.language import LANGUAGES
from sera_workshop.views.facts import place_words

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community, Garden
    from sera_workshop.views.figures import FigureView


def home(request: Request) -> Response:
    """Show the only community, or the list of them."""
    visit = visit_of(request)
    communities = visit.installation.registry.communities()
    if len(communities) == 1:
        return _community_page(visit, communities[0])
    return page(visit, "communities.html.j2")


def community(request: Request) -> Response:
    """Show one community."""
    visit = visit_of(request)
    return _community_page(visit, community_of(visit, request.path_params["community"]))


def _community_page(visit: Visit, entity: Community) -> Response:
    lines = visit.installation.figures.community(entity.id, gardens_until_s(visit, entity.id))
    figures = visit.installation.figures.of_community(entity.id, community_until_s(visit, entity.id))
    first = visit.installation.registry.communities()[0].id == entity.id
    return page(
        visit,
        "community.html.j2",
        id=entity.id,
        name=entity.name or entity.id,
        sentence=_community_sentence(visit, len(lines), figures),
        drawing=_drawing(visit, f"community-{entity.id}"),
        narrow=_drawing(visit, f"community-{entity.id}{NARROW}"),
        gardens=lines,
        figures=figures,
        visits_label=visit.words.say("community.visits"),
        report=_report(visit, "" if first else f"{entity.id}/"),
        has_events=bool(released_events(visit, entity.id)) or visit.may(Deed.ARRANGE, entity.id),
        has_districts=report_path(visit.installation.folder, entity.id).is_file(),
    )


def _report(visit: Visit, folder: str) -> str:
    """Return the address of a community's page with all figures, in the visitor's language."""
    language = visit.words.language
    file = "" if language == LANGUAGES[0] else f"index.{language}.html"
    path = visit.installation.report_folder / folder / (file or "index.html")
    return f"/report/{folder}{file}" if path.is_file() else ""


def _community_sentence(visit: Visit, gardens: int, figures: tuple[FigureView, ...]) -> str:
    if not gardens:
        return ""
    effort = next((view for view in figures if view.index == indices.EFFORT), None)
    if effort is None:
        return visit.words.say("community.not_yet", count=gardens)
    return visit.words.say("community.sentence", count=gardens, hours=effort.value)


def garden(request: Request) -> Response:
    """Show one garden: what it says, what was entered lately, its figures."""
    visit = visit_of(request)
    entity = garden_of(visit, request.path_params["garden"])
    released = released_garden(visit.installation.registry, entity.id)
    until_s = garden_until_s(visit, entity)
    figures = visit.installation.figures.garden(entity.id, until_s)
    return page(
        visit,
        "garden.html.j2",
        id=entity.id,
        name=entity.name or entity.id,
        community=community_of(visit, entity.community),
        sentence=_garden_sentence(visit, figures),
        place=place_words(released.place if released is not None else None),
        drawing=_drawing(visit, entity.id),
        entries=entries_of_garden(visit, entity),
        stories=_stories(visit, entity),
        events=event_lines(
            visit.words,
            visit.installation,
            entity.community,
            events_of_garden(visit, entity.community, entity.id),
        ),
        hidden=visit.installation.cases.hidden_in(entity.id),
        is_delayed=until_s is not None,
        is_saved="saved" in visit.request.query_params,
        may_draw=visit.may(Deed.DRAW, entity.community),
        beds=_planted_beds(visit, entity),
        may_change=visit.may(Deed.SETTINGS, entity.community) and hosts(visit, entity),
        figures=[(view, f"/figures/{number}") for view, number in figures],
    )


def _stories(visit: Visit, entity: Garden) -> list[dict[str, Any]]:
    """List what is told of what grows in a garden."""
    return story_lines(visit, entity.community, stories_of_garden(visit, entity.community, entity.id))


def _planted_beds(visit: Visit, entity: Garden) -> list[tuple[str, str]]:
    """Return when beds were planted, and where it stands what was measured; for whoever may draw on them."""
    if not visit.may(Deed.DRAW, entity.community):
        return []
    return [
        (
            moment_words(visit, row.planted_s, entity.timezone, with_hour=False),
            f"/designs/{row.id}/comparison",
        )
        for row in visit.installation.designs.of_garden(entity.id)
        if row.planted_s is not None
    ]


def _garden_sentence(visit: Visit, figures: tuple[tuple[FigureView, int], ...]) -> str:
    by_index = {view.index: view for view, _ in figures}
    for index in (indices.VISITS_PER_HOUR, indices.VISITS_PER_SURVEY):
        view = by_index.get(index)
        if view is not None and view.value:
            return visit.words.say(
                f"garden.{index}", visits=view.value, interval=view.interval, effort=view.effort
            )
    return visit.words.say("garden.not_yet")


def drawing(request: Request) -> Response:
    """Answer with a drawing that the making process wrote."""
    visit = visit_of(request)
    name, language = request.path_params["name"], request.path_params["language"]
    path = visit.installation.report_folder / DRAWINGS / language / f"{name}.svg"
    is_known = language in LANGUAGES and _is_known(visit, name)
    if not is_known or not path.is_file():
        raise RefusedRequestError(404, "refused.no_page")
    return FileResponse(path, media_type="image/svg+xml", headers={"Cache-Control": "no-cache"})


def _drawing(visit: Visit, name: str) -> str:
    address = f"{DRAWINGS}/{visit.words.language}/{name}.svg"
    return f"/{address}" if (visit.installation.report_folder / address).is_file() else ""


def _is_known(visit: Visit, name: str) -> bool:
    registry, prefix = visit.installation.registry, "community-"
    community = name.removeprefix(prefix).removesuffix(NARROW)
    if name.startswith(prefix) and registry.community(community) is not None:
        return True
    return registry.garden(name) is not None


ROUTES = (
    Route("/", home),
    Route("/communities/{community}", community),
    Route("/gardens/{garden}", garden),
    Route("/drawings/{language}/{name}.svg", drawing, middleware=[COMPRESSED]),
)

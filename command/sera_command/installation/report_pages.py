"""Make the figures of an installation, and the pages and drawings that its web application shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_analysis.runs.jobs import analyse
from sera_store.private_files import make_private
from sera_workshop.mural.mural import write_mural, write_plant
from sera_workshop.packs.page import write_page
from sera_workshop.views.display_results import display_results
from sera_workshop.views.facts import garden_facts

if TYPE_CHECKING:
    from pathlib import Path

    from sera_store.store import Store

PAGES: Final = "pages"
DRAWINGS: Final = "drawings"
_WITHOUT_COMMUNITY: Final = "Sera"


def renew_pages(folder: Path, store: Store) -> None:
    """Make figures and pages from what a store holds: one page a community, the first at the root.

    Parameters
    ----------
    folder
        The installation's folder; pages are written into `pages` in it.
    store
        Its store.
    """
    analyse(store)
    pages = folder / PAGES
    make_private(pages)
    communities = store.registry.communities()
    if not communities:
        _write(pages, _WITHOUT_COMMUNITY, store, ())
    for number, community in enumerate(communities):
        gardens = [garden.id for garden in store.registry.gardens(community.id)]
        to = pages if number == 0 else pages / community.id
        _write(to, community.name or community.id, store, gardens)
        _draw(pages / DRAWINGS, community.id, community.name or community.id, store, gardens)


def _write(folder: Path, community: str, store: Store, gardens: list[str] | tuple[()]) -> None:
    write_page(
        folder,
        community=community,
        gardens=garden_facts(store, gardens) if gardens else (),
        results=display_results(store, gardens),
        accounts={},
        captions=(),
        simulated=False,
        files={},
    )


def _draw(folder: Path, community: str, title: str, store: Store, gardens: list[str]) -> None:
    """Draw the mural of a community and the plant of each garden, for pages that show pictures alone."""
    if not gardens:
        return
    make_private(folder)
    facts, results = garden_facts(store, gardens), display_results(store, gardens)
    for narrow, end in ((False, ""), (True, "-narrow")):
        path = folder / f"community-{community}{end}.svg"
        write_mural(path, community=title, gardens=facts, results=results, simulated=False, narrow=narrow)
    for garden in facts:
        write_plant(folder / f"{garden.id}.svg", garden, results, simulated=False)

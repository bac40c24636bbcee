"""Make the figures of an installation, and the pages and drawings that its web application shows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from sera_analysis.runs.jobs import analyse
from sera_pages.report_folder import DRAWINGS
from sera_store.private_files import make_private
from sera_store.release.delay import released_until_s
from sera_words.language import LANGUAGES, locale_of, speaking
from sera_workshop.mural.mural import write_mural, write_plant
from sera_workshop.report.page import write_page
from sera_workshop.views.display_results import display_results
from sera_workshop.views.facts import garden_facts, visible_gardens
from sera_workshop.views.recent import recent_days

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sera_store.results.result_set import ResultSet
    from sera_store.store import Store
    from sera_workshop.views.facts import GardenFacts

PAGES: Final = "pages"
_WITHOUT_COMMUNITY: Final = "Sera"


def renew_pages(folder: Path, store: Store, clock: Callable[[], float] = time.time) -> None:
    """Make figures and pages from what a store holds: one page a community, the first at the root.

    Parameters
    ----------
    folder
        The installation's folder; pages are written into `pages` in it.
    store
        Its store.
    clock
        Gives the Unix time [s], by which what is live is left out.
    """
    analyse(store)
    draw_pages(folder, store, clock)


def draw_pages(folder: Path, store: Store, clock: Callable[[], float] = time.time) -> None:
    """Write the pages and drawings of an installation from the figures that there are, as `renew_pages`.

    They are for everybody: what is live is in them a day later, unless a garden's host says otherwise.
    """
    pages, now_s = folder / PAGES, int(clock())
    make_private(pages)
    communities = store.registry.communities()
    if not communities:
        _write(pages, _WITHOUT_COMMUNITY, store, (), now_s)
    for number, community in enumerate(communities):
        gardens = [garden.id for garden in store.registry.gardens(community.id)]
        to = pages if number == 0 else pages / community.id
        _write(to, community.name or community.id, store, gardens, now_s)
        _draw(pages / DRAWINGS, community.id, community.name or community.id, store, gardens, now_s)


def _write(folder: Path, community: str, store: Store, gardens: list[str] | tuple[()], now_s: int) -> None:
    facts, left_out = visible_gardens(garden_facts(store, gardens)) if gardens else ((), 0)
    until_s = released_until_s(store.registry, [garden.id for garden in facts], now_s)
    results = display_results(store, list(until_s), until_s)
    recent = recent_days(store, facts, results, until_s, now_s)
    write_page(
        folder,
        community=community,
        gardens=facts,
        results=results,
        accounts={},
        noticed=recent.noticed,
        diaries=recent.diaries,
        days=recent.days,
        simulated_left_out=left_out,
        files={},
        languages=LANGUAGES,
    )


def _results(store: Store, gardens: list[str], now_s: int) -> ResultSet:
    return display_results(store, gardens, released_until_s(store.registry, gardens, now_s))


def _draw(folder: Path, community: str, title: str, store: Store, gardens: list[str], now_s: int) -> None:
    """Draw the mural of a community and the plant of each garden, for pages that show pictures alone."""
    if not gardens:
        return
    make_private(folder)
    every, results = garden_facts(store, gardens), _results(store, gardens, now_s)
    for language in LANGUAGES:
        with speaking(locale_of(language)):
            _draw_all(folder / language, community, title, every, results)


def _draw_all(
    folder: Path, community: str, title: str, every: Sequence[GardenFacts], results: ResultSet
) -> None:
    make_private(folder)
    visible, _ = visible_gardens(every)
    for narrow, end in ((False, ""), (True, "-narrow")):
        path = folder / f"community-{community}{end}.svg"
        write_mural(path, community=title, gardens=visible, results=results, narrow=narrow)
    for garden in every:
        write_plant(folder / f"{garden.id}.svg", garden, results)

"""What 200 plants cost a page on which each is dragged, and whether every drag is on disk after it.

Needs Chromium and the browser libraries. Prints scripting time a frame; a slow phone takes ten times as much.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from pycrdt import Map

from garden_designs.drawings import START, Phone
from real_parts import wait_until
from sera_command.installation import parts
from sera_commons.designs.document import PLANTS_MOST, open_document, read_design
from sera_commons.plants.table import load_plants
from sera_pages.installation import PageSettings
from web.browser import a_browser
from web.every_page import served_pages
from web.parts import pages_of

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

MOVES: Final = 12
PLACES: Final = """[...document.querySelectorAll('#bed g.plant')]
    .map(plant => plant.getAttribute('transform')).sort().join()"""


def main() -> None:
    """Drag each plant of a full bed, and print what that took."""
    chromium = parts.find("chromium")
    if chromium is None:
        print("no Chromium here: make parts")
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        pages_of(Path(folder), PageSettings()) as pages,
        served_pages(pages) as address,
        a_browser(chromium.path) as browser,
    ):
        log = pages.installation.designs
        row = log.begin("elm-yard", "oak", START)
        log.append(row.id, row.generation, full_bed())
        client = pages.signed_in(pages.person())
        context = browser.new_context(viewport={"width": 390, "height": 844})
        context.add_cookies(
            [{"name": "sera_session", "value": client.cookies["sera_session"], "url": address}]
        )
        page = context.new_page()
        page.goto(f"{address}/designs/{row.id}")
        page.wait_for_selector("#drawing[data-state=kept]")
        frames, seconds = drag_all(page)
        page.wait_for_selector("#drawing[data-state=kept]")
        places = page.evaluate(PLACES)
        wait_until(lambda: len(kept(log.updates(row.id))) == PLANTS_MOST, label="all plants on disk")
        page.reload()
        page.wait_for_selector("#drawing[data-state=kept]")
        again = page.evaluate(PLACES)
        size = len(open_document(log.updates(row.id)).get_update())
        frame_ms = 1000 * seconds / frames
        print(f"{PLANTS_MOST} plants, {MOVES} moves each: {frame_ms:.2f} ms of script a frame")
        print(f"dropped edits: {0 if places == again else 'SOME'}; the drawing has {size:,} bytes")


def full_bed() -> bytes:
    """Return an update that fills a bed with as many plants as it may have."""
    draw, phone = random.Random(1), Phone(START)
    taxa = sorted(load_plants())
    with phone.document.transaction():
        for number in range(PLANTS_MOST):
            place = [round(draw.uniform(0.05, 1.95), 3), round(draw.uniform(0.05, 0.95), 3)]
            phone.plants[f"{number:08x}"] = Map({"taxon": draw.choice(taxa), "at": place, "width_m": 0.08})
    return phone.sent[0]


def kept(updates: list[bytes]) -> list[str]:
    """Return the ids of plants on disk."""
    return [plant.id for plant in read_design(open_document(updates)).plants]


def drag_all(page: Page) -> tuple[int, float]:
    """Drag each plant a little; return the frames drawn and the seconds spent in script meanwhile."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    before = metrics(session)
    for plant in page.locator("#bed g.plant").all():
        plant.scroll_into_view_if_needed()
        box = plant.bounding_box()
        if box is None:
            continue
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 6, y + 4, steps=MOVES)
        page.mouse.up()
    after = metrics(session)
    return PLANTS_MOST * MOVES, after["ScriptDuration"] - before["ScriptDuration"]


def metrics(session: CDPSession) -> dict[str, float]:
    """Return the browser's counters of this page."""
    return {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}


if __name__ == "__main__":
    main()

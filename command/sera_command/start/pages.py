"""Make figures and pages in a process that ends, so that none of what it takes stays in memory.

Started by `page_making.py` as `python -m sera_command.start.pages FOLDER`; it ends with whoever started it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sera_alerts.errors import ChannelsUnusableError
from sera_analysis.runs.jobs import analyse
from sera_command.errors import ExitCode
from sera_command.installation.alerting import alert_round
from sera_command.installation.installation import Installation
from sera_gateway.errors import NoRoomError
from sera_gateway.process.disk_space import require_disk_space
from sera_gateway.process.logs import json_log
from sera_store.private_files import make_private
from sera_store.store import Store
from sera_workshop.mural.mural import write_mural, write_plant
from sera_workshop.packs.page import write_page
from sera_workshop.views.facts import garden_facts
from sera_workshop.views.shown_results import shown_results

if TYPE_CHECKING:
    from sera_gateway.process.logs import JsonLog

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
        results=shown_results(store, gardens),
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
    facts, results = garden_facts(store, gardens), shown_results(store, gardens)
    for narrow, end in ((False, ""), (True, "-narrow")):
        path = folder / f"community-{community}{end}.svg"
        write_mural(path, community=title, gardens=facts, results=results, simulated=False, narrow=narrow)
    for garden in facts:
        write_plant(folder / f"{garden.id}.svg", garden, results, simulated=False)


def main() -> int:
    """Make the pages of the folder that the command line names; return the exit code."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    folder, log = Path(sys.argv[1]), json_log(verb="up", process="pages")
    try:
        with require_disk_space(folder), Store.open(folder / "store") as store:
            try:
                renew_pages(folder, store)
            finally:
                _tell(folder, store, log)
    except NoRoomError:
        log.exception("pages_not_renewed")
        return ExitCode.CANNOT_WRITE
    except Exception:
        log.exception("pages_not_renewed")
        return ExitCode.INTERNAL
    return ExitCode.DONE


def _tell(folder: Path, store: Store, log: JsonLog) -> None:
    """Tell people what is wrong with their nodes; pages are made whether or not that can be done."""
    try:
        alert_round(Installation(folder), store, int(time.time()))
    except ChannelsUnusableError as error:
        log.warning("alerts_not_sent", problem=str(error))
    except Exception:
        log.exception("alerts_not_sent")


def _end_with_parent() -> None:
    """End at once when the other side of stdin is closed, however: the folder has no owner then."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(ExitCode.INTERNAL)


if __name__ == "__main__":
    sys.exit(main())

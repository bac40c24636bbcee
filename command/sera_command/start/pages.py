"""Make figures and pages in a process that ends, so that none of what it takes stays in memory.

Started by `page_making.py` as `python -m sera_command.start.pages FOLDER`; it ends with whoever started it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sera_alerts.errors import ChannelsUnusableError
from sera_command.errors import ExitCode
from sera_command.health.facts import installation_facts
from sera_command.installation.alerting import alert_round
from sera_command.installation.installation import Installation
from sera_command.installation.renewals import finish_renewals
from sera_command.installation.report_pages import renew_pages
from sera_gateway.config import BROKERS_FILE
from sera_gateway.errors import NoRoomError
from sera_gateway.process.disk_space import require_disk_space
from sera_gateway.process.logs import json_log
from sera_store.store import Store

if TYPE_CHECKING:
    from sera_gateway.process.logs import JsonLog


def main() -> int:
    """Make the pages of the folder that the command line names; return the exit code."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    folder, log = Path(sys.argv[1]), json_log(verb="up", process="pages")
    try:
        with require_disk_space(folder), Store.open(folder / "store") as store:
            try:
                renew_pages(folder, store)
            finally:
                _finish_renewals(folder, store, log)
                _tell(folder, store, log)
                _offer(folder, store, log)
    except NoRoomError:
        log.exception("pages_not_renewed")
        return ExitCode.CANNOT_WRITE
    except Exception:
        log.exception("pages_not_renewed")
        return ExitCode.INTERNAL
    return ExitCode.DONE


def _finish_renewals(folder: Path, store: Store, log: JsonLog) -> None:
    """Shut out the certificates before those that nodes have taken over their connections."""
    try:
        for node in finish_renewals(Installation(folder), store):
            log.info("renewal_finished", node=node)
    except Exception:
        log.exception("renewals_not_finished")


def _tell(folder: Path, store: Store, log: JsonLog) -> None:
    """Alert people to what is wrong with their nodes; pages are made whether or not that succeeds."""
    try:
        at_s = int(time.time())
        alert_round(Installation(folder), store, at_s, installation_facts(folder, at_s))
    except ChannelsUnusableError as error:
        log.warning("alerts_not_sent", problem=str(error))
    except Exception:
        log.exception("alerts_not_sent")


def _offer(folder: Path, store: Store, log: JsonLog) -> None:
    """Offer to brokers of others what they are to get; where one is away, all else goes on."""
    if not (folder / BROKERS_FILE).exists():
        return
    # Here, since most installations have none.
    from sera_command.bridges.offered_devices import offered_messages  # noqa: PLC0415
    from sera_command.bridges.offering import offer_to_all  # noqa: PLC0415

    try:
        at_s = int(time.time())
        offer_to_all(folder, lambda broker: offered_messages(store, broker.offer, broker.gardens, at_s), log)
    except Exception:
        log.exception("not_offered")


def _end_with_parent() -> None:
    """End at once when the other side of stdin is closed, however: the folder has no owner then."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(ExitCode.INTERNAL)


if __name__ == "__main__":
    sys.exit(main())

"""End decisions whose days are over: looked at each minute, for as long as the pages run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from sera_store.errors import StoreError

if TYPE_CHECKING:
    from sera_pages.installation import ServedInstallation

EVERY_S: Final = 60.0


def close_due(installation: ServedInstallation) -> list[tuple[str, str]]:
    """End what is due in all communities; return the id and the state of each that ended.

    Raises
    ------
    StoreError
        Something could not be written; what is missing is done the next time.
    """
    ended = [decision for council in installation.councils.all() for decision in council.close_due()]
    return [(decision.id, decision.state.value) for decision in ended]


async def close_again_and_again(installation: ServedInstallation, every_s: float = EVERY_S) -> None:
    """Look each minute, and when the pages start, until cancelled."""
    while True:
        try:
            for name, state in await asyncio.to_thread(close_due, installation):
                installation.log.info("decision_ended", decision=name, state=state)
        except StoreError as error:
            installation.log.warning("decision_not_ended", detail=str(error))
        await asyncio.sleep(every_s)

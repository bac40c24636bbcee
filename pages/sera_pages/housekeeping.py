"""What the pages do by themselves, as long as they run: end what is due, and forget what is over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_pages.deciding.closing import close_due
from sera_pages.neighbours.forgetting import forget_received
from sera_pages.surplus.forgetting import forget_surplus
from sera_pages.workshop.forgetting import forget_due
from sera_store.errors import StoreError
from sera_vocabulary.durations import HOUR_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_pages.installation import ServedInstallation

_MINUTE_S: Final = 60.0


class Chore(NamedTuple):
    """Work that is done when the pages start and then at an interval [s]; the event logged if it fails."""

    work: Callable[[ServedInstallation], object]
    interval_s: float
    failure_event: str


def _empty_log(installation: ServedInstallation) -> None:
    """Take names and words that were forgotten out of the log, where somebody read it meanwhile."""
    installation.names.empty_log()


CHORES: Final = (
    Chore(close_due, _MINUTE_S, "decision_not_ended"),
    Chore(forget_surplus, _MINUTE_S, "surplus_not_forgotten"),
    Chore(forget_due, HOUR_S, "workshop_not_forgotten"),
    Chore(_empty_log, HOUR_S, "accounts_log_not_emptied"),
    Chore(forget_received, HOUR_S, "received_not_forgotten"),
)


async def repeat(chore: Chore, installation: ServedInstallation) -> None:
    """Do a chore in a thread again and again, until cancelled; what failed is done the next time."""
    while True:
        try:
            await asyncio.to_thread(chore.work, installation)
        except StoreError as error:
            installation.log.warning(chore.failure_event, detail=str(error))
        await asyncio.sleep(chore.interval_s)

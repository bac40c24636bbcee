"""Erase what came in from neighbours after its time, hour by hour, whether somebody looks at it or not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from sera_coalition.bundles.received import Received, received_file
from sera_store.errors import StoreError

if TYPE_CHECKING:
    from sera_pages.installation import ServedInstallation

EVERY_S: Final = 3_600.0


def forget_received(installation: ServedInstallation) -> int:
    """Erase what came in longer ago than was agreed; return how many rows went.

    Raises
    ------
    StoreError
        Something could not be written; what is missing is done the next time.
    """
    data, count = installation.folder, 0
    for community in installation.registry.communities():
        book = installation.shelves.agreements(community.id)
        if book is None:
            continue
        for stored in book.agreements():
            if received_file(data, community.id, stored.agreement.id).is_file():
                with Received(data, community.id, stored.agreement.id) as received:
                    count += received.forget_old(book.today(), stored.agreement.retention_days)
    return count


async def forget_received_again_and_again(installation: ServedInstallation, every_s: float = EVERY_S) -> None:
    """Look each hour, and when the pages start, until cancelled."""
    while True:
        try:
            await asyncio.to_thread(forget_received, installation)
        except StoreError as error:
            installation.log.warning("received_not_forgotten", detail=str(error))
        await asyncio.sleep(every_s)

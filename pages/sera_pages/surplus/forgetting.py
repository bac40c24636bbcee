"""Forget what is over on the tables, minute by minute, whether somebody looks at them or not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from sera_store.errors import StoreError

if TYPE_CHECKING:
    from sera_pages.installation import ServedInstallation

EVERY_S: Final = 60.0


def forget_surplus(installation: ServedInstallation) -> int:
    """Draw and forget what is due on all tables; return how many rows were deleted.

    Raises
    ------
    StoreError
        Something could not be written; what is missing is done the next time.
    """
    count = 0
    for table in installation.surplus.all():
        count += table.forget_due()
        table.empty_log()
    return count


async def forget_surplus_again_and_again(installation: ServedInstallation, every_s: float = EVERY_S) -> None:
    """Look each minute, and when the pages start, until cancelled; what was forgotten is not logged."""
    while True:
        try:
            await asyncio.to_thread(forget_surplus, installation)
        except StoreError as error:
            installation.log.warning("surplus_not_forgotten", detail=str(error))
        await asyncio.sleep(every_s)

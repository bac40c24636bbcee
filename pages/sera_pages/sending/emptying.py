"""Send what waits in the outbox, in the background, for as long as the pages are served."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sera_pages.errors import NotSentError
from sera_store.errors import StoreUnusableError

if TYPE_CHECKING:
    from sera_gateway.process.logs import JsonLog
    from sera_pages.sending.outbox import Outbox, OutboxEntry
    from sera_pages.sending.sender import Sender

# Between two looks at the outbox, each of which is one indexed read where it is empty.
EVERY_S: Final = 2.0


async def send_entry(outbox: Outbox, sender: Sender, entry: OutboxEntry) -> bool:
    """Send one entry; return whether the journal has it. What it does not have yet goes on waiting."""
    if entry.journaled_s is not None:
        return True
    with suppress(NotSentError):
        await sender.send(entry.topic, entry.payload)
        await asyncio.to_thread(outbox.note_journaled, entry.id)
        return True
    return False


async def empty_again_and_again(outbox: Outbox, sender: Sender, log: JsonLog) -> None:
    """Send what waits, oldest first, until cancelled.

    Parameters
    ----------
    outbox, sender, log
        What waits, what carries it, and where it is reported that the outbox cannot be read.
    """
    while True:
        try:
            # Not in a thread, which would cost more than the look: nearly always nothing waits.
            for entry in outbox.waiting():
                if not await send_entry(outbox, sender, entry):
                    break
        except StoreUnusableError as error:
            log.warning("outbox_not_read", detail=str(error))
        await asyncio.sleep(EVERY_S)

"""Take an entry: give it its counter's key, send it, and say whether the journal has it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sera_pages.counting.counters import counter_of
from sera_pages.errors import RefusedRequestError
from sera_pages.sending.emptying import send_entry
from sera_pages.sending.messages import Withdrawal, payload, people_topic

if TYPE_CHECKING:
    from sera_pages.installation import ServedInstallation
    from sera_pages.sending.messages import Entry, Key
    from sera_store.registry.registry import Garden, Person


def time_of(entry: Entry) -> int:
    """Return the time of an entry, Unix time [s]."""
    return entry.ended_s if hasattr(entry, "ended_s") else entry.time_s


async def take_form(
    installation: ServedInstallation, person: Person, garden: Garden, form: str, entry: Entry
) -> bool:
    """Take what a plain form brought, for which this machine is the device.

    Parameters
    ----------
    form
        Drawn for the form when it was shown: sending it twice enters it once.

    Returns
    -------
    bool
        Whether the journal has it; else it waits on disk, and is sent again until it has.

    Raises
    ------
    RefusedRequestError
        The same form has brought something else before (409), as after the way back of a browser: to say
        *kept* would lose what was changed.
    """
    counter = counter_of(installation.registry, person.id, garden.id, time_of(entry), person.id)
    outbox_entry = installation.outbox.enter(f"{person.id}/{form}", garden.community, counter, entry)
    is_other = outbox_entry.counter != counter or outbox_entry.payload != payload(entry, outbox_entry.key)
    if is_other and not isinstance(entry, Withdrawal):
        raise RefusedRequestError(409, "refused.sent_before")
    return await send_entry(installation.outbox, installation.sender, outbox_entry)


async def take_keyed(
    installation: ServedInstallation, person: Person, garden: Garden, key: Key, entry: Entry
) -> None:
    """Take what a phone's queue brought under its own key, and return once the journal has it.

    Raises
    ------
    NotSentError
        The journal did not have it in time; the phone keeps it, and sends the same again.
    """
    counter = await asyncio.to_thread(
        counter_of, installation.registry, person.id, garden.id, time_of(entry), person.id
    )
    await installation.sender.send(people_topic(garden.community, counter), payload(entry, key))

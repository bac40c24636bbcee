"""Erase what came in from neighbours after its time, whether somebody looks at it or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_coalition.bundles.received import Received, received_file

if TYPE_CHECKING:
    from sera_pages.installation import ServedInstallation


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

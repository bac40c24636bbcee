"""Forget what is over on the tables, whether somebody looks at them or not; it is not logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sera_pages.installation import ServedInstallation


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
